// From an HTTP request to a feature: finds the OpenAPI operation, checks who asks and what they may, checks parameters
// and body against the contract, and only then calls the handler that a routes_*.cc file registered under the
// operation's id.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/net/http.h"
#include "manager/tenancy/tenant_scope.h"

namespace warder::manager {

struct Principal;  // manager/identity/principal.h: who asks, with which rights

/// What a handler gets: everything in it has passed the contract.
struct ApiRequest {
  const HttpRequest& http;
  const Principal* principal = nullptr;                  // null only for operations without security
  const TenantScope* scope = nullptr;                    // likewise
  std::map<std::string, std::string, std::less<>> path;  // path parameters
  boost::json::value body;                               // null when the operation has none

  [[nodiscard]] std::optional<std::string> query(std::string_view name) const;
  [[nodiscard]] const TenantScope& tenant_scope() const noexcept { return *scope; }
};

struct ApiResponse {
  int status = 200;
  boost::json::value body;                                      // null: no content
  Headers headers;                                              // "etag", "location", …
  std::function<void(std::shared_ptr<ResponseStream>)> stream;  // instead of a body; set content-type
  std::string raw_body;                                         // instead of `body`, with a content-type header
};

using ApiHandler = std::function<Result<ApiResponse>(const ApiRequest&)>;

/// Collects handlers at start; read-only afterwards. Errors that a handler returns become problem details (RFC 9457):
/// one table maps ErrorCode to status, a message that starts with a JSON pointer fills `errors[0].pointer`.
class Routes {
 public:
  void add(std::string_view operation_id, ApiHandler handler);
  [[nodiscard]] const std::map<std::string, ApiHandler, std::less<>>& handlers() const noexcept { return handlers_; }

 private:
  std::map<std::string, ApiHandler, std::less<>> handlers_;
};

}  // namespace warder::manager
