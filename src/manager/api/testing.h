// For tests: the API on a real listener with TLS, and a client that speaks to it through libcurl.
#pragma once

#include <curl/curl.h>

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "manager/api/contract.h"
#include "manager/api/idempotency.h"
#include "manager/api/routes_identity.h"
#include "manager/api/routes_system.h"
#include "manager/api/server.h"
#include "manager/identity/testing.h"
#include "manager/net/testing.h"

namespace warder::manager::testing {

struct Answer {
  long status = 0;
  std::map<std::string, std::string> headers;
  std::string text;
  json::value body;  // when it is JSON

  [[nodiscard]] std::string at(std::string_view pointer) const {
    boost::system::error_code error;
    const json::value* found = body.find_pointer({pointer.data(), pointer.size()}, error);
    if (found == nullptr) return "absent";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
  }
};

/// One browser or script: keeps cookies and a CSRF or bearer token.
class ApiClient {
 public:
  explicit ApiClient(std::uint16_t port) : base_("https://127.0.0.1:" + std::to_string(port)) {}

  std::string csrf_token;
  std::string bearer;
  std::string cookie;

  Answer ask(const std::string& method, const std::string& path, const std::string& body = {},
             const std::vector<std::string>& headers = {}) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
    Answer answer;
    const std::string& ca = TestPki::get().authority.certificate_pem();
    curl_blob blob{const_cast<char*>(ca.data()), ca.size(), CURL_BLOB_COPY};  // NOLINT: curl's C interface
    curl_easy_setopt(curl.get(), CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(curl.get(), CURLOPT_URL, (base_ + path).c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
    if (method == "HEAD") curl_easy_setopt(curl.get(), CURLOPT_NOBODY, 1L);
    curl_slist* list = nullptr;
    for (const std::string& header : all_headers(body, headers)) list = curl_slist_append(list, header.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list);
    if (!body.empty()) curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    if (!body.empty()) curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &answer);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, take_header);
    EXPECT_EQ(curl_easy_perform(curl.get()), CURLE_OK) << method << " " << path;
    curl_slist_free_all(list);
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    if (auto parsed = parse_json(answer.text)) answer.body = std::move(*parsed);
    return answer;
  }

  /// Logs in as a browser does.
  Answer log_in(const std::string& name, const std::string& password) {
    const Answer answer = ask("POST", "/api/v1/session", log_in_body(name, password));
    csrf_token = answer.at("/csrf_token");
    const auto set = answer.headers.find("set-cookie");
    if (set != answer.headers.end()) cookie = set->second.substr(0, set->second.find(';'));
    return answer;
  }
  static std::string log_in_body(const std::string& name, const std::string& password) {
    return json::serialize(json::object{{"username", name}, {"password", password}});
  }

 private:
  [[nodiscard]] std::vector<std::string> all_headers(const std::string& body, std::vector<std::string> headers) const {
    headers.emplace_back("Expect:");
    if (!body.empty() && !has(headers, "Content-Type")) headers.emplace_back("Content-Type: application/json");
    if (!cookie.empty()) headers.push_back("Cookie: " + cookie);
    if (!csrf_token.empty() && !has(headers, "X-CSRF-Token")) headers.push_back("X-CSRF-Token: " + csrf_token);
    if (!bearer.empty()) headers.push_back("Authorization: Bearer " + bearer);
    return headers;
  }
  static bool has(const std::vector<std::string>& headers, std::string_view name) {
    for (const std::string& header : headers) {
      if (header.starts_with(name)) return true;
    }
    return false;
  }
  static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* answer) {
    static_cast<Answer*>(answer)->text.append(bytes, size * count);
    return size * count;
  }
  static std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* answer) {
    const std::string_view line(bytes, size * count);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      static_cast<Answer*>(answer)->headers[to_lower_ascii(line.substr(0, colon))] = trim(line.substr(colon + 1));
    }
    return size * count;
  }

  std::string base_;
};

/// The API with real identity and stubs for other features' operations: what a test does not replace answers 404.
/// Every answer is held against the contract.
class TestApi {
 public:
  explicit TestApi(Routes routes = {}, const std::filesystem::path& console = "/nonexistent", RateLimits limits = {},
                   std::vector<FeatureSchema> more = {}, std::vector<FeatureSchema> more_control = {},
                   const std::function<void(Routes&, TestIdentity&)>& add_more = {})
      : identity(with_idempotency(std::move(more)), std::move(more_control)) {
    if (add_more) add_more(routes, identity);
    add_session_routes(routes, identity.identity);
    add_user_routes(routes, identity.identity);
    add_user_session_routes(routes, identity.identity);
    add_access_policy_routes(routes, identity.identity);
    add_passkey_routes(routes, identity.identity);
    add_second_factor_routes(routes, identity.identity);
    add_password_routes(routes, identity.identity);
    add_scim_routes(routes, identity.identity);
    add_role_routes(routes, identity.identity);
    add_identity_provider_routes(routes, identity.identity);
    add_api_key_routes(routes, identity.identity);
    add_approval_routes(routes, identity.identity);
    add_access_grant_routes(routes, identity.identity, identity.clock);
    add_system_routes(routes, *identity.tenants, identity.clock);
    const Contract contract = Contract::load(openapi_yaml()).value();
    for (const Operation& operation : contract.operations()) {
      if (routes.handlers().contains(operation.id)) continue;
      routes.add(operation.id,
                 [](const ApiRequest&) -> Result<ApiResponse> { return fail(ErrorCode::NotFound, "a stub"); });
    }
    handler_ = make_api({console, true, limits},
                        {identity.identity, idempotency, identity.clock, log_, metrics_, [] { return Result<void>{}; }},
                        std::move(routes))
                   .value();
    HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    server_ = HttpServer::create(options, make_test_tls(), *handler_, log_, metrics_).value();
  }

  static std::vector<FeatureSchema> with_idempotency(std::vector<FeatureSchema> schemas) {
    schemas.push_back(idempotency_schema());
    return schemas;
  }
  [[nodiscard]] ApiClient client() const { return ApiClient(server_->port()); }
  /// Somebody with a password of their own, logged in with a bearer token.
  ApiClient member(const std::string& name, const std::string& role = "full-access") {
    const User user = identity.add_user(name, role);
    const std::string password = "Own-Phrase-Qzkw-1";
    EXPECT_TRUE(identity.identity.users().change_password(identity.scope_of(user), user.id, kGoodPassword, password));
    ApiClient client = this->client();
    client.bearer = identity.log_in(name, password, true).value().token;
    return client;
  }

  TestIdentity identity;
  IdempotencyStore idempotency{*identity.tenants, identity.clock};

 private:
  QuietLog log_;
  Metrics metrics_;
  std::unique_ptr<HttpHandler> handler_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace warder::manager::testing
