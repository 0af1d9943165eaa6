// warder searches
#include <utility>

#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {{"NAME", "/name"},   {"PAGE", "/page"},         {"FILTER", "/filter"},
                            {"RANGE", "/range"}, {"GROUP BY", "/group_by"}, {"SORT", "/sort"},
                            {"QUERY", "/query"}, {"SHARED", "/shared"},     {"OWN", "/own"}};
constexpr std::string_view kPages = "events, fleet, alerts, incidents or audit";

struct Arguments {
  std::string search;
  std::string name;
  std::string page;
  std::string filter;
  std::string range;
  std::string group_by;
  std::string sort;
  std::string query;
  bool is_shared = false;
};
using Shared = std::shared_ptr<Arguments>;

Result<std::string> path_of(client::Client& client, const Arguments& arguments) {
  return "/saved-searches/" + WD_TRY(find_id(client, "/saved-searches", "name", arguments.search));
}

Result<ExitCode> list(Session& session, const Shared& arguments) {
  constexpr std::size_t kMost = 1000;
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/saved-searches", {{"page", arguments->page}}, kMost)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> save(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"name", arguments->name}, {"shared", arguments->is_shared}};
  const std::pair<std::string_view, const std::string&> given[] = {
      {"page", arguments->page},   {"query", arguments->query},       {"filter", arguments->filter},
      {"range", arguments->range}, {"group_by", arguments->group_by}, {"sort", arguments->sort}};
  for (const auto& [key, value] : given)
    if (!value.empty()) body[key] = value;
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
  CLI::App& group = add_group(tree, "searches", "Searches that are kept: views of pages of the console");
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& listed = add(tree, group, "list", "List your own and the shared ones", arguments, list);
  listed.add_option("--page", arguments->page, "Only of this page: " + std::string(kPages));
  CLI::App& saved = add(tree, group, "save", "Keep a search", arguments, save);
  saved.add_option("name", arguments->name, "Its name")->required();
  saved.add_option("--page", arguments->page, "The page: " + std::string(kPages) + "; events unless given");
  saved.add_option("--query", arguments->query, "All that the page's address says, behind its '?'");
  saved.add_option("--filter", arguments->filter, "Filter: severity>=high and host.name:\"web-*\"");
  saved.add_option("--range", arguments->range, "How far back: 24h");
  saved.add_option("--group-by", arguments->group_by, "Fields, separated by commas: groups instead of single events");
  saved.add_option("--sort", arguments->sort, "Events: newest or rank");
  saved.add_flag("--shared", arguments->is_shared, "For everybody of the tenant");
  CLI::App& removed = add(tree, group, "delete", "Forget one", arguments, remove);
  removed.add_option("search", arguments->search, "Name or id")->required();
}

}  // namespace warder::cli
