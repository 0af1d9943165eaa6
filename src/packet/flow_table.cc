#include "packet/flow_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "packet/decode_layers.h"

namespace warder::packet {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;
constexpr std::uint32_t kChunk = 1024;
constexpr std::size_t kStates = 3;

enum class Class : std::uint8_t { Tcp, Udp, Icmp, Other };
constexpr std::size_t kClasses = 4;
constexpr std::size_t kLists = kStates * kClasses;

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
};

/// What tells flows apart, besides their endpoints.
struct Realm {
  std::uint64_t vlans = 0;
  std::uint8_t depth = 0;
  friend bool operator==(const Realm&, const Realm&) = default;
};

struct Tuple {
  Endpoint source;
  Endpoint destination;
  std::uint8_t protocol = 0;
  Realm realm;
};

struct Node {
  Flow flow;
  Realm realm;
  std::uint64_t hash = 0;
  std::uint32_t chain = kNone;  // next in the bucket, or next free
  std::uint32_t older = kNone;
  std::uint32_t newer = kNone;
  std::uint8_t list = 0;
  bool is_used = false;
};

struct List {
  std::uint32_t oldest = kNone;
  std::uint32_t newest = kNone;
};

Class class_of(std::uint8_t protocol) noexcept {
  switch (protocol) {
    case ip_protocol::kTcp:
      return Class::Tcp;
    case ip_protocol::kUdp:
      return Class::Udp;
    case ip_protocol::kIcmp:
    case ip_protocol::kIcmp6:
      return Class::Icmp;
    default:
      return Class::Other;
  }
}

std::uint64_t mix(std::uint64_t value) noexcept {  // the finaliser of MurmurHash3
  value = (value ^ value >> 33U) * 0xff51afd7ed558ccdULL;
  value = (value ^ value >> 33U) * 0xc4ceb9fe1a85ec53ULL;
  return value ^ value >> 33U;
}

std::uint64_t hash_of(const Endpoint& endpoint, std::uint64_t seed) noexcept {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), endpoint.address.bytes().data(), sizeof words);
  return mix((words[0] ^ seed) * 0x9e3779b97f4a7c15ULL ^ std::rotl(words[1], 17) ^
             endpoint.port * 0xd6e8feb86659fd93ULL);
}

/// Alike for both directions.
std::uint64_t hash_of(const Tuple& tuple, std::uint64_t seed) noexcept {
  const std::uint64_t a = hash_of(tuple.source, seed);
  const std::uint64_t b = hash_of(tuple.destination, seed);
  return mix((a + b) ^ tuple.realm.vlans ^ static_cast<std::uint64_t>(tuple.protocol) << 48U ^
             static_cast<std::uint64_t>(tuple.realm.depth) << 56U);
}

/// Requests and replies are one flow: the type that answers a type, or the type itself.
std::uint8_t counterpart(Transport kind, std::uint8_t type) noexcept {
  struct Pair {
    std::uint8_t request;
    std::uint8_t reply;
  };
  constexpr Pair kIcmp[] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}, {10, 9}};
  constexpr Pair kIcmp6[] = {{128, 129}, {133, 134}, {135, 136}, {139, 140}, {144, 145}};
  const auto find = [type](const auto& pairs) {
    for (const Pair& pair : pairs) {
      if (pair.request == type) return pair.reply;
      if (pair.reply == type) return pair.request;
    }
    return type;
  };
  return kind == Transport::Icmp ? find(kIcmp) : find(kIcmp6);
}

Tuple tuple_of(const Packet& packet, bool distinguishes_vlans) noexcept {
  Tuple tuple{{packet.source, packet.source_port}, {packet.destination, packet.destination_port}, packet.protocol, {}};
  tuple.realm.depth = packet.depth;
  if (distinguishes_vlans) {
    for (std::size_t i = 0; i < packet.vlan_count; ++i) tuple.realm.vlans = tuple.realm.vlans << 16U | packet.vlan[i];
  }
  if (packet.quoted) {
    tuple.source = {packet.quoted->source, packet.quoted->source_port};
    tuple.destination = {packet.quoted->destination, packet.quoted->destination_port};
    tuple.protocol = packet.quoted->protocol;
  } else if (packet.is_icmp()) {
    tuple.source.port = packet.icmp_type;
    tuple.destination.port = counterpart(packet.transport_kind, packet.icmp_type);
  }
  return tuple;
}

