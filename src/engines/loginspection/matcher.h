// Finds the one rule that an event matches, and keeps what rules remember of earlier events.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "engines/loginspection/compiled.h"
#include "engines/loginspection/history.h"
#include "engines/loginspection/key_memory.h"

namespace warder::loginspection {

struct Match {
  std::uint32_t rule = kNoIndex;
  bool is_alert = false;
};

/// Single-threaded.
class Matcher {
 public:
  Matcher(const Compiled& compiled, const EngineOptions& options);

  Match match(Event& event, const CandidateBits& candidates, const Line& line, rules::Captures& captures);
  void clear();
  void set_tracer(Tracer tracer) { tracer_ = std::move(tracer); }

 private:
  struct Context {
    Event& event;
    const CandidateBits& candidates;
    const Line& line;
    rules::Captures& captures;
    std::int64_t now = 0;
  };

  std::uint32_t evaluate(std::uint32_t node, Context& context);
  std::uint32_t first_match(std::uint32_t first, std::uint32_t count, Context& context);
  bool holds(std::uint32_t rule, Context& context);
  bool holds_extra(std::uint32_t index, const CompiledRule& rule, Context& context);
  static bool is_in_list(const ListCondition& condition, const Event& event, rules::Captures& captures);
  bool is_first_seen(const Event& event);
  bool has_changed(std::uint32_t rule, const Event& event);
  bool is_ignored(std::uint32_t rule, const Event& event, std::int64_t now);
  Match conclude(std::uint32_t rule, Context& context);
  void trace(std::string_view what, const CompiledRule& rule) const;

  const Compiled& compiled_;
  History history_;
  KeyMemory first_seen_;
  KeyMemory ignored_;
  std::deque<std::string> similar_;                             // the last keys of intrusion detection
  std::vector<std::int64_t> ignored_since_;                     // by rule index, 0: is not
  std::unordered_map<std::uint32_t, std::string> last_output_;  // by rule index
  Tracer tracer_;
};

}  // namespace warder::loginspection
