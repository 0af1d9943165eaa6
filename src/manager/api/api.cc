#include <algorithm>
#include <exception>
#include <string>

#include "base/bytes.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "manager/api/authentication.h"
#include "manager/api/console_files.h"
#include "manager/api/contract.h"
#include "manager/api/guarded_stream.h"
#include "manager/api/idempotency.h"
#include "manager/api/problem.h"
#include "manager/api/request_check.h"
#include "manager/api/scim_answer.h"
#include "manager/api/server.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

constexpr std::size_t kLeastBodyLimit = 64 << 10;

void add_security_headers(HttpResponse& response, std::string_view nonce) {
  Headers& headers = response.headers;
  // A page of its own may have a stricter one.
  headers.emplace("content-security-policy",
                  "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-" + std::string(nonce) +
                      "'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
                      "frame-ancestors 'none'");
  headers["strict-transport-security"] = "max-age=31536000; includeSubDomains";
  headers["x-content-type-options"] = "nosniff";
  headers["x-frame-options"] = "DENY";
  headers["referrer-policy"] = "no-referrer";
  headers["cross-origin-opener-policy"] = "same-origin";
  headers["cross-origin-resource-policy"] = "same-origin";
  headers["permissions-policy"] = "camera=(), geolocation=(), microphone=(), payment=()";
}

Problem simple_problem(int status, std::string code, std::string detail) {
  Problem problem;
  problem.status = status;
  problem.code = std::move(code);
  problem.detail = std::move(detail);
  return problem;
}

