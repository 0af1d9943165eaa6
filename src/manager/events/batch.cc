#include "manager/events/batch.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/text.h"
#include "manager/events/event_rows.h"
#include "manager/events/type_counts.h"

namespace warder::manager {
namespace {

constexpr std::string_view kTimeSent = "event.time_sent";
constexpr std::size_t kMaxNameBytes = 256;

bool is_text(std::string_view text, std::size_t max_bytes) {
  return text.size() <= max_bytes && text.find('\0') == std::string_view::npos && is_utf8(text);
}

bool is_name(std::string_view text) {
  return !text.empty() && is_text(text, kMaxNameBytes);
}

bool is_value(const EventValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr || is_text(*text, kMaxEventTextBytes);
}

using RollupKey =
    std::tuple<std::int64_t, std::string_view, ModuleKind, Severity, std::string_view, std::string_view, Action>;

std::int64_t hour_of(Timestamp time) noexcept {
  return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
}

using RollupCounts = std::map<RollupKey, std::int64_t>;

RollupKey rollup_of(const StoredEvent& stored) {
  const Event& event = stored.event;
  return {hour_of(event.time), stored.host, event.module, event.severity, event.rule, event.type, event.action};
}

using TypeKey = std::tuple<std::int64_t, ByteView, ModuleKind, Severity, std::string_view, bool>;
struct ByBytes {
  bool operator()(const TypeKey& a, const TypeKey& b) const noexcept {
    const auto rest = [](const TypeKey& key) {
      return std::tuple{std::get<0>(key), as_text(std::get<1>(key)), std::get<2>(key),
                        std::get<3>(key), std::get<4>(key),          std::get<5>(key)};
    };
    return rest(a) < rest(b);
  }
};
using TypeCounts = std::map<TypeKey, std::int64_t, ByBytes>;

/// Looks at the memory of `stored`.
TypeKey type_of(const StoredEvent& stored) {
  const Event& event = stored.event;
  const ByteView agent = stored.agent ? ByteView{stored.agent->uuid.bytes} : ByteView{};
  const std::int64_t slot = to_micros(event.time) / std::chrono::microseconds{kCountedSlot}.count();
  return {slot, agent, event.module, event.severity, event.type, is_failed_login(event)};
}

Result<void> count(Db& db, const TypeCounts& counts) {
  const StmtHandle statement =
      WD_TRY(db.prepare("INSERT INTO type_counts (slot, agent_id, module, severity, type, failed_login, events) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (slot, agent_id, module, severity, type, "
                        "failed_login) DO UPDATE SET events = type_counts.events + ?7"));
  for (const auto& [key, events] : counts) {
    const auto& [slot, agent, module, severity, type, failed] = key;
    const std::array<DbView, 7> values = {slot,
                                          agent,
                                          static_cast<std::int64_t>(module),
                                          static_cast<std::int64_t>(severity),
                                          type,
                                          std::int64_t{failed},
                                          events};
    WD_TRY(statement->run(values));
  }
  return {};
}

Result<void> count(Db& db, const RollupCounts& counts) {
  const StmtHandle statement = WD_TRY(
      db.prepare("INSERT INTO rollups (hour, host, module, severity, rule, type, action, events) VALUES (?1, ?2, ?3, "
                 "?4, ?5, ?6, ?7, ?8) ON CONFLICT (hour, host, module, severity, rule, type, action) DO UPDATE SET "
                 "events = rollups.events + ?8"));
  for (const auto& [key, events] : counts) {
    const auto& [hour, host, module, severity, rule, type, action] = key;
    const std::array<DbView, 8> values = {
        hour, host, static_cast<std::int64_t>(module), static_cast<std::int64_t>(severity),
        rule, type, static_cast<std::int64_t>(action), events};
    WD_TRY(statement->run(values));
  }
  return {};
}

Result<void> count(Db& db, std::span<const SharedEvent> inserted) {
  RollupCounts counts;
  TypeCounts types;
  for (const SharedEvent& stored : inserted) {
    ++counts[rollup_of(*stored)];
    ++types[type_of(*stored)];
  }
  WD_TRY(count(db, types));
  return count(db, counts);
}

Result<void> note_displaced(Db& db, const Event& event) {
  const StmtHandle statement =
      WD_TRY(db.prepare("INSERT INTO displaced (id, time) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING"));
  const std::array<DbView, 2> values = {ByteView{event.id.uuid.bytes}, to_micros(event.time)};
  WD_TRY(statement->run(values));
  return {};
}

}  // namespace

Result<void> count_again(Db& db, const StoredEvent& was, const StoredEvent& is) {
  RollupCounts counts;
  --counts[rollup_of(was)];
  ++counts[rollup_of(is)];
  WD_TRY(count(db, counts));
  TypeCounts types;
  --types[type_of(was)];
  ++types[type_of(is)];
  WD_TRY(count(db, types));
  WD_TRY(db.execute("DELETE FROM type_counts WHERE slot = ?1 AND events <= 0", {std::get<0>(type_of(was))}));
  WD_TRY(db.execute("DELETE FROM rollups WHERE hour = ?1 AND events <= 0", {hour_of(was.event.time)}));
  return {};
}

std::string reason_to_refuse(const Event& event) {
  if (event.id.is_nil()) return "no id";
  if (!is_name(event.type)) return "no type";
  if (!is_text(event.rule, kMaxNameBytes)) return "the rule is no text or too long";
  if (event.fields.size() > kMaxEventFields) return "too many fields";
  std::set<std::string_view> keys;
  for (const auto& [key, value] : event.fields) {
    if (!is_name(key)) return "a field's key is no text or too long";
    if (!keys.insert(key).second) return "the field " + key + " is there twice";
    if (!is_value(value)) return "the field " + key + " is no text or too long";
  }
  return {};
}

PreparedEvent prepare_event(Event event, Timestamp received, const EventStoreOptions& options,
                            const EventRetention& retention) {
  PreparedEvent prepared;
  const auto oldest = std::min(options.oldest, retention.of(event.module));
  const Timestamp sent = event.time;
  // A time near the ends of its type cannot be subtracted from: compare with the limits instead.
  if (sent < received - oldest || sent > received + options.newest) {
    prepared.is_retimed = true;
    event.time = received;
    event.set(kTimeSent, to_micros(sent));
  }
  prepared.stored.event = std::move(event);
  prepared.stored.received = received;
  return prepared;
}

bool id_tells_time(const Event& event) noexcept {
  const auto difference = event.id.uuid.time() - event.time;
  return std::chrono::abs(difference) <= kIdTimeTolerance;
}

Result<void> write_events(Db& db, std::vector<PreparedEvent>& events, std::vector<SharedEvent>& inserted,
                          std::size_t& duplicates) {
  const std::size_t before = inserted.size();
  std::vector<const StoredEvent*> rows;
  rows.reserve(events.size());
  for (const PreparedEvent& prepared : events) rows.push_back(&prepared.stored);
  const std::vector<bool> is_new = WD_TRY(insert_events(db, rows));
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!is_new[i]) {
      ++duplicates;
      continue;
    }
    StoredEvent& stored = events[i].stored;
    if (events[i].is_retimed || !id_tells_time(stored.event)) WD_TRY(note_displaced(db, stored.event));
    inserted.push_back(std::make_shared<const StoredEvent>(std::move(stored)));
  }
  return count(db, std::span{inserted}.subspan(before));
}

}  // namespace warder::manager
