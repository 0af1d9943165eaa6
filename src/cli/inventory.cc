// warder inventory: what this host or a mounted image has
#include "cli/inventory.h"

#include <ostream>

#include "engines/inventory/collect.h"
#include "host/linux/linux_host.h"
#include "host/offline/offline_facts.h"

namespace warder::cli {
namespace {

constexpr Column kCounts[] = {{"KIND", "/kind"}, {"ITEMS", "/items"}, {"WHAT", "/what"}};
constexpr Column kItems[] = {{"NAME", "/name"}, {"VERSION", "/version"}, {"KEY", "/key"}};

struct Arguments {
  std::string root = "/";
  std::string kind;
  bool no_languages = false;
};
using Shared = std::shared_ptr<Arguments>;

json::object to_json(const inventory::Item& item) {
  json::object attributes;
  for (const auto& [key, value] : item.attributes) attributes[key] = value;
  return {{"key", item.key}, {"name", item.name}, {"version", item.version}, {"attributes", std::move(attributes)}};
}

json::array to_json(const std::vector<inventory::Item>& items) {
  json::array array;
  for (const inventory::Item& item : items) array.push_back(to_json(item));
  return array;
}

Result<ExitCode> scan(Session& session, const Shared& arguments) {
  const bool is_live = arguments->root == "/";
  const auto facts = is_live ? host::make_linux_facts()
                             : host::make_offline_facts(host::make_linux_file_tree(arguments->root), arguments->root);
  inventory::CollectOptions options;
  options.software.language_packages = !arguments->no_languages;
  if (!arguments->kind.empty()) {
    const auto kind = inventory::find_kind(arguments->kind);
    if (!kind) return fail(ErrorCode::Invalid, "\"" + arguments->kind + "\" is no kind; `warder inventory` lists them");
    options.kinds = {*kind};
  }
  const inventory::Collected collected = inventory::collect(*facts, options);
  for (const std::string& failure : collected.failures) session.environment().err << "warder: " << failure << '\n';
  if (!options.kinds.empty()) {
    const auto list = collected.snapshot.find(*options.kinds.begin());
    if (list == collected.snapshot.end()) return ExitCode::Failed;
    print_list(session, to_json(list->second), kItems);
    return ExitCode::Ok;
  }
  if (session.is_json()) {
    json::object all;
    for (const auto& [kind, items] : collected.snapshot) all[inventory::name(kind)] = to_json(items);
    print_object(session, all);
    return ExitCode::Ok;
  }
  json::array counts;
  for (const auto& [kind, items] : collected.snapshot)
    counts.push_back(
        json::object{{"kind", inventory::name(kind)}, {"items", items.size()}, {"what", inventory::row_of(kind).doc}});
  print_list(session, counts, kCounts);
  return ExitCode::Ok;
}

}  // namespace

void add_inventory(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command = add_command(tree, tree.root, "inventory", "What this host or a mounted image has",
                                  [arguments](Session& session) { return scan(session, arguments); });
  command.add_option("--root", arguments->root, "Look at the image that is mounted here instead of this host");
  command.add_option("--kind", arguments->kind, "List these: packages, services, sockets, users …");
  command.add_flag("--no-language-packages", arguments->no_languages,
                   "Do not look for packages of Python, Node, Ruby, Go and Java");
}

}  // namespace warder::cli
