// warder destinations
#include "cli/commands.h"
#include "cli/settings_options.h"

namespace warder::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "/id"},
                               {"NAME", "/name"},
                               {"KIND", "/kind"},
                               {"ENABLED", "/enabled"},
                               {"DELIVERED", "/state/delivered"},
                               {"WAITING", "/state/backlog"},
                               {"REFUSED", "/state/refused"},
                               {"LAST", "/state/last_delivery"},
                               {"ERROR", "/state/error"}};
constexpr Column kDetails[] = {{"ID", "/id"},
                               {"NAME", "/name"},
                               {"KIND", "/kind"},
                               {"ENABLED", "/enabled"},
                               {"FILTER", "/filter"},
                               {"FLOOR", "/floor"},
                               {"FORMAT", "/format"},
                               {"NAMES", "/names"},
                               {"LANGUAGE", "/language"},
                               {"SETTINGS", "/settings"},
                               {"SECRET", "/has_secret"},
                               {"DELIVERED", "/state/delivered"},
                               {"WAITING", "/state/backlog"},
                               {"REFUSED", "/state/refused"},
                               {"LOST", "/state/lost"},
                               {"LAST", "/state/last_delivery"},
                               {"ERROR", "/state/error"},
                               {"FAILING SINCE", "/state/failing_since"}};
constexpr Column kLetterColumns[] = {
    {"EVENT", "/event_id"}, {"TIME", "/time"}, {"REFUSED", "/noted"}, {"AGAIN", "/retry"}, {"REASON", "/reason"}};

struct DestinationArguments {
  std::string name;
  std::string kind;
  std::string rename;
  std::string filter;
  std::string floor;
  std::string format;
  std::string names;
  std::string language;
  SettingsOptions settings;
  std::vector<std::string> events;
  bool is_enabled = false;
  bool is_disabled = false;
  bool is_sure = false;
};
using Arguments = std::shared_ptr<DestinationArguments>;

Result<json::object> body_of(const DestinationArguments& arguments, json::object settings) {
  json::object body;
  const auto set = [&body](const char* key, const std::string& text) {
    if (!text.empty()) body[key] = json::string(text);
  };
  set("filter", arguments.filter);
  set("floor", arguments.floor);
  set("format", arguments.format);
  set("names", arguments.names);
  set("language", arguments.language);
  if (arguments.is_enabled && arguments.is_disabled)
    return fail(ErrorCode::Invalid, "--enabled and --disabled: give one of them");
  if (arguments.is_enabled) body["enabled"] = true;
  if (arguments.is_disabled) body["enabled"] = false;
  WD_TRY(read_settings(arguments.settings, settings));
  if (!settings.empty()) body["settings"] = std::move(settings);
  WD_TRY(read_secret(arguments.settings, body));
  return body;
}

Result<std::string> path_of(client::Client& client, const Arguments& arguments) {
  return "/destinations/" + WD_TRY(find_id(client, "/destinations", "name", arguments->name));
}

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/destinations")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(WD_TRY(path_of(*client, arguments)))), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> add_one(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body = WD_TRY(body_of(*arguments, {}));
  body["name"] = json::string(arguments->name);
  body["kind"] = json::string(arguments->kind);
  if (!body.contains("settings")) body["settings"] = json::object();
  print_object(session, WD_TRY(client->send("POST", "/destinations", body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> set(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments));
  json::object settings;
  if (arguments->settings.has_settings()) settings = WD_TRY(present_settings(*client, path));
  json::object body = WD_TRY(body_of(*arguments, std::move(settings)));
  if (!arguments->rename.empty()) body["name"] = json::string(arguments->rename);
  if (body.empty()) return fail(ErrorCode::Invalid, "nothing to change");
  print_object(session, WD_TRY(change(*client, "PATCH", path, body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments));
  return remove_object(session, path, arguments->is_sure, "Send nothing to " + arguments->name + " any more?",
                       "Destination " + arguments->name + " removed.");
}

Result<ExitCode> try_out(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  return try_receiver(session, WD_TRY(path_of(*client, arguments)));
}

Result<ExitCode> list_letters(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list(WD_TRY(path_of(*client, arguments)) + "/dead-letters")), kLetterColumns);
  return ExitCode::Ok;
}

Result<ExitCode> retry_letters(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body;
  if (!arguments->events.empty()) body["event_ids"] = json::array(arguments->events.begin(), arguments->events.end());
  const json::value answer =
      WD_TRY(client->send("POST", WD_TRY(path_of(*client, arguments)) + "/dead-letters/retry", body));
  print_note(session, json::serialize(answer.at("count")) + " events are sent again.");
  return ExitCode::Ok;
}

Result<ExitCode> forget_letters(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments));
  WD_TRY(confirm(session, arguments->is_sure, "Forget what " + arguments->name + " refused?"));
  WD_TRY(client->send("DELETE", path + "/dead-letters", nullptr));
  print_note(session, "Forgotten.");
  return ExitCode::Ok;
}

void add_options(CLI::App& app, const Arguments& arguments) {
  add_settings_options(app, arguments->settings);
  app.add_option("--filter", arguments->filter, "Only events that it matches");
  app.add_option("--floor", arguments->floor, "Least severity: info, low, medium, high, critical");
  app.add_option("--format", arguments->format, "cef, leef, ocsf or json");
  app.add_option("--names", arguments->names, "Names in CEF and LEEF: warder, or deep-security for its parsers");
  app.add_option("--language", arguments->language, "Of titles: en, ja");
  app.add_flag("--enabled", arguments->is_enabled, "Send");
  app.add_flag("--disabled", arguments->is_disabled, "Do not send for now");
}

}  // namespace

void add_destinations(Tree& tree) {
  const auto arguments = std::make_shared<DestinationArguments>();
  CLI::App& group = add_group(tree, "destinations", "Where events are sent to: a SIEM, a web hook …");
  const auto named = [&](CLI::App& app) -> CLI::App& {
    app.add_option("name", arguments->name, "Id or name")->required();
    return app;
  };
  add(tree, group, "list", "List destinations and how far each has been served", arguments, list);
  named(add(tree, group, "show", "Show one with its settings", arguments, show));
  CLI::App& adds = add(tree, group, "add", "Send what is stored from now on to another system", arguments, add_one);
  adds.add_option("name", arguments->name, "What to call it")->required();
  adds.add_option("--kind", arguments->kind, "How to send: syslog, webhook, splunk, opensearch, sns, kafka")
      ->required();
  add_options(adds, arguments);
  CLI::App& sets = named(add(tree, group, "set", "Change one; sending goes on where it was", arguments, set));
  sets.add_option("--rename", arguments->rename, "Another name");
  add_options(sets, arguments);
  named(add(tree, group, "delete", "Send nothing there any more", arguments, remove))
      .add_flag("--yes", arguments->is_sure, "Do not ask");
  named(add(tree, group, "try", "Send one test event and wait for it", arguments, try_out));
  named(add(tree, group, "dead-letters", "Events that the receiver refused", arguments, list_letters));
  named(add(tree, group, "retry", "Send them again; what is refused again stays, with the new reason", arguments,
            retry_letters))
      .add_option("--event", arguments->events, "Only this one, by id; may be given again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  named(add(tree, group, "forget", "Forget what the receiver refused", arguments, forget_letters))
      .add_flag("--yes", arguments->is_sure, "Do not ask");
}

}  // namespace warder::cli
