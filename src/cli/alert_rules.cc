// warder alert-rules
#include "base/uri.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {
    {"ID", "/id"},       {"NAME", "/name"},     {"ENABLED", "/enabled"},  {"SEVERITY", "/severity"},
    {"STATE", "/state"}, {"FILTER", "/filter"}, {"FIRES AT", "/fire_at"}, {"BUILT IN", "/built_in"}};
constexpr Column kDetails[] = {{"ID", "/id"},
                               {"NAME", "/name"},
                               {"BUILT IN", "/built_in"},
                               {"ENABLED", "/enabled"},
                               {"SEVERITY", "/severity"},
                               {"STATE", "/state"},
                               {"FILTER", "/filter"},
                               {"RESOLVED BY", "/resolve_filter"},
                               {"GROUP BY", "/group_by"},
                               {"WINDOW (S)", "/window_s"},
                               {"FIRES AT", "/fire_at"},
                               {"AFTER (S)", "/fire_after_s"},
                               {"RESOLVES BELOW", "/resolve_at"},
                               {"AFTER (S)", "/resolve_after_s"},
                               {"TITLE", "/texts/en/title"},
                               {"MEANING", "/texts/en/meaning"},
                               {"ACTION", "/texts/en/action"}};

struct RuleArguments {
  std::string rule;
  std::string file;
  std::string severity;
  std::optional<std::int64_t> fire_at;
  std::optional<std::int64_t> resolve_at;
  std::string fire_after;
  std::string resolve_after;
  std::string window;
  bool is_enabled = false;
  bool is_disabled = false;
  bool is_sure = false;
};
using Arguments = std::shared_ptr<RuleArguments>;

/// Those of the catalogue have words as ids, so that an id cannot be told from a name.
Result<std::string> path_of(client::Client& client, const std::string& rule) {
  std::string found;
  for (const json::value& item : WD_TRY(client.list("/alert-rules"))) {
    if (!item.is_object()) continue;
    const std::string_view id = WD_TRY(get_string(item.get_object(), "id"));
    if (id == rule) return "/alert-rules/" + percent_encode(id);
    if (WD_TRY(get_string(item.get_object(), "name")) != rule) continue;
    if (!found.empty()) return fail(ErrorCode::Invalid, "\"" + rule + "\" names more than one; give the id");
    found = id;
  }
  if (found.empty()) return fail(ErrorCode::NotFound, "\"" + rule + "\" is neither an id nor a known name");
  return "/alert-rules/" + percent_encode(found);
}

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/alert-rules")), kList);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(WD_TRY(path_of(*client, arguments->rule)))), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> add_one(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body = WD_TRY(read_json_file(session, arguments->file));
  for (const char* of_another : {"id", "built_in", "etag"}) body.erase(of_another);
  body["name"] = json::string(arguments->rule);
  print_object(session, WD_TRY(client->send("POST", "/alert-rules", body)), kDetails);
  return ExitCode::Ok;
}

Result<json::object> changes_of(const RuleArguments& arguments) {
  json::object body;
  if (arguments.is_enabled && arguments.is_disabled)
    return fail(ErrorCode::Invalid, "--enabled and --disabled: give one of them");
  if (arguments.is_enabled) body["enabled"] = true;
  if (arguments.is_disabled) body["enabled"] = false;
  if (!arguments.severity.empty()) body["severity"] = json::string(arguments.severity);
  if (arguments.fire_at) body["fire_at"] = *arguments.fire_at;
  if (arguments.resolve_at) body["resolve_at"] = *arguments.resolve_at;
  const auto set = [&body](const char* key, const std::string& text, const char* option) -> Result<void> {
    if (!text.empty()) body[key] = WD_TRY(parse_duration(text).in(option)).count();
    return {};
  };
  WD_TRY(set("fire_after_s", arguments.fire_after, "--fire-after"));
  WD_TRY(set("resolve_after_s", arguments.resolve_after, "--resolve-after"));
  WD_TRY(set("window_s", arguments.window, "--window"));
  if (body.empty()) return fail(ErrorCode::Invalid, "nothing to change");
  return body;
}

Result<ExitCode> set(Session& session, const Arguments& arguments) {
  const json::object body = WD_TRY(changes_of(*arguments));
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(change(*client, "PATCH", WD_TRY(path_of(*client, arguments->rule)), body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments->rule));
  WD_TRY(confirm(session, arguments->is_sure, "Remove the rule " + arguments->rule + ", or its changes?"));
  WD_TRY(change(*client, "DELETE", path, nullptr));
  print_note(session, "Rule " + arguments->rule + " removed; one of the catalogue is again as it came.");
  return ExitCode::Ok;
}

}  // namespace

void add_alert_rules(Tree& tree) {
  const auto arguments = std::make_shared<RuleArguments>();
  CLI::App& group = add_group(tree, "alert-rules", "What opens and resolves alerts");
  const auto one = [&](CLI::App& app) -> CLI::App& {
    app.add_option("rule", arguments->rule, "Id or name")->required();
    return app;
  };
  add(tree, group, "list", "List the catalogue and your own rules", arguments, list);
  one(add(tree, group, "show", "Show one", arguments, show));
  CLI::App& adds = add(tree, group, "add", "Add one of your own", arguments, add_one);
  adds.add_option("name", arguments->rule, "What to call it")->required();
  adds.add_option("--file", arguments->file,
                  "JSON of the rule, as show --json prints another; - reads it from the input")
      ->required();
  CLI::App& sets = one(add(tree, group, "set", "Tune one, or switch it off and on", arguments, set));
  sets.add_option("--severity", arguments->severity, "Of its alerts")
      ->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}));
  sets.add_option("--fire-at", arguments->fire_at, "It opens at this value or count …");
  sets.add_option("--fire-after", arguments->fire_after, "… that has held for so long: 10m");
  sets.add_option("--resolve-at", arguments->resolve_at, "It resolves below this value …");
  sets.add_option("--resolve-after", arguments->resolve_after, "… when that has held for so long");
  sets.add_option("--window", arguments->window, "How long an event counts; 0s: until something ends the alert");
  sets.add_flag("--enabled", arguments->is_enabled, "Evaluate it");
  sets.add_flag("--disabled", arguments->is_disabled, "Do not; its alerts end");
  one(add(tree, group, "delete", "Remove your own, or what you have changed of the catalogue's", arguments, remove))
      .add_flag("--yes", arguments->is_sure, "Do not ask");
}

}  // namespace warder::cli
