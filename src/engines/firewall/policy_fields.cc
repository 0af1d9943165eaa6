#include "engines/firewall/policy.h"

namespace warder::firewall {
namespace {

constexpr std::int64_t kMaxItems = 200'000;
constexpr std::string_view kReaction = "off|detect|block";

}  // namespace

std::span<const Field<Rule>> Rule::fields() noexcept {
  using enum PersonalData;
  static const Field<Rule> kRows[] = {
      {"id", &Rule::id, 1, 64, None, "What events call the rule: letters, digits, dots, dashes and underscores."},
      {"name", &Rule::name, 0, 200, None, "A name for people."},
      {"description", &Rule::description, 0, 4000, None, "Why the rule is there."},
      {"enabled", &Rule::enabled, 0, 1, None, "Whether the rule holds at all."},
      {"action", &Rule::action, 1, 16, None, "What happens to a packet that matches.",
       "allow|bypass|deny|force-allow|log-only"},
      {"priority", &Rule::priority, 0, 4, None, "4 is looked at first; allow rules always have priority 0."},
      {"direction", &Rule::direction, 1, 16, None, "Seen from this host.", "incoming|outgoing"},
      {"frame_type", &Rule::frame_type, 1, 16, None,
       "any, ip (IPv4 and IPv6), ipv4, ipv6, arp, revarp, or an EtherType as a number (0x88cc)."},
      {"frame_type_not", &Rule::frame_type_not, 0, 1, None, "Every frame type but that one."},
      {"protocol", &Rule::protocol, 1, 16, None,
       "any, tcp, udp, tcp-udp, icmp, icmpv6, igmp, ggp, pup, idp, nd, raw, sctp, gre, esp, ah, or a number."},
      {"protocol_not", &Rule::protocol_not, 0, 1, None, "Every protocol but that one."},
      {"source_addresses", &Rule::source_addresses, 0, kMaxItems, Identifier,
       "Addresses, prefixes (192.0.2.0/24), masks (192.0.2.0/255.255.255.0), ranges (192.0.2.1-192.0.2.9), or @list."},
      {"source_addresses_not", &Rule::source_addresses_not, 0, 1, None, "Every source but those."},
      {"destination_addresses", &Rule::destination_addresses, 0, kMaxItems, Identifier, "The same for destinations."},
      {"destination_addresses_not", &Rule::destination_addresses_not, 0, 1, None, "Every destination but those."},
      {"source_ports", &Rule::source_ports, 0, 65'536, None, "Ports, ranges (1024-65535) or @list."},
      {"source_ports_not", &Rule::source_ports_not, 0, 1, None, "Every source port but those."},
      {"destination_ports", &Rule::destination_ports, 0, 65'536, None, "The same for destination ports."},
      {"destination_ports_not", &Rule::destination_ports_not, 0, 1, None, "Every destination port but those."},
      {"source_macs", &Rule::source_macs, 0, kMaxItems, Identifier,
       "Hardware addresses or @list; incoming rules only."},
      {"source_macs_not", &Rule::source_macs_not, 0, 1, None, "Every hardware address but those."},
      {"destination_macs", &Rule::destination_macs, 0, kMaxItems, Identifier, "The same; incoming rules only."},
      {"destination_macs_not", &Rule::destination_macs_not, 0, 1, None, "Every hardware address but those."},
      {"tcp_flags", &Rule::tcp_flags, 0, 8, None,
       "Flags that must be set, or with an exclamation mark, clear: [\"syn\", \"!ack\"]; \"none\": all six are clear."},
      {"tcp_flags_not", &Rule::tcp_flags_not, 0, 1, None, "Every packet whose flags are not so."},
      {"icmp", &Rule::icmp, 0, 256, None, "ICMP types, \"8\" or a name (\"echo-request\"), or type and code, \"3/4\"."},
      {"icmp_not", &Rule::icmp_not, 0, 1, None, "Every type and code but those."},
      {"interfaces", &Rule::interfaces, 0, 64, None, "Names of network interfaces; a trailing * is any rest."},
      {"interfaces_not", &Rule::interfaces_not, 0, 1, None, "Every interface but those."},
      {"schedule", &Rule::schedule, 0, 64, None, "Name of a schedule: outside it the rule does not hold."},
      {"context", &Rule::context, 0, 64, None, "Name of a context: outside it the rule does not hold."},
      {"log", &Rule::log, 0, 1, None, "Whether deny and log-only report what they match."},
      {"packet_data", &Rule::packet_data, 0, 1, None, "Whether events carry the beginning of the packet."},
      {"alert", &Rule::alert, 0, 1, None, "Whether events have severity high."},
  };
  return kRows;
}

std::span<const Field<NamedList>> NamedList::fields() noexcept {
  using enum PersonalData;
  static const Field<NamedList> kRows[] = {
      {"name", &NamedList::name, 1, 64, None, "Rules write @name."},
      {"kind", &NamedList::kind, 1, 16, None, "What the list is of.", "addresses|ports|macs"},
      {"items", &NamedList::items, 0, kMaxItems, Identifier, "As they would stand in a rule."},
  };
  return kRows;
}

std::span<const Field<Schedule>> Schedule::fields() noexcept {
  using enum PersonalData;
  static const Field<Schedule> kRows[] = {
      {"name", &Schedule::name, 1, 64, None, "What rules call it."},
      {"windows", &Schedule::windows, 1, 100, None,
       "Days and times: \"mon-fri 08:00-18:00\", \"sat,sun 00:00-24:00\", \"daily 22:00-02:00\"."},
      {"time", &Schedule::time, 1, 8, None, "The host's local time, or UTC.", "local|utc"},
  };
  return kRows;
}

std::span<const Field<Context>> Context::fields() noexcept {
  using enum PersonalData;
  static const Field<Context> kRows[] = {
      {"name", &Context::name, 1, 64, None, "What rules call it."},
      {"manager", &Context::manager, 1, 16, None, "Whether the manager can be reached.", "any|reachable|unreachable"},
      {"local_addresses", &Context::local_addresses, 0, 100, Identifier,
       "The host has an address in one of these prefixes."},
      {"interfaces", &Context::interfaces, 0, 64, None, "One of these interfaces is up; a trailing * is any rest."},
  };
  return kRows;
}

std::span<const Field<Policy>> Policy::fields() noexcept {
  using enum PersonalData;
  static const Field<Policy> kRows[] = {
      {"enabled", &Policy::enabled, 0, 1, None, "Whether the firewall is there at all."},
      {"mode", &Policy::mode, 1, 8, None, "tap only reports what it would do; inline does it.", "tap|inline"},
      {"on_failure", &Policy::on_failure, 1, 8, None,
       "When the firewall cannot be put into force: open lets everything pass, closed only the manager.",
       "open|closed"},
      {"commit_confirm_s", &Policy::commit_confirm_s, 0, 3600, None,
       "Seconds in which the manager must be reached again after a change, or the last good rules return; 0: never."},
      {"cold_start_s", &Policy::cold_start_s, 0, 86'400, None,
       "Seconds after the first start in which connections older than the firewall may go on."},
      {"protect_manager_link", &Policy::protect_manager_link, 0, 1, None,
       "No rule can cut the agent off from its manager."},
      {"ignore_interfaces", &Policy::ignore_interfaces, 0, 64, None,
       "Interfaces that are not looked at; a trailing * is any rest. The loopback interface never is."},
      {"filter_forwarded", &Policy::filter_forwarded, 0, 1, None,
       "Whether incoming rules hold for packets that pass through this host, to containers for example."},
      {"allow_dhcp", &Policy::allow_dhcp, 0, 1, None, "The host's own DHCP and DHCPv6 always pass."},
      {"allow_neighbour_discovery", &Policy::allow_neighbour_discovery, 0, 1, None,
       "What IPv6 cannot live without always passes: neighbours, routers, multicast membership."},
      {"allow_fragmentation_needed", &Policy::allow_fragmentation_needed, 0, 1, None,
       "ICMP \"fragmentation needed\" and ICMPv6 \"packet too big\" always pass."},
      {"stateful_tcp", &Policy::stateful_tcp, 0, 1, None, "Replies of TCP connections pass; strays do not."},
      {"stateful_udp", &Policy::stateful_udp, 0, 1, None, "Replies to UDP pass."},
      {"stateful_icmp", &Policy::stateful_icmp, 0, 1, None, "Replies to ICMP requests, and ICMP errors, pass."},
      {"deny_unsolicited_udp", &Policy::deny_unsolicited_udp, 0, 1, None,
       "Incoming UDP that is no reply needs force-allow or bypass: allow is not enough."},
      {"deny_unsolicited_icmp", &Policy::deny_unsolicited_icmp, 0, 1, None, "The same for ICMP."},
      {"deny_invalid_tcp_flags", &Policy::deny_invalid_tcp_flags, 0, 1, None,
       "No flags at all, SYN with FIN or RST, FIN with RST, FIN, PSH or URG without ACK."},
      {"deny_congestion_flags", &Policy::deny_congestion_flags, 0, 1, None, "TCP packets with CWR or ECE."},
      {"deny_fragments", &Policy::deny_fragments, 0, 1, None, "Every fragment of a packet."},
      {"min_fragment_bytes", &Policy::min_fragment_bytes, 0, 1280, None,
       "Incoming IPv4 fragments that are not the last and are smaller; 0: never."},
      {"max_incoming_connections", &Policy::max_incoming_connections, 0, 10'000'000, None,
       "TCP connections to this computer at a time; 0: no limit."},
      {"max_outgoing_connections", &Policy::max_outgoing_connections, 0, 10'000'000, None,
       "TCP connections from this computer at a time; 0: no limit."},
      {"max_half_open_connections", &Policy::max_half_open_connections, 0, 1'000'000, None,
       "Incoming TCP connections whose handshake is not finished; 0: no limit."},
      {"syn_flood_per_s", &Policy::syn_flood_per_s, 0, 10'000'000, None,
       "New incoming TCP connections a second; more are dropped; 0: no limit."},
      {"ack_storm_per_s", &Policy::ack_storm_per_s, 0, 10'000'000, None,
       "Empty TCP acknowledgements a second of one connection; more are dropped; 0: no limit."},
      {"ftp_active_incoming", &Policy::ftp_active_incoming, 0, 1, None, "FTP server here, data connections from it."},
      {"ftp_passive_incoming", &Policy::ftp_passive_incoming, 0, 1, None, "FTP server here, data connections to it."},
      {"ftp_active_outgoing", &Policy::ftp_active_outgoing, 0, 1, None, "FTP client here, data connections to it."},
      {"ftp_passive_outgoing", &Policy::ftp_passive_outgoing, 0, 1, None, "FTP client here, data connections from it."},
      {"recon_scan", &Policy::recon_scan, 1, 8, None, "Network and port scans.", kReaction},
      {"recon_fingerprint", &Policy::recon_fingerprint, 1, 8, None, "Operating system probes.", kReaction},
      {"recon_null", &Policy::recon_null, 1, 8, None, "TCP null scans.", kReaction},
      {"recon_xmas", &Policy::recon_xmas, 1, 8, None, "TCP Xmas scans.", kReaction},
      {"recon_syn_fin", &Policy::recon_syn_fin, 1, 8, None, "TCP SYN+FIN scans.", kReaction},
      {"recon_block_min", &Policy::recon_block_min, 1, 10'080, None, "Minutes for which a source is blocked."},
      {"recon_alert_min", &Policy::recon_alert_min, 1, 10'080, None,
       "Minutes after the last finding about a source after which its alert ends by itself."},
      {"recon_fast_targets", &Policy::recon_fast_targets, 2, 10'000, None,
       "Different addresses and ports within the short window that make a scan."},
      {"recon_fast_window_s", &Policy::recon_fast_window_s, 1, 3600, None, "The short window."},
      {"recon_slow_targets", &Policy::recon_slow_targets, 2, 10'000, None,
       "Different addresses and ports within the long window that make a slow scan."},
      {"recon_slow_window_s", &Policy::recon_slow_window_s, 60, 604'800, None, "The long window."},
      {"recon_only", &Policy::recon_only, 0, 1000, Identifier, "Detect only what comes from these; empty: everything."},
      {"recon_except", &Policy::recon_except, 0, 1000, Identifier,
       "Never detect or block these: scanners of your own, monitoring, load balancers."},
      {"isolation_allow", &Policy::isolation_allow, 0, 1000, Identifier,
       "Addresses that an isolated host can still talk to, besides its manager."},
      {"interface_isolation", &Policy::interface_isolation, 0, 64, None,
       "Interface patterns, most wanted first: only the first interface that is up is used. Empty: all are."},
      {"log_denied", &Policy::log_denied, 0, 1, None, "Report what no rule allowed, and what the engine refused."},
      {"fold_s", &Policy::fold_s, 0, 3600, None, "Equal events within so many seconds are one with a count; 0: never."},
      {"events_per_s", &Policy::events_per_s, 1, 10'000, None,
       "Events a second at most; how many more there were is reported."},
      {"connection_records", &Policy::connection_records, 0, 1, None,
       "An event for each connection that is made or ends."},
  };
  return kRows;
}

}  // namespace warder::firewall
