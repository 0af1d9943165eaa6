#include "base/json.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_identity.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

json::object to_json(const Approval& approval) {
  return json::object{{"id", approval.id.text()},
                      {"action", approval.action},
                      {"object", approval.object},
                      {"reason", approval.reason},
                      {"requester", approval.requester.text()},
                      {"approver", approval.approver ? json::value(approval.approver->text()) : json::value()},
                      {"state", name(approval.state)},
                      {"created", to_rfc3339(approval.created)},
                      {"expires", to_rfc3339(approval.expires)},
                      {"decided", approval.decided ? json::value(to_rfc3339(*approval.decided)) : json::value()}};
}

ApiResponse answer(const Approval& approval, int status) {
  ApiResponse response;
  response.status = status;
  response.body = to_json(approval);
  return response;
}

Result<ApiResponse> list_approvals(Approvals& approvals, const ApiRequest& request) {
  const auto limit = static_cast<std::size_t>(request.query_int("limit", 100));
  const ApprovalPage page = WD_TRY(approvals.list(*request.scope, limit, request.query("cursor").value_or("")));
  json::array items;
  for (const Approval& approval : page.items) items.push_back(to_json(approval));
  ApiResponse response;
  response.body = json::object{{"items", std::move(items)},
                               {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value()}};
  return response;
}

Result<ApiResponse> create_approval(Approvals& approvals, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  ApprovalDraft draft{text_in(body, "action"), text_in(body, "object"), text_in(body, "reason")};
  if (const json::value* seconds = find(body, "expires_in_s")) {
    draft.expires_in = std::chrono::seconds(seconds->to_number<std::int64_t>());
  }
  return answer(WD_TRY(approvals.request(*request.scope, request.principal->user, draft)), 201);
}

Result<ApiResponse> decide_approval(Approvals& approvals, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const auto id = WD_TRY(parse_id<ApprovalId>(request.path_parameter("id")));
  return answer(WD_TRY(approvals.decide(*request.scope, request.principal->user, id, body.at("approve").as_bool(),
                                        text_in(body, "comment"))),
                200);
}

}  // namespace

void add_approval_routes(Routes& routes, Identity& identity) {
  Approvals& approvals = identity.approvals();
  routes.add("listApprovals", [&approvals](const ApiRequest& request) { return list_approvals(approvals, request); });
  routes.add("createApproval", [&approvals](const ApiRequest& request) { return create_approval(approvals, request); });
  routes.add("decideApproval", [&approvals](const ApiRequest& request) { return decide_approval(approvals, request); });
}

}  // namespace warder::manager
