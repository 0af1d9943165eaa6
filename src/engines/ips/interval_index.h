// Which of many sets contain a value, by one binary search: for address lists and ports of rules.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"

namespace warder::ips {

/// Immutable once built. `Value` is an unsigned integer or an address as 16 bytes.
template <class Value>
class IntervalIndex {
 public:
  void add(Value first, Value last, std::uint32_t item) { drafts_.push_back({first, last, item}); }

  void build() {
    for (const auto& draft : drafts_) {
      starts_.push_back(draft.first);
      if (auto behind = draft.last; step(behind)) starts_.push_back(behind);
    }
    std::ranges::sort(starts_);
    starts_.erase(std::unique(starts_.begin(), starts_.end()), starts_.end());
    std::vector<std::vector<std::uint32_t>> lists(starts_.size());
    for (const auto& draft : drafts_) {
      auto place = static_cast<std::size_t>(std::ranges::lower_bound(starts_, draft.first) - starts_.begin());
      for (; place < starts_.size() && starts_[place] <= draft.last; ++place) lists[place].push_back(draft.item);
    }
    begins_.reserve(starts_.size() + 1);
    for (const auto& list : lists) {
      begins_.push_back(static_cast<std::uint32_t>(items_.size()));
      items_.insert(items_.end(), list.begin(), list.end());
    }
    begins_.push_back(static_cast<std::uint32_t>(items_.size()));
    drafts_ = {};
  }

  [[nodiscard]] std::span<const std::uint32_t> find(const Value& value) const noexcept {
    const auto behind = std::ranges::upper_bound(starts_, value);
    if (behind == starts_.begin()) return {};
    const auto place = static_cast<std::size_t>(behind - starts_.begin()) - 1;
    return std::span(items_).subspan(begins_[place], begins_[place + 1] - begins_[place]);
  }
  [[nodiscard]] bool is_empty() const noexcept { return starts_.empty(); }

 private:
  /// To the next value; false behind the last.
  static bool step(std::uint16_t& value) noexcept { return ++value != 0; }
  static bool step(std::array<std::uint8_t, 16>& value) noexcept {
    for (std::size_t i = value.size(); i-- > 0;) {
      if (++value[i] != 0) return true;
    }
    return false;
  }

  struct Draft {
    Value first;
    Value last;
    std::uint32_t item;
  };
  std::vector<Draft> drafts_;
  std::vector<Value> starts_;
  std::vector<std::uint32_t> begins_;  // in items_, by place in starts_
  std::vector<std::uint32_t> items_;
};

}  // namespace warder::ips
