#include "manager/stream/stream_source.h"

#include <algorithm>

#include "base/json.h"
#include "formats/format.h"

namespace warder::manager {
namespace {

std::int64_t number_in(const OutboxPlace& place, std::int64_t file) {
  const auto found = place.numbers.find(file);
  return found == place.numbers.end() ? 0 : found->second;
}

class Reading {
 public:
  Reading(const Messages& messages, const SourceTenant& tenant, const TenantPlace& from)
      : messages_(messages), tenant_(tenant) {
    read_.place = from;
  }

  /// Before the rows are read: `end` is as old as that.
  void compare_ends(const OutboxPlace& end) {
    OutboxPlace& read = read_.place.read;
    for (auto each = read.numbers.begin(); each != read.numbers.end();) {
      const std::int64_t known = number_in(read_.place.end, each->first);
      if (end.numbers.contains(each->first)) {
        const std::int64_t now = number_in(end, each->first);
        // Compared with the end of before, so that it is told once; rows beyond the new end are read again.
        if (now < known) {
          lose(each->first, now + 1, known, "the count of stored events went back");
          each->second = std::min(each->second, now);
        }
        ++each;
        continue;
      }
      if (known > each->second)
        lose(each->first, each->second + 1, known, "gone with their file before they were read");
      each = read.numbers.erase(each);
    }
    read_.place.end = end;
  }

  void take(OutboxItem item) {
    expect(item.file, item.number, "not in the outbox");
    if (item.event) {
      read_.items.push_back({stream::RecordKind::Event, body_of(std::move(*item.event))});
    } else {
      lose(item.file, item.number, item.number, "gone before it was read");
    }
    read_.place.read.numbers[item.file] = item.number;
  }

  /// All rows were read: the ends must be reached.
  void reach_ends(const OutboxPlace& end) {
    for (const auto& [file, number] : end.numbers) {
      expect(file, number + 1, "not in the outbox");
      auto& read = read_.place.read.numbers[file];
      read = std::max(read, number);
    }
    read_.is_all = true;
  }

  [[nodiscard]] const TenantPlace& place() const noexcept { return read_.place; }
  SourceRead finish() && { return std::move(read_); }

 private:
  void expect(std::int64_t file, std::int64_t number, std::string_view why) {
    const std::int64_t read = number_in(read_.place.read, file);
    if (number > read + 1) lose(file, read + 1, number - 1, why);
  }

  void lose(std::int64_t file, std::int64_t from, std::int64_t to, std::string_view why) {
    const json::object tenant{{"id", tenant_.scope.tenant().text()}, {"name", tenant_.name}};
    read_.items.push_back(
        {stream::RecordKind::Lost, json::serialize(json::object{{"tenant", tenant},
                                                                {"file", to_rfc3339(from_micros(file))},
                                                                {"from", from},
                                                                {"to", to},
                                                                {"reason", why}})});
  }

  [[nodiscard]] std::string body_of(StoredEvent event) const {
    formats::OutgoingEvent out;
    out.title = messages_.render(event.event, "en");
    out.event = std::move(event.event);
    out.received = event.received;
    out.agent = event.agent;
    out.host = std::move(event.host);
    out.tenant = tenant_.scope.tenant();
    out.tenant_name = tenant_.name;
    formats::RenderOptions options;
    options.max_value_bytes = kMaxEventTextBytes;
    return formats::render(formats::Format::Json, out, options);
  }

  const Messages& messages_;
  const SourceTenant& tenant_;
  SourceRead read_;
};

}  // namespace

Result<SourceRead> read_stream_source(EventStore& events, const Messages& messages, const SourceTenant& tenant,
                                      const TenantPlace& place, std::size_t limit) {
  Reading reading(messages, tenant, place);
  const OutboxPlace end = WD_TRY(events.outbox_end(tenant.scope));
  reading.compare_ends(end);
  auto items = WD_TRY(events.read_outbox(tenant.scope, reading.place().read, limit));
  const bool is_all = items.size() < limit;
  for (OutboxItem& item : items) reading.take(std::move(item));
  if (is_all) reading.reach_ends(end);
  return std::move(reading).finish();
}

}  // namespace warder::manager
