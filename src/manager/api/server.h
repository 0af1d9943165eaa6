// The REST API and the console on one listener: /api/v1/… by the contract, /livez and /readyz, everything else is the
// console's static files.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/metrics.h"
#include "host/clock.h"
#include "manager/api/rate_limiter.h"
#include "manager/api/router.h"
#include "manager/net/http.h"

namespace warder::manager {

class Identity;
class IdempotencyStore;

struct ApiOptions {
  std::filesystem::path console_directory;
  /// Checks every JSON answer against the contract and turns a wrong one into 500: on in tests.
  bool check_answers = false;
  RateLimits limits{};
};

/// What the API stands on; all outlive it.
struct ApiDeps {
  Identity& identity;
  IdempotencyStore& idempotency;
  const host::Clock& clock;
  Log& log;
  Metrics& metrics;
  /// For /readyz: ok, or why not.
  std::function<Result<void>()> is_ready;
  /// Pages beside the API and the console, for everybody; nothing for a path that is none of theirs. May be empty.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> site{};
};

/// Fails when an operation of the contract has no handler in `routes` or the other way round.
Result<std::unique_ptr<HttpHandler>> make_api(ApiOptions options, ApiDeps deps, Routes routes);

/// api/openapi.yaml as it was built in.
std::string_view openapi_yaml() noexcept;

}  // namespace warder::manager
