// Runs Sigma rules and correlations over events, and keeps what correlations count.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "engines/loginspection/engine.h"
#include "engines/loginspection/sigma.h"

namespace warder::loginspection {

/// Single-threaded and bounded.
class SigmaMatcher {
 public:
  SigmaMatcher(const SigmaSet& sigma, std::size_t max_keys) : sigma_(sigma), max_keys_(max_keys) {}

  /// Everything that matches; valid until the next call.
  const std::vector<SigmaMatch>& match(const Event& event, const CandidateBits& candidates, std::int64_t now,
                                       rules::Captures& captures);
  void clear() { groups_.clear(); }

 private:
  struct Seen {
    std::int64_t time = 0;
    std::uint32_t rule = 0;  // place in the correlation's rules
    std::size_t value = 0;   // hash of the counted field
  };
  bool is_fulfilled(const SigmaCorrelation& correlation, std::uint32_t place, std::size_t index, const Event& event,
                    std::int64_t now);

  const SigmaSet& sigma_;
  std::size_t max_keys_;
  std::unordered_map<std::string, std::deque<Seen>> groups_;
  std::vector<std::uint32_t> matched_;
  std::vector<SigmaMatch> found_;
};

}  // namespace warder::loginspection
