// The rules that came with the product, by module: what they are called, how bad it is when they match, which ATT&CK
// techniques and CVEs they are for.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::manager {

/// Where a rule is written, and what its author wrote.
struct RuleOrigin {
  std::string file;
  std::string text;
  std::vector<std::string> references;  // addresses, or "TYPE VALUE"
};

struct ListedRule {
  std::string module;  // "log-inspection", "ips", "integrity"
  std::string id;      // what events call it
  std::string title;
  std::string pack;
  std::string severity;  // "info" … "critical"; empty: the rule does not say
  std::optional<unsigned> level;
  std::vector<std::string> techniques;  // "T1110.001"
  std::vector<std::string> cves;
  RuleOrigin origin{};
};

struct ListedPack {
  std::string module;
  std::string name;
  std::string version;
  std::string description;
  std::size_t rules = 0;
};

struct RuleCatalogue {
  std::vector<ListedPack> packs;  // by module and name
  std::vector<ListedRule> rules;  // by module, pack and id
};

/// Reads the folders loginspection, ips and integrity of `share`. A folder that is not there has none.
Result<RuleCatalogue> read_rule_catalogue(const std::filesystem::path& share);

struct RuleFilter {
  std::string module;     // empty: any
  std::string pack;       // likewise
  std::string technique;  // with its sub-techniques
  std::string search;     // every word of it in id, title, techniques or CVEs, ignoring case
};
bool matches(const ListedRule& rule, const RuleFilter& filter);

/// Of several with one id (in packs of different dialects) the first; nullptr: there is none.
const ListedRule* find_rule(const RuleCatalogue& catalogue, std::string_view module, std::string_view id);
const ListedPack* find_pack(const RuleCatalogue& catalogue, const ListedRule& rule);

/// Thread-safe. Read at the first use, because reading takes a moment; rules come with the program and do not change.
class SharedRules {
 public:
  explicit SharedRules(std::filesystem::path share) : share_(std::move(share)) {}

  Result<std::shared_ptr<const RuleCatalogue>> get();

 private:
  std::filesystem::path share_;
  std::mutex mutex_;  // guards catalogue_
  std::shared_ptr<const RuleCatalogue> catalogue_;
};

}  // namespace warder::manager
