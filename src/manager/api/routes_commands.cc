#include <algorithm>
#include <array>

#include "manager/api/fleet_json.h"
#include "manager/api/routes_fleet.h"
#include "manager/identity/approvals.h"
#include "manager/identity/principal.h"

namespace warder::manager {
namespace {

json::object command_to_json(const Command& command) {
  return {
      {"id", command.id.text()},  {"agent_id", command.agent.text()},       {"module", command.module},
      {"name", command.name},     {"state", name(command.state)},           {"error", text_or_null(command.error)},
      {"output", command.output}, {"created", to_rfc3339(command.created)}, {"finished", to_json(command.finished)}};
}

// Commands that take a second person, and what the approval is called. It names the agent and, where there is one, the
// file. Whoever may only ask for commands (commands:request) gets these alone, and needs an approval for each.
struct ApprovedCommand {
  std::string_view module;
  std::string_view name;
  std::string_view action;
  bool is_for_all;  // also who may send any command needs one
  bool names_a_file;
};
constexpr std::array kApproved = {
    ApprovedCommand{"anti-malware", "quarantine-restore", "anti-malware.restore", true, true},
    ApprovedCommand{"anti-malware", "quarantine-export", "anti-malware.export", true, true},
    ApprovedCommand{"firewall", "isolate", "firewall.isolate", false, false},
    ApprovedCommand{"firewall", "release", "firewall.release", false, false},
};

Result<void> ask_approval(const ApiRequest& request, const AgentId& agent, const CommandDraft& draft,
                          Approvals* approvals) {
  const auto row = std::ranges::find_if(
      kApproved, [&](const ApprovedCommand& each) { return each.module == draft.module && each.name == draft.name; });
  const bool may_send_any = request.principal == nullptr || request.principal->may("commands:write");
  if (row == kApproved.end() && !may_send_any)
    return request.tenant_scope().forbid("this command takes the right commands:write");
  if (row == kApproved.end() || approvals == nullptr || (may_send_any && !row->is_for_all)) return {};
  std::string object = "agent:" + agent.text();
  if (row->names_a_file) object.append(":").append(WD_TRY(get_string(draft.arguments, "id")));
  const auto approval = request.query("approval_id");
  if (!approval) {
    return fail(ErrorCode::Forbidden, std::string(row->name) + " takes a second person: ask for an approval of " +
                                          std::string(row->action) + " for " + object +
                                          ", and give its number as approval_id");
  }
  return approvals->use(request.tenant_scope(), WD_TRY(parse_id<ApprovalId>(*approval)), row->action, object);
}

Result<ApiResponse> create_command(const ApiRequest& request, Commands& commands, Approvals* approvals) {
  const json::object& body = request.body.as_object();
  CommandDraft draft;
  draft.module = member_text(body, "module");
  draft.name = member_text(body, "name");
  if (body.contains("arguments")) draft.arguments = *WD_TRY(get_object(body, "arguments"));
  const auto agent = WD_TRY(path_id<AgentId>(request));
  WD_TRY(ask_approval(request, agent, draft, approvals));
  ApiResponse response;
  response.status = 202;
  response.body = command_to_json(WD_TRY(commands.create(request.tenant_scope(), agent, draft)));
  return response;
}

}  // namespace

void add_command_routes(Routes& routes, Commands& commands, Approvals* approvals) {
  routes.add("createCommand", [&commands, approvals](const ApiRequest& request) {
    return create_command(request, commands, approvals);
  });
  routes.add("listCommands", [&commands](const ApiRequest& request) -> Result<ApiResponse> {
    return page_response(
        WD_TRY(commands.list(request.tenant_scope(), WD_TRY(path_id<AgentId>(request)), page_request(request))),
        command_to_json);
  });
}

}  // namespace warder::manager
