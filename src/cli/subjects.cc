// warder subjects
#include <ostream>

#include "cli/commands.h"
#include "cli/privacy.h"

namespace warder::cli {
namespace {

constexpr Column kRequests[] = {{"ID", "/id"},   {"RIGHT", "/right"},       {"STATE", "/state"},
                                {"DUE", "/due"}, {"RECEIVED", "/received"}, {"PERSON", "/person"}};
constexpr Column kOne[] = {{"ID", "/id"},
                           {"RIGHT", "/right"},
                           {"STATE", "/state"},
                           {"RECEIVED", "/received"},
                           {"DUE", "/due"},
                           {"IDENTITY CHECKED", "/identity_checked"},
                           {"EXTENDED", "/extended"},
                           {"CLOSED", "/closed"},
                           {"PERSON", "/person"},
                           {"VALUES", "/values"},
                           {"NOTES", "/notes"}};
constexpr Column kErasure[] = {{"TIME", "/time"},         {"EVENTS", "/events"},     {"KEPT", "/kept"},
                               {"ACCOUNTS", "/accounts"}, {"COMPLETE", "/complete"}, {"SHA-256", "/sha256"}};

struct SubjectArguments {
  std::string id;
  std::string right;
  std::string person;
  std::string received;
  std::string step;
  std::string note;
  std::vector<std::string> values;
};
using Shared = std::shared_ptr<SubjectArguments>;

std::string path_of(const SubjectArguments& arguments, std::string_view rest = "") {
  return "/subject-requests/" + arguments.id + std::string{rest};
}

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/subject-requests")), kRequests);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(path_of(*arguments))), kOne);
  return ExitCode::Ok;
}

Result<ExitCode> open(Session& session, const Shared& arguments) {
  json::array values;
  for (const std::string& value : arguments->values) values.emplace_back(value);
  json::object body{{"right", arguments->right}, {"person", arguments->person}, {"values", std::move(values)}};
  if (!arguments->received.empty()) body["received"] = arguments->received;
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->send("POST", "/subject-requests", body)), kOne);
  return ExitCode::Ok;
}

Result<ExitCode> step(Session& session, const Shared& arguments) {
  const json::object body{{"step", arguments->step}, {"note", arguments->note}};
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->send("POST", path_of(*arguments, "/steps"), body)), kOne);
  return ExitCode::Ok;
}

Result<ExitCode> export_data(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::value data = WD_TRY(client->send("POST", path_of(*arguments, "/export"), nullptr));
  session.environment().out << json::serialize(data) << "\n";
  return ExitCode::Ok;
}

Result<ExitCode> erase(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->send("POST", path_of(*arguments, "/erasures"), nullptr)), kErasure);
  return ExitCode::Ok;
}

}  // namespace

void add_subjects(Tree& tree) {
  CLI::App& group = add_group(tree, "subjects", "Requests of people about their data");
  const auto arguments = std::make_shared<SubjectArguments>();
  const auto id = [&](CLI::App& app) { app.add_option("id", arguments->id, "The request")->required(); };
  add(tree, group, "list", "List them, with their state and when they are due", arguments, list);
  id(add(tree, group, "show", "Show one", arguments, show));
  CLI::App& opened = add(tree, group, "open", "Record a request; the clock runs from its reception", arguments, open);
  opened.add_option("right", arguments->right, "access, rectification, erasure, restriction, portability, objection")
      ->required();
  opened.add_option("--person", arguments->person, "Who asks, and how they are reached")->required();
  opened.add_option("--value", arguments->values, "What stands for them in data: user name, address; up to five")
      ->required();
  opened.add_option("--received", arguments->received, "When it was received, as 2026-11-22T23:25:15Z; now");
  CLI::App& stepped = add(tree, group, "step", "Say what was done about it", arguments, step);
  id(stepped);
  stepped.add_option("step", arguments->step, "check-identity, extend, complete or refuse")->required();
  stepped.add_option("--note", arguments->note, "How, or why: what the person was told")->required();
  id(add(tree, group, "export", "What is kept of the person, as JSON", arguments, export_data));
  id(add(tree, group, "erase", "Take the person out of stored events, with a receipt", arguments, erase));
}

}  // namespace warder::cli
