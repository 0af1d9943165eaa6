// warder rules
#include "base/uri.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {
    {"RULE", "/id"}, {"MODULE", "/module"}, {"PACK", "/pack"}, {"SEVERITY", "/severity"}, {"TITLE", "/title"}};
constexpr Column kOne[] = {{"RULE", "/id"},
                           {"MODULE", "/module"},
                           {"TITLE", "/title"},
                           {"PACK", "/pack"},
                           {"VERSION", "/pack_version"},
                           {"SEVERITY", "/severity"},
                           {"TECHNIQUES", "/techniques"},
                           {"CVES", "/cves"},
                           {"REFERENCES", "/references"},
                           {"POLICIES", "/policies"},
                           {"FILE", "/file"},
                           {"TEXT", "/text"}};

struct Arguments {
  std::string module;
  std::string pack;
  std::string technique;
  std::string search;
  std::string rule;
  std::size_t most = 1000;
};
using Shared = std::shared_ptr<Arguments>;

Result<ExitCode> list(Session& session, const Shared& arguments) {
  const client::Query query{{"module", arguments->module},
                            {"pack", arguments->pack},
                            {"technique", arguments->technique},
                            {"search", arguments->search}};
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/rules", query, arguments->most)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get("/rules/" + arguments->module + "/" + percent_encode(arguments->rule))),
               kOne);
  return ExitCode::Ok;
}

}  // namespace

void add_product_rules(Tree& tree) {
  CLI::App& group = add_group(tree, "rules", "Rules that came with the product");
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& listed = add(tree, group, "list", "List them", arguments, list);
  listed.add_option("--module", arguments->module, "log-inspection, ips or integrity");
  listed.add_option("--pack", arguments->pack, "Name of a pack");
  listed.add_option("--technique", arguments->technique, "Of ATT&CK, with its sub-techniques: T1110");
  listed.add_option("--search", arguments->search, "Words of id, title, pack, technique or CVE");
  listed.add_option("--limit", arguments->most, "At most so many")->capture_default_str();
  CLI::App& shown = add(tree, group, "show", "Show one: its text, what it is for, and who uses it", arguments, show);
  shown.add_option("module", arguments->module, "log-inspection, ips or integrity")->required();
  shown.add_option("rule", arguments->rule, "Its id, as events have it: 1:9100001")->required();
}

}  // namespace warder::cli
