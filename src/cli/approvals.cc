// warder approvals
#include "base/time.h"
#include "base/uri.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "/id"},         {"STATE", "/state"},   {"ACTION", "/action"},
                               {"OBJECT", "/object"}, {"REASON", "/reason"}, {"EXPIRES", "/expires"}};

struct Arguments {
  std::string id;
  std::string action;
  std::string object;
  std::string reason;
  std::string lifetime = "24h";
  std::string comment;
};
using Shared = std::shared_ptr<Arguments>;

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/approvals")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> request(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const auto lifetime = WD_TRY(parse_duration(arguments->lifetime).in("--expires"));
  const json::object body{{"action", arguments->action},
                          {"object", arguments->object},
                          {"reason", arguments->reason},
                          {"expires_in_s", lifetime.count()}};
  print_object(session, WD_TRY(client->send("POST", "/approvals", body)), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> decide(Session& session, const Shared& arguments, bool approve) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"approve", approve}};
  if (!arguments->comment.empty()) body["comment"] = arguments->comment;
  const std::string path = "/approvals/" + percent_encode(arguments->id) + "/decision";
  print_object(session, WD_TRY(client->send("POST", path, body)), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> approve(Session& session, const Shared& arguments) {
  return decide(session, arguments, true);
}

Result<ExitCode> reject(Session& session, const Shared& arguments) {
  return decide(session, arguments, false);
}

}  // namespace

void add_approvals(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "approvals", "Acts that need a second person");
  add(tree, group, "list", "List requests, newest first", arguments, list);
  CLI::App& requests = add(tree, group, "request", "Ask for approval", arguments, request);
  requests.add_option("action", arguments->action, "What is to be done")->required();
  requests.add_option("object", arguments->object, "To what")->required();
  requests.add_option("--reason", arguments->reason, "Why")->required();
  requests.add_option("--expires", arguments->lifetime, "How long the request stands: 24h, 7d …");
  for (const bool is_approval : {true, false}) {
    CLI::App& decides = is_approval ? add(tree, group, "approve", "Approve another's request", arguments, approve)
                                    : add(tree, group, "reject", "Reject a request", arguments, reject);
    decides.add_option("id", arguments->id, "Id of the request")->required();
    decides.add_option("--comment", arguments->comment, "What the requester reads");
  }
}

}  // namespace warder::cli
