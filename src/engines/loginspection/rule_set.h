// Rules in the form that lines are compared with.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engines/loginspection/condition.h"
#include "engines/loginspection/decoder.h"
#include "engines/loginspection/definition.h"
#include "engines/loginspection/lookup_list.h"
#include "engines/loginspection/prefilter.h"
#include "engines/loginspection/rule.h"
#include "engines/loginspection/schedule.h"

namespace warder::loginspection {

inline constexpr std::uint32_t kNoIndex = 0xffff'ffff;

struct ListCondition {
  FieldId field = field::kNone;
  bool is_user = false;
  Lookup lookup = Lookup::MatchKey;
  std::shared_ptr<const LookupList> list;
  std::optional<rules::Pattern> value;
};

/// Counting earlier lines: what makes a rule composite.
struct Composite {
  unsigned earlier = 0;  // events before this one that must have been
  std::int64_t timeframe_s = 360;
  std::uint32_t source = kNoIndex;  // list of lines that are counted
  std::vector<FieldId> same;
  std::vector<FieldId> different;
  std::vector<FieldId> different_and_there;  // OSSEC: both lines must have it
};

using Check = bool (*)(const Event& event);

struct CompiledRule {
  Rule info;
  unsigned order_level = 0;  // siblings are tried from high to low
  Category category = Category::Syslog;
  std::string group_text;        // "syslog,sshd,": what if_group looks into
  std::uint32_t decoded_as = 0;  // id of a decoder's name, 0: any
  std::vector<Condition> conditions;
  std::vector<ListCondition> lists;
  std::vector<Check> checks;  // compiled_rule
  std::size_t min_bytes = 0;  // maxsize, which is the least size
  std::optional<DayTime> day_time;
  std::uint8_t week_days = 0;  // 0: all
  bool is_first_seen = false;
  bool is_changed_output = false;
  bool is_silent = false;  // noalert: only its children count
  std::int64_t ignore_s = 0;
  std::vector<FieldId> ignored_fields;      // remembered when it fires
  std::vector<FieldId> checked_if_ignored;  // not fired when remembered
  std::optional<Composite> composite;
  std::vector<std::uint32_t> sources;  // lists that its lines are put into
};

/// A place of a rule in the tree; a rule with several parents has several. Children of one node follow one another.
struct RuleNode {
  std::uint32_t rule = 0;
  std::uint32_t first_child = 0;
  std::uint32_t child_count = 0;
};

/// A list of lines that composite rules count: those of one rule, of the rules of a group, or those that a pattern
/// fits.
struct Source {
  std::uint32_t rule_id = 0;  // 0: a group's or a pattern's
  std::vector<std::uint32_t> composites;
  std::optional<rules::Pattern> pattern;
  Category category = Category::Syslog;  // of a pattern's lines
};

struct RuleSet {
  std::vector<CompiledRule> rules;
  std::vector<RuleNode> nodes;  // bit i of the candidates is node i
  std::uint32_t root_count = 0;
  std::uint32_t second_level_end = 0;  // nodes from root_count up to here are children of roots
  std::vector<Source> sources;
  std::vector<std::uint32_t> pattern_sources;
  std::vector<std::vector<std::uint64_t>> allowed;  // for each decoder id, bits of nodes below second_level_end

  [[nodiscard]] std::uint32_t index_of(std::uint32_t rule_id) const noexcept;
};

struct RuleLoad {
  RuleSet rules;
  std::vector<Problem> problems;
};
RuleLoad load_rules(const Definition& definition, const DecoderSet& decoders, FieldNames& names);

/// Says which nodes below `second_level_end` each decoder's lines can match; ids go up to `max_decoder_id`.
void add_allowed(RuleSet& rules, std::uint32_t max_decoder_id);

/// Says which strings make a node a candidate; nodes are the first bits.
void add_to_prefilter(const RuleSet& rules, Prefilter::Builder& builder);

/// "is_simple_http_request" …, nullptr for any other name.
Check find_check(std::string_view name) noexcept;
std::string_view name_of_check(Check check) noexcept;

}  // namespace warder::loginspection
