// One's own passkeys, and logging in with one.
#include "manager/api/list_page.h"
#include "manager/api/passkey_json.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_identity.h"

namespace warder::manager {

namespace {

json::object to_json(const Passkey& passkey) {
  return {{"id", passkey.id.text()},
          {"name", passkey.name},
          {"created", to_rfc3339(passkey.created)},
          {"last_used", passkey.last_used ? json::value(to_rfc3339(*passkey.last_used)) : json::value()},
          {"backed_up", passkey.credential.is_backed_up}};
}

Result<ApiResponse> list(Identity& identity, const ApiRequest& request) {
  return list_page(
      request, WD_TRY(identity.passkeys_of(*request.principal)),
      [](const Passkey& passkey) { return passkey.id.text(); },
      [](const Passkey& passkey) { return to_json(passkey); });
}

Result<ApiResponse> begin(Identity& identity, const ApiRequest& request) {
  const ProofBody body(request.body.as_object());
  const PasskeyCreation creation = WD_TRY(identity.begin_passkey(*request.principal, body.proof()));
  ApiResponse response;
  response.body =
      json::object{{"request", to_json(creation.request)},
                   {"rp_name", "Warder"},
                   {"user_handle", to_base64url(creation.user_handle)},
                   {"username", creation.username},
                   {"display_name", creation.display_name},
                   {"algorithms",
                    {static_cast<int>(SignatureAlgorithm::Es256), static_cast<int>(SignatureAlgorithm::EdDsa),
                     static_cast<int>(SignatureAlgorithm::Rs256)}}};
  return response;
}

Result<ApiResponse> add(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const AddedPasskey added =
      WD_TRY(identity.add_passkey(*request.principal, text_in(body, "name"),
                                  {bytes_in(body, "client_data"), bytes_in(body, "attestation_object")}));
  json::array codes;
  for (const std::string& code : added.recovery_codes) codes.emplace_back(code);
  ApiResponse response;
  response.status = 201;
  response.body = json::object{{"passkey", to_json(added.passkey)}, {"recovery_codes", std::move(codes)}};
  return response;
}

Result<ApiResponse> remove(Identity& identity, const ApiRequest& request) {
  const ProofBody body(request.body.as_object());
  const auto id = WD_TRY(parse_id<PasskeyId>(request.path_parameter("id")));
  WD_TRY(identity.remove_passkey(*request.principal, id, body.proof()));
  ApiResponse response;
  response.status = 204;
  return response;
}

Result<ApiResponse> request_answer(const Result<PasskeyRequest>& made) {
  ApiResponse response;
  response.body = to_json(WD_TRY(made));
  return response;
}

Result<ApiResponse> log_in(Identity& identity, const ApiRequest& request) {
  const AssertionAnswer answer = assertion_in(request.body.as_object());
  return session_answer(
      identity, WD_TRY(identity.log_in_with_passkey(answer, request.http.peer, request.http.shown_certificate)));
}

}  // namespace

void add_passkey_routes(Routes& routes, Identity& identity) {
  routes.add("listPasskeys", [&identity](const ApiRequest& request) { return list(identity, request); });
  routes.add("beginPasskey", [&identity](const ApiRequest& request) { return begin(identity, request); });
  routes.add("addPasskey", [&identity](const ApiRequest& request) { return add(identity, request); });
  routes.add("removePasskey", [&identity](const ApiRequest& request) { return remove(identity, request); });
  routes.add("requestOwnPasskey", [&identity](const ApiRequest& request) {
    return request_answer(identity.request_own_passkey(*request.principal));
  });
  routes.add("beginPasskeyLogin",
             [&identity](const ApiRequest&) { return request_answer(identity.begin_passkey_login()); });
  routes.add("loginWithPasskey", [&identity](const ApiRequest& request) { return log_in(identity, request); });
}

}  // namespace warder::manager
