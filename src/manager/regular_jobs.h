// What the manager's first thread does until the end: jobs of every few seconds and of every hour, one after the other.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/job_states.h"

namespace warder::manager {

/// Single-threaded.
class RegularJobs {
 public:
  explicit RegularJobs(JobStates& states) : states_(states) {}

  static constexpr std::chrono::seconds kOften{5};
  static constexpr std::chrono::seconds kHour{3600};
  using Body = std::function<void()>;
  /// Every kOften. What the body warns of in the log of the states is what its run failed of.
  void often(std::string name, Body body);
  void hourly(std::string name, Body body);
  /// Also at once.
  void now_and_hourly(std::string name, Body body);

  /// Until SIGTERM or SIGINT, which the caller has blocked; returns which of them.
  int work();

 private:
  struct Job {
    JobRuns runs;
    Body body;
  };
  void add(std::vector<Job>& to, std::string name, std::chrono::seconds every, Body body);

  JobStates& states_;
  std::vector<Job> often_;
  std::vector<Job> hourly_;
};

}  // namespace warder::manager
