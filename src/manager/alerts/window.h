// How many events there were within the last while: counted in at most 61 buckets, so that a storm costs no memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace warder::manager {

class EventWindow {
 public:
  /// `length` 0: nothing is ever forgotten.
  explicit EventWindow(std::chrono::seconds length) : length_(length) {}

  void add(Timestamp time);
  /// Of events at or after `now` - length, to a sixtieth of the length; forgets the others.
  std::int64_t count(Timestamp now);
  void clear() { buckets_.clear(); }
  /// The clock was: what seems to be later than `now` counts as of now.
  void set_back(Timestamp now);
  /// The beginning of the newest bucket.
  [[nodiscard]] Timestamp newest() const;
  [[nodiscard]] std::chrono::seconds length() const noexcept { return length_; }

  [[nodiscard]] std::string text() const;  // JSON
  /// Corrupt for what is none.
  Result<void> read(std::string_view text);

 private:
  [[nodiscard]] std::int64_t bucket_of(Timestamp time) const;

  std::chrono::seconds length_;
  std::map<std::int64_t, std::int64_t> buckets_;  // by beginning, in seconds
};

}  // namespace warder::manager
