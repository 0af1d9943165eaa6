// What came to this host, port by port, and the policy that would let just that in.
#pragma once

#include <boost/json/fwd.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engines/firewall/packet.h"

namespace warder::firewall {

/// Something that listens.
struct Service {
  std::uint8_t protocol = kTcp;
  std::uint16_t port = 0;
  std::string program;
  bool is_loopback = false;  // nobody outside reaches it
};

/// Single-threaded. Bounded: at most kMaxPorts ports, kMaxSources sources of each.
class Seen {
 public:
  static constexpr std::size_t kMaxPorts = 4096;
  static constexpr std::size_t kMaxSources = 64;

  /// An incoming packet that begins something; others are left out.
  void note(const Packet& packet);
  [[nodiscard]] bool is_changed() const noexcept { return is_changed_; }
  /// As text for load(); nothing counts as changed then.
  std::string save();
  /// What save() wrote; anything else is ignored.
  void load(std::string_view text);

  /// Application view: each port that listens or was tried, the program behind it, who came.
  [[nodiscard]] boost::json::object view(const std::vector<Service>& services, Timestamp now) const;
  /// A policy section in tap mode with an allow rule for each service that listens and was used in the last `days`; the
  /// ports that only scanners tried are left out.
  [[nodiscard]] boost::json::object propose(const std::vector<Service>& services, Timestamp now,
                                            std::int64_t days) const;

 private:
  using Port = std::pair<std::uint8_t, std::uint16_t>;
  struct Use {
    std::int64_t count = 0;
    Timestamp first{};
    Timestamp last{};
    std::map<IpAddress, Timestamp> sources;
    bool has_more_sources = false;
  };

  std::map<Port, Use> ports_;
  bool is_changed_ = false;
};

}  // namespace warder::firewall
