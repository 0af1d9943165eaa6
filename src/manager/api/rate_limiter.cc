#include "manager/api/rate_limiter.h"

#include <algorithm>
#include <cmath>

#include "manager/identity/principal.h"

namespace warder::manager {

namespace {

constexpr double kSecondsAMinute = 60;

std::int64_t whole_seconds(std::chrono::duration<double> time) {
  return static_cast<std::int64_t>(std::ceil(time.count()));
}

RateUse state_of(std::string_view limit, const TokenBucket& bucket, std::int64_t quota, TokenBucket::Time now) {
  RateUse use;
  use.limit = limit;
  use.quota = quota;
  use.left = static_cast<std::int64_t>(bucket.left(now));
  use.full_after_s = whole_seconds(bucket.wait_for(static_cast<double>(quota), now));
  return use;
}

RateUse refusal(std::string_view limit, const TokenBucket& bucket, std::int64_t quota, TokenBucket::Time now) {
  RateUse use = state_of(limit, bucket, quota, now);
  use.is_allowed = false;
  use.retry_after_s = std::max<std::int64_t>(1, whole_seconds(bucket.wait_for(1, now)));
  return use;
}

}  // namespace

void RateUse::add_to(Headers& headers) const {
  if (limit.empty()) return;
  const std::string name = "\"" + limit + "\"";
  headers["ratelimit-policy"] = name + ";q=" + std::to_string(quota) + ";w=60";
  headers["ratelimit"] = name + ";r=" + std::to_string(left) + ";t=" + std::to_string(full_after_s);
  if (!is_allowed) headers["retry-after"] = std::to_string(retry_after_s);
}

RateLimiter::RateLimiter(RateLimits limits, const host::Clock& clock, std::size_t max_buckets)
    : limits_(limits), clock_(clock), max_buckets_(max_buckets) {}

TokenBucket& RateLimiter::bucket(const std::string& name, std::int64_t quota, Time now) {
  const auto all = static_cast<double>(quota);
  return buckets_.try_emplace(name, TokenBucket(all / kSecondsAMinute, all, now)).first->second;
}

RateUse RateLimiter::take_node() {
  if (limits_.per_node == 0) return {};
  const Time now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  TokenBucket& node = bucket("node", limits_.per_node, now);
  return node.take(1, now) ? RateUse{} : refusal("node", node, limits_.per_node, now);
}

RateUse RateLimiter::take(const Principal& principal) {
  if (limits_.per_key == 0 && limits_.per_tenant == 0) return {};
  const Time now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  if (buckets_.size() + 2 > max_buckets_) forget_full(now);
  const std::string key = "key " + (principal.api_key ? principal.api_key->text() : principal.session.text());
  TokenBucket* const own = limits_.per_key == 0 ? nullptr : &bucket(key, limits_.per_key, now);
  // A reference into the map stays valid when another bucket is added.
  TokenBucket* const tenant =
      limits_.per_tenant == 0 ? nullptr : &bucket("tenant " + principal.tenant.text(), limits_.per_tenant, now);
  if (own != nullptr && !own->has(1, now)) return refusal("key", *own, limits_.per_key, now);
  if (tenant != nullptr && !tenant->take(1, now)) return refusal("tenant", *tenant, limits_.per_tenant, now);
  if (own == nullptr) return state_of("tenant", *tenant, limits_.per_tenant, now);
  own->take(1, now);
  if (tenant != nullptr && tenant->left(now) < own->left(now))
    return state_of("tenant", *tenant, limits_.per_tenant, now);
  return state_of("key", *own, limits_.per_key, now);
}

/// A full bucket and a missing one are the same. When that frees nothing, all begin anew rather than memory growing:
/// the node's own limit still holds.
void RateLimiter::forget_full(Time now) {
  std::erase_if(buckets_, [&](const auto& entry) { return entry.first != "node" && entry.second.is_full(now); });
  if (buckets_.size() + 2 > max_buckets_)
    std::erase_if(buckets_, [](const auto& entry) { return entry.first != "node"; });
}

}  // namespace warder::manager
