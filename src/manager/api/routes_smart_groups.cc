// Groups of hosts by a filter.
#include "manager/api/fleet_json.h"
#include "manager/api/list_page.h"
#include "manager/api/routes_fleet.h"
#include "manager/fleet/host_fields.h"

namespace warder::manager {
namespace {

json::object group_to_json(const SmartGroup& group) {
  return {{"id", group.id.text()},
          {"name", group.draft.name},
          {"filter", group.draft.filter},
          {"created", to_rfc3339(group.created)},
          {"etag", group.etag()}};
}

/// With how many hosts it has now, of those that the caller reaches.
Result<ApiResponse> answer(const ApiRequest& request, Agents& agents, const SmartGroup& group, int status) {
  json::object body = group_to_json(group);
  body["agents"] = WD_TRY(agents.summary(request.tenant_scope(), {}, {group.draft.filter})).agents;
  return object_response(status, std::move(body));
}

SmartGroupDraft read_draft(const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  return {member_text(body, "name"), member_text(body, "filter")};
}

}  // namespace

void add_smart_group_routes(Routes& routes, SmartGroups& groups, Agents& agents) {
  routes.add("listSmartGroups", [&groups](const ApiRequest& request) -> Result<ApiResponse> {
    return list_page(
        request, WD_TRY(groups.list(request.tenant_scope())), [](const SmartGroup& group) { return group.id.text(); },
        group_to_json);
  });
  routes.add("createSmartGroup", [&groups, &agents](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(request, agents, WD_TRY(groups.create(request.tenant_scope(), read_draft(request))), 201);
  });
  routes.add("getSmartGroup", [&groups, &agents](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(request, agents, WD_TRY(groups.find(request.tenant_scope(), WD_TRY(path_id<SmartGroupId>(request)))),
                  200);
  });
  routes.add("updateSmartGroup", [&groups, &agents](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(request, agents,
                  WD_TRY(groups.update(request.tenant_scope(), WD_TRY(path_id<SmartGroupId>(request)),
                                       if_match(request), read_draft(request))),
                  200);
  });
  routes.add("deleteSmartGroup", [&groups](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(groups.remove(request.tenant_scope(), WD_TRY(path_id<SmartGroupId>(request)), if_match(request)));
    return no_content();
  });
  routes.add("listHostFields", [](const ApiRequest&) -> Result<ApiResponse> {
    json::array items;
    for (const FilterField& field : host_fields())
      items.push_back(json::object{{"key", field.key}, {"type", name(field.kind)}, {"doc", field.doc}});
    return object_response(200, json::object{{"items", std::move(items)}});
  });
}

}  // namespace warder::manager
