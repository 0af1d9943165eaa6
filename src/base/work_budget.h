// How fast a thread may work: a share of a processor, and bytes a second.
#pragma once

#include <chrono>
#include <cstdint>

namespace warder {

struct WorkLimits {
  double cpu_share = 1;       // of one processor
  double bytes_a_second = 0;  // 0: no limit
};

/// How long to wait after work that took `cpu` and `bytes` since it began `elapsed` ago, so that it keeps the limits.
std::chrono::duration<double> time_to_wait(const WorkLimits& limits, std::chrono::duration<double> cpu, double bytes,
                                           std::chrono::duration<double> elapsed);

/// Tells one thread now and then to wait. Single-threaded: the thread that works makes it and asks it.
class WorkBudget {
 public:
  explicit WorkBudget(const WorkLimits& limits);
  /// A piece of work with so many bytes is done. Mostly zero; never more than some seconds at a time.
  std::chrono::duration<double> after(std::uint64_t bytes);

 private:
  WorkLimits limits_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::duration<double> cpu_at_start_;
  double bytes_ = 0;
  std::uint64_t calls_ = 0;
};

}  // namespace warder
