// What feature handlers see of the API: a request that has passed the contract, and the table they register in under
// the operation's id of api/openapi.yaml.
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
  const Principal* principal = nullptr;                            // null only for operations without security
  const TenantScope* scope = nullptr;                              // likewise
  std::map<std::string, std::string, std::less<>> path;            // path parameters
  boost::json::value body;                                         // null when the operation has none or it is not JSON
  std::map<std::string, std::string, std::less<>> query_defaults;  // of parameters that the request leaves out

  /// A query parameter, or its default from the contract, or nothing.
  [[nodiscard]] std::optional<std::string> query(std::string_view name) const;
  /// The same as an integer; the contract has checked it. `otherwise` when it has no default either.
  [[nodiscard]] std::int64_t query_int(std::string_view name, std::int64_t otherwise = 0) const;
  /// A path parameter that the contract declares.
  [[nodiscard]] const std::string& path_parameter(std::string_view name) const;
  [[nodiscard]] const TenantScope& tenant_scope() const noexcept { return *scope; }
  /// The first language of Accept-Language that we have: "en" or "ja".
  [[nodiscard]] std::string_view locale() const;
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
/// one table maps ErrorCode to status, a message that starts with a JSON pointer ("/name: …") fills
/// `errors[0].pointer`.
class Routes {
 public:
  void add(std::string_view operation_id, ApiHandler handler);
  [[nodiscard]] const std::map<std::string, ApiHandler, std::less<>>& handlers() const noexcept { return handlers_; }

 private:
  std::map<std::string, ApiHandler, std::less<>> handlers_;
};

/// The etag of an object's version, quotes included: what goes into the `etag` header and member.
std::string etag_of(std::int64_t version);

/// Stale (412) unless If-Match names `etag` or is "*". The router has refused a request without If-Match (428) before
/// the handler sees it. To be race-free, compare and change in one transaction.
Result<void> require_match(const ApiRequest& request, std::string_view etag);

}  // namespace warder::manager
