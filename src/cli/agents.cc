// warder agents
#include "cli/agent_command.h"
#include "cli/asset_value.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {{"ID", "/id"},
                            {"HOST", "/hostname"},
                            {"STATE", "/state"},
                            {"VERSION", "/agent_version"},
                            {"POLICY", "/policy_state"},
                            {"LAST SEEN", "/last_seen"},
                            {"WARNINGS", "/warnings"}};
constexpr Column kShow[] = {{"Id", "/id"},
                            {"Host", "/hostname"},
                            {"State", "/state"},
                            {"Last seen", "/last_seen"},
                            {"Address", "/address"},
                            {"System", "/os"},
                            {"Kernel", "/kernel"},
                            {"Agent version", "/agent_version"},
                            {"Group", "/group_id"},
                            {"Policy", "/policy_id"},
                            {"Policy state", "/policy_state"},
                            {"Policy error", "/policy_error"},
                            {"Enrolled", "/enrolled"},
                            {"Certificate until", "/certificate_expires"},
                            {"Clock offset, ms", "/clock_offset_ms"},
                            {"Events in spool", "/spool_events"},
                            {"Warnings", "/warnings"}};
constexpr Column kModules[] = {{"MODULE", "/module"}, {"STATE", "/state"}, {"REASON", "/reason"}};
constexpr Column kCommands[] = {{"ID", "/id"},       {"MODULE", "/module"},   {"COMMAND", "/name"},
                                {"STATE", "/state"}, {"CREATED", "/created"}, {"FINISHED", "/finished"},
                                {"ERROR", "/error"}};

constexpr Column kFits[] = {{"MODULE", "/module"}, {"PACK", "/id"}, {"WHAT", "/title"}, {"WHY", "/reason"}};

constexpr Column kInventoryLists[] = {{"KIND", "/kind"}, {"ITEMS", "/items"}, {"RECEIVED", "/received"}};
constexpr Column kInventory[] = {{"NAME", "/name"}, {"VERSION", "/version"}, {"CHANGED", "/changed"}, {"KEY", "/key"}};

struct Arguments {
  std::string agent;
  std::string state;
  std::string group;
  std::string policy;
  std::vector<std::string> tags;
  std::string asset_value;
  std::string hostname;
  std::string smart_group;
  std::string filter;
  std::size_t limit = 1000;
  std::string module;
  std::string name;
  std::string json = "{}";
  bool is_waiting = false;
  bool is_sure = false;
};
using Shared = std::shared_ptr<Arguments>;

Result<std::string> agent_path(client::Client& client, const Shared& arguments) {
  return "/agents/" + WD_TRY(find_id(client, "/agents", "hostname", arguments->agent));
}

