#include "base/work_budget.h"

#include <time.h>

#include <algorithm>

namespace warder {
namespace {

using Seconds = std::chrono::duration<double>;

// The clocks are asked after so many pieces, or after a large one.
constexpr std::uint64_t kEvery = 64;
constexpr std::uint64_t kManyBytes = 1 << 20;
constexpr Seconds kLongest{5};

Seconds cpu_of_thread() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return Seconds(static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9);
}

}  // namespace

Seconds time_to_wait(const WorkLimits& limits, Seconds cpu, double bytes, Seconds elapsed) {
  Seconds due{0};
  if (limits.cpu_share < 1) due = cpu / limits.cpu_share;
  if (limits.bytes_a_second > 0) due = std::max(due, Seconds(bytes / limits.bytes_a_second));
  return std::clamp(due - elapsed, Seconds(0), kLongest);
}

WorkBudget::WorkBudget(const WorkLimits& limits)
    : limits_(limits), start_(std::chrono::steady_clock::now()), cpu_at_start_(cpu_of_thread()) {}

Seconds WorkBudget::after(std::uint64_t bytes) {
  if (limits_.cpu_share >= 1 && limits_.bytes_a_second <= 0) return Seconds(0);
  bytes_ += static_cast<double>(bytes);
  if (++calls_ % kEvery != 0 && bytes < kManyBytes) return Seconds(0);
  return time_to_wait(limits_, cpu_of_thread() - cpu_at_start_, bytes_, std::chrono::steady_clock::now() - start_);
}

}  // namespace warder
