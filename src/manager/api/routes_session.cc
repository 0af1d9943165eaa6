#include "base/json.h"
#include "manager/api/authentication.h"
#include "manager/api/list_page.h"
#include "manager/api/passkey_json.h"
#include "manager/api/problem.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_identity.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

/// The contract has checked that the member is there and is text.
std::string text_member(const ApiRequest& request, std::string_view key) {
  return std::string(std::string_view(request.body.as_object().at(key).as_string()));
}

Result<json::object> session_json(Identity& identity, const Principal& principal) {
  const TenantScope scope = WD_TRY(identity.scope_of(principal));
  const User user = WD_TRY(identity.users().find(scope, principal.user));
  const Tenant tenant = WD_TRY(identity.tenants().find(principal.tenant));
  const LastLogin before = WD_TRY(identity.previous_login(principal));
  const auto password_expires = WD_TRY(identity.password_expiry_of(scope, user));
  json::array rights;
  for (const std::string& right : principal.rights) rights.emplace_back(right);
  return json::object{
      {"user", to_json(user)},
      {"tenant", {{"id", tenant.id.text()}, {"name", tenant.name}}},
      {"rights", std::move(rights)},
      {"csrf_token", principal.csrf_token},
      {"expires", to_rfc3339(principal.expires)},
      {"must_change_password", principal.must_change_password},
      {"must_enrol", principal.must_enrol},
      {"previous_login", before.time ? json::value(to_rfc3339(*before.time)) : json::value()},
      {"previous_address", before.address.empty() ? json::value() : json::value(before.address)},
      {"password_expires", password_expires ? json::value(to_rfc3339(*password_expires)) : json::value()}};
}

/// Of a login: with the code when there is one.
LoginRequest login_request(const ApiRequest& request, bool is_bearer) {
  const json::value* code = find(request.body.as_object(), "code");
  LoginRequest login{text_member(request, "username"), text_member(request, "password"), is_bearer, request.http.peer,
                     code == nullptr ? std::string() : std::string(std::string_view(code->as_string()))};
  if (const json::value* passkey = find(request.body.as_object(), "passkey"))
    login.passkey = assertion_in(passkey->as_object());
  login.certificate = request.http.shown_certificate;
  return login;
}

ApiResponse code_needed(const LoggedIn& asked) {
  ApiResponse response;
  response.status = 202;
  response.body = json::object{{"needs", "code"},
                               {"passkey", asked.passkey ? json::value(to_json(*asked.passkey)) : json::value()}};
  return response;
}

Result<ApiResponse> log_in(Identity& identity, const ApiRequest& request) {
  return session_answer(identity, WD_TRY(identity.log_in(login_request(request, false))));
}

Result<ApiResponse> create_token(Identity& identity, const ApiRequest& request) {
  return token_answer(identity, WD_TRY(identity.log_in(login_request(request, true))));
}

ApiResponse problem_answer(const Error& error) {
  HttpResponse problem = problem_response(problem_of(error, {}));
  ApiResponse response;
  response.status = problem.status;
  response.headers = std::move(problem.headers);
  response.raw_body = std::move(problem.body);
  return response;
}

Result<ApiResponse> negotiate(Identity& identity, const ApiRequest& request, bool is_bearer) {
  constexpr std::string_view kScheme = "Negotiate ";
  if (!identity.takes_tickets()) return fail(ErrorCode::NotFound, "no Kerberos tickets are taken here");
  const std::string_view shown = request.http.header("authorization");
  if (!shown.starts_with(kScheme)) {
    ApiResponse challenge = problem_answer({ErrorCode::Unauthenticated, "show a Kerberos ticket"});
    challenge.headers["www-authenticate"] = "Negotiate";
    return challenge;
  }
  const json::object& body = request.body.as_object();
  auto token = from_base64(shown.substr(kScheme.size()));
  std::optional<AssertionAnswer> passkey;
  if (const json::value* shown_passkey = find(body, "passkey")) passkey = assertion_in(shown_passkey->as_object());
  const LoggedInByTicket ticket =
      WD_TRY(identity.log_in_by_ticket({text_in(body, "tenant"), token ? *token : Bytes{}, is_bearer, request.http.peer,
                                        text_in(body, "code"), std::move(passkey), request.http.shown_certificate}));
  ApiResponse response =
      is_bearer ? WD_TRY(token_answer(identity, ticket.login)) : WD_TRY(session_answer(identity, ticket.login));
  response.headers["www-authenticate"] = "Negotiate " + to_base64(ticket.answer);
  return response;
}

