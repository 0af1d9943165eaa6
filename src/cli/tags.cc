// warder tag-rules, warder retention
#include "cli/tags.h"

#include "base/text.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kRules[] = {{"NAME", "/name"}, {"FILTER", "/filter"}, {"TAG", "/tag"}, {"ENABLED", "/enabled"}};

struct Arguments {
  std::string rule;
  std::string name;
  std::string filter;
  std::string tag;
  std::string since;
  std::vector<std::string> modules;
};
using Shared = std::shared_ptr<Arguments>;

Result<std::string> path_of(client::Client& client, const Arguments& arguments) {
  return "/tag-rules/" + WD_TRY(find_id(client, "/tag-rules", "name", arguments.rule));
}

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/tag-rules")), kRules);
  return ExitCode::Ok;
}

Result<ExitCode> create(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body{{"name", arguments->name}, {"filter", arguments->filter}, {"tag", arguments->tag}};
  print_object(session, WD_TRY(client->send("POST", "/tag-rules", body)), kRules);
  return ExitCode::Ok;
}

Result<ExitCode> set_enabled(Session& session, const Shared& arguments, bool is_enabled) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body{{"enabled", is_enabled}};
  print_object(session, WD_TRY(change(*client, "PATCH", WD_TRY(path_of(*client, *arguments)), body)), kRules);
  return ExitCode::Ok;
}

Result<ExitCode> enable(Session& session, const Shared& arguments) {
  return set_enabled(session, arguments, true);
}

Result<ExitCode> disable(Session& session, const Shared& arguments) {
  return set_enabled(session, arguments, false);
}

Result<ExitCode> apply(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, *arguments)) + "/apply";
  json::object body;
  const std::string since = WD_TRY(moment(session, arguments->since));
  if (!since.empty()) body["from"] = since;
  print_note(session, WD_TRY(tag_until_complete(*client, path, body)) + " events tagged.");
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(change(*client, "DELETE", WD_TRY(path_of(*client, *arguments)), nullptr));
  return ExitCode::Ok;
}

Result<void> print_retention(Session& session, const json::value& answer) {
  if (session.is_json() || !answer.is_object()) {
    print_object(session, answer);
    return {};
  }
  json::array rows;
  for (const auto& [module, days] : *WD_TRY(get_object(answer.get_object(), "modules")))
    rows.push_back(json::object{{"module", module}, {"days", days}});
  rows.push_back(json::object{{"module", "all others"}, {"days", answer.get_object().at("longest_days")}});
  constexpr Column kColumns[] = {{"MODULE", "/module"}, {"DAYS", "/days"}};
  print_list(session, rows, kColumns);
  return {};
}

Result<ExitCode> show_retention(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(print_retention(session, WD_TRY(client->get("/events/retention"))));
  return ExitCode::Ok;
}

Result<ExitCode> set_retention(Session& session, const Shared& arguments) {
  json::object modules;
  for (const std::string& text : arguments->modules) {
    const auto equals = text.find('=');
    const auto days = equals == std::string::npos ? std::nullopt : parse_integer<std::int64_t>(text.substr(equals + 1));
    if (!days) return fail(ErrorCode::Invalid, text + ": not like firewall=30");
    modules[text.substr(0, equals)] = *days;
  }
  client::Client* const client = WD_TRY(session.client());
  const json::object body{{"modules", std::move(modules)}};
  WD_TRY(print_retention(session, WD_TRY(client->send("PUT", "/events/retention", body))));
  return ExitCode::Ok;
}

}  // namespace

Result<std::string> tag_until_complete(client::Client& client, const std::string& path, const json::object& body) {
  std::int64_t changed = 0;
  for (;;) {
    const json::value answer = WD_TRY(client.send("POST", path, body));
    if (!answer.is_object()) return fail(ErrorCode::Corrupt, path + ": the answer is not an object");
    const std::int64_t more = WD_TRY(get_int(answer.get_object(), "changed"));
    changed += more;
    if (WD_TRY(get_bool(answer.get_object(), "complete")) || more == 0) return std::to_string(changed);
  }
}

void add_tag_rules(Tree& tree) {
  CLI::App& group = add_group(tree, "tag-rules", "Rules that put tags on events");
  const auto arguments = std::make_shared<Arguments>();
  add(tree, group, "list", "List them", arguments, list);
  CLI::App& made = add(tree, group, "create", "Tag what a filter matches, from now on", arguments, create);
  made.add_option("name", arguments->name, "Its name")->required();
  made.add_option("--filter", arguments->filter, "Filter: module=firewall and host.name:\"pay-*\"")->required();
  made.add_option("--tag", arguments->tag, "The tag")->required();
  const auto rule = [&](CLI::App& app) { app.add_option("rule", arguments->rule, "Name or id")->required(); };
  CLI::App& applied = add(tree, group, "apply", "Tag stored events, too", arguments, apply);
  rule(applied);
  applied.add_option("--since", arguments->since, "From this time on: 720h back, or 2026-11-22T23:25:15Z");
  rule(add(tree, group, "enable", "Let it tag", arguments, enable));
  rule(add(tree, group, "disable", "Let it tag nothing more", arguments, disable));
  rule(add(tree, group, "delete", "Forget one; what it has tagged stays so", arguments, remove));
}

void add_retention(Tree& tree) {
  CLI::App& group = add_group(tree, "retention", "For how long events are kept");
  const auto arguments = std::make_shared<Arguments>();
  add(tree, group, "show", "Show the days of each module", arguments, show_retention);
  CLI::App& sets = add(tree, group, "set", "Keep some modules for less time than all others", arguments, set_retention);
  sets.add_option("module", arguments->modules, "As firewall=30; all that are given, and no others");
}

}  // namespace warder::cli
