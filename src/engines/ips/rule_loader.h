// Loads rule files: what can be read is kept, what can't is reported with its place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/ips/rule.h"
#include "engines/ips/rule_builder.h"
#include "engines/ips/threshold_text.h"

namespace warder::ips {

struct SkippedRule {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t sid = 0;  // 0: not readable
  std::string reason;
  bool is_unmet = false;  // `requires` says that the rule is not for this engine: no fault
};

/// Addresses whose reputation is known.
struct ReputationEntry {
  AddressSet addresses;
  std::uint8_t category = 0;
  std::uint8_t score = 0;
};

/// Rules in the order in which they are judged: by action, then those that set flow bits before those that read them,
/// then by priority, then as loaded.
struct LoadedRules {
  std::vector<Rule> rules;
  std::vector<SkippedRule> skipped;
  std::vector<std::string> files;
  std::size_t flowbit_names = 0;
  std::vector<ReputationEntry> reputation;
};

class RuleLoader {
 public:
  explicit RuleLoader(LoadContext& context) : context_(context) {}

  /// Reads a rule file's text. `read_file` finds what its rules name.
  void add(std::string file, std::string_view text, ReadFile read_file);
  /// classification.config: priorities of classes.
  void add_classes(std::string_view text);
  /// Lets the caller change each rule (its action, say) or leave it out: false.
  void adjust(const std::function<bool(Rule& rule, const std::string& file)>& keeps);
  /// threshold.config: limits and suppressions of rules loaded before or after. What cannot be read is reported as a
  /// skipped line of `file`.
  void add_thresholds(std::string file, std::string_view text);
  /// Reputation lists: "address,category,score" a line; `categories` has "number,name,…".
  void add_reputation(std::string_view categories, std::string_view list);
  /// Sorts and gives away. A sid that stands twice keeps the higher revision.
  LoadedRules finish() &&;

 private:
  void apply_thresholds();

  LoadContext& context_;
  std::vector<ThresholdLine> thresholds_;
  LoadedRules loaded_;
};

}  // namespace warder::ips
