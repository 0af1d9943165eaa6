// The intrusion prevention engine: frames in, verdicts and alerts out. One instance per core.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engines/ips/alert.h"
#include "engines/ips/rule_set.h"
#include "packet/packet.h"

namespace warder::ips {

struct EngineSettings {
  bool is_inline = false;  // bytes are judged before they pass, and rules may drop
  bool picks_up_midstream = false;
  bool allows_async = false;
  bool verifies_checksums = false;
  app::Limits limits;
};

struct EngineCounters {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  std::uint64_t flows = 0;
  std::uint64_t alerts = 0;
  std::uint64_t dropped = 0;
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
  };
  Outcome inspect(const packet::Frame& frame);
  /// The end of the input: all flows end, and what is left in them is judged.
  std::span<const Alert> finish();

  [[nodiscard]] const EngineCounters& counters() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warder::ips
