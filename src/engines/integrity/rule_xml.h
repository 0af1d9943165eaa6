// Rules in the XML form of Deep Security, unchanged: one bare entity set, several side by side, or rules around them.
#pragma once

#include "engines/integrity/rules.h"

namespace warder::integrity {

/// Entity sets that stand beside each other are one rule. A `rule` element (with id, name, severity) is a rule of its
/// own; other elements around sets are passed through. Documents with a DOCTYPE are refused.
Result<RuleSet> load_xml_rules(std::string_view text, const RuleDefaults& defaults);
/// The same rules as XML: what the baseline remembers of them.
std::string to_xml(const RuleSet& rules);

}  // namespace warder::integrity
