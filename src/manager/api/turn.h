// A place among the few requests of a kind that may be worked on at the same time.
#pragma once

#include <atomic>

namespace warder::manager {

/// Held for as long as the request runs; `is_mine` says whether there was a place. Thread-safe by the counter, which
/// the kind of request owns and which outlives every turn.
class Turn {
 public:
  Turn(std::atomic<int>& running, int most) : running_(running), is_mine_(++running <= most) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { --running_; }
  [[nodiscard]] bool is_mine() const noexcept { return is_mine_; }

 private:
  std::atomic<int>& running_;
  bool is_mine_;
};

}  // namespace warder::manager
