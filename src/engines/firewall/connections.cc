#include "engines/firewall/connections.h"

#include <algorithm>
#include <array>

namespace warder::firewall {
namespace {

using std::chrono::seconds;

/// linux/netfilter/nf_conntrack_tcp.h; the last two mean: invalid, and ignored.
enum Tcp : std::uint8_t { sNO, sSS, sSR, sES, sFW, sCW, sLA, sTW, sCL, sS2, sIV, sIG };
using Row = std::array<Tcp, 10>;
using Half = std::array<Row, 6>;

constexpr Row kAllInvalid{sIV, sIV, sIV, sIV, sIV, sIV, sIV, sIV, sIV, sIV};

/// The transitions of nf_conntrack_proto_tcp.c by what the packet is (SYN, SYN+ACK, FIN, ACK, RST, none of them) and
/// the state before, in the original direction and in the other.
constexpr Half kOriginal{{{sSS, sSS, sIG, sIG, sIG, sIG, sIG, sSS, sSS, sS2},
                          {sIV, sIV, sSR, sIV, sIV, sIV, sIV, sIV, sIV, sSR},
                          {sIV, sIV, sFW, sFW, sLA, sLA, sLA, sTW, sCL, sIV},
                          {sES, sIV, sES, sES, sCW, sCW, sTW, sTW, sCL, sIV},
                          {sIV, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL},
                          kAllInvalid}};
constexpr Half kReply{{{sIV, sS2, sIV, sIV, sIV, sIV, sIV, sSS, sIV, sS2},
                       {sIV, sSR, sIG, sIG, sIG, sIG, sIG, sIG, sIG, sSR},
                       {sIV, sIV, sFW, sFW, sLA, sLA, sLA, sTW, sCL, sIV},
                       {sIV, sIG, sSR, sES, sCW, sCW, sTW, sTW, sCL, sIG},
                       {sIV, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL},
                       kAllInvalid}};

std::size_t kind_of(std::uint8_t flags) {
  if ((flags & kRst) != 0) return 4;
  if ((flags & kSyn) != 0) return (flags & kAck) != 0 ? 1 : 0;
  if ((flags & kFin) != 0) return 2;
  return (flags & kAck) != 0 ? 3 : 5;
}

/// tcp_valid_flags of nf_conntrack_proto_tcp.c; PSH, ECE and CWR do not matter.
bool are_flags_valid(std::uint8_t flags) {
  const auto f = flags & (kSyn | kFin | kRst | kAck | kUrg);
  for (const int valid : {kSyn + 0, kSyn | kUrg, kSyn | kAck, kRst + 0, kRst | kAck, kFin | kAck, kFin | kAck | kUrg,
                          kAck + 0, kAck | kUrg})
    if (f == valid) return true;
  return false;
}

std::optional<std::uint8_t> reply_type(std::uint8_t protocol, std::uint8_t type) {
  constexpr std::array<std::array<std::uint8_t, 2>, 4> kPairs{{{8, 0}, {13, 14}, {15, 16}, {17, 18}}};
  constexpr std::array<std::array<std::uint8_t, 2>, 2> kPairs6{{{128, 129}, {139, 140}}};
  const auto find = [&](const auto& pairs) -> std::optional<std::uint8_t> {
    for (const auto& pair : pairs) {
      if (pair[0] == type) return pair[1];
      if (pair[1] == type) return pair[0];
    }
    return std::nullopt;
  };
  return protocol == kIcmp ? find(kPairs) : find(kPairs6);
}

bool is_request(std::uint8_t protocol, std::uint8_t type) {
  if (protocol == kIcmp) return type == 8 || type == 13 || type == 15 || type == 17;
  return type == 128 || type == 139;
}

bool is_error(const Packet& packet) {
  if (packet.tuple.protocol == kIcmp)
    return packet.icmp_type == 3 || packet.icmp_type == 4 || packet.icmp_type == 5 || packet.icmp_type == 11 ||
           packet.icmp_type == 12;
  return packet.icmp_type < 128;
}

/// nf_conntrack_proto_icmpv6.c, noct_valid_new: never tracked.
bool is_untracked(const Packet& packet) {
  return packet.tuple.protocol == kIcmp6 &&
         ((packet.icmp_type >= 130 && packet.icmp_type <= 136) || packet.icmp_type == 143);
}

bool is_icmp(const Packet& packet) {
  return packet.tuple.protocol == kIcmp || packet.tuple.protocol == kIcmp6;
}

Tuple tuple_of(const Packet& packet) {
  Tuple tuple = packet.tuple;
  if (is_icmp(packet)) {
    tuple.source_port = packet.icmp_id;
    tuple.destination_port = packet.icmp_type;
  } else if (tuple.protocol != kTcp && tuple.protocol != kUdp && tuple.protocol != kSctp) {
    tuple.source_port = tuple.destination_port = 0;
  }
  return tuple;
}

std::optional<Tuple> inverted(const Tuple& tuple) {
  Tuple other = tuple;
  std::swap(other.source, other.destination);
  if (tuple.protocol == kIcmp || tuple.protocol == kIcmp6) {
    const auto type = reply_type(tuple.protocol, static_cast<std::uint8_t>(tuple.destination_port));
    if (!type) return std::nullopt;
    other.destination_port = *type;
  } else {
    std::swap(other.source_port, other.destination_port);
  }
  return other;
}

seconds timeout_of(std::uint8_t protocol, std::uint8_t tcp, bool has_reply) {
  if (protocol == kTcp) return tcp == sES ? seconds{432'000} : seconds{120};
  if (protocol == kUdp) return has_reply ? seconds{120} : seconds{30};
  return is_request(protocol, 8) ? seconds{30} : seconds{600};
}

}  // namespace

PacketState Connections::look_up(const Packet& packet) {
  expire(packet.time);
  pending_.reset();
  if (packet.state) {
    PacketState given;
    given.state = *packet.state;
    given.has_connection = (given.state & (kInvalid | kUntracked)) == 0;
    given.key = tuple_of(packet);
    if (given.has_connection) pending_ = Flow{};
    return given;
  }
  if (is_untracked(packet)) return {kUntracked, false, false, {}};
  if (!packet.has_transport) return {kInvalid, false, false, {}};
  if (is_icmp(packet) && is_error(packet)) return look_up_error(packet);
  if (packet.tuple.protocol == kTcp && !are_flags_valid(packet.tcp_flags)) return {kInvalid, false, false, {}};
  const Tuple tuple = tuple_of(packet);
  if (flows_.contains(tuple)) return look_up_known(packet, tuple, false);
  if (const auto other = inverted(tuple); other && flows_.contains(*other)) return look_up_known(packet, *other, true);
  return look_up_new(packet, tuple);
}

PacketState Connections::look_up_error(const Packet& packet) const {
  if (!packet.quoted) return {};
  // It goes back to who sent what it is about: nf_conntrack_inet_error.
  if (packet.quoted->source != packet.tuple.destination) return {};
  if (flows_.contains(*packet.quoted)) return {kRelated, true, true, *packet.quoted};
  if (const auto other = inverted(*packet.quoted); other && flows_.contains(*other))
    return {kRelated, false, true, *other};
  return {};
}

PacketState Connections::look_up_known(const Packet& packet, const Tuple& key, bool is_reply) {
  Flow& flow = flows_.at(key);
  flow.last = packet.time;
  if (packet.tuple.protocol == kTcp) {
    const Tcp next = (is_reply ? kReply : kOriginal).at(kind_of(packet.tcp_flags)).at(flow.tcp);
    if (next == sIV) return {};
    const bool is_again = next == sSS && (flow.tcp == sTW || flow.tcp == sCL);
    if (is_again) {
      flows_.erase(key);
      return look_up_new(packet, tuple_of(packet));
    }
    if (next != sIG) flow.tcp = next;
  }
  if (is_reply) flow.has_reply = true;
  return {flow.has_reply ? std::uint8_t{kEstablished} : std::uint8_t{kNew}, is_reply, true, key};
}

PacketState Connections::look_up_new(const Packet& packet, const Tuple& tuple) {
  Flow flow;
  flow.last = packet.time;
  if (packet.tuple.protocol == kTcp) {
    flow.tcp = kOriginal.at(kind_of(packet.tcp_flags))[sNO];
    if (flow.tcp == sIV) return {};
  }
  if (is_icmp(packet) && !is_request(packet.tuple.protocol, packet.icmp_type)) return {};
  pending_ = flow;
  return {kNew, false, true, tuple};
}

void Connections::confirm(const Packet& packet, const PacketState& state) {
  if (pending_ && !packet.state) {
    flows_.emplace(state.key, *pending_);
    pending_.reset();
  }
  const auto flow = flows_.find(state.key);
  if (!state.has_connection || flow == flows_.end() || packet.tuple.protocol != kTcp) return;
  // A connection whose only answer is a reset never was one.
  const bool is_refused = state.is_reply && (packet.tcp_flags & kRst) != 0 && flow->second.tcp == sCL;
  if (is_refused && state.state == kEstablished) flow->second.tcp = sCL;
}

std::uint32_t Connections::mark(const PacketState& state) const {
  if (pending_) return pending_->mark;
  const auto flow = flows_.find(state.key);
  return flow == flows_.end() ? 0 : flow->second.mark;
}

void Connections::set_mark(const PacketState& state, std::uint32_t mark) {
  if (pending_) {
    pending_->mark = mark;
  } else if (const auto flow = flows_.find(state.key); flow != flows_.end()) {
    flow->second.mark = mark;
  }
}

bool Connections::is_open(const Tuple& key) const {
  const auto flow = flows_.find(key);
  if (flow == flows_.end()) return false;
  return key.protocol != kTcp || (flow->second.tcp != sTW && flow->second.tcp != sCL);
}

void Connections::expire(Timestamp now) {
  if (flows_.size() < most_) return;
  std::erase_if(flows_, [&](const auto& entry) {
    return now - entry.second.last > timeout_of(entry.first.protocol, entry.second.tcp, entry.second.has_reply);
  });
  if (flows_.size() < most_) return;
  const auto oldest = std::min_element(flows_.begin(), flows_.end(),
                                       [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
  flows_.erase(oldest);
}

}  // namespace warder::firewall
