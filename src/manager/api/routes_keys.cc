#include "manager/api/routes_keys.h"

#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"

namespace warder::manager {

namespace {

/// Of a tenant that is there; an empty one otherwise.
std::string name_of(const Tenants& tenants, const std::string& owner) {
  if (owner == kControlOwner) return owner;
  const auto id = parse_id<TenantId>(owner);
  const auto tenant = id ? tenants.find(*id) : Result<Tenant>(tl::unexpected(id.error()));
  return tenant ? tenant->name : std::string();
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(json::string(text));
}

json::object to_json(const KeyState& key, const Tenants& tenants) {
  const bool is_dated = key.created != Timestamp{};
  return json::object{{"owner", key.owner},
                      {"owner_name", name_of(tenants, key.owner)},
                      {"level", key.level},
                      {"epoch", key.epoch},
                      {"created", is_dated ? json::value(to_rfc3339(key.created)) : json::value()},
                      {"current", key.is_current},
                      {"provider", text_or_null(key.provider)},
                      {"root_key", text_or_null(key.root)}};
}

Result<ApiResponse> list_keys(const KeyOperations& keys, const Tenants& tenants, const ApiRequest& request) {
  return list_page(
      request, WD_TRY(keys.list(*request.scope)),
      [](const KeyState& key) { return key.owner + "/" + key.level + "/" + std::to_string(key.epoch); },
      [&](const KeyState& key) { return to_json(key, tenants); });
}

Result<ApiResponse> rotate_key(KeyOperations& keys, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  KeyTarget target{text_in(body, "level"), text_in(body, "owner")};
  if (target.owner.empty() && target.level != "root") target.owner = request.scope->tenant().text();
  std::optional<ApprovalId> approval;
  if (body.contains("approval_id")) approval = WD_TRY(parse_id<ApprovalId>(text_in(body, "approval_id")));
  const RotatedKey rotated = WD_TRY(keys.rotate(*request.scope, target, approval));
  ApiResponse response;
  response.body = json::object{{"level", target.level},
                               {"owner", text_or_null(target.owner)},
                               {"epoch", rotated.epoch ? json::value(*rotated.epoch) : json::value()}};
  return response;
}

}  // namespace

void add_key_routes(Routes& routes, KeyOperations& keys, const Tenants& tenants) {
  routes.add("listKeys", [&](const ApiRequest& request) { return list_keys(keys, tenants, request); });
  routes.add("rotateKey", [&](const ApiRequest& request) { return rotate_key(keys, request); });
}

}  // namespace warder::manager
