// Keys that were seen before, up to a number; the oldest are forgotten first.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

namespace warder::loginspection {

class KeyMemory {
 public:
  explicit KeyMemory(std::size_t max_keys) : max_keys_(max_keys) {}

  [[nodiscard]] bool has(const std::string& key) const { return keys_.contains(key); }
  /// False when it was there.
  bool add(std::string key) {
    const auto [at, is_new] = keys_.insert(std::move(key));
    if (!is_new) return false;
    order_.push_back(&*at);
    if (order_.size() > max_keys_) {
      keys_.erase(*order_.front());
      order_.pop_front();
    }
    return true;
  }
  void clear() {
    order_.clear();
    keys_.clear();
  }

 private:
  std::size_t max_keys_;
  std::unordered_set<std::string> keys_;
  std::deque<const std::string*> order_;  // nodes of a set do not move
};

}  // namespace warder::loginspection
