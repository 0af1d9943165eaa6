// What is wrong with a policy that nobody would see in its rules one by one.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engines/firewall/compile.h"

namespace warder::firewall {

enum class Problem : std::uint8_t {
  Shadowed,       // an earlier rule takes everything that it matches, and does something else with it
  Contradictory,  // it and another rule match some of the same packets and want opposite things
  Redundant,      // an earlier rule does the same with everything that it matches
  CutsManager,    // without protect_manager_link it would cut the agent off
};
std::string_view name(Problem problem) noexcept;

struct AnalysisFinding {
  Problem problem;
  std::string rule;   // id
  std::string other;  // id of the other rule, or empty
  std::string text;
};

/// The rules in force. Comparisons are exact for what rules can say, but one rule is compared with one other: a rule
/// that only several others cover together is not found. At most `most` findings.
std::vector<AnalysisFinding> analyse(const Compiled& compiled, std::size_t most = 1000);

/// Whether every packet that `inner` matches is matched by `outer`.
bool covers(const RuleSpec& outer, const RuleSpec& inner);
/// Whether some packet may match both.
bool overlap(const RuleSpec& a, const RuleSpec& b);

boost::json::object to_json(const AnalysisFinding& finding);

}  // namespace warder::firewall
