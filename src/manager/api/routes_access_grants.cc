// Operators' access to other tenants: asked for, decided about, ended.
#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_identity.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

template <class IdType>
json::value id_or_null(const std::optional<IdType>& id) {
  return id ? json::value(id->text()) : json::value();
}

json::object to_json(const AccessGrant& grant, Timestamp now) {
  json::array approvers;
  for (const UserId& user : grant.approvers) approvers.emplace_back(user.text());
  return {{"id", grant.id.text()},
          {"tenant_id", grant.tenant.text()},
          {"operator", grant.operator_user.text()},
          {"operator_name", grant.operator_name},
          {"role", grant.role},
          {"reason", grant.reason},
          {"state", name(grant.state(now))},
          {"created", to_rfc3339(grant.created)},
          {"expires", to_rfc3339(grant.expires)},
          {"consent", id_or_null(grant.consent)},
          {"approvers", std::move(approvers)},
          {"ended", grant.ended ? json::value(to_rfc3339(*grant.ended)) : json::value()},
          {"end_reason", grant.end_reason}};
}

AccessGrantActor actor_of(const ApiRequest& request) {
  return {request.principal->tenant, request.principal->user};
}

Result<AccessGrantId> grant_id(const ApiRequest& request) {
  return parse_id<AccessGrantId>(request.path_parameter("id")).in("id");
}

Result<ApiResponse> answer(Result<AccessGrant> grant, Timestamp now, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.body = to_json(WD_TRY(std::move(grant)), now);
  return response;
}

Result<ApiResponse> list_grants(AccessGrants& grants, Timestamp now, const ApiRequest& request) {
  return list_page(
      request, WD_TRY(grants.list(request.principal->tenant)), [](const AccessGrant& grant) { return grant.id.text(); },
      [now](const AccessGrant& grant) { return to_json(grant, now); });
}

Result<AccessGrant> request_grant(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const auto first = WD_TRY(identity.tenants().find_by_name(kFirstTenant));
  if (request.principal->tenant != first.id)
    return request.tenant_scope().forbid("only operators of the first tenant ask for access to another");
  AccessGrantDraft draft;
  draft.tenant = WD_TRY(parse_id<TenantId>(text_in(body, "tenant_id")).in("/tenant_id"));
  draft.reason = text_in(body, "reason");
  if (body.contains("role")) draft.role = text_in(body, "role");
  if (body.contains("expires_in_s")) draft.expires_in = std::chrono::seconds(WD_TRY(get_int(body, "expires_in_s")));
  return identity.access_grants().request(*request.principal, draft);
}

}  // namespace

void add_access_grant_routes(Routes& routes, Identity& identity, const host::Clock& clock) {
  AccessGrants& grants = identity.access_grants();
  routes.add("listAccessGrants", [&](const ApiRequest& request) { return list_grants(grants, clock.now(), request); });
  routes.add("requestAccessGrant",
             [&](const ApiRequest& request) { return answer(request_grant(identity, request), clock.now(), 201); });
  routes.add("getAccessGrant", [&](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(grants.find(request.principal->tenant, WD_TRY(grant_id(request))), clock.now());
  });
  routes.add("decideAccessGrant", [&](const ApiRequest& request) -> Result<ApiResponse> {
    const json::object& body = request.body.as_object();
    return answer(grants.decide(actor_of(request), WD_TRY(grant_id(request)), body.at("agree").as_bool(),
                                text_in(body, "comment")),
                  clock.now());
  });
  routes.add("endAccessGrant", [&](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(grants.end(actor_of(request), WD_TRY(grant_id(request)), text_in(request.body.as_object(), "reason")),
                  clock.now());
  });
}

}  // namespace warder::manager
