// warder searches
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {{"NAME", "/name"},         {"FILTER", "/filter"}, {"RANGE", "/range"},
                            {"GROUP BY", "/group_by"}, {"SHARED", "/shared"}, {"OWN", "/own"}};

struct Arguments {
  std::string search;
  std::string name;
  std::string filter;
  std::string range;
  std::string group_by;
  bool is_shared = false;
};
using Shared = std::shared_ptr<Arguments>;

Result<std::string> path_of(client::Client& client, const Arguments& arguments) {
  return "/saved-searches/" + WD_TRY(find_id(client, "/saved-searches", "name", arguments.search));
}

Result<ExitCode> list(Session& session, const Shared&) {
  constexpr std::size_t kMost = 1000;
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/saved-searches", {}, kMost)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> save(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body{{"name", arguments->name},
                          {"filter", arguments->filter},
                          {"range", arguments->range},
                          {"group_by", arguments->group_by},
                          {"shared", arguments->is_shared}};
  print_object(session, WD_TRY(client->send("POST", "/saved-searches", body)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(change(*client, "DELETE", WD_TRY(path_of(*client, *arguments)), nullptr));
  return ExitCode::Ok;
}

}  // namespace

void add_searches(Tree& tree) {
  CLI::App& group = add_group(tree, "searches", "Searches of events that are kept");
  const auto arguments = std::make_shared<Arguments>();
  add(tree, group, "list", "List your own and the shared ones", arguments, list);
  CLI::App& saved = add(tree, group, "save", "Keep a search", arguments, save);
  saved.add_option("name", arguments->name, "Its name")->required();
  saved.add_option("--filter", arguments->filter, "Filter: severity>=high and host.name:\"web-*\"");
  saved.add_option("--range", arguments->range, "How far back: 24h");
  saved.add_option("--group-by", arguments->group_by, "Fields, separated by commas: groups instead of single events");
  saved.add_flag("--shared", arguments->is_shared, "For everybody of the tenant");
  CLI::App& removed = add(tree, group, "delete", "Forget one", arguments, remove);
  removed.add_option("search", arguments->search, "Name or id")->required();
}

}  // namespace warder::cli
