// The policy section "firewall": rules, the lists they share, schedules, contexts, and how connections are kept.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "model/policy.h"

namespace warder::firewall {

/// One rule as it is written. Empty lists and "any" match everything.
struct Rule {
  std::string id;
  std::string name;
  std::string description;
  bool enabled = true;
  std::string action = "allow";
  std::int64_t priority = 0;
  std::string direction = "incoming";
  std::string frame_type = "any";
  bool frame_type_not = false;
  std::string protocol = "any";
  bool protocol_not = false;
  std::vector<std::string> source_addresses;
  bool source_addresses_not = false;
  std::vector<std::string> destination_addresses;
  bool destination_addresses_not = false;
  std::vector<std::string> source_ports;
  bool source_ports_not = false;
  std::vector<std::string> destination_ports;
  bool destination_ports_not = false;
  std::vector<std::string> source_macs;
  bool source_macs_not = false;
  std::vector<std::string> destination_macs;
  bool destination_macs_not = false;
  std::vector<std::string> tcp_flags;
  bool tcp_flags_not = false;
  std::vector<std::string> icmp;
  bool icmp_not = false;
  std::vector<std::string> interfaces;
  bool interfaces_not = false;
  std::string schedule;
  std::string context;
  bool log = true;
  bool packet_data = false;
  bool alert = false;

  static std::span<const Field<Rule>> fields() noexcept;
};

/// A reusable list, written "@name" where its items could stand.
struct NamedList {
  std::string name;
  std::string kind = "addresses";
  std::vector<std::string> items;

  static std::span<const Field<NamedList>> fields() noexcept;
};

/// When a rule holds: "mon-fri 08:00-18:00", "sat 22:00-02:00" (into the next day), "daily 00:00-24:00".
struct Schedule {
  std::string name;
  std::vector<std::string> windows;
  std::string time = "local";

  static std::span<const Field<Schedule>> fields() noexcept;
};

/// Where a rule holds: what must be true of the host. All conditions that are given must hold.
struct Context {
  std::string name;
  std::string manager = "any";
  std::vector<std::string> local_addresses;
  std::vector<std::string> interfaces;

  static std::span<const Field<Context>> fields() noexcept;
};

struct Policy {
  bool enabled = true;
  std::string mode = "tap";
  std::string on_failure = "open";
  std::int64_t commit_confirm_s = 60;
  std::int64_t cold_start_s = 300;
  bool protect_manager_link = true;
  std::vector<std::string> ignore_interfaces;
  bool filter_forwarded = false;
  bool allow_dhcp = true;
  bool allow_neighbour_discovery = true;
  bool allow_fragmentation_needed = true;

  bool stateful_tcp = true;
  bool stateful_udp = true;
  bool stateful_icmp = true;
  bool deny_unsolicited_udp = false;
  bool deny_unsolicited_icmp = false;
  bool deny_invalid_tcp_flags = true;
  bool deny_congestion_flags = false;
  bool deny_fragments = false;
  std::int64_t min_fragment_bytes = 120;
  std::int64_t max_incoming_connections = 0;
  std::int64_t max_outgoing_connections = 0;
  std::int64_t max_half_open_connections = 0;
  std::int64_t syn_flood_per_s = 0;
  std::int64_t ack_storm_per_s = 0;
  bool ftp_active_incoming = false;
  bool ftp_passive_incoming = false;
  bool ftp_active_outgoing = false;
  bool ftp_passive_outgoing = false;

  std::string recon_scan = "detect";
  std::string recon_fingerprint = "detect";
  std::string recon_null = "detect";
  std::string recon_xmas = "detect";
  std::string recon_syn_fin = "detect";
  std::int64_t recon_block_min = 30;
  std::int64_t recon_alert_min = 60;
  std::int64_t recon_fast_targets = 20;
  std::int64_t recon_fast_window_s = 60;
  std::int64_t recon_slow_targets = 40;
  std::int64_t recon_slow_window_s = 21'600;
  std::vector<std::string> recon_only;
  std::vector<std::string> recon_except;

  std::vector<std::string> isolation_allow;
  std::vector<std::string> interface_isolation;

  bool log_denied = true;
  std::int64_t fold_s = 30;
  std::int64_t events_per_s = 50;
  bool connection_records = false;

  std::vector<Rule> rules;
  std::vector<NamedList> lists;
  std::vector<Schedule> schedules;
  std::vector<Context> contexts;

  /// All but the four lists of objects.
  static std::span<const Field<Policy>> fields() noexcept;
};

inline constexpr std::size_t kMaxRules = 20'000;
inline constexpr std::size_t kMaxListItems = 200'000;

/// The section as it stands in a policy document. The message of an error starts with the JSON pointer of the place:
/// "/rules/3/priority: 9 is not in 0..4".
Result<Policy> parse_policy(const boost::json::value& section);

/// The same from JSON or YAML text: a section, or a whole policy document with a member "firewall".
Result<Policy> parse_policy_text(std::string_view text);

boost::json::object to_json(const Policy& policy);
boost::json::object to_json(const Rule& rule);

/// The row of the manager's table of sections.
PolicySection firewall_section();

}  // namespace warder::firewall
