// What composite rules count: lines that matched a rule some time ago. Of a line only hashes of the fields that some
// rule compares are kept, in a ring; each composite rule has its own index into it by what must be the same, so that
// counting costs as much as the rule asks for, not as much as there is in the ring.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "engines/loginspection/event.h"
#include "engines/loginspection/rule_set.h"

namespace warder::loginspection {

/// Single-threaded. Time is in seconds and should not go back by much.
class History {
 public:
  History(const RuleSet& rules, Dialect dialect, std::size_t max_lines);

  /// Whether enough lines like this one came before it. Then they are marked, so that they are not counted again for a
  /// rule of this level or a lower one, and so is the event.
  bool has_enough(std::uint32_t rule, Event& event, std::int64_t now);

  /// To be counted from now on as a line that matched the rule.
  void remember(std::uint32_t rule, const Event& event, std::int64_t now, rules::Captures& captures);

  void clear();

 private:
  struct Line {
    std::int64_t time = 0;
    std::uint32_t rule = kNoIndex;
    std::uint8_t matched_level = 0;
  };
  struct Bucket {
    std::vector<std::uint64_t> lines;  // numbers, from old to new; at most twice as many as are asked for
  };
  struct Plan {  // of a composite rule: places of its fields in a line's hashes
    std::vector<std::uint32_t> same;
    std::vector<std::uint32_t> different;
    std::vector<std::uint32_t> different_and_there;
    std::size_t capacity = 0;
    std::unordered_map<std::uint64_t, Bucket> buckets;
  };
  struct SourceState {
    std::uint64_t newest = 0;                       // number of the last line, 0: none
    std::array<std::uint64_t, 17> newest_marked{};  // by level
  };

  [[nodiscard]] bool is_kept(std::uint64_t number) const noexcept {
    return number != 0 && number + lines_.size() > next_ && number < next_;
  }
  [[nodiscard]] std::size_t slot(std::uint64_t number) const noexcept { return number & (lines_.size() - 1); }
  [[nodiscard]] Line& line(std::uint64_t number) noexcept { return lines_[slot(number)]; }
  [[nodiscard]] const std::uint64_t* hashes(std::uint64_t number) const noexcept {
    return hashes_.data() + slot(number) * fields_.size();
  }
  [[nodiscard]] bool differs(const Plan& plan, std::uint64_t number) const noexcept;
  void hash_event(const Event& event);
  void find_feeds(std::uint32_t rule, const Event& event, rules::Captures& captures);
  void mark(std::uint64_t number, unsigned level);
  void drop_stale_buckets();

  const RuleSet& rules_;
  Dialect dialect_;
  std::vector<FieldId> fields_;              // that some rule compares
  std::vector<Line> lines_;                  // ring of a power of two; line n is at n modulo its size
  std::vector<std::uint64_t> hashes_;        // of line n: fields_.size() of them, 0 where it has none
  std::vector<std::uint64_t> event_hashes_;  // of the event at hand
  std::vector<std::uint32_t> feeds_;         // sources that the event at hand is put into
  std::vector<Plan> plans_;                  // of composite rules
  std::vector<std::uint32_t> plan_of_;       // by rule index
  std::uint64_t hashed_ = 0;                 // generation of the event whose hashes are at hand
  std::vector<SourceState> sources_;
  std::uint64_t next_ = 1;
  std::size_t bucket_count_ = 0;
};

}  // namespace warder::loginspection
