// The text of thresholds: in rules, and in files of their own (threshold.config).
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/ips/rule.h"

namespace warder::ips {

/// "type limit, track by_src, count 1, seconds 60".
Result<Threshold> parse_threshold(std::string_view text);

/// A line of threshold.config: for which rule what holds. Signature 0: all of the group.
struct ThresholdLine {
  std::uint32_t gid = 1;
  std::uint32_t sid = 0;
  Threshold threshold;
};
/// "suppress gen_id 1, sig_id 2, track by_src, ip [192.0.2.1,$HOME_NET]", "threshold gen_id …", "rate_filter …".
Result<std::vector<ThresholdLine>> parse_threshold_file(std::string_view text, const class Variables& variables);

}  // namespace warder::ips
