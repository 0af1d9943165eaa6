#include "manager/api/fleet_json.h"
#include "manager/api/routes_fleet.h"

namespace warder::manager {
namespace {

json::object group_to_json(const Group& group) {
  return {{"id", group.id.text()},
          {"name", group.name},
          {"parent_id", to_json(group.parent)},
          {"policy_id", to_json(group.policy)},
          {"agents", group.agents},
          {"asset_value", group.asset_value ? json::value(*group.asset_value) : json::value(nullptr)},
          {"etag", group.etag()}};
}

Result<GroupDraft> read_draft(const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  GroupDraft draft;
  draft.name = member_text(body, "name");
  draft.parent = WD_TRY(member_id<GroupId>(body, "parent_id")).value_or(std::nullopt);
  draft.policy = WD_TRY(member_id<PolicyId>(body, "policy_id")).value_or(std::nullopt);
  if (const json::value* value = find(body, "asset_value")) {
    draft.asset_value.emplace();
    if (value->is_int64()) draft.asset_value->emplace(value->as_int64());
  }
  return draft;
}

}  // namespace

void add_group_routes(Routes& routes, Groups& groups) {
  routes.add("listGroups", [&groups](const ApiRequest& request) -> Result<ApiResponse> {
    return page_response(WD_TRY(groups.list(request.tenant_scope(), page_request(request))), group_to_json);
  });
  routes.add("createGroup", [&groups](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(201,
                           group_to_json(WD_TRY(groups.create(request.tenant_scope(), WD_TRY(read_draft(request))))));
  });
  routes.add("getGroup", [&groups](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(
        200, group_to_json(WD_TRY(groups.find(request.tenant_scope(), WD_TRY(path_id<GroupId>(request))))));
  });
  routes.add("updateGroup", [&groups](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(200,
                           group_to_json(WD_TRY(groups.update(request.tenant_scope(), WD_TRY(path_id<GroupId>(request)),
                                                              if_match(request), WD_TRY(read_draft(request))))));
  });
  routes.add("deleteGroup", [&groups](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(groups.remove(request.tenant_scope(), WD_TRY(path_id<GroupId>(request)), if_match(request)));
    return no_content();
  });
}

}  // namespace warder::manager
