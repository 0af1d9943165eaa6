// One's own second factor, and taking somebody else's away.
#include "manager/api/passkey_json.h"
#include "manager/api/routes_identity.h"

namespace warder::manager {

namespace {

std::string_view member(const ApiRequest& request, std::string_view key) {
  return request.body.as_object().at(key).as_string();
}

ApiResponse no_content() {
  ApiResponse response;
  response.status = 204;
  return response;
}

Result<ApiResponse> show(Identity& identity, const ApiRequest& request) {
  const OwnSecondFactor own = WD_TRY(identity.second_factor_of(*request.principal));
  ApiResponse response;
  response.body = json::object{{"since", own.state.since ? json::value(to_rfc3339(*own.state.since)) : json::value()},
                               {"recovery_codes", own.state.recovery_codes},
                               {"passkeys", own.state.passkeys},
                               {"passkeys_available", identity.has_passkeys()},
                               {"demanded", own.is_demanded}};
  return response;
}

Result<ApiResponse> begin(Identity& identity, const ApiRequest& request) {
  const ProofBody body(request.body.as_object());
  const TotpSetup setup = WD_TRY(identity.begin_second_factor(*request.principal, body.proof()));
  ApiResponse response;
  response.body = json::object{{"secret", setup.secret}, {"uri", setup.uri}};
  return response;
}

ApiResponse codes_answer(const std::vector<std::string>& codes) {
  json::array texts;
  for (const std::string& code : codes) texts.emplace_back(code);
  ApiResponse response;
  response.body = json::object{{"recovery_codes", std::move(texts)}};
  return response;
}

Result<ApiResponse> confirm(Identity& identity, const ApiRequest& request) {
  return codes_answer(WD_TRY(identity.confirm_second_factor(*request.principal, member(request, "code"))));
}

Result<ApiResponse> renew(Identity& identity, const ApiRequest& request) {
  const ProofBody body(request.body.as_object());
  return codes_answer(WD_TRY(identity.renew_recovery_codes(*request.principal, body.proof())));
}

Result<ApiResponse> remove(Identity& identity, const ApiRequest& request) {
  const ProofBody body(request.body.as_object());
  WD_TRY(identity.remove_second_factor(*request.principal, body.proof()));
  return no_content();
}

Result<ApiResponse> reset(Identity& identity, const ApiRequest& request) {
  const auto user = WD_TRY(parse_id<UserId>(request.path_parameter("id")));
  WD_TRY(identity.reset_second_factor(*request.scope, user));
  return no_content();
}

}  // namespace

void add_second_factor_routes(Routes& routes, Identity& identity) {
  routes.add("getSecondFactor", [&identity](const ApiRequest& request) { return show(identity, request); });
  routes.add("beginSecondFactor", [&identity](const ApiRequest& request) { return begin(identity, request); });
  routes.add("confirmSecondFactor", [&identity](const ApiRequest& request) { return confirm(identity, request); });
  routes.add("renewRecoveryCodes", [&identity](const ApiRequest& request) { return renew(identity, request); });
  routes.add("removeSecondFactor", [&identity](const ApiRequest& request) { return remove(identity, request); });
  routes.add("resetSecondFactor", [&identity](const ApiRequest& request) { return reset(identity, request); });
}

}  // namespace warder::manager
