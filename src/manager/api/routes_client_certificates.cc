// Client certificates: logging in by one, whom the tenant trusts for them, and whose they are.
#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/passkey_json.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_identity.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

json::object to_json(const TrustedAuthority& authority) {
  const auto& list = authority.revocations;
  return {{"id", authority.id.text()},
          {"name", authority.name},
          {"subject", authority.subject},
          {"fingerprint", authority.fingerprint},
          {"not_after", to_rfc3339(authority.not_after)},
          {"added", to_rfc3339(authority.added)},
          {"certificate", authority.certificate_pem},
          {"revocations", list ? json::value(json::object{{"issued", to_rfc3339(list->issued)},
                                                          {"next", to_rfc3339(list->next)},
                                                          {"certificates", list->certificates}})
                               : json::value()}};
}

json::object to_json(const UserCertificate& certificate) {
  return {{"id", certificate.id.text()},
          {"user_id", certificate.user.text()},
          {"name", certificate.name},
          {"fingerprint", certificate.fingerprint},
          {"not_after", to_rfc3339(certificate.not_after)},
          {"added", to_rfc3339(certificate.added)}};
}

ApiResponse answer_of(json::object body, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

ApiResponse no_content() {
  ApiResponse response;
  response.status = 204;
  return response;
}

Result<LoggedIn> log_in(Identity& identity, const ApiRequest& request, bool is_bearer) {
  const json::object& body = request.body.as_object();
  CertificateLogin login{text_in(body, "tenant"), is_bearer, request.http.peer, request.http.shown_certificate,
                         text_in(body, "code")};
  if (const json::value* passkey = find(body, "passkey")) login.passkey = assertion_in(passkey->as_object());
  return identity.log_in_with_certificate(login);
}

Result<ApiResponse> list_authorities(Identity& identity, const ApiRequest& request) {
  return list_page(
      request, WD_TRY(identity.client_certificates().authorities(request.tenant_scope())),
      [](const TrustedAuthority& authority) { return authority.id.text(); },
      [](const TrustedAuthority& authority) { return to_json(authority); });
}

Result<ApiResponse> add_authority(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  return answer_of(to_json(WD_TRY(identity.client_certificates().add_authority(
                       request.tenant_scope(), text_in(body, "name"), text_in(body, "certificate")))),
                   201);
}

Result<TrustedAuthorityId> authority_in(const ApiRequest& request) {
  return parse_id<TrustedAuthorityId>(request.path_parameter("id"));
}

Result<ApiResponse> get_authority(Identity& identity, const ApiRequest& request) {
  return answer_of(to_json(
      WD_TRY(identity.client_certificates().find_authority(request.tenant_scope(), WD_TRY(authority_in(request))))));
}

Result<ApiResponse> remove_authority(Identity& identity, const ApiRequest& request) {
  WD_TRY(identity.client_certificates().remove_authority(request.tenant_scope(), WD_TRY(authority_in(request))));
  return no_content();
}

Result<ApiResponse> set_revocations(Identity& identity, const ApiRequest& request) {
  return answer_of(to_json(WD_TRY(identity.client_certificates().set_revocations(
      request.tenant_scope(), WD_TRY(authority_in(request)), text_in(request.body.as_object(), "revocations")))));
}

Result<ApiResponse> list_certificates(Identity& identity, const ApiRequest& request) {
  std::optional<UserId> user;
  if (const auto asked = request.query("user_id")) user = WD_TRY(parse_id<UserId>(*asked));
  return list_page(
      request, WD_TRY(identity.client_certificates().list(request.tenant_scope(), user)),
      [](const UserCertificate& certificate) { return certificate.id.text(); },
      [](const UserCertificate& certificate) { return to_json(certificate); });
}

Result<ApiResponse> add_certificate(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const std::string name = text_in(body, "name");
  const std::string pem = text_in(body, "certificate");
  std::optional<ProofBody> proof_body;
  std::optional<OwnProof> proof;
  if (body.contains("password")) proof = proof_body.emplace(body).proof();
  const NewUserCertificate made{WD_TRY(parse_id<UserId>(text_in(body, "user_id"))), name, pem};
  return answer_of(to_json(WD_TRY(identity.add_user_certificate(request.tenant_scope(), *request.principal, made,
                                                                proof ? &*proof : nullptr))),
                   201);
}

Result<ApiResponse> remove_certificate(Identity& identity, const ApiRequest& request) {
  WD_TRY(identity.remove_user_certificate(request.tenant_scope(), *request.principal,
                                          WD_TRY(parse_id<UserCertificateId>(request.path_parameter("id")))));
  return no_content();
}

}  // namespace

void add_client_certificate_routes(Routes& routes, Identity& identity) {
  using Handler = Result<ApiResponse> (*)(Identity&, const ApiRequest&);
  const auto add = [&](const char* operation, Handler handler) {
    routes.add(operation, [&identity, handler](const ApiRequest& request) { return handler(identity, request); });
  };
  routes.add("certificateSession", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    return session_answer(identity, WD_TRY(log_in(identity, request, false)));
  });
  routes.add("certificateToken", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    return token_answer(identity, WD_TRY(log_in(identity, request, true)));
  });
  add("listClientAuthorities", list_authorities);
  add("addClientAuthority", add_authority);
  add("getClientAuthority", get_authority);
  add("removeClientAuthority", remove_authority);
  add("setClientRevocations", set_revocations);
  add("listUserCertificates", list_certificates);
  add("addUserCertificate", add_certificate);
  add("removeUserCertificate", remove_certificate);
}

}  // namespace warder::manager
