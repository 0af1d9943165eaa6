// warder firewall status|services|propose|isolate|release|unblock|retry: what a host's firewall does now, by its
// manager.
#include <fmt/format.h>

#include <ostream>

#include "cli/agent_command.h"
#include "cli/firewall.h"

namespace warder::cli {
namespace {

constexpr Column kServices[] = {{"PORT", "/port"},       {"PROTOCOL", "/protocol"}, {"LISTENS", "/listens"},
                                {"PROGRAM", "/program"}, {"TRIED", "/count"},       {"LAST", "/last"},
                                {"FROM", "/sources"}};

struct HostArguments {
  std::string agent;
  std::vector<std::string> allow;
  std::int64_t minutes = 0;
  std::int64_t days = 30;
  std::string address;
};
using Shared = std::shared_ptr<HostArguments>;

Result<json::value> ask(Session& session, const Shared& arguments, std::string_view name, json::object more) {
  return ask_agent(session, arguments->agent, {{"module", "firewall"}, {"name", name}, {"arguments", std::move(more)}});
}

Result<ExitCode> show(Session& session, const json::value& answer) {
  session.environment().out << json::serialize(answer) << "\n";
  return ExitCode::Ok;
}

Result<ExitCode> status(Session& session, const Shared& arguments) {
  return show(session, WD_TRY(ask(session, arguments, "status", {})));
}

Result<ExitCode> services(Session& session, const Shared& arguments) {
  const json::value answer = WD_TRY(ask(session, arguments, "seen", {}));
  print_list(session, *WD_TRY(get_array(answer.get_object(), "ports")), kServices);
  return ExitCode::Ok;
}

/// A policy section, to be read and kept in a file.
Result<ExitCode> propose(Session& session, const Shared& arguments) {
  return show(session, WD_TRY(ask(session, arguments, "propose", {{"days", arguments->days}})));
}

Result<ExitCode> isolate(Session& session, const Shared& arguments) {
  json::array allow;
  for (const std::string& each : arguments->allow) allow.emplace_back(each);
  WD_TRY(ask(session, arguments, "isolate", {{"allow", std::move(allow)}, {"minutes", arguments->minutes}}));
  print_note(session, "Host " + arguments->agent + " is isolated.");
  return ExitCode::Ok;
}

Result<ExitCode> release(Session& session, const Shared& arguments) {
  WD_TRY(ask(session, arguments, "release", {}));
  print_note(session, "Host " + arguments->agent + " is no longer isolated.");
  return ExitCode::Ok;
}

Result<ExitCode> unblock(Session& session, const Shared& arguments) {
  WD_TRY(ask(session, arguments, "unblock", {{"address", arguments->address}}));
  print_note(session, fmt::format("{} is no longer blocked on {}.", arguments->address, arguments->agent));
  return ExitCode::Ok;
}

Result<ExitCode> retry(Session& session, const Shared& arguments) {
  return show(session, WD_TRY(ask(session, arguments, "retry", {})));
}

}  // namespace

void add_firewall_hosts(Tree& tree, CLI::App& group) {
  const auto arguments = std::make_shared<HostArguments>();
  const auto on_host = [&](const char* name, const char* doc, Result<ExitCode> (*action)(Session&, const Shared&)) {
    CLI::App& command = add(tree, group, name, doc, arguments, action);
    command.add_option("agent", arguments->agent, "Id or host name")->required();
    return &command;
  };
  on_host("status", "What is in force on a host, what is blocked, which alerts are open", status);
  on_host("services", "Which service listens on each port of a host, and who came", services);
  on_host("propose", "A policy from what a host has seen", propose)
      ->add_option("--days", arguments->days, "What was used in so many days")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str();
  CLI::App* isolates = on_host("isolate", "Cut a host off from all but its manager and named addresses", isolate);
  isolates->add_option("--allow", arguments->allow, "Address or prefix that stays reachable; may be repeated");
  isolates->add_option("--minutes", arguments->minutes, "Ends by itself after so long; 0: when released")
      ->check(CLI::Range(0, 525'600))
      ->capture_default_str();
  on_host("release", "End the isolation of a host", release);
  on_host("unblock", "Take a source out of those that a host blocks", unblock)
      ->add_option("address", arguments->address, "The source")
      ->required();
  on_host("retry", "Put rules that were taken back into force again", retry);
}

}  // namespace warder::cli
