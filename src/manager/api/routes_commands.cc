#include "manager/api/fleet_json.h"
#include "manager/api/routes_fleet.h"

namespace warder::manager {
namespace {

json::object command_to_json(const Command& command) {
  return {
      {"id", command.id.text()},  {"agent_id", command.agent.text()},       {"module", command.module},
      {"name", command.name},     {"state", name(command.state)},           {"error", text_or_null(command.error)},
      {"output", command.output}, {"created", to_rfc3339(command.created)}, {"finished", to_json(command.finished)}};
}

Result<ApiResponse> create_command(const ApiRequest& request, Commands& commands) {
  const json::object& body = request.body.as_object();
  CommandDraft draft;
  draft.module = member_text(body, "module");
  draft.name = member_text(body, "name");
  if (body.contains("arguments")) draft.arguments = *WD_TRY(get_object(body, "arguments"));
  ApiResponse response;
  response.status = 202;
  response.body =
      command_to_json(WD_TRY(commands.create(request.tenant_scope(), WD_TRY(path_id<AgentId>(request)), draft)));
  return response;
}

}  // namespace

void add_command_routes(Routes& routes, Commands& commands) {
  routes.add("createCommand", [&commands](const ApiRequest& request) { return create_command(request, commands); });
  routes.add("listCommands", [&commands](const ApiRequest& request) -> Result<ApiResponse> {
    return page_response(
        WD_TRY(commands.list(request.tenant_scope(), WD_TRY(path_id<AgentId>(request)), page_request(request))),
        command_to_json);
  });
}

}  // namespace warder::manager
