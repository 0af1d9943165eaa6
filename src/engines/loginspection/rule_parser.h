// One <rule> element read, before it is given its place in the tree.
#pragma once

#include <string>
#include <vector>

#include "engines/loginspection/rule_set.h"
#include "engines/loginspection/xml_text.h"

namespace warder::loginspection {

struct ParsedRule {
  CompiledRule rule;
  bool overwrites = false;
  std::vector<std::uint32_t> parents;  // if_sid
  unsigned parent_level = 0;           // if_level
  std::string parent_group;            // if_group
  std::uint32_t counted_rule = 0;      // if_matched_sid
  std::string counted_group;           // if_matched_group
  std::string counted_pattern;         // if_matched_regex
  std::vector<std::string> warnings;
};

struct RuleContext {
  Dialect dialect;
  const DecoderSet& decoders;
  const Lists& lists;
  FieldNames& names;
};

/// `group` is the name of the group the rule stands in. Invalid says what is wrong, without the rule's number.
Result<ParsedRule> parse_rule(const rules::XmlElement& element, std::string_view group, const RuleContext& context);

}  // namespace warder::loginspection