Result<ApiResponse> log_out(Identity& identity, const ApiRequest& request) {
  WD_TRY(identity.log_out(*request.principal));
  ApiResponse response;
  response.status = 204;
  if (!request.principal->is_bearer) response.headers["set-cookie"] = session_cookie({});
  return response;
}

Result<ApiResponse> change_password(Identity& identity, const ApiRequest& request) {
  WD_TRY(identity.change_password(*request.principal, text_member(request, "current"), text_member(request, "new")));
  ApiResponse response;
  response.status = 204;
  return response;
}

ApiResponse no_content() {
  ApiResponse response;
  response.status = 204;
  return response;
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

json::object record_to_json(const SessionRecord& record, const SessionId& current) {
  return {{"id", record.id.text()},
          {"kind", record.is_bearer ? "bearer" : "browser"},
          {"method", text_or_null(record.method)},
          {"address", record.address.empty() ? json::value() : json::value(record.address)},
          {"created", to_rfc3339(record.created)},
          {"last_used", to_rfc3339(record.last_used)},
          {"expires", to_rfc3339(record.expires)},
          {"current", record.id == current}};
}

Result<ApiResponse> list_sessions(Identity& identity, const ApiRequest& request) {
  return list_page(
      request, WD_TRY(identity.sessions_of(*request.principal)),
      [](const SessionRecord& record) { return record.id.text(); },
      [&](const SessionRecord& record) { return record_to_json(record, request.principal->session); });
}

Result<ApiResponse> end_session(Identity& identity, const ApiRequest& request) {
  const auto id = WD_TRY(parse_id<SessionId>(request.path_parameter("id")));
  WD_TRY(identity.end_session(*request.principal, id));
  return no_content();
}

Result<ApiResponse> redeem_link(Identity& identity, const ApiRequest& request) {
  WD_TRY(identity.redeem_reset_link(text_member(request, "token"), text_member(request, "new"), request.http.peer));
  return no_content();
}

}  // namespace

Result<ApiResponse> session_answer(Identity& identity, const LoggedIn& session) {
  if (session.needs_code) return code_needed(session);
  ApiResponse response;
  response.body = WD_TRY(session_json(identity, session.principal));
  response.headers["set-cookie"] = session_cookie(session.token);
  return response;
}

Result<ApiResponse> token_answer(Identity& identity, const LoggedIn& session) {
  if (session.needs_code) return code_needed(session);
  const LastLogin before = WD_TRY(identity.previous_login(session.principal));
  ApiResponse response;
  response.body =
      json::object{{"token", session.token},
                   {"previous_login", before.time ? json::value(to_rfc3339(*before.time)) : json::value()},
                   {"previous_address", before.address.empty() ? json::value() : json::value(before.address)},
                   {"expires", to_rfc3339(session.principal.expires)},
                   {"must_change_password", session.principal.must_change_password},
                   {"must_enrol", session.principal.must_enrol}};
  return response;
}

void add_session_routes(Routes& routes, Identity& identity) {
  routes.add("listSessions", [&identity](const ApiRequest& request) { return list_sessions(identity, request); });
  routes.add("endSession", [&identity](const ApiRequest& request) { return end_session(identity, request); });
  routes.add("redeemPasswordReset", [&identity](const ApiRequest& request) { return redeem_link(identity, request); });
  routes.add("login", [&identity](const ApiRequest& request) { return log_in(identity, request); });
  routes.add("negotiateSession",
             [&identity](const ApiRequest& request) { return negotiate(identity, request, false); });
  routes.add("negotiateToken", [&identity](const ApiRequest& request) { return negotiate(identity, request, true); });
  routes.add("createToken", [&identity](const ApiRequest& request) { return create_token(identity, request); });
  routes.add("logout", [&identity](const ApiRequest& request) { return log_out(identity, request); });
  routes.add("changePassword", [&identity](const ApiRequest& request) { return change_password(identity, request); });
  routes.add("getSession", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    ApiResponse response;
    response.body = WD_TRY(session_json(identity, *request.principal));
    return response;
  });
}

}  // namespace warder::manager
