// warder roles, warder api-keys
#include "base/time.h"
#include "base/uri.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kRoleColumns[] = {
    {"NAME", "/name"}, {"BUILT IN", "/built_in"}, {"DESCRIPTION", "/description"}, {"RIGHTS", "/rights"}};
constexpr Column kKeyColumns[] = {{"ID", "/id"},
                                  {"NAME", "/name"},
                                  {"KEY", "/hint"},
                                  {"RIGHTS", "/rights"},
                                  {"NETWORKS", "/networks"},
                                  {"EXPIRES", "/expires"},
                                  {"LAST USED", "/last_used"},
                                  {"REVOKED", "/revoked"}};
constexpr Column kNewKeyColumns[] = {{"ID", "/id"}, {"NAME", "/name"}, {"EXPIRES", "/expires"}, {"KEY", "/key"}};

struct Arguments {
  std::string name;
  std::string description;
  std::vector<std::string> rights;
  std::vector<std::string> networks;
  std::string user;
  std::string lifetime;
  bool is_sure = false;
};
using Shared = std::shared_ptr<Arguments>;

json::array texts(const std::vector<std::string>& list) {
  json::array array;
  for (const std::string& text : list) array.emplace_back(json::string(text));
  return array;
}

std::string role_path(const Shared& arguments) {
  return "/roles/" + percent_encode(arguments->name);
}

Result<ExitCode> list_roles(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/roles")), kRoleColumns);
  return ExitCode::Ok;
}

Result<ExitCode> create_role(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body{
      {"name", arguments->name}, {"description", arguments->description}, {"rights", texts(arguments->rights)}};
  print_object(session, WD_TRY(client->send("POST", "/roles", body)), kRoleColumns);
  return ExitCode::Ok;
}

Result<ExitCode> set_role(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body;
  if (!arguments->description.empty()) body["description"] = arguments->description;
  if (!arguments->rights.empty()) body["rights"] = texts(arguments->rights);
  if (body.empty()) return fail(ErrorCode::Invalid, "nothing to change: give --description or --right");
  print_object(session, WD_TRY(change(*client, "PATCH", role_path(arguments), body)), kRoleColumns);
  return ExitCode::Ok;
}

Result<ExitCode> remove_role(Session& session, const Shared& arguments) {
  return remove_object(session, role_path(arguments), arguments->is_sure, "Remove role " + arguments->name + "?",
                       "Role " + arguments->name + " removed.");
}

Result<ExitCode> list_keys(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/api-keys")), kKeyColumns);
  return ExitCode::Ok;
}

Result<ExitCode> create_key(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"name", arguments->name}, {"rights", texts(arguments->rights)}};
  if (!arguments->networks.empty()) body["networks"] = texts(arguments->networks);
  if (!arguments->user.empty())
    body["user_id"] = json::string(WD_TRY(find_id(*client, "/users", "username", arguments->user)));
  if (!arguments->lifetime.empty())
    body["expires_in_s"] = WD_TRY(parse_duration(arguments->lifetime).in("--expires")).count();
  print_object(session, WD_TRY(client->send("POST", "/api-keys", body)), kNewKeyColumns);
  print_note(session, "The key is shown once.");
  return ExitCode::Ok;
}

Result<ExitCode> revoke_key(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/api-keys/" + WD_TRY(find_id(*client, "/api-keys", "name", arguments->name));
  WD_TRY(client->send("DELETE", path, nullptr));
  print_note(session, "API key " + arguments->name + " revoked.");
  return ExitCode::Ok;
}

CLI::Option& rights_of(CLI::App& app, const Shared& arguments) {
  return *app.add_option("--right", arguments->rights, "Like agents:read; may be given again")
              ->expected(1)
              ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void add_roles(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "roles", "What users may do");
  const auto named = [&](CLI::App& app) -> CLI::App& {
    app.add_option("name", arguments->name, "a-z, 0-9 and '-'")->required();
    return app;
  };
  add(tree, group, "list", "List roles: the built-in ones and the own", arguments, list_roles);
  CLI::App& creates = named(add(tree, group, "create", "Make a role", arguments, create_role));
  creates.add_option("--description", arguments->description, "What it is for");
  rights_of(creates, arguments).required();
  CLI::App& sets = named(add(tree, group, "set", "Change a role; it goes for its users at once", arguments, set_role));
  sets.add_option("--description", arguments->description, "What it is for");
  rights_of(sets, arguments);
  named(add(tree, group, "delete", "Remove a role that nobody has", arguments, remove_role))
      .add_flag("--yes", arguments->is_sure, "Do not ask");
}

void add_api_keys(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "api-keys", "Keys for programs that use the API");
  add(tree, group, "list", "List keys", arguments, list_keys);
  CLI::App& creates = add(tree, group, "create", "Make a key; it is shown once", arguments, create_key);
  creates.add_option("name", arguments->name, "What it is for")->required();
  rights_of(creates, arguments).required();
  creates.add_option("--network", arguments->networks, "Where it may come from, like 192.0.2.0/24; may be given again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  creates.add_option("--user", arguments->user, "Whose rights it has; otherwise one's own");
  creates.add_option("--expires", arguments->lifetime, "How long it holds: 24h, 90d …");
  add(tree, group, "revoke", "End a key at once", arguments, revoke_key)
      .add_option("name", arguments->name, "Id or name")
      ->required();
}

}  // namespace warder::cli
