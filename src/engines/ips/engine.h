// The intrusion prevention engine: frames in, verdicts and alerts out. One instance per core.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engines/ips/alert.h"
#include "engines/ips/detector.h"
#include "engines/ips/rule_set.h"
#include "packet/packet.h"

namespace warder::ips {

struct EngineSettings {
  bool is_inline = false;        // bytes are judged before they pass, and rules may drop
  bool drops_ambiguous = false;  // inline: segments that say otherwise than what passed before, and injected ones
  bool picks_up_midstream = false;
  bool allows_async = false;
  bool verifies_checksums = false;
  std::uint32_t max_flows = 262'144;
  std::uint64_t hash_seed = 0;           // of the flow table: unpredictable where packets are hostile
  std::uint64_t stream_depth = 1 << 20;  // bytes of each side that are looked at; 0: all
  bool distinguishes_vlans = true;       // the same addresses in another VLAN are another flow
  /// Times every `measure_every`th frame's evaluations of rules, for rule_counters(); null: none.
  std::uint64_t (*ticks)() = nullptr;
  std::uint32_t measure_every = 1;
  app::Limits limits;
};

struct EngineCounters {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  std::uint64_t flows = 0;
  std::uint64_t alerts = 0;
  std::uint64_t dropped = 0;
  std::uint64_t ambiguous = 0;  // of these, because of drops_ambiguous
};

/// Single-threaded.
class Engine {
 public:
  Engine(std::shared_ptr<const RuleSet> rules, const EngineSettings& settings);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  struct Outcome {
    Verdict verdict = Verdict::Accept;
    std::span<const Alert> alerts;  // until the next call
    /// The verdict holds for the rest of the flow: it was condemned, or needs no more inspection (encrypted, passed by
    /// a rule, beyond the depth).
    bool is_final = false;
  };
  Outcome inspect(const packet::Frame& frame);
  /// The end of the input: all flows end, and what is left in them is judged.
  std::span<const Alert> finish();

  /// Other rules from now on. Flows go on with what was read of them; what rules have noted of them (flow bits, xbits,
  /// how far a transaction was judged) is forgotten, thresholds keep counting.
  void replace_rules(std::shared_ptr<const RuleSet> rules);
  /// From now on, until rules are replaced, the rule is as if it were not there.
  void suspend(RuleIndex rule);

  [[nodiscard]] const EngineCounters& counters() const noexcept;
  /// By place in RuleSet::rules(), since these rules are in force.
  [[nodiscard]] std::span<const RuleCounters> rule_counters() const noexcept;
  [[nodiscard]] const RuleSet& rules() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warder::ips
