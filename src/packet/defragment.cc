#include "packet/defragment.h"

#include <algorithm>
#include <cstring>
#include <list>
#include <unordered_map>
#include <vector>

#include "packet/checksum.h"
#include "packet/stream_pool.h"

namespace warder::packet {
namespace {

constexpr std::size_t kMaxDatagram = 65'535;
constexpr std::size_t kIpv6Header = 40;

struct Key {
  IpAddress source;
  IpAddress destination;
  std::uint32_t id = 0;
  std::uint32_t vlan = 0;
  std::uint8_t protocol = 0;  // of IPv4; of IPv6 the first fragment alone says it
  std::uint8_t depth = 0;
  bool is_v6 = false;
  friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const noexcept {
    std::uint64_t hash = key.id * 0x9e3779b97f4a7c15ULL + key.vlan;
    const auto mix = [&hash](const std::array<std::uint8_t, 16>& bytes) {
      std::uint64_t words[2];
      std::memcpy(words, bytes.data(), sizeof words);
      hash = (hash ^ words[0]) * 0xff51afd7ed558ccdULL;
      hash = (hash ^ (hash >> 32U) ^ words[1]) * 0xc4ceb9fe1a85ec53ULL;
    };
    mix(key.source.bytes());
    mix(key.destination.bytes());
    return hash ^ (hash >> 29U) ^ key.protocol;
  }
};

struct Extent {
  std::size_t begin;
  std::size_t end;
};

/// Bytes of the datagram and the fragment that they are from.
struct Piece {
  Extent own;
  Extent fragment;
};

struct Datagram {
  Key key;
  Timestamp last_seen;
  StreamBuffer buffer;
  std::vector<Piece> pieces;         // in order, not overlapping
  std::vector<std::uint8_t> header;  // of the fragment with offset 0, as the whole datagram will have it
  std::uint8_t next = 0;
  std::uint16_t link_at = 0;
  bool has_header = false;
  bool has_end = false;
  std::size_t end = 0;
  std::uint32_t fragments = 0;
};

/// Does the later fragment get the bytes that both have?
bool is_later_favoured(DefragmentPolicy policy, const Extent& earlier, const Extent& later) noexcept {
  switch (policy) {
    case DefragmentPolicy::First:
      return false;
    case DefragmentPolicy::Last:
      return true;
    case DefragmentPolicy::Bsd:
      return later.begin < earlier.begin;
    case DefragmentPolicy::BsdRight:
      return later.begin >= earlier.begin;
    case DefragmentPolicy::Linux:
      return later.begin <= earlier.begin;
    case DefragmentPolicy::Windows:
      return later.begin < earlier.begin && later.end > earlier.end;
    case DefragmentPolicy::Solaris:
      return later.begin < earlier.begin && later.end >= earlier.end;
  }
  return false;
}

bool is_complete(const Datagram& datagram) noexcept {
  if (!datagram.has_end || !datagram.has_header) return false;
  std::size_t at = 0;
  for (const Piece& piece : datagram.pieces) {
    if (piece.own.begin > at) return false;
    at = piece.own.end;
    if (at >= datagram.end) return true;
  }
  return false;
}

}  // namespace

struct Defragmenter::Impl {
  using Order = std::list<Datagram>;

  Impl(DefragmentLimits the_limits, DefragmentPolicy the_policy)
      : limits(the_limits), policy(the_policy), pool(the_limits.max_bytes) {}

  void drop(Order::iterator at) {
    pool.give_back(std::move(at->buffer));
    by_key.erase(at->key);
    order.erase(at);
  }

  void expire(Timestamp now) {
    while (!order.empty() && order.front().last_seen + limits.timeout < now) {
      ++counters.timeouts;
      drop(order.begin());
    }
  }

  Datagram& find_or_make(const Key& key) {
    const auto found = by_key.find(key);
    if (found != by_key.end()) {
      order.splice(order.end(), order, found->second);
      return order.back();
    }
    if (order.size() >= limits.max_datagrams) {
      ++counters.evicted;
      drop(order.begin());
    }
    order.emplace_back();
    order.back().key = key;
    by_key.emplace(key, std::prev(order.end()));
    return order.back();
  }

  bool make_room(Datagram& datagram, std::size_t end) {
    if (datagram.buffer.size() >= end) return true;
    StreamBuffer larger = pool.take(end);
    while (larger.size() == 0 && &order.front() != &datagram) {
      ++counters.evicted;
      drop(order.begin());
      larger = pool.take(end);
    }
    if (larger.size() == 0) return false;
    if (datagram.buffer.size() > 0) std::memcpy(larger.data(), datagram.buffer.data(), datagram.buffer.size());
    pool.give_back(std::move(datagram.buffer));
    datagram.buffer = std::move(larger);
    return true;
  }