bool is_same(const IpAddress& a, const IpAddress& b) noexcept {
  return std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0;
}

}  // namespace

struct FlowTable::Impl {
  Impl(FlowLimits the_limits, FlowObserver* the_observer) : limits(the_limits), observer(the_observer) {
    limits.max_flows = std::max<std::uint32_t>(limits.max_flows, 1);
    heads.assign(std::bit_ceil(limits.max_flows), kNone);
    for (const FlowTimeouts* timeouts : {&limits.tcp, &limits.udp, &limits.icmp, &limits.other}) {
      for (const auto timeout : {timeouts->fresh, timeouts->established, timeouts->closed})
        list_timeouts.push_back(timeout);
    }
  }

  Node& node(std::uint32_t index) noexcept { return chunks[index / kChunk][index % kChunk]; }

  static std::uint8_t list_of(const Flow& flow) noexcept {
    return static_cast<std::uint8_t>(static_cast<std::size_t>(class_of(flow.protocol)) * kStates +
                                     static_cast<std::size_t>(flow.state));
  }

  void unlink(std::uint32_t index) noexcept {
    Node& n = node(index);
    List& list = lists[n.list];
    (n.older == kNone ? list.oldest : node(n.older).newer) = n.newer;
    (n.newer == kNone ? list.newest : node(n.newer).older) = n.older;
  }

  void link(std::uint32_t index) noexcept {
    Node& n = node(index);
    n.list = list_of(n.flow);
    List& list = lists[n.list];
    n.older = list.newest;
    n.newer = kNone;
    (list.newest == kNone ? list.oldest : node(list.newest).newer) = index;
    list.newest = index;
  }

  void touch(std::uint32_t index) noexcept {
    const Node& n = node(index);
    if (n.newer == kNone && n.list == list_of(n.flow)) return;
    unlink(index);
    link(index);
  }

  std::uint32_t find(const Tuple& tuple, std::uint64_t hash, Direction& direction) noexcept {
    for (std::uint32_t at = heads[hash & (heads.size() - 1)]; at != kNone;) {
      const Node& n = node(at);
      if (n.hash == hash && n.flow.protocol == tuple.protocol && n.realm == tuple.realm) {
        const Flow& flow = n.flow;
        if (flow.client_port == tuple.source.port && flow.server_port == tuple.destination.port &&
            is_same(flow.client, tuple.source.address) && is_same(flow.server, tuple.destination.address)) {
          direction = Direction::ToServer;
          return at;
        }
        if (flow.server_port == tuple.source.port && flow.client_port == tuple.destination.port &&
            is_same(flow.server, tuple.source.address) && is_same(flow.client, tuple.destination.address)) {
          direction = Direction::ToClient;
          return at;
        }
      }
      at = n.chain;
    }
    return kNone;
  }

  std::uint32_t make(const Tuple& tuple, std::uint64_t hash, Timestamp now) {
    const std::uint32_t index = take_slot();
    Node& n = node(index);
    Flow& flow = n.flow;
    flow.client = tuple.source.address;
    flow.server = tuple.destination.address;
    flow.client_port = tuple.source.port;
    flow.server_port = tuple.destination.port;
    flow.protocol = tuple.protocol;
    flow.state = FlowState::New;
    flow.first_seen = now;
    flow.last_seen = now;
    flow.sides = {};
    flow.slot = index;
    ++flow.generation;
    n.realm = tuple.realm;
    n.hash = hash;
    n.is_used = true;
    std::uint32_t& head = heads[hash & (heads.size() - 1)];
    n.chain = head;
    head = index;
    link(index);
    ++size;
    ++counters.made;
    return index;
  }

  std::uint32_t take_slot() {
    if (free == kNone && made < limits.max_flows) {
      if (made % kChunk == 0) chunks.push_back(std::make_unique<Node[]>(kChunk));
      return made++;
    }
    if (free == kNone) {
      ++counters.evicted;
      end(least_wanted(), FlowEnd::Evicted);
    }
    const std::uint32_t index = free;
    free = node(index).chain;
    return index;
  }

  /// The flow longest without a packet, of those in the state that matters least.
  std::uint32_t least_wanted() noexcept {
    for (const FlowState state : {FlowState::Closed, FlowState::New, FlowState::Established}) {
      std::uint32_t found = kNone;
      for (std::size_t i = static_cast<std::size_t>(state); i < kLists; i += kStates) {
        const std::uint32_t oldest = lists[i].oldest;
        if (oldest != kNone && (found == kNone || node(oldest).flow.last_seen < node(found).flow.last_seen))
          found = oldest;
      }
      if (found != kNone) return found;
    }
    return kNone;
  }

