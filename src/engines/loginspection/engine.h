// The log inspection engine: decodes a line and says which rule it matches. It has no clock, no thread and no file; a
// line comes with its time, and what it remembers (counts, first-time-seen keys) is bounded.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "engines/loginspection/definition.h"
#include "engines/loginspection/rule.h"

namespace warder::loginspection {

/// Decoders and rules in the form that lines are compared with. Immutable; shared by any number of engines.
class Compiled;

struct Checked {
  std::shared_ptr<const Compiled> compiled;  // without what was wrong
  std::vector<Problem> problems;             // in the order of the texts
};
/// Reads everything that can be read. `compiled` is null only when the multi-pattern matcher cannot be made.
Checked check(const Definition& definition);
/// All or nothing: Invalid with the first error.
Result<std::shared_ptr<const Compiled>> compile(const Definition& definition);

/// In the order of the texts; they live as long as `compiled`.
std::vector<const Rule*> rules(const Compiled& compiled);
std::size_t rule_count(const Compiled& compiled) noexcept;
std::size_t decoder_count(const Compiled& compiled) noexcept;
std::size_t sigma_rule_count(const Compiled& compiled) noexcept;

struct Line {
  std::string_view text;          // without its end of line
  std::string_view location;      // file or source it was read from
  std::string_view hostname;      // of this host: holds where the line names none
  Timestamp time;                 // of arrival, or the line's own: whichever the counts of composite rules are to go by
  std::int32_t utc_offset_s = 0;  // for rules that look at the time of day
};

struct Field {
  std::string_view name;
  std::string_view value;
};

struct SigmaMatch {
  const SigmaRule* rule = nullptr;
};

/// Views point into the line and the engine and hold until its next call; rules live as long as the Compiled.
struct Finding {
  std::string_view hostname;
  std::string_view program_name;
  std::string_view timestamp;  // as written in the line
  std::string_view log;        // what is left of the line behind time, host and program
  std::string_view decoder;    // empty where none matched
  std::span<const Field> fields;
  const Rule* rule = nullptr;    // the one rule that matched, alert or not
  std::string_view description;  // the rule's, with $(field) replaced
  bool is_alert = false;         // level above 0, logged, and not being ignored
  std::span<const SigmaMatch> sigma;
};

struct EngineOptions {
  std::size_t max_line_bytes = 64 << 10;  // the rest of a longer line is not looked at
  std::size_t max_remembered = 8192;      // events kept for composite rules
  std::size_t max_first_seen = 65'536;    // keys kept for if_fts; the oldest go first
  std::size_t max_correlation_keys = 65'536;
};

/// Is told why: "rule 5716: match", one line a step.
using Tracer = std::function<void(std::string_view)>;

/// Single-threaded: one for each source of lines that belong together, or one for all.
class Engine {
 public:
  explicit Engine(std::shared_ptr<const Compiled> compiled, EngineOptions options = {});
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  /// Never fails: a line that no decoder knows has no decoder, and rules may still match it.
  const Finding& inspect(const Line& line);
  /// Forgets all lines seen.
  void reset();
  /// Lines on which a pattern ran into its limit, and so did not match, since the start.
  [[nodiscard]] std::uint64_t limit_hits() const noexcept;
  /// Empty to stop; tracing costs time.
  void set_tracer(Tracer tracer);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace warder::loginspection
