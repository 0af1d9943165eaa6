// Runs a program over packets, as the kernel would, and says who decided and why.
#pragma once

#include <boost/json/fwd.hpp>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engines/firewall/compile.h"
#include "engines/firewall/connections.h"
#include "engines/firewall/packet.h"

namespace warder::firewall {

struct Decision {
  Verdict verdict = Verdict::Accept;  // what the policy wants
  bool is_enforced = true;            // false: tap mode, the packet passes whatever the verdict
  Stage stage = Stage::Default;
  Code code = Code::None;
  int rule = -1;             // the rule that decided: index into Compiled::rules
  int log_rule = -1;         // the log-only rule that reports the packet
  bool is_bypassed = false;  // intrusion prevention does not see it
  std::uint8_t state = 0;    // StateBits
  std::vector<LogEntry> log;
};

/// Single-threaded. Keeps connections, limits and blocked sources from packet to packet; time comes with the packets.
class Simulator {
 public:
  explicit Simulator(std::shared_ptr<const Compiled> compiled);

  Decision decide(const Packet& packet);
  /// The policy changes, connections stay.
  void replace(std::shared_ptr<const Compiled> compiled);
  [[nodiscard]] const Compiled& compiled() const noexcept { return *compiled_; }

 private:
  struct Bucket {
    double tokens = 0;
    Timestamp last{};
  };
  struct SetState {
    std::map<Tuple, Timestamp> elements;  // and when they end
  };
  struct Run;

  void prepare();

  std::shared_ptr<const Compiled> compiled_;
  Connections connections_;
  std::map<const Step*, std::unordered_map<std::string, std::size_t>> lookups_;  // exact ones, by key
  std::map<const Test*, std::vector<Tuple>> counted_;
  std::map<std::pair<const Test*, Tuple>, Bucket> buckets_;
  std::map<std::string, SetState> sets_;
};

/// Whether one test holds for the packet by itself; those that need connections or counts do not.
bool holds(const Test& test, const Packet& packet);

/// Why a rule does not match: the first test that fails, as a person would say it. Empty: it matches.
std::string mismatch(const RuleSpec& rule, const Packet& packet);

/// The contract of `warder firewall simulate --json`: one packet and what became of it.
boost::json::object to_json(const Decision& decision, const Packet& packet, const Compiled& compiled,
                            bool is_explained);
/// "drop: rule web-deny (deny, priority 1)"
std::string text(const Decision& decision, const Compiled& compiled);

}  // namespace warder::firewall