  void end(std::uint32_t index, FlowEnd why) {
    Node& n = node(index);
    if (observer != nullptr) observer->on_flow_end(n.flow, why);
    unlink(index);
    std::uint32_t* at = &heads[n.hash & (heads.size() - 1)];
    while (*at != index) at = &node(*at).chain;
    *at = n.chain;
    n.is_used = false;
    n.chain = free;
    free = index;
    --size;
  }

  [[nodiscard]] bool is_over(const Node& n, Timestamp now) const noexcept {
    return n.flow.last_seen + list_timeouts[n.list] < now;
  }

  FlowLimits limits;
  FlowObserver* observer;
  FlowCounters counters;
  std::vector<std::unique_ptr<Node[]>> chunks;
  std::vector<std::uint32_t> heads;
  std::array<List, kLists> lists;
  std::vector<std::chrono::seconds> list_timeouts;
  std::uint32_t made = 0;  // slots that were ever used
  std::uint32_t free = kNone;
  std::uint32_t size = 0;
  std::size_t next_list = 0;
};

FlowTable::FlowTable(FlowLimits limits, FlowObserver* observer) : impl_(std::make_unique<Impl>(limits, observer)) {}
FlowTable::~FlowTable() = default;

FlowTable::Found FlowTable::find_or_make(const Packet& packet) {
  Found found;
  if (!packet.is_ip() || packet.is_invalid || packet.ip.is_fragment()) return found;
  Impl& impl = *impl_;
  const Tuple tuple = tuple_of(packet, impl.limits.distinguishes_vlans);
  const std::uint64_t hash = hash_of(tuple, impl.limits.hash_seed);
  std::uint32_t index = impl.find(tuple, hash, found.direction);
  if (index != kNone && impl.is_over(impl.node(index), packet.time)) {
    ++impl.counters.timed_out;
    impl.end(index, FlowEnd::Timeout);
    index = kNone;
  }
  if (packet.quoted) {
    if (index == kNone) return found;
    found.flow = &impl.node(index).flow;
    // The error goes to whoever sent the packet that it quotes.
    found.direction = opposite(found.direction);
    return found;
  }
  if (index == kNone) {
    index = impl.make(tuple, hash, packet.time);
    found.direction = Direction::ToServer;
    found.is_new = true;
  }
  Flow& flow = impl.node(index).flow;
  found.flow = &flow;
  FlowSide& side = flow.side(found.direction);
  ++side.packets;
  side.bytes += packet.network.size();
  flow.last_seen = std::max(flow.last_seen, packet.time);
  if (!packet.is_tcp() && flow.state == FlowState::New && found.direction == Direction::ToClient)
    flow.state = FlowState::Established;
  impl.touch(index);
  return found;
}

void FlowTable::expire(Timestamp now, std::uint32_t limit) {
  Impl& impl = *impl_;
  for (std::size_t i = 0; i < kLists && limit > 0; ++i) {
    const List& list = impl.lists[impl.next_list];
    while (list.oldest != kNone && limit > 0 && impl.is_over(impl.node(list.oldest), now)) {
      ++impl.counters.timed_out;
      impl.end(list.oldest, FlowEnd::Timeout);
      --limit;
    }
    impl.next_list = (impl.next_list + 1) % kLists;
  }
}

void FlowTable::set_state(Flow& flow, FlowState state) {
  if (flow.state == state) return;
  flow.state = state;
  impl_->touch(flow.slot);
}

void FlowTable::end(Flow& flow, FlowEnd why) {
  if (why == FlowEnd::Reused) ++impl_->counters.reused;
  impl_->end(flow.slot, why);
}

void FlowTable::end_all() {
  Impl& impl = *impl_;
  for (std::uint32_t i = 0; i < impl.made; ++i) {
    if (impl.node(i).is_used) impl.end(i, FlowEnd::Finished);
  }
}

std::uint32_t FlowTable::size() const noexcept {
  return impl_->size;
}
std::uint32_t FlowTable::capacity() const noexcept {
  return impl_->limits.max_flows;
}
const FlowCounters& FlowTable::counters() const noexcept {
  return impl_->counters;
}

}  // namespace warder::packet
