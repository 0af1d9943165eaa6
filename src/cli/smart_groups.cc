#include "cli/smart_groups.h"

#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr std::string_view kPath = "/smart-groups";
constexpr Column kList[] = {{"ID", "/id"}, {"NAME", "/name"}, {"FILTER", "/filter"}};
constexpr Column kOne[] = {{"ID", "/id"}, {"NAME", "/name"}, {"FILTER", "/filter"}, {"AGENTS", "/agents"}};

struct Arguments {
  std::string group;
  std::string name;
  std::string filter;
  bool is_sure = false;
};
using Shared = std::shared_ptr<Arguments>;

Result<std::string> path_of(client::Client& client, const Arguments& arguments) {
  return std::string(kPath) + "/" + WD_TRY(find_id(client, kPath, "name", arguments.group));
}

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list(kPath)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(WD_TRY(path_of(*client, *arguments)))), kOne);
  return ExitCode::Ok;
}

Result<ExitCode> create(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body{{"name", arguments->name}, {"filter", arguments->filter}};
  print_object(session, WD_TRY(client->send("POST", kPath, body)), kOne);
  return ExitCode::Ok;
}

Result<ExitCode> update(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, *arguments));
  const json::value present = WD_TRY(client->get(path));
  if (!present.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a smart group");
  const json::object& before = present.get_object();
  json::object body{{"name", WD_TRY(get_string(before, "name"))}, {"filter", WD_TRY(get_string(before, "filter"))}};
  if (!arguments->name.empty()) body["name"] = arguments->name;
  if (!arguments->filter.empty()) body["filter"] = arguments->filter;
  print_object(session, WD_TRY(client->send("PUT", path, body, WD_TRY(get_string(before, "etag")))), kOne);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  return remove_object(session, WD_TRY(path_of(*client, *arguments)), arguments->is_sure,
                       "Remove smart group " + arguments->group + "?", "Smart group " + arguments->group + " removed.");
}

}  // namespace

void add_smart_groups(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "smart-groups", "Groups of hosts by a filter, worked out when they are asked for");
  add(tree, group, "list", "List them", arguments, list);
  CLI::App& shows = add(tree, group, "show", "Show one, with how many hosts it has now", arguments, show);
  CLI::App& creates = add(tree, group, "create", "Add one", arguments, create);
  creates.add_option("name", arguments->name, "Name")->required();
  creates.add_option("--filter", arguments->filter, "Filter over hosts: os:debian and module.ips!=on")->required();
  CLI::App& updates = add(tree, group, "set", "Change one", arguments, update);
  updates.add_option("--name", arguments->name, "New name");
  updates.add_option("--filter", arguments->filter, "New filter");
  CLI::App& removes = add(tree, group, "delete", "Remove one; its hosts stay as they are", arguments, remove);
  removes.add_flag("--yes", arguments->is_sure, "Do not ask");
  for (CLI::App* const app : {&shows, &updates, &removes})
    app->add_option("group", arguments->group, "Id or name")->required();
}

}  // namespace warder::cli
