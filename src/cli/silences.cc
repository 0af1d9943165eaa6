// warder silences
#include "cli/commands.h"
#include "cli/settings_options.h"

namespace warder::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "/id"},     {"NAME", "/name"},   {"RULE", "/rule"},     {"ABOUT", "/group"},
                               {"FROM", "/from"}, {"UNTIL", "/until"}, {"REASON", "/reason"}, {"OWNER", "/owner"}};

struct SilenceArguments {
  std::string name;
  std::string rule;
  std::vector<std::string> group;
  std::string from;
  std::string until;
  std::string reason;
};
using Arguments = std::shared_ptr<SilenceArguments>;

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/alert-silences")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> add_one(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object about;
  for (const std::string& each : arguments->group) {
    auto [key, value] = WD_TRY(key_and_value(each, "--about"));
    about[key] = json::string(value);
  }
  json::object body{{"name", json::string(arguments->name)},
                    {"group", std::move(about)},
                    {"until", json::string(WD_TRY(moment_ahead(session, arguments->until)))},
                    {"reason", json::string(arguments->reason)}};
  if (!arguments->rule.empty()) body["rule"] = json::string(arguments->rule);
  if (!arguments->from.empty()) body["from"] = json::string(WD_TRY(moment_ahead(session, arguments->from)));
  print_object(session, WD_TRY(client->send("POST", "/alert-silences", body)), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string id = WD_TRY(find_id(*client, "/alert-silences", "name", arguments->name));
  WD_TRY(change(*client, "DELETE", "/alert-silences/" + id, nullptr));
  print_note(session, "Silence " + arguments->name + " has ended.");
  return ExitCode::Ok;
}

}  // namespace

void add_silences(Tree& tree) {
  const auto arguments = std::make_shared<SilenceArguments>();
  CLI::App& group = add_group(tree, "silences", "Alerts of which nobody is told for a while");
  add(tree, group, "list", "List them, with their owners and ends", arguments, list);
  CLI::App& adds =
      add(tree, group, "add", "Keep alerts quiet; what still holds at the end is told then", arguments, add_one);
  adds.add_option("name", arguments->name, "What to call it")->required();
  adds.add_option("--rule", arguments->rule, "Only alerts of this rule; without: of every one");
  add_several(adds, "--about", arguments->group,
              "KEY=VALUE, like host.name=web-1: only alerts about this; may be given again");
  adds.add_option("--from", arguments->from, "When it begins: RFC 3339, or in so long (2h); without: now");
  adds.add_option("--until", arguments->until, "When it ends, in the same forms; within 31 days")->required();
  adds.add_option("--reason", arguments->reason, "Why")->required();
  add(tree, group, "delete", "End one now", arguments, remove)
      .add_option("name", arguments->name, "Id or name")
      ->required();
}

}  // namespace warder::cli