Result<ExitCode> list(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  client::Query query{{"state", arguments->state}, {"hostname", arguments->hostname}};
  if (!arguments->group.empty()) {
    query.emplace_back("group_id", WD_TRY(find_id(*client, "/groups", "name", arguments->group)));
  }
  if (!arguments->smart_group.empty()) {
    query.emplace_back("smart_group_id", WD_TRY(find_id(*client, "/smart-groups", "name", arguments->smart_group)));
  }
  query.emplace_back("filter", arguments->filter);
  print_list(session, WD_TRY(client->list("/agents", query, arguments->limit)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::value agent = WD_TRY(client->get(WD_TRY(agent_path(*client, arguments))));
  print_object(session, agent, kShow);
  if (session.is_json() || !agent.is_object()) return ExitCode::Ok;
  if (const auto modules = get_array(agent.get_object(), "modules")) print_list(session, **modules, kModules);
  return ExitCode::Ok;
}

Result<ExitCode> recommendations(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(agent_path(*client, arguments)) + "/recommendations";
  const json::value answer = WD_TRY(client->get(path));
  const json::value* const items = find(answer.get_object(), "items");
  if (items == nullptr || !items->is_array()) return fail(ErrorCode::Corrupt, path + ": has no items");
  print_list(session, items->get_array(), kFits);
  return ExitCode::Ok;
}

Result<ExitCode> move(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body;
  if (!arguments->group.empty()) body["group_id"] = WD_TRY(find_id_or_none(*client, "/groups", arguments->group));
  if (!arguments->policy.empty()) body["policy_id"] = WD_TRY(find_id_or_none(*client, "/policies", arguments->policy));
  if (!arguments->tags.empty()) {
    json::array tags;
    if (arguments->tags != std::vector<std::string>{"none"})
      for (const std::string& tag : arguments->tags) tags.emplace_back(json::string(tag));
    body["tags"] = std::move(tags);
  }
  if (!arguments->asset_value.empty()) body["asset_value"] = WD_TRY(asset_value_of(arguments->asset_value));
  if (body.empty())
    return fail(ErrorCode::Invalid, "give --group, --policy, --tag or --asset-value (\"none\" takes it away)");
  print_object(session, WD_TRY(change(*client, "PATCH", WD_TRY(agent_path(*client, arguments)), body)), kShow);
  return ExitCode::Ok;
}

Result<ExitCode> command(Session& session, const Shared& arguments) {
  json::object body{{"name", arguments->name}, {"arguments", WD_TRY(parse_json(arguments->json).in("--arguments"))}};
  if (!arguments->module.empty()) body["module"] = arguments->module;
  const json::value sent = WD_TRY(send_agent_command(session, arguments->agent, body, arguments->is_waiting));
  print_object(session, sent);
  return exit_code_of(sent);
}

Result<ExitCode> commands(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(agent_path(*client, arguments)) + "/commands";
  print_list(session, WD_TRY(client->list(path, {}, arguments->limit)), kCommands);
  return ExitCode::Ok;
}

Result<ExitCode> inventory(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(agent_path(*client, arguments)) + "/inventory";
  if (!arguments->name.empty()) {
    const client::Query query{{"q", arguments->hostname}};
    print_list(session, WD_TRY(client->list(path + "/" + arguments->name, query, arguments->limit)), kInventory);
    return ExitCode::Ok;
  }
  const json::value lists = WD_TRY(client->get(path));
  if (session.is_json() || !lists.is_object()) {
    print_object(session, lists);
    return ExitCode::Ok;
  }
  print_list(session, *WD_TRY(get_array(lists.get_object(), "lists")), kInventoryLists);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(agent_path(*client, arguments));
  return remove_object(session, path, arguments->is_sure,
                       "Remove agent " + arguments->agent + "? Its certificate will be refused.",
                       "Agent " + arguments->agent + " removed.");
}

Result<ExitCode> maintenance_token(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  constexpr Column kColumns[] = {{"Token", "/token"}, {"Until", "/expires"}};
  const std::string path = WD_TRY(agent_path(*client, arguments)) + "/maintenance-token";
  print_object(session, WD_TRY(client->send("POST", path, nullptr)), kColumns);
  return ExitCode::Ok;
}

}  // namespace

void add_agents(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "agents", "The servers that are protected");
  const auto agent = [&](CLI::App& app) { app.add_option("agent", arguments->agent, "Id or host name")->required(); };

  CLI::App& lists = add(tree, group, "list", "List agents", arguments, list);
  lists.add_option("--state", arguments->state, "Only those online, offline or never-connected")
      ->check(CLI::IsMember({"online", "offline", "never-connected"}));
  lists.add_option("--group", arguments->group, "Only those of this group");
  lists.add_option("--smart-group", arguments->smart_group, "Only those of this smart group");
  lists.add_option("--filter", arguments->filter, "Only those that match: os:debian and fact.package=openssl");
  lists.add_option("--hostname", arguments->hostname, "Only those whose host name contains this");
  lists.add_option("--limit", arguments->limit, "At most this many");
  agent(add(tree, group, "show", "Show one agent and its modules", arguments, show));

  agent(add(tree, group, "recommendations", "List the rule packs that fit what an agent's host has", arguments,
            recommendations));

  CLI::App& moves = add(tree, group, "move", "Put an agent into a group, give it a policy or tags", arguments, move);
  agent(moves);
  moves.add_option("--group", arguments->group, "Group, or none");
  moves.add_option("--policy", arguments->policy, "Policy, or none");
  moves.add_option("--asset-value", arguments->asset_value, "1 to 100, or none: how much its events matter");
  moves.add_option("--tag", arguments->tags, "Tag, or none; may be given again: all that it has then")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);

  CLI::App& sends = add(tree, group, "command", "Tell an agent to do something now", arguments, command);
  agent(sends);
  sends.add_option("name", arguments->name, "self-test, rescan, diagnostics …")->required();
  sends.add_option("--module", arguments->module, "Module that does it; without it the agent itself");
  sends.add_option("--arguments", arguments->json, "Arguments, a JSON object");
  sends.add_flag("--wait", arguments->is_waiting, "Wait for the result");

  CLI::App& told = add(tree, group, "commands", "List what an agent was told to do", arguments, commands);
  agent(told);
  told.add_option("--limit", arguments->limit, "At most this many");
  agent(add(tree, group, "maintenance-token", "Make the token that lets an agent be stopped or removed", arguments,
            maintenance_token));
  CLI::App& told_of = add(tree, group, "inventory", "List what an agent's host has", arguments, inventory);
  agent(told_of);
  told_of.add_option("kind", arguments->name, "packages, services, sockets, users …; without it a summary");
  told_of.add_option("--search", arguments->hostname, "Only those whose name or attributes contain this");
  told_of.add_option("--limit", arguments->limit, "At most this many");
  CLI::App& removes = add(tree, group, "delete", "Remove an agent; its events stay", arguments, remove);
  agent(removes);
  removes.add_flag("--yes", arguments->is_sure, "Do not ask");
}

}  // namespace warder::cli
