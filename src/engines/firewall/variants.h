// One rule as the tests that the kernel can make: one list of tests for each family and interface pattern it needs.
#pragma once

#include <vector>

#include "engines/firewall/program.h"

namespace warder::firewall {

using Tests = std::vector<Test>;

/// What the rule matches among IP packets; empty when it matches none.
std::vector<Tests> ip_variants(const RuleSpec& rule);

/// The one key that the tests describe, for each protocol; empty when they are no key: lists, negations, flags …
struct KeyedVariant {
  LookupKey key;
  bool has_source = false;
  bool has_destination = false;
  bool has_source_port = false;
  bool has_destination_port = false;
  Family family = Family::V4;
};
std::vector<KeyedVariant> as_keys(const Tests& tests);

}  // namespace warder::firewall
