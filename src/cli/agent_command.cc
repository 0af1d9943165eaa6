#include "cli/agent_command.h"

#include "base/uri.h"

namespace warder::cli {
namespace {

Result<json::value> await_end(Session& session, client::Client& client, const std::string& path, json::value command) {
  constexpr int kMaxPolls = 600;
  const std::string id(WD_TRY(get_string(command.get_object(), "id")));
  for (int poll = 0; poll < kMaxPolls; ++poll) {
    const std::string_view state = WD_TRY(get_string(command.get_object(), "state"));
    if (state != "queued" && state != "sent") return command;
    session.environment().wait(std::chrono::milliseconds{500});
    for (json::value& item : WD_TRY(client.list(path))) {
      if (item.is_object() && get_string(item.get_object(), "id").value_or("") == id) command = std::move(item);
    }
  }
  return fail(ErrorCode::Timeout, "the agent has not finished the command");
}

}  // namespace

Result<json::value> send_agent_command(Session& session, const std::string& agent, const json::object& command,
                                       bool is_waiting, const std::string& approval) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/agents/" + WD_TRY(find_id(*client, "/agents", "hostname", agent)) + "/commands";
  const std::string query = approval.empty() ? "" : "?approval_id=" + percent_encode(approval);
  json::value sent = WD_TRY(client->send("POST", path + query, command));
  if (!sent.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a command");
  if (is_waiting) sent = WD_TRY(await_end(session, *client, path, std::move(sent)));
  return sent;
}

Result<json::value> ask_agent(Session& session, const std::string& agent, const json::object& command,
                              const std::string& approval) {
  const json::value done = WD_TRY(send_agent_command(session, agent, command, true, approval));
  if (WD_TRY(exit_code_of(done)) != ExitCode::Ok) {
    const auto error = get_string(done.get_object(), "error");
    return fail(ErrorCode::Invalid, std::string(error ? *error : "the agent did not take the command in time"));
  }
  return *WD_TRY(get_object(done.get_object(), "output"));
}

Result<ExitCode> exit_code_of(const json::value& command) {
  const std::string_view state = WD_TRY(get_string(command.as_object(), "state"));
  return state == "failed" || state == "expired" ? ExitCode::Failed : ExitCode::Ok;
}

}  // namespace warder::cli