  /// True: it shared bytes with earlier fragments.
  bool insert(Datagram& datagram, Extent fragment, ByteView bytes) {
    bool overlaps = false;
    merged.clear();
    std::size_t at = fragment.begin;  // the fragment's bytes before this are settled
    const auto take_up_to = [&](std::size_t to) {
      if (to <= at) return;
      std::memcpy(datagram.buffer.data() + at, bytes.data() + (at - fragment.begin), to - at);
      merged.push_back({{at, to}, fragment});
      at = to;
    };
    for (const Piece& piece : datagram.pieces) {
      const Extent common{std::max(piece.own.begin, fragment.begin), std::min(piece.own.end, fragment.end)};
      if (common.begin >= common.end) {
        if (piece.own.begin >= fragment.end) take_up_to(fragment.end);
        merged.push_back(piece);
        continue;
      }
      overlaps = true;
      take_up_to(common.begin);
      if (!is_later_favoured(policy, piece.fragment, fragment)) {
        merged.push_back(piece);
        at = common.end;
        continue;
      }
      if (piece.own.begin < common.begin) merged.push_back({{piece.own.begin, common.begin}, piece.fragment});
      take_up_to(common.end);
      if (piece.own.end > common.end) merged.push_back({{common.end, piece.own.end}, piece.fragment});
    }
    take_up_to(fragment.end);
    std::sort(merged.begin(), merged.end(), [](const Piece& a, const Piece& b) { return a.own.begin < b.own.begin; });
    datagram.pieces.swap(merged);
    return overlaps;
  }

  static void keep_header(Datagram& datagram, const Packet& packet) {
    const bool is_v6 = packet.network_kind == Network::Ipv6;
    const ByteView header = is_v6 ? packet.network.first(packet.ip.fragment_header_at) : packet.network_header;
    datagram.header.assign(header.begin(), header.end());
    datagram.next = packet.ip.fragment_next;
    datagram.link_at = packet.ip.fragment_link_at;
    datagram.has_header = true;
  }

  /// False: the header and what it carries do not fit into a datagram.
  bool assemble(const Datagram& datagram) {
    const std::size_t total = datagram.header.size() + datagram.end;
    if (total - (datagram.key.is_v6 ? kIpv6Header : 0) > kMaxDatagram) return false;
    whole.resize(total);
    std::copy(datagram.header.begin(), datagram.header.end(), whole.begin());
    std::memcpy(whole.data() + datagram.header.size(), datagram.buffer.data(), datagram.end);
    const auto put16 = [this](std::size_t at, std::size_t value) {
      whole[at] = static_cast<std::uint8_t>(value >> 8U);
      whole[at + 1] = static_cast<std::uint8_t>(value);
    };
    if (datagram.key.is_v6) {
      put16(4, total - kIpv6Header);
      whole[datagram.link_at] = datagram.next;
      return true;
    }
    put16(2, total);
    put16(6, 0);
    put16(10, 0);
    put16(10, checksum_finish(checksum_add(ByteView(whole).first(datagram.header.size()))));
    return true;
  }

  DefragmentLimits limits;
  DefragmentPolicy policy;
  DefragmentCounters counters;
  StreamPool pool;
  Order order;  // the one that was longest without a fragment first
  std::unordered_map<Key, Order::iterator, KeyHash> by_key;
  std::vector<Piece> merged;
  std::vector<std::uint8_t> whole;
};

Defragmenter::Defragmenter(DefragmentLimits limits, DefragmentPolicy policy)
    : impl_(std::make_unique<Impl>(limits, policy)) {}
Defragmenter::~Defragmenter() = default;

const DefragmentCounters& Defragmenter::counters() const noexcept {
  return impl_->counters;
}

ByteView Defragmenter::add(Packet& packet) {
  Impl& impl = *impl_;
  ++impl.counters.fragments;
  impl.expire(packet.time);
  const bool is_v6 = packet.network_kind == Network::Ipv6;
  const ByteView bytes = packet.ip.fragment_payload;
  const Extent fragment{packet.ip.fragment_offset, packet.ip.fragment_offset + bytes.size()};
  if (fragment.end + (is_v6 ? 0 : 20) > kMaxDatagram) {
    packet.events.add(is_v6 ? PacketEvent::Ipv6FragPktTooLarge : PacketEvent::Ipv4FragPktTooLarge);
    return {};
  }
  if (bytes.empty()) return {};
  Key key{packet.source, packet.destination, packet.ip.id, 0, is_v6 ? std::uint8_t{0} : packet.protocol, packet.depth,
          is_v6};
  for (std::size_t i = 0; i < packet.vlan_count; ++i) key.vlan = key.vlan << 12U ^ packet.vlan[i];
  Datagram& datagram = impl.find_or_make(key);
  datagram.last_seen = std::max(datagram.last_seen, packet.time);
  if (datagram.fragments == impl.limits.max_fragments || !impl.make_room(datagram, fragment.end)) {
    packet.events.add(is_v6 ? PacketEvent::Ipv6FragIgnored : PacketEvent::Ipv4FragIgnored);
    return {};
  }
  ++datagram.fragments;
  if (impl.insert(datagram, fragment, bytes)) {
    ++impl.counters.overlaps;
    packet.events.add(is_v6 ? PacketEvent::Ipv6FragOverlap : PacketEvent::Ipv4FragOverlap);
  }
  if (fragment.begin == 0 && !datagram.has_header) Impl::keep_header(datagram, packet);
  if (!packet.ip.has_more_fragments && !datagram.has_end) {
    datagram.has_end = true;
    datagram.end = fragment.end;
  }
  if (!is_complete(datagram)) return {};
  const bool is_whole = impl.assemble(datagram);
  if (!is_whole) packet.events.add(is_v6 ? PacketEvent::Ipv6FragPktTooLarge : PacketEvent::Ipv4FragPktTooLarge);
  impl.drop(std::prev(impl.order.end()));
  if (!is_whole) return {};
  ++impl.counters.reassembled;
  return impl.whole;
}

}  // namespace warder::packet
