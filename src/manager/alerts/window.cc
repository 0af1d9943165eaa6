#include "manager/alerts/window.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace warder::manager {

std::int64_t EventWindow::bucket_of(Timestamp time) const {
  if (length_.count() == 0) return 0;
  constexpr std::int64_t kBuckets = 60;
  const std::int64_t width = std::max<std::int64_t>(1, length_.count() / kBuckets);
  const std::int64_t at = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return at - at % width;
}

void EventWindow::add(Timestamp time) {
  ++buckets_[bucket_of(time)];
}

std::int64_t EventWindow::count(Timestamp now) {
  if (length_.count() != 0) buckets_.erase(buckets_.begin(), buckets_.upper_bound(bucket_of(now - length_)));
  std::int64_t sum = 0;
  for (const auto& [from, number] : buckets_) sum += number;
  return sum;
}

void EventWindow::set_back(Timestamp now) {
  const auto later = buckets_.upper_bound(bucket_of(now));
  std::int64_t sum = 0;
  for (auto each = later; each != buckets_.end(); ++each) sum += each->second;
  buckets_.erase(later, buckets_.end());
  if (sum != 0) buckets_[bucket_of(now)] += sum;
}

Timestamp EventWindow::newest() const {
  return buckets_.empty() ? Timestamp{} : Timestamp{std::chrono::seconds(buckets_.rbegin()->first)};
}

std::string EventWindow::text() const {
  json::object object;
  for (const auto& [from, number] : buckets_) object[std::to_string(from)] = number;
  return json::serialize(object);
}

Result<void> EventWindow::read(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text).in("window"));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "window");
  buckets_.clear();
  for (const auto& [key, number] : value.get_object()) {
    const auto from = parse_integer<std::int64_t>(key);
    if (!from || !number.is_int64()) return fail(ErrorCode::Corrupt, "window");
    buckets_[*from] = number.get_int64();
  }
  return {};
}

}  // namespace warder::manager
