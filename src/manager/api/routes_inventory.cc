#include "manager/api/routes_inventory.h"

#include "manager/api/fleet_json.h"
#include "manager/api/list_page.h"

namespace warder::manager {
namespace {

json::object item_to_json(const StoredItem& stored) {
  json::object attributes;
  for (const auto& [key, value] : stored.item.attributes) attributes[key] = value;
  return {{"agent_id", stored.agent.text()},
          {"hostname", stored.hostname},
          {"key", stored.item.key},
          {"name", stored.item.name},
          {"version", text_or_null(stored.item.version)},
          {"attributes", std::move(attributes)},
          {"first_seen", to_rfc3339(stored.first_seen)},
          {"changed", to_rfc3339(stored.changed)}};
}

json::object list_to_json(const InventoryList& list) {
  return {{"kind", inventory::name(list.kind)},
          {"items", list.items},
          {"digest", list.digest},
          {"collected", to_rfc3339(list.collected)},
          {"received", to_rfc3339(list.received)}};
}

Result<inventory::Kind> path_kind(const ApiRequest& request) {
  const auto kind = inventory::find_kind(request.path_parameter("kind"));
  if (!kind) return fail(ErrorCode::NotFound, "kind: there is no such kind of inventory");
  return *kind;
}

InventoryFilter read_filter(const ApiRequest& request) {
  InventoryFilter filter;
  filter.name = request.query("name").value_or("");
  filter.version = request.query("version").value_or("");
  filter.text = request.query("q").value_or("");
  return filter;
}

Result<ApiResponse> list_items(const ApiRequest& request, InventoryStore& store, const InventoryFilter& filter) {
  return page_response(
      WD_TRY(store.list(request.tenant_scope(), WD_TRY(path_kind(request)), filter, page_request(request))),
      item_to_json);
}

Result<ApiResponse> get_lists(const ApiRequest& request, Agents& agents, InventoryStore& store) {
  const AgentId id = WD_TRY(path_id<AgentId>(request));
  WD_TRY(agents.find(request.tenant_scope(), id));
  json::array lists;
  for (const InventoryList& list : WD_TRY(store.lists(request.tenant_scope(), id))) lists.push_back(list_to_json(list));
  const auto system = WD_TRY(store.list(request.tenant_scope(), inventory::Kind::System, {.agent = id}, {1, ""}));
  ApiResponse response;
  response.body = json::object{
      {"lists", std::move(lists)},
      {"system", system.items.empty() ? json::value(nullptr) : json::value(item_to_json(system.items.front()))}};
  return response;
}

Result<ApiResponse> list_versions(const ApiRequest& request, InventoryStore& store) {
  return page_response(
      WD_TRY(store.versions(request.tenant_scope(), WD_TRY(path_kind(request)), read_filter(request),
                            page_request(request))),
      [](const InventoryVersion& version) -> json::object {
        return {{"name", version.name}, {"version", text_or_null(version.version)}, {"hosts", version.hosts}};
      });
}

Result<ApiResponse> list_recommendations(const ApiRequest& request, Agents& agents, InventoryStore& store,
                                         const std::vector<inventory::Offer>& offers) {
  const AgentId id = WD_TRY(path_id<AgentId>(request));
  WD_TRY(agents.find(request.tenant_scope(), id));
  const inventory::Snapshot snapshot = WD_TRY(store.snapshot(request.tenant_scope(), id));
  return list_page(
      request, inventory::recommend(inventory::FactsIndex(snapshot), offers),
      [](const inventory::Recommendation& item) { return item.module + "/" + item.id; },
      [](const inventory::Recommendation& item) -> json::object {
        return {{"id", item.id}, {"module", item.module}, {"title", item.title}, {"reason", item.reason}};
      });
}

}  // namespace

void add_inventory_routes(Routes& routes, Agents& agents, InventoryStore& store,
                          const std::vector<inventory::Offer>& offers) {
  routes.add("getAgentInventory",
             [&agents, &store](const ApiRequest& request) { return get_lists(request, agents, store); });
  routes.add("listAgentInventory", [&agents, &store](const ApiRequest& request) -> Result<ApiResponse> {
    InventoryFilter filter = read_filter(request);
    filter.agent = WD_TRY(path_id<AgentId>(request));
    WD_TRY(agents.find(request.tenant_scope(), *filter.agent));
    return list_items(request, store, filter);
  });
  routes.add("listAgentRecommendations", [&agents, &store, &offers](const ApiRequest& request) {
    return list_recommendations(request, agents, store, offers);
  });
  routes.add("searchInventory",
             [&store](const ApiRequest& request) { return list_items(request, store, read_filter(request)); });
  routes.add("listInventoryVersions", [&store](const ApiRequest& request) { return list_versions(request, store); });
}

}  // namespace warder::manager