HttpResponse plain_answer(int status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.headers["content-type"] = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

HttpResponse to_http(ApiResponse answer) {
  HttpResponse response;
  response.status = answer.status;
  response.headers = std::move(answer.headers);
  response.stream = std::move(answer.stream);
  if (!answer.raw_body.empty() || response.headers.contains("content-type")) {
    response.body = std::move(answer.raw_body);
  } else if (!answer.body.is_null()) {
    response.headers["content-type"] = "application/json";
    response.body = json::serialize(answer.body);
  }
  return response;
}

/// Who asks and where: what the steps of one request share.
struct Caller {
  std::optional<Principal> principal;
  std::optional<TenantScope> scope;
};

class Api final : public HttpHandler {
 public:
  Api(ApiOptions options, ApiDeps deps, Routes routes, Contract contract, ConsoleFiles console)
      : options_(std::move(options)),
        deps_(std::move(deps)),
        routes_(std::move(routes)),
        contract_(std::move(contract)),
        console_(std::move(console)),
        limiter_(options_.limits, deps_.clock),
        server_errors_(deps_.metrics.counter("warder_api_errors", "Requests that failed through our own fault")),
        limited_(deps_.metrics.counter("warder_api_limited", "Requests beyond a rate limit")) {}

  HttpResponse respond(const HttpRequest& request) override {
    const std::string nonce = to_base64(random_bytes(18));
    HttpResponse response = route_scim(request, nonce);
    add_security_headers(response, nonce);
    return response;
  }

  [[nodiscard]] std::optional<std::size_t> body_limit(const HttpRequest& head) const override {
    const Match match = contract_.match(head.method, contract_path(head.path));
    // At least so much that what does not belong gets a problem that says why.
    return std::max(kLeastBodyLimit, match.operation != nullptr ? match.operation->max_body_bytes : 0);
  }

 private:
  HttpResponse route_scim(const HttpRequest& request, std::string_view nonce) {
    const std::string path = contract_path(request.path);
    if (!is_scim_path(path)) return route(request, nonce);
    HttpRequest inner = request;
    inner.path = path;
    return with_scim_error(route(inner, nonce));
  }

  HttpResponse route(const HttpRequest& request, std::string_view nonce) {
    if (request.path == "/livez") return plain_answer(200, "ok\n");
    if (request.path == "/readyz") {
      const auto ready = deps_.is_ready();
      return ready ? plain_answer(200, "ok\n") : plain_answer(503, "not ready\n");
    }
    if (request.path != "/api" && !request.path.starts_with("/api/")) {
      auto page = deps_.site ? deps_.site(request) : std::nullopt;
      return page ? std::move(*page) : console_.serve(request, nonce);
    }
    HttpResponse response;
    if (request.path == "/api/v1/openapi.json" && request.method == "GET") {
      response.headers["content-type"] = "application/json";
      response.body = contract_.json();
    } else {
      response = call(request);
    }
    response.headers.emplace("cache-control", "no-store");
    return response;
  }

  HttpResponse call(const HttpRequest& request) {
    Match match = contract_.match(request.method, request.path);
    if (match.operation == nullptr) return no_operation(match);
    const Operation& operation = *match.operation;
    const std::string trace_id = to_hex(random_bytes(8));
    HttpResponse response = call_operation(operation, request, std::move(match.path), trace_id);
    if (!options_.check_answers) return response;
    const auto conforms = check_answer(contract_, operation, response);
    if (conforms) return response;
    return refuse(operation, conforms.error(), trace_id);
  }

  static HttpResponse no_operation(const Match& match) {
    if (match.allowed.empty()) return problem_response(simple_problem(404, "not-found", "no such path"));
    HttpResponse response = problem_response(simple_problem(405, "method-not-allowed", "this path has no such method"));
    std::string& allow = response.headers["allow"];
    for (const std::string& method : match.allowed) allow.append(allow.empty() ? "" : ", ").append(method);
    return response;
  }

  HttpResponse refuse(const Operation& operation, const Error& error, const std::string& trace_id) {
    const Problem problem = problem_of(error, trace_id);
    if (problem.status == 500) {
      server_errors_.add();
      deps_.log.error("api.failed", error.message, {{"operation", operation.id}, {"trace_id", trace_id}});
    }
    return problem_response(problem);
  }

  HttpResponse call_operation(const Operation& operation, const HttpRequest& request,
                              std::map<std::string, std::string, std::less<>> path, const std::string& trace_id) {
    RateUse use = limiter_.take_node();
    if (!use.is_allowed) return limited(use, trace_id);
    auto principal = identify(operation, request);
    if (!principal) return refuse(operation, principal.error(), trace_id);
    if (*principal) use = limiter_.take(**principal);
    if (!use.is_allowed) return limited(use, trace_id);
    HttpResponse response = answer(operation, request, std::move(path), std::move(*principal), trace_id);
    use.add_to(response.headers);
    return response;
  }

  HttpResponse limited(const RateUse& use, const std::string& trace_id) {
    limited_.add();
    HttpResponse response =
        problem_response(problem_of(Error{ErrorCode::TooMany, "too many requests for this " + use.limit}, trace_id));
    use.add_to(response.headers);
    return response;
  }

  /// Nobody for a public operation.
  Result<std::optional<Principal>> identify(const Operation& operation, const HttpRequest& request) {
    if (request.method != "GET" && request.method != "HEAD") WD_TRY(check_same_site(request));
    if (operation.is_public) return std::optional<Principal>();
    return std::optional(WD_TRY(authenticate(deps_.identity, request)));
  }

  HttpResponse answer(const Operation& operation, const HttpRequest& request,
                      std::map<std::string, std::string, std::less<>> path, std::optional<Principal> principal,
                      const std::string& trace_id) {
    auto caller = admit(operation, request, std::move(principal));
    if (!caller) return refuse(operation, caller.error(), trace_id);
    CheckedRequest checked = check_request(operation, request, path);
    if (checked.problem) {
      checked.problem->trace_id = trace_id;
      return problem_response(*checked.problem);
    }
    const ApiRequest api_request{request,
                                 caller->principal ? &*caller->principal : nullptr,
                                 caller->scope ? &*caller->scope : nullptr,
                                 std::move(path),
                                 std::move(checked.body),
                                 std::move(checked.defaults)};
    const std::string key(request.header("idempotency-key"));
    if (key.empty() || !caller->scope || !operation.takes_idempotency_key()) {
      return run(operation, api_request, trace_id);
    }
    return run_once(operation, api_request, key, trace_id);
  }

  /// Whoever may not is refused before anything of the request is looked at.
  Result<Caller> admit(const Operation& operation, const HttpRequest& request, std::optional<Principal> who) {
    Caller caller;
    if (operation.is_public) return caller;
    caller.principal = std::move(who);
    if (const std::string_view tenant = request.header("warder-tenant"); !tenant.empty()) {
      if (operation.right == "self") return fail(ErrorCode::Forbidden, "Warder-Tenant: not for one's own session");
      if (caller.principal->api_key) return fail(ErrorCode::Forbidden, "Warder-Tenant: not for API keys");
      if (caller.principal->must_change_password)
        return fail(ErrorCode::Forbidden, "change your one-time password first");
      if (caller.principal->must_enrol) return fail(ErrorCode::Forbidden, "set up a second factor first");
      caller.principal = WD_TRY(deps_.identity.access_grants().act(*caller.principal, tenant, operation.id));
    }
    const Principal& principal = *caller.principal;
    if (!principal.is_bearer && request.method != "GET" && request.method != "HEAD") {
      WD_TRY(check_csrf_token(principal, request));
    }
    if (principal.must_change_password && operation.right != "self") {
      return fail(ErrorCode::Forbidden, "change your one-time password first");
    }
    if (principal.must_enrol && operation.right != "self")
      return fail(ErrorCode::Forbidden, "set up a second factor first");
    if (principal.api_key && operation.right == "self" && request.method != "GET")
      return fail(ErrorCode::Forbidden, "an API key has neither a session nor a password");
    if (!principal.may(operation.right)) {
      deps_.identity.record_denial(principal, operation.id, "right " + operation.right + " is missing");
      return fail(ErrorCode::Forbidden, "your roles do not include " + operation.right);
    }
    caller.scope = WD_TRY(deps_.identity.scope_of(principal, operation.right));
    return caller;
  }

  HttpResponse run(const Operation& operation, const ApiRequest& request, const std::string& trace_id) {
    try {  // the last net: one request's accident ends that request, not the manager
      auto answer = routes_.handlers().find(operation.id)->second(request);
      record_refusal(operation, request);
      if (!answer) return refuse(operation, answer.error(), trace_id);
      if (answer->stream && request.principal != nullptr) guard_stream(*answer, *request.principal);
      return to_http(std::move(*answer));
    } catch (const std::exception& error) {
      return refuse(operation, Error{ErrorCode::Internal, error.what()}, trace_id);
    }
  }

  void guard_stream(ApiResponse& answer, const Principal& principal) {
    answer.stream = [open = std::move(answer.stream), principal,
                     &identity = deps_.identity](std::shared_ptr<ResponseStream> stream) {
      open(guarded(std::move(stream), [principal, &identity] { return identity.is_in_force(principal); }));
    };
  }

  /// What lies outside of a scope looks to the caller as if it were not there; the audit log has the truth.
  void record_refusal(const Operation& operation, const ApiRequest& request) {
    if (request.scope == nullptr || request.principal == nullptr) return;
    const std::string refusal = request.scope->refusal();
    if (!refusal.empty()) deps_.identity.record_denial(*request.principal, operation.id, refusal);
  }

  HttpResponse run_once(const Operation& operation, const ApiRequest& request, const std::string& key,
                        const std::string& trace_id) {
    auto before = deps_.idempotency.begin(*request.scope, key, request.http);
    if (!before && before.error().code == ErrorCode::Invalid) {
      return problem_response(simple_problem(422, "idempotency-key-reused", before.error().message));
    }
    if (!before) return refuse(operation, before.error(), trace_id);
    if (*before) return std::move(**before);
    HttpResponse response = run(operation, request, trace_id);
    const auto kept = deps_.idempotency.end(*request.scope, key, request.http, response);
    if (!kept) deps_.log.warning("api.idempotency.failed", kept.error().message, {{"trace_id", trace_id}});
    return response;
  }

  ApiOptions options_;
  ApiDeps deps_;
  Routes routes_;
  Contract contract_;
  ConsoleFiles console_;
  RateLimiter limiter_;
  Counter& server_errors_;
  Counter& limited_;
};

Result<void> check_complete(const Contract& contract, const Routes& routes) {
  for (const Operation& operation : contract.operations()) {
    if (!routes.handlers().contains(operation.id)) {
      return fail(ErrorCode::Internal, "contract: no handler for " + operation.id);
    }
  }
  for (const auto& [id, handler] : routes.handlers()) {
    if (contract.find(id) == nullptr) return fail(ErrorCode::Internal, "contract: no operation " + id);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<HttpHandler>> make_api(ApiOptions options, ApiDeps deps, Routes routes) {
  Contract contract = WD_TRY(Contract::load(openapi_yaml()));
  WD_TRY(check_complete(contract, routes));
  ConsoleFiles console = WD_TRY(ConsoleFiles::load(options.console_directory));
  return std::make_unique<Api>(std::move(options), std::move(deps), std::move(routes), std::move(contract),
                               std::move(console));
}

}  // namespace warder::manager
