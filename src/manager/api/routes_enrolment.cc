#include "manager/api/fleet_json.h"
#include "manager/api/routes_fleet.h"

namespace warder::manager {
namespace {

json::object token_to_json(const EnrolToken& token) {
  json::object object{{"id", token.id.text()},
                      {"name", token.name},
                      {"group_id", to_json(token.group)},
                      {"policy_id", to_json(token.policy)},
                      {"created", to_rfc3339(token.created)},
                      {"expires", to_rfc3339(token.expires)},
                      {"uses_left", token.uses_left},
                      {"revoked", token.revoked}};
  if (!token.token.empty()) object["token"] = token.token;
  return object;
}

Result<ApiResponse> create_token(const ApiRequest& request, Enrolment& enrolment) {
  const json::object& body = request.body.as_object();
  EnrolTokenDraft draft;
  draft.name = member_text(body, "name");
  draft.group = WD_TRY(member_id<GroupId>(body, "group_id")).value_or(std::nullopt);
  draft.policy = WD_TRY(member_id<PolicyId>(body, "policy_id")).value_or(std::nullopt);
  if (body.contains("expires_in_s")) draft.expires_in = std::chrono::seconds{WD_TRY(get_int(body, "expires_in_s"))};
  if (body.contains("uses")) draft.uses = WD_TRY(get_int(body, "uses"));
  ApiResponse response;
  response.status = 201;
  response.body = token_to_json(WD_TRY(enrolment.create(request.tenant_scope(), draft)));
  return response;
}

}  // namespace

void add_enrolment_routes(Routes& routes, Enrolment& enrolment) {
  routes.add("listEnrolTokens", [&enrolment](const ApiRequest& request) -> Result<ApiResponse> {
    return page_response(WD_TRY(enrolment.list(request.tenant_scope(), page_request(request))), token_to_json);
  });
  routes.add("createEnrolToken", [&enrolment](const ApiRequest& request) { return create_token(request, enrolment); });
  routes.add("revokeEnrolToken", [&enrolment](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(enrolment.revoke(request.tenant_scope(), WD_TRY(path_id<TokenId>(request))));
    return no_content();
  });
}

}  // namespace warder::manager
