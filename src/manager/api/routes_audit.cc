#include "base/json.h"
#include "manager/api/routes_events.h"

namespace warder::manager {
namespace {

json::object to_json(const AuditEntry& entry) {
  return {{"index", entry.index},          {"time", to_rfc3339(entry.time)}, {"actor", entry.actor},
          {"action", entry.record.action}, {"object", entry.record.object},  {"outcome", name(entry.record.outcome)},
          {"detail", entry.record.detail}, {"hash", to_hex(entry.hash)}};
}

Result<ApiResponse> list(AuditLog& audit, const ApiRequest& request) {
  constexpr std::int64_t kDefaultLimit = 100;
  AuditQuery query;
  query.limit = static_cast<std::size_t>(request.query_int("limit", kDefaultLimit));
  query.cursor = request.query("cursor").value_or("");
  query.action = request.query("action").value_or("");
  const AuditPage page = WD_TRY(audit.list(request.tenant_scope(), query));
  json::array items;
  for (const AuditEntry& entry : page.items) items.push_back(to_json(entry));
  ApiResponse response;
  response.body =
      json::object{{"items", std::move(items)},
                   {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value(nullptr)}};
  return response;
}

Result<ApiResponse> verify(AuditLog& audit, const ApiRequest& request) {
  const AuditVerification result = WD_TRY(audit.verify(request.tenant_scope()));
  ApiResponse response;
  response.body = json::object{
      {"intact", result.intact},
      {"entries", result.entries},
      {"root", to_hex(result.root)},
      {"first_bad_index", result.first_bad_index ? json::value(*result.first_bad_index) : json::value(nullptr)},
      {"detail", result.detail}};
  return response;
}

}  // namespace

void add_audit_routes(Routes& routes, AuditLog& audit) {
  routes.add("listAudit", [&audit](const ApiRequest& request) { return list(audit, request); });
  routes.add("verifyAudit", [&audit](const ApiRequest& request) { return verify(audit, request); });
}

}  // namespace warder::manager
