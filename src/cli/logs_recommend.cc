// warder logs recommend: which packs of log rules fit this host or a mounted image.
#include "base/file.h"
#include "cli/commands.h"
#include "engines/inventory/collect.h"
#include "engines/inventory/facts_index.h"
#include "engines/inventory/recommend.h"
#include "host/linux/linux_host.h"
#include "host/offline/offline_facts.h"

namespace warder::cli {
namespace {

constexpr Column kColumns[] = {{"PACK", "/pack"}, {"WHAT", "/title"}, {"WHY", "/reason"}};

struct Arguments {
  std::string root = "/";
  std::string offers = "/usr/share/warder/recommendations/loginspection.json";
};

Result<ExitCode> recommend(Session& session, const std::shared_ptr<Arguments>& arguments) {
  const std::string text = WD_TRY(read_file(arguments->offers));
  const auto offers = WD_TRY(inventory::parse_offers(text).in(arguments->offers));
  const auto facts = arguments->root == "/"
                         ? host::make_linux_facts()
                         : host::make_offline_facts(host::make_linux_file_tree(arguments->root), arguments->root);
  inventory::CollectOptions options;
  options.software.language_packages = false;
  const inventory::Collected collected = inventory::collect(*facts, options);
  for (const std::string& failure : collected.failures) session.environment().err << "warder: " << failure << '\n';
  json::array fitting;
  for (const auto& one : inventory::recommend(inventory::FactsIndex(collected.snapshot), offers)) {
    fitting.push_back(json::object{{"pack", one.id}, {"title", one.title}, {"reason", one.reason}});
  }
  print_list(session, fitting, kColumns);
  return ExitCode::Ok;
}

}  // namespace

void add_logs_recommend(Tree& tree, CLI::App& group) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command = add(tree, group, "recommend",
                          "Which packs of log rules fit what this host or a mounted image has", arguments, recommend);
  command.add_option("--root", arguments->root, "Look at the image that is mounted here instead of this host");
  command.add_option("--offers", arguments->offers, "File that says which packs fit what")->capture_default_str();
}

}  // namespace warder::cli
