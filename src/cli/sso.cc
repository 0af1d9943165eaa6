// warder sso: identity providers
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "/id"}, {"NAME", "/name"}, {"KIND", "/kind"}, {"ENABLED", "/enabled"}};
constexpr Column kDetails[] = {{"ID", "/id"},
                               {"Name", "/name"},
                               {"Kind", "/kind"},
                               {"Enabled", "/enabled"},
                               {"Secret", "/has_secret"},
                               {"Settings", "/settings"},
                               {"Mappings", "/mappings"},
                               {"Created", "/created"}};

constexpr Column kSyncDetails[] = {{"Users", "/users"},
                                   {"In the directory", "/everybody"},
                                   {"Changed", "/changed"},
                                   {"Left", "/left"},
                                   {"Failed", "/failed"}};
constexpr Column kToken[] = {{"URL", "/url"}, {"Token", "/key"}, {"Until", "/expires"}, {"API key", "/id"}};

struct Arguments {
  std::string provider;
  std::string lifetime;
  std::vector<std::string> networks;
  std::string file;
  std::string secret_file;
  std::string new_name;
  bool is_enabled = false;
  bool is_disabled = false;
  bool is_sure = false;
  bool accepts_leaving = false;
};
using Shared = std::shared_ptr<Arguments>;

Result<std::string> provider_path(client::Client& client, const Shared& arguments) {
  return "/identity-providers/" + WD_TRY(find_id(client, "/identity-providers", "name", arguments->provider));
}

/// What the file and the options say.
Result<json::object> body_of(Session& session, const Shared& arguments) {
  json::object body;
  if (!arguments->file.empty()) body = WD_TRY(read_json_file(session, arguments->file));
  if (body.contains("secret"))
    return fail(ErrorCode::Invalid, arguments->file + ": keep the secret in a file of its own: --secret-file");
  if (!arguments->secret_file.empty())
    body["secret"] = json::string(WD_TRY(read_secret(session, arguments->secret_file, "Secret")));
  if (arguments->is_enabled) body["enabled"] = true;
  if (arguments->is_disabled) body["enabled"] = false;
  return body;
}

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/identity-providers")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(WD_TRY(provider_path(*client, arguments)))), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> add_provider(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body = WD_TRY(body_of(session, arguments));
  body["name"] = json::string(arguments->provider);
  print_object(session, WD_TRY(client->send("POST", "/identity-providers", body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> change_provider(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body = WD_TRY(body_of(session, arguments));
  body.erase("kind");  // it stays; a file for "add" has it
  if (!arguments->new_name.empty()) body["name"] = json::string(arguments->new_name);
  if (body.empty()) return fail(ErrorCode::Invalid, "nothing to change: give an option");
  print_object(session, WD_TRY(change(*client, "PATCH", WD_TRY(provider_path(*client, arguments)), body)), kDetails);
  return ExitCode::Ok;
}

/// What the provider shows: a key for its people and nothing else.
Result<ExitCode> make_token(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string id = WD_TRY(find_id(*client, "/identity-providers", "name", arguments->provider));
  json::object body{
      {"name", "SCIM: " + arguments->provider}, {"rights", json::array{"scim:write"}}, {"identity_provider_id", id}};
  if (!arguments->lifetime.empty())
    body["expires_in_s"] = WD_TRY(parse_duration(arguments->lifetime).in("--expires")).count();
  if (!arguments->networks.empty()) {
    json::array networks;
    for (const std::string& network : arguments->networks) networks.emplace_back(json::string(network));
    body["networks"] = std::move(networks);
  }
  json::value made = WD_TRY(client->send("POST", "/api-keys", body));
  if (made.is_object()) made.get_object()["url"] = WD_TRY(session.credentials()).url + "/scim/v2";
  print_object(session, made, kToken);
  print_note(session, "The token is shown once. Whoever has it makes users with the roles of the mappings.");
  return ExitCode::Ok;
}

Result<ExitCode> remove_provider(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(provider_path(*client, arguments));
  return remove_object(session, path, arguments->is_sure, "Remove identity provider " + arguments->provider + "?",
                       "Identity provider " + arguments->provider + " removed.");
}

Result<ExitCode> sync(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(provider_path(*client, arguments)) + "/sync";
  print_object(session,
               WD_TRY(client->send("POST", path, json::object{{"accept_leaving", arguments->accepts_leaving}})),
               kSyncDetails);
  return ExitCode::Ok;
}

void add_contents(CLI::App& app, const Shared& arguments) {
  app.add_option("--secret-file", arguments->secret_file, "File with the secret; - is standard input");
  auto* const enables = app.add_flag("--enable", arguments->is_enabled, "People may come in by it");
  app.add_flag("--disable", arguments->is_disabled, "Nobody comes in by it; its users' sessions end")
      ->excludes(enables);
}

}  // namespace

void add_sso(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "sso", "Identity providers: where people are known from other than here");
  const auto named = [&](CLI::App& app, const char* doc) -> CLI::App& {
    app.add_option("provider", arguments->provider, doc)->required();
    return app;
  };
  add(tree, group, "list", "List identity providers", arguments, list);
  named(add(tree, group, "show", "Show one with its settings and mappings", arguments, show), "Id or name");
  CLI::App& adds = named(add(tree, group, "add", "Add one", arguments, add_provider), "Its name, which people see");
  adds.add_option("--file", arguments->file, "JSON with kind, settings and mappings; - is standard input")->required();
  add_contents(adds, arguments);
  CLI::App& changes = named(add(tree, group, "change", "Change one", arguments, change_provider), "Id or name");
  changes.add_option("--file", arguments->file, "JSON with settings, mappings or both; each replaces the former");
  changes.add_option("--name", arguments->new_name, "Its new name");
  add_contents(changes, arguments);
  named(add(tree, group, "sync", "Compare the users of a directory with it, now", arguments, sync), "Id or name")
      .add_flag("--accept-leaving", arguments->accepts_leaving, "Disable also more than max_leaving_percent");
  CLI::App& tokens =
      named(add(tree, group, "token", "Make the token that a provider of kind scim shows", arguments, make_token),
            "Id or name");
  tokens.add_option("--expires", arguments->lifetime, "How long it holds: 90d, 365d …");
  tokens.add_option("--network", arguments->networks, "Where it may come from, like 192.0.2.0/24; may be given again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  named(add(tree, group, "remove", "Remove one that has no users", arguments, remove_provider), "Id or name")
      .add_flag("--yes", arguments->is_sure, "Do not ask");
}

}  // namespace warder::cli
