#include "engines/ips/policy.h"

namespace warder::ips {

std::span<const warder::Field<Policy>> Policy::fields() noexcept {
  using enum PersonalData;
  static const warder::Field<Policy> kRows[] = {
      {"mode", &Policy::mode, 1, 10, None,
       "What intrusion prevention does: nothing; look at packets in their way and report; also block; or look at "
       "copies "
       "of packets and report (tap).",
       "off|detect|prevent|tap"},
      {"rule_packs", &Policy::rule_packs, 0, 200, None, "Names of the rule packs that are used; none: all there are."},
      {"pack_stages", &Policy::pack_stages, 0, 200, None,
       "How far the rules of a pack may go once they are out of shadow: \"PACK off|shadow|detect|prevent\"; otherwise "
       "detect."},
      {"shadow_hours", &Policy::shadow_hours, 0, 24 * 90, None,
       "So long a rule that is new on this host, or a new revision, only counts its matches."},
      {"rules", &Policy::rules, 0, 2000, None, "Rules of one's own, in Suricata's language; in force as written."},
      {"rule_modes", &Policy::rule_modes, 0, 10'000, None,
       "Single rules otherwise than their pack: \"[GID:]SID off|shadow|detect|prevent\". Prevent makes an alert rule "
       "block."},
      {"block_classes", &Policy::block_classes, 0, 100, None,
       "Class types whose alert rules block, where their pack's stage is prevent."},
      {"variables", &Policy::variables, 0, 200, None,
       "Variables of rules: \"NAME=VALUE\". HOME_NET and EXTERNAL_NET are any unless they are set."},
      {"trusted", &Policy::trusted, 0, 1000, Identifier, "Addresses and networks whose connections are not inspected."},
      {"inspect_input", &Policy::inspect_input, 0, 1, None, "Inspect packets to this host."},
      {"inspect_output", &Policy::inspect_output, 0, 1, None, "Inspect packets from this host."},
      {"inspect_forwarded", &Policy::inspect_forwarded, 0, 1, None,
       "Inspect packets that this host forwards, as to and from containers."},
      {"inspect_loopback", &Policy::inspect_loopback, 0, 1, None, "Inspect packets from this host to itself."},
      {"tap_interfaces", &Policy::tap_interfaces, 0, 16, None, "Interfaces that a tap looks at; none: all."},
      {"on_failure", &Policy::on_failure, 1, 10, None,
       "What becomes of packets while nobody can inspect them because the module died or cannot keep up.",
       "pass|block"},
      {"queues", &Policy::queues, 0, 64, None, "Packet queues, each with a thread; 0: one for each core."},
      {"queue_packets", &Policy::queue_packets, 64, 1'000'000, None, "Packets that may wait in one queue."},
      {"budget_ms", &Policy::budget_ms, 1, 10'000, None,
       "So long the packets of one batch may take; what is left of it then passes without inspection and is counted."},
      {"max_flows", &Policy::max_flows, 1000, 4'000'000, None,
       "Connections that are followed at a time, by each queue."},
      {"stream_depth_kb", &Policy::stream_depth_kb, 0, 1 << 20, None,
       "So much of each direction of a connection is inspected; 0: all."},
      {"fold_s", &Policy::fold_s, 0, 86'400, None,
       "Matches of one rule between the same addresses within so many seconds become two events: the first, and one "
       "with the number of the others."},
      {"max_events_per_s", &Policy::max_events_per_s, 1, 100'000, None,
       "Events a second in the long run; ten seconds' worth may come at once. Others are counted only."},
      {"rule_budget_percent", &Policy::rule_budget_percent, 1, 100, None,
       "Share of the time of inspection that one rule may take before it is reported."},
      {"suspend_costly", &Policy::suspend_costly, 0, 1, None, "Suspend a rule that is over its budget twice in a row."},
      {"max_false_positives", &Policy::max_false_positives, 0, 1000, None,
       "A rule with so many matches that were marked as false goes back to shadow; 0: never."},
  };
  return kRows;
}

}  // namespace warder::ips
