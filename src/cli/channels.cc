// warder channels
#include "cli/commands.h"
#include "cli/settings_options.h"

namespace warder::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "/id"},           {"NAME", "/name"},         {"KIND", "/kind"},
                               {"ENABLED", "/enabled"}, {"LANGUAGE", "/language"}, {"SECRET", "/has_secret"}};
constexpr Column kDetails[] = {{"ID", "/id"},
                               {"NAME", "/name"},
                               {"KIND", "/kind"},
                               {"ENABLED", "/enabled"},
                               {"LANGUAGE", "/language"},
                               {"SETTINGS", "/settings"},
                               {"SECRET", "/has_secret"}};

struct ChannelArguments {
  std::string name;
  std::string kind = "mail";
  std::string rename;
  std::string language;
  std::vector<std::string> to;
  SettingsOptions settings;
  bool is_enabled = false;
  bool is_disabled = false;
  bool is_sure = false;
};
using Arguments = std::shared_ptr<ChannelArguments>;

Result<std::string> path_of(client::Client& client, const Arguments& arguments) {
  return "/notice-channels/" + WD_TRY(find_id(client, "/notice-channels", "name", arguments->name));
}

/// What the options say goes over `settings`.
Result<json::object> body_of(const ChannelArguments& arguments, json::object settings) {
  json::object body;
  if (arguments.is_enabled && arguments.is_disabled)
    return fail(ErrorCode::Invalid, "--enabled and --disabled: give one of them");
  if (arguments.is_enabled) body["enabled"] = true;
  if (arguments.is_disabled) body["enabled"] = false;
  if (!arguments.language.empty()) body["language"] = json::string(arguments.language);
  WD_TRY(read_settings(arguments.settings, settings));
  json::array to;
  for (const std::string& each : arguments.to) to.push_back(json::string(each));
  if (!to.empty()) settings["to"] = std::move(to);
  if (!settings.empty()) body["settings"] = std::move(settings);
  WD_TRY(read_secret(arguments.settings, body));
  return body;
}

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/notice-channels")), kColumns);
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
  print_object(session, WD_TRY(client->send("POST", "/notice-channels", body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> set(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments));
  json::object settings;
  if (arguments->settings.has_settings() || !arguments->to.empty()) settings = WD_TRY(present_settings(*client, path));
  json::object body = WD_TRY(body_of(*arguments, std::move(settings)));
  if (!arguments->rename.empty()) body["name"] = json::string(arguments->rename);
  if (body.empty()) return fail(ErrorCode::Invalid, "nothing to change");
  print_object(session, WD_TRY(change(*client, "PATCH", path, body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments));
  return remove_object(session, path, arguments->is_sure, "Tell nobody through " + arguments->name + " any more?",
                       "Channel " + arguments->name + " removed.");
}

Result<ExitCode> try_out(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  return try_receiver(session, WD_TRY(path_of(*client, arguments)));
}

void add_options(CLI::App& app, const Arguments& arguments) {
  add_settings_options(app, arguments->settings);
  add_several(app, "--to", arguments->to,
              "Mail address that notices to nobody in particular go to; may be given again");
  app.add_option("--language", arguments->language, "Of its notices")->check(CLI::IsMember({"en", "ja", "both"}));
  app.add_flag("--enabled", arguments->is_enabled, "Send");
  app.add_flag("--disabled", arguments->is_disabled, "Do not send for now");
}

}  // namespace

void add_channels(Tree& tree) {
  const auto arguments = std::make_shared<ChannelArguments>();
  CLI::App& group = add_group(tree, "channels", "Through what people are told: mail, a web hook …");
  const auto named = [&](CLI::App& app) -> CLI::App& {
    app.add_option("name", arguments->name, "Id or name")->required();
    return app;
  };
  add(tree, group, "list", "List channels", arguments, list);
  named(add(tree, group, "show", "Show one with its settings", arguments, show));
  CLI::App& adds = add(tree, group, "add", "Add a channel", arguments, add_one);
  adds.add_option("name", arguments->name, "What to call it")->required();
  adds.add_option("--kind", arguments->kind, "mail, or as for destinations: webhook, syslog, sns …");
  add_options(adds, arguments);
  CLI::App& sets = named(add(tree, group, "set", "Change one", arguments, set));
  sets.add_option("--rename", arguments->rename, "Another name");
  add_options(sets, arguments);
  named(add(tree, group, "delete", "Tell nobody through it any more", arguments, remove))
      .add_flag("--yes", arguments->is_sure, "Do not ask");
  named(add(tree, group, "try", "Send one notice now and wait for it", arguments, try_out));
}

}  // namespace warder::cli
