// The kernel names and numbers that firewall and intrusion prevention share with the rest of the host. All of them are
// here, so that stop and uninstall can remove every trace.
#pragma once

#include <cstdint>
#include <string_view>

namespace warder::kernel {

/// The one nftables table that is ours (family inet); other tables are never touched.
inline constexpr std::string_view kNftTable = "warder";
/// The iptables-nft chain that holds the queue rule where nftables has no queue statement.
inline constexpr std::string_view kQueueChain = "WARDER_QUEUE";

/// The table (families ip and ip6) that holds the rules of the packet queue: apart from the one above, because the
/// firewall replaces that whole, and because the queue target of kernels without a queue statement knows no family
/// inet.
inline constexpr std::string_view kQueueTable = "warder_queue";

/// Hook priorities, in the order in which a packet meets them (linux/netfilter_ipv4.h: NF_IP_PRI_FILTER is 0).
inline constexpr int kEarlyDropPriority = -150;  // banned sources and host isolation, before conntrack's users
inline constexpr int kFirewallPriority = -5;
inline constexpr int kQueuePriority = 5;  // after the firewall, so that only accepted packets are inspected

/// The bits of packet and conntrack marks that are ours; others are preserved. Default of the setting `mark_mask`.
inline constexpr std::uint32_t kMarkMask = 0x0f000000;
inline constexpr std::uint32_t kMarkInspectedEnough = 0x01000000;
inline constexpr std::uint32_t kMarkCondemned = 0x02000000;
inline constexpr std::uint32_t kMarkBypass = 0x04000000;
static_assert(((kMarkInspectedEnough | kMarkCondemned | kMarkBypass) & ~kMarkMask) == 0);

/// First netfilter queue and how many there may be: one per core, from one configurable range.
inline constexpr std::uint16_t kQueueFirst = 7300;
inline constexpr std::uint16_t kQueueCount = 64;

/// NFLOG group of the firewall's events (linux/netfilter/nfnetlink_log.h).
inline constexpr std::uint16_t kNflogGroup = 7300;

}  // namespace warder::kernel
