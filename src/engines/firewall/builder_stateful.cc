// Engine checks, connections and limits.
#include <algorithm>

#include "engines/firewall/builder.h"
#include "model/kernel_names.h"

namespace warder::firewall {
namespace {

Test not_bypassed() {
  return ConnectionMark{kernel::kMarkBypass, 0};
}

Test opens_connection() {
  return FlagsAre{{static_cast<std::uint8_t>(kSyn | kAck | kRst | kFin), kSyn, false}};
}

}  // namespace

void Builder::add_checks(std::size_t chain) {
  const Policy& policy = compiled_.policy;
  const auto refuse = [&](int mask, int value, bool negated, Code code) {
    drop(chain,
         {ProtocolIn{{kTcp}}, FlagsAre{{static_cast<std::uint8_t>(mask), static_cast<std::uint8_t>(value), negated}}},
         Stage::Check, code);
  };
  if (policy.deny_invalid_tcp_flags) {
    refuse(kFin | kSyn | kRst | kPsh | kAck | kUrg, 0, false, Code::InvalidFlags);
    refuse(kSyn | kFin, kSyn | kFin, false, Code::InvalidFlags);
    refuse(kSyn | kRst, kSyn | kRst, false, Code::InvalidFlags);
    refuse(kFin | kRst, kFin | kRst, false, Code::InvalidFlags);
    for (const int flag : {int{kFin}, int{kPsh}, int{kUrg}})
      refuse(flag | kAck | kRst, flag, false, Code::InvalidFlags);
  }
  if (policy.deny_congestion_flags) refuse(kEce | kCwr, 0, true, Code::CongestionFlags);
}

void Builder::add_ack_storm(std::size_t chain) {
  if (compiled_.policy.ack_storm_per_s == 0) return;
  const auto rate = static_cast<std::uint32_t>(compiled_.policy.ack_storm_per_s);
  for (const Family family : {Family::V4, Family::V6}) {
    DynamicSet set;
    set.kind = DynamicSet::Kind::Connection;
    set.name = family == Family::V4 ? "acks4" : "acks6";
    set.family = family;
    set.timeout_s = 10;
    // No room for data: headers with all TCP options (RFC 9293 §3.1) and nothing more.
    const std::uint16_t bytes = family == Family::V4 ? 81 : 101;
    drop(chain,
         {FamilyIs{family}, ProtocolIn{{kTcp}},
          FlagsAre{{static_cast<std::uint8_t>(kSyn | kRst | kFin | kPsh | kAck), kAck, false}}, PacketBytesBelow{bytes},
          StateIn{kEstablished}, RateOver{set.name, rate}},
         Stage::Limit, Code::AckStorm);
    const bool is_known = std::any_of(program_.sets.begin(), program_.sets.end(),
                                      [&](const DynamicSet& known) { return known.name == set.name; });
    if (!is_known) program_.sets.push_back(std::move(set));  // both directions share it
  }
}

void Builder::add_established(std::size_t chain, Direction direction) {
  const Policy& policy = compiled_.policy;
  const Ending passes = pass(direction, 0, Stage::Stateful);
  if (policy.stateful_tcp && policy.stateful_udp && policy.stateful_icmp) {
    add(chain, {StateIn{kEstablished}, not_bypassed()}, passes);
  } else {
    if (policy.stateful_tcp) add(chain, {StateIn{kEstablished}, ProtocolIn{{kTcp}}, not_bypassed()}, passes);
    if (policy.stateful_udp)
      add(chain, {StateIn{kEstablished}, ProtocolIn{{kTcp, kIcmp, kIcmp6}, true}, not_bypassed()}, passes);
    if (policy.stateful_icmp) add(chain, {StateIn{kEstablished}, ProtocolIn{{kIcmp, kIcmp6}}, not_bypassed()}, passes);
  }
  if (policy.stateful_icmp) add(chain, {StateIn{kRelated}, ProtocolIn{{kIcmp, kIcmp6}}, not_bypassed()}, passes);
  const bool takes_data = direction == Direction::Incoming ? policy.ftp_passive_incoming || policy.ftp_active_outgoing
                                                           : policy.ftp_active_incoming || policy.ftp_passive_outgoing;
  if (takes_data) add(chain, {StateIn{kRelated}, ProtocolIn{{kTcp}}, HasHelper{}}, passes);
}

void Builder::add_stateful(std::size_t chain, Direction direction) {
  const Policy& policy = compiled_.policy;
  add_ack_storm(chain);
  if (direction == Direction::Incoming && policy.max_half_open_connections > 0)
    for (const Family family : {Family::V4, Family::V6})
      add(chain,
          {FamilyIs{family}, ProtocolIn{{kTcp}}, StateIn{kEstablished},
           Forget{family == Family::V4 ? "half4" : "half6", family}},
          Nothing{});
  add_established(chain, direction);
  if (policy.stateful_tcp) {
    drop(chain, {ProtocolIn{{kTcp}}, StateIn{kInvalid}}, Stage::Stateful, Code::OutOfConnection);
    Tests stray{ProtocolIn{{kTcp}}, StateIn{kNew},
                FlagsAre{{static_cast<std::uint8_t>(kSyn | kAck | kRst | kFin), kSyn, true}}};
    if (compiled_.conditions.is_cold_start) {
      add(chain, std::move(stray), pass(direction, 0, Stage::Stateful));
    } else {
      drop(chain, std::move(stray), Stage::Stateful, Code::OutOfConnection);
    }
  }
  if (policy.stateful_icmp)
    drop(chain, {ProtocolIn{{kIcmp, kIcmp6}}, StateIn{kInvalid}}, Stage::Stateful, Code::UnsolicitedIcmp);
}

void Builder::add_half_open(std::size_t chain) {
  const std::size_t next = add_plain_chain("half_open_in", Direction::Incoming);
  for (const Family family : {Family::V4, Family::V6}) {
    DynamicSet set;
    set.kind = DynamicSet::Kind::Connection;
    set.name = family == Family::V4 ? "half4" : "half6";
    set.family = family;
    set.timeout_s = 60;
    set.size = static_cast<std::uint32_t>(compiled_.policy.max_half_open_connections);
    add(next, {FamilyIs{family}, Remember{set.name, family}}, Return{});
    program_.sets.push_back(std::move(set));
  }
  drop(next, {}, Stage::Limit, Code::MaxHalfOpen);
  add(chain, {ProtocolIn{{kTcp}}, StateIn{kNew}, opens_connection()}, Call{next});
}

void Builder::add_limits(std::size_t chain, Direction direction) {
  const Policy& policy = compiled_.policy;
  const bool is_incoming = direction == Direction::Incoming;
  if (is_incoming && policy.deny_unsolicited_udp)
    drop(chain, {ProtocolIn{{kUdp}}, StateIn{kNew}}, Stage::Stateful, Code::UnsolicitedUdp);
  if (is_incoming && policy.deny_unsolicited_icmp)
    drop(chain, {ProtocolIn{{kIcmp, kIcmp6}}, StateIn{kNew}}, Stage::Stateful, Code::UnsolicitedIcmp);
  if (is_incoming && policy.syn_flood_per_s > 0)
    drop(chain,
         {ProtocolIn{{kTcp}}, StateIn{kNew}, opens_connection(),
          RateOver{"", static_cast<std::uint32_t>(policy.syn_flood_per_s)}},
         Stage::Limit, Code::SynFlood);
  if (is_incoming && policy.max_half_open_connections > 0) add_half_open(chain);
  const auto most = is_incoming ? policy.max_incoming_connections : policy.max_outgoing_connections;
  if (most > 0)
    drop(chain,
         {ProtocolIn{{kTcp}}, StateIn{kNew}, opens_connection(), ConnectionsOver{static_cast<std::uint32_t>(most)}},
         Stage::Limit, is_incoming ? Code::MaxIncomingConnections : Code::MaxOutgoingConnections);
}

}  // namespace warder::firewall
