// Who looks around before an attack: probes that no program sends, and sources that try many addresses and ports, fast
// or over hours.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/firewall/packet.h"

namespace warder::firewall {

enum class Recon : std::uint8_t { PortScan, NetworkScan, Fingerprint, Null, Xmas, SynFin };
/// "port-scan", "network-scan", "fingerprint", "null", "xmas", "syn-fin".
std::string_view name(Recon kind) noexcept;

struct ReconFinding {
  Recon kind = Recon::PortScan;
  IpAddress source;
  IpAddress destination;    // the last
  bool is_blocked = false;  // the policy wants the source blocked
  bool is_slow = false;
  std::uint32_t addresses = 0;  // of scans: how many were tried
  std::uint32_t ports = 0;
};

struct ReconLimits {
  std::size_t sources = 20'000;      // remembered at once; the longest quiet are forgotten first
  std::size_t targets = 500'000;     // of all sources together
  std::chrono::seconds repeat{600};  // the same finding about the same source not sooner
};

/// Single-threaded; time comes with the packets.
class ReconDetector {
 public:
  explicit ReconDetector(const Policy& policy, ReconLimits limits = {});
  /// Settings change, memory stays.
  void set_policy(const Policy& policy);

  /// What an incoming packet that Builder::build_recon selects tells.
  std::optional<ReconFinding> inspect(const Packet& packet);
  [[nodiscard]] std::size_t sources() const noexcept { return sources_.size(); }

 private:
  struct Target {
    IpAddress address;
    std::uint8_t protocol = 0;
    std::uint16_t port = 0;
    friend auto operator<=>(const Target&, const Target&) = default;
  };
  struct Source {
    std::map<Target, Timestamp> targets;  // and when each was last tried
    std::map<Recon, Timestamp> told;
    std::list<IpAddress>::iterator age;
  };
  struct Hash {
    std::size_t operator()(const IpAddress& address) const noexcept;
  };

  [[nodiscard]] bool is_exempt(const IpAddress& source) const;
  [[nodiscard]] std::optional<Recon> probe(const Packet& packet) const;
  [[nodiscard]] const std::string& reaction(Recon kind) const;
  std::optional<ReconFinding> finding(Recon kind, const Packet& packet, Source& source);
  std::optional<ReconFinding> scan(const Packet& packet, Source& source);
  Source& source_of(const IpAddress& address);
  void forget_oldest();

  std::string scan_, fingerprint_, null_, xmas_, syn_fin_;
  std::size_t fast_targets_ = 0, slow_targets_ = 0;
  std::chrono::seconds fast_window_{}, slow_window_{};
  std::vector<AddressRange> only_, except_;
  ReconLimits limits_;
  std::unordered_map<IpAddress, Source, Hash> sources_;
  std::list<IpAddress> ages_;  // the longest quiet first
  std::size_t targets_ = 0;
};

}  // namespace warder::firewall
