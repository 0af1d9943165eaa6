// The policy section "ips": whether packets are inspected, with which rules, and what becomes of a match.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"

namespace warder::ips {

struct Policy {
  std::string mode = "off";
  std::vector<std::string> rule_packs;   // names; empty: all there are
  std::vector<std::string> pack_stages;  // "web-attacks prevent"
  std::int64_t shadow_hours = 24;
  std::vector<std::string> rules;          // texts of the tenant's own
  std::vector<std::string> rule_modes;     // "1:2024897 off"
  std::vector<std::string> block_classes;  // "web-application-attack"
  std::vector<std::string> variables;      // "HOME_NET=[192.0.2.0/24]"
  std::vector<std::string> trusted;        // prefixes
  bool inspect_input = true;
  bool inspect_output = true;
  bool inspect_forwarded = false;
  bool inspect_loopback = false;
  std::vector<std::string> tap_interfaces;  // empty: all
  std::string on_failure = "pass";
  std::int64_t queues = 0;
  std::int64_t queue_packets = 8192;
  std::int64_t budget_ms = 20;
  std::int64_t max_flows = 65'536;
  std::int64_t stream_depth_kb = 1024;
  std::int64_t fold_s = 60;
  std::int64_t max_events_per_s = 100;
  std::int64_t rule_budget_percent = 10;
  bool suspend_costly = true;
  std::int64_t max_false_positives = 3;

  static std::span<const warder::Field<Policy>> fields() noexcept;
};

}  // namespace warder::ips
