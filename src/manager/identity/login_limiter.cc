#include "manager/identity/login_limiter.h"

#include <algorithm>
#include <functional>

namespace warder::manager {

namespace {
double minutes(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::ratio<60>>(time).count();
}
}  // namespace

Result<void> LoginLimiter::take(const IpAddress& peer, std::string_view username) {
  const Time now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  if (buckets_.size() + 2 > limits_.max_buckets) forget_full(now);
  // The name's hash: what people type into the wrong field is not kept in memory.
  const bool peer_may = take_from("peer " + peer.text(), now);
  const bool name_may = take_from("name " + std::to_string(std::hash<std::string_view>{}(username)), now);
  if (peer_may && name_may) return {};
  return fail(ErrorCode::TooMany, "too many attempts to log in; wait a minute");
}

bool LoginLimiter::take_from(const std::string& key, Time now) {
  const auto [found, is_new] = buckets_.try_emplace(key, Bucket{limits_.burst, now});
  Bucket& bucket = found->second;
  if (!is_new) {
    bucket.tokens = std::min(limits_.burst, bucket.tokens + minutes(now - bucket.filled) * limits_.per_minute);
    bucket.filled = now;
  }
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

/// A full bucket and a missing one are the same; when that frees nothing, everybody starts anew rather than memory
/// growing: the account's own lock still holds.
void LoginLimiter::forget_full(Time now) {
  std::erase_if(buckets_, [&](const auto& entry) {
    return entry.second.tokens + minutes(now - entry.second.filled) * limits_.per_minute >= limits_.burst;
  });
  if (buckets_.size() + 2 > limits_.max_buckets) buckets_.clear();
}

}  // namespace warder::manager
