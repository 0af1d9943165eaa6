// Runs the cases of rule packs through the engine.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engines/ips/rule_packs.h"

namespace warder::ips {

struct CaseReport {
  std::size_t rules = 0;  // that alert
  std::size_t cases = 0;
  std::size_t runs = 0;               // each case goes over the wire in several ways
  std::vector<std::string> problems;  // "web/web.cases:12: rule 9100001 did not find \"…\" (IPv6)"
};

/// All packs together in one engine, inline and looking on. Besides cases that come out wrong, problems are: rules that
/// cannot be loaded, rules that alert and have no positive or no negative case, and virtual patches (metadata
/// virtual_patch) with fewer than three evasions. A rule with "metadata: untested REASON" needs no cases.
Result<CaseReport> test_cases(std::span<const RulePack> packs);

}  // namespace warder::ips
