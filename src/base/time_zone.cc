#include "base/time_zone.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace warder {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kMaxFileBytes = 1 << 20;
constexpr std::size_t kMaxChanges = 20'000;
constexpr std::int64_t kYear2037 = 2'114'380'800;

struct Counts {
  std::size_t utc_marks, wall_marks, leaps, changes, types, text;
  [[nodiscard]] std::size_t bytes(std::size_t time_bytes) const {
    return changes * (time_bytes + 1) + types * 6 + text + leaps * (time_bytes + 4) + wall_marks + utc_marks;
  }
};

// RFC 9636 §3.1: the header of each of the two blocks.
Result<Counts> read_header(Reader& reader) {
  if (as_text(WD_TRY(reader.take(4))) != "TZif") return fail(ErrorCode::Corrupt, "is no time zone file");
  if (WD_TRY(reader.u8()) < '2') return fail(ErrorCode::Invalid, "has times of 32 bits only");
  WD_TRY(reader.skip(15));
  Counts counts{};
  for (std::size_t* each :
       {&counts.utc_marks, &counts.wall_marks, &counts.leaps, &counts.changes, &counts.types, &counts.text}) {
    *each = WD_TRY(reader.u32be());
    if (*each > kMaxChanges) return fail(ErrorCode::TooLarge, "has too many changes");
  }
  return counts;
}

bool is_zone_name(std::string_view name) {
  constexpr std::size_t kMaxName = 64;
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+' || c == '/';
  };
  return !name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, is_plain) && name.front() != '/' &&
         name.back() != '/';
}

}  // namespace

TimeZone TimeZone::utc() {
  return TimeZone(0, {});
}

Result<TimeZone> TimeZone::load(std::string_view name, const std::string& folder) {
  if (!is_zone_name(name)) return fail(ErrorCode::Invalid, "is no name of a time zone like Asia/Tokyo");
  if (name == "UTC") return utc();
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    return fail(ErrorCode::NotFound, "the system knows no time zone " + std::string(name));
  return parse(as_bytes(WD_TRY(read_file(path, kMaxFileBytes)))).in("time zone " + std::string(name));
}

Result<TimeZone> TimeZone::parse(ByteView file) {
  Reader reader(file);
  const Counts old = WD_TRY(read_header(reader));
  WD_TRY(reader.skip(old.bytes(4)));
  const Counts counts = WD_TRY(read_header(reader));
  std::vector<Change> changes(counts.changes);
  for (Change& change : changes) change.from = static_cast<std::int64_t>(WD_TRY(reader.u64be()));
  const ByteView kinds = WD_TRY(reader.take(counts.changes));
  std::vector<std::int64_t> offsets(counts.types);
  for (std::int64_t& offset : offsets) {
    offset = static_cast<std::int32_t>(WD_TRY(reader.u32be()));
    if (offset < -93'599 || offset > 93'599) return fail(ErrorCode::Corrupt, "has an offset of more than a day");
    WD_TRY(reader.skip(2));
  }
  WD_TRY(reader.skip(counts.bytes(8) - counts.changes * 9 - counts.types * 6));
  const std::string_view rule = as_text(WD_TRY(reader.take(reader.remaining())));
  if (offsets.empty()) return fail(ErrorCode::Corrupt, "has no offset");
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (kinds[i] >= offsets.size()) return fail(ErrorCode::Corrupt, "has a change to nothing");
    changes[i].offset = offsets[kinds[i]];
    if (i > 0 && changes[i].from <= changes[i - 1].from) return fail(ErrorCode::Corrupt, "has changes out of order");
  }
  if (rule.find(',') != std::string_view::npos && (changes.empty() || changes.back().from < kYear2037 - 31'536'000))
    return fail(ErrorCode::Invalid, "does not list its changes until 2037");
  return TimeZone(offsets.front(), std::move(changes));
}

seconds TimeZone::offset_at(Timestamp time) const {
  const std::int64_t at = std::chrono::floor<seconds>(time).time_since_epoch().count();
  const auto after = std::ranges::upper_bound(changes_, at, {}, &Change::from);
  return seconds(after == changes_.begin() ? first_offset_ : std::prev(after)->offset);
}

LocalTime TimeZone::to_local(Timestamp time) const {
  return LocalTime{time.time_since_epoch() + offset_at(time)};
}

// Within a stretch of one offset, clocks show at least `local` from max(local - offset, its beginning) on.
Timestamp TimeZone::to_utc(LocalTime local) const {
  constexpr std::int64_t kMargin = 2 * 86'400;
  const std::int64_t near = std::chrono::floor<seconds>(local).time_since_epoch().count();
  auto next = std::ranges::upper_bound(changes_, near - kMargin, {}, &Change::from);
  Timestamp from = Timestamp::min();
  std::int64_t offset = next == changes_.begin() ? first_offset_ : std::prev(next)->offset;
  for (;; ++next) {
    const Timestamp shown{local.time_since_epoch() - seconds(offset)};
    const Timestamp candidate = std::max(shown, from);
    if (next == changes_.end()) return candidate;
    const Timestamp until{seconds(next->from)};
    if (candidate < until) return candidate;
    from = until;
    offset = next->offset;
  }
}

}  // namespace warder
