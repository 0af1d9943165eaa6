// warder trust duties: whose each organisational duty is, and when its evidence is due.
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kDuties[] = {{"COMMITMENT", "/commitment"}, {"STATE", "/state"},     {"DUE", "/due"},
                              {"OWNER", "/owner"},           {"DEPUTY", "/deputy"},   {"REVIEWER", "/reviewer"},
                              {"DAYS", "/cadence_days"},     {"SENTENCE", "/text/en"}};
constexpr Column kOneDuty[] = {{"COMMITMENT", "/commitment"},
                               {"SENTENCE", "/text/en"},
                               {"STATE", "/state"},
                               {"DUE", "/due"},
                               {"TO REVIEW", "/to_review"},
                               {"OWNER", "/owner"},
                               {"DEPUTY", "/deputy"},
                               {"REVIEWER", "/reviewer"},
                               {"EVERY (DAYS)", "/cadence_days"},
                               {"AT MOST", "/longest_days"},
                               {"ASSIGNED", "/assigned"},
                               {"EVIDENCE", "/evidence"}};

struct DutyArguments {
  std::string commitment;
  std::string owner;
  std::string deputy;
  std::string reviewer;
  std::int64_t cadence = 0;
};
using Arguments = std::shared_ptr<DutyArguments>;

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/trust/duties")), kDuties);
  return ExitCode::Ok;
}

Result<ExitCode> assign(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body{{"owner", json::string(arguments->owner)},
                          {"deputy", json::string(arguments->deputy)},
                          {"reviewer", json::string(arguments->reviewer)},
                          {"cadence_days", arguments->cadence}};
  const std::string path = "/trust/duties/" + arguments->commitment;
  const std::string etag(WD_TRY(client->get(path)).at("etag").as_string());
  print_object(session, WD_TRY(client->send("PUT", path, body, etag)), kOneDuty);
  return ExitCode::Ok;
}

}  // namespace

void add_trust_duties(Tree& tree, CLI::App& group) {
  const auto arguments = std::make_shared<DutyArguments>();
  add(tree, group, "duties", "List organisational duties: whose each is, and when its evidence is due", arguments,
      list);
  CLI::App& assigns =
      add(tree, group, "assign", "Say whose a duty is, and how often its evidence must come", arguments, assign);
  assigns.add_option("commitment", arguments->commitment, "Id of the promise, like tc-22a")->required();
  assigns.add_option("--owner", arguments->owner, "User name of who answers for it")->required();
  assigns.add_option("--deputy", arguments->deputy, "User name of who stands in, and is told when it is overdue");
  assigns.add_option("--reviewer", arguments->reviewer, "User name of who alone reviews its evidence")->required();
  assigns.add_option("--every", arguments->cadence, "Days between two pieces of evidence; 0: as the promise says");
}

}  // namespace warder::cli
