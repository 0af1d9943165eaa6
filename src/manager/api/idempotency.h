// Idempotency-Key: the same key and request within a day get the first answer again, sealed where it is stored because
// answers can hold secrets.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/clock.h"
#include "manager/net/http.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// Thread-safe.
class IdempotencyStore {
 public:
  IdempotencyStore(Tenants& tenants, const host::Clock& clock) : tenants_(tenants), clock_(clock) {}

  /// The first answer, or nothing: then the caller does the work and must call end(). Conflict while another request
  /// with the key is at work, Invalid when the key was used for another request.
  Result<std::optional<HttpResponse>> begin(const TenantScope& scope, std::string_view key, const HttpRequest& request);
  /// Keeps answers below 500; others may be tried again.
  Result<void> end(const TenantScope& scope, std::string_view key, const HttpRequest& request,
                   const HttpResponse& response);

 private:
  Tenants& tenants_;
  const host::Clock& clock_;
  std::mutex mutex_;               // guards at_work_
  std::set<std::string> at_work_;  // tenant and row key
};

/// The table of config.db.
FeatureSchema idempotency_schema();

}  // namespace warder::manager
