// warder groups
#include "cli/asset_value.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kColumns[] = {
    {"ID", "/id"}, {"NAME", "/name"}, {"PARENT", "/parent_id"}, {"POLICY", "/policy_id"}, {"AGENTS", "/agents"}};

struct Arguments {
  std::string group;
  std::string name;
  std::string parent;
  std::string policy;
  std::string asset_value;
  bool is_sure = false;
};
using Shared = std::shared_ptr<Arguments>;

Result<void> set_references(client::Client& client, const Shared& arguments, json::object& body) {
  if (!arguments->parent.empty()) body["parent_id"] = WD_TRY(find_id_or_none(client, "/groups", arguments->parent));
  if (!arguments->policy.empty()) body["policy_id"] = WD_TRY(find_id_or_none(client, "/policies", arguments->policy));
  if (!arguments->asset_value.empty()) body["asset_value"] = WD_TRY(asset_value_of(arguments->asset_value));
  return {};
}

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/groups")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> create(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"name", arguments->name}};
  WD_TRY(set_references(*client, arguments, body));
  print_object(session, WD_TRY(client->send("POST", "/groups", body)), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> update(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/groups/" + WD_TRY(find_id(*client, "/groups", "name", arguments->group));
  const json::value present = WD_TRY(client->get(path));
  if (!present.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a group");
  json::object body;
  for (const std::string_view key : {"name", "parent_id", "policy_id", "asset_value"}) {
    if (const json::value* value = find(present.get_object(), key)) body[key] = *value;
  }
  if (!arguments->name.empty()) body["name"] = arguments->name;
  WD_TRY(set_references(*client, arguments, body));
  const std::string_view etag = WD_TRY(get_string(present.get_object(), "etag"));
  print_object(session, WD_TRY(client->send("PUT", path, body, etag)), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/groups/" + WD_TRY(find_id(*client, "/groups", "name", arguments->group));
  return remove_object(session, path, arguments->is_sure, "Remove group " + arguments->group + "?",
                       "Group " + arguments->group + " removed.");
}

}  // namespace

void add_groups(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "groups", "Groups of agents");
  const auto references = [&](CLI::App& app) {
    app.add_option("--parent", arguments->parent, "Group above it, or none");
    app.add_option("--policy", arguments->policy, "Policy of its agents, or none");
    app.add_option("--asset-value", arguments->asset_value, "Value of its agents, 1 to 100, or none");
  };
  add(tree, group, "list", "List groups", arguments, list);
  CLI::App& creates = add(tree, group, "create", "Add a group", arguments, create);
  creates.add_option("name", arguments->name, "Name")->required();
  references(creates);
  CLI::App& updates = add(tree, group, "set", "Change a group", arguments, update);
  updates.add_option("group", arguments->group, "Id or name")->required();
  updates.add_option("--name", arguments->name, "New name");
  references(updates);
  CLI::App& removes = add(tree, group, "delete", "Remove an empty group", arguments, remove);
  removes.add_option("group", arguments->group, "Id or name")->required();
  removes.add_flag("--yes", arguments->is_sure, "Do not ask");
}

}  // namespace warder::cli
