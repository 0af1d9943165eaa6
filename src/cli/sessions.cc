// warder sessions
#include "cli/commands.h"

namespace warder::cli {
namespace {

struct SessionArguments {
  std::string id;
};
using Arguments = std::shared_ptr<SessionArguments>;

constexpr Column kColumns[] = {{"ID", "/id"},         {"KIND", "/kind"},       {"BY", "/method"},
                               {"FROM", "/address"},  {"BEGAN", "/created"},   {"USED", "/last_used"},
                               {"UNTIL", "/expires"}, {"THIS ONE", "/current"}};

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/sessions")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> end(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(client->send("DELETE", "/sessions/" + arguments->id, nullptr));
  print_note(session, "Session ended.");
  return ExitCode::Ok;
}

}  // namespace

void add_sessions(Tree& tree) {
  const auto arguments = std::make_shared<SessionArguments>();
  CLI::App& group = add_group(tree, "sessions", "One's own sessions");
  add(tree, group, "list", "List them: from where, since when", arguments, list);
  CLI::App& ends = add(tree, group, "end", "End one", arguments, end);
  ends.add_option("id", arguments->id, "Id of the session")->required();
}

}  // namespace warder::cli
