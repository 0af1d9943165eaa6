// What becomes of the jobs that a program does by itself: each run is noted here, for whoever looks after the program.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/time.h"

namespace warder {

enum class JobHealth : std::uint8_t {
  Waiting,  // it has not run yet, and need not have
  Ok,
  Failed,   // its last run
  Overdue,  // it should have ended a run long ago
};
std::string_view name(JobHealth health) noexcept;

struct JobState {
  std::string name;
  std::chrono::seconds every{};
  std::optional<Timestamp> last_run{};  // when it ended
  std::optional<Timestamp> last_success{};
  std::string last_error;  // of the last run; empty: it went well
  Timestamp next_due;
  JobHealth health = JobHealth::Waiting;
};

class JobStates;

/// Carries out runs of one job. One that was made of nothing carries them out and notes nothing. Thread-safe; outlived
/// by the JobStates that gave it.
class JobRuns {
 public:
  JobRuns() = default;
  /// A run has failed when something logged a warning or an error in this thread meanwhile.
  void run(const std::function<void()>& body) const;
  /// A run that ended before, elsewhere; empty error: well.
  void note(Timestamp ended, std::string error) const;

 private:
  friend class JobStates;
  JobRuns(JobStates& states, std::size_t job) : states_(&states), job_(job) {}
  JobStates* states_ = nullptr;
  std::size_t job_ = 0;
};

/// A log that hears what its jobs warn of, and passes everything on. Thread-safe.
class JobStates final : public Log {
 public:
  JobStates(Log& log, std::function<Timestamp()> now) : log_(log), now_(std::move(now)) {}

  /// A job that is to run this often from now on.
  JobRuns expect(std::string name, std::chrono::seconds every);
  /// In the order in which they were expected.
  [[nodiscard]] std::vector<JobState> list() const;

  void write(LogLevel level, std::string_view id, std::string_view message,
             std::initializer_list<LogField> fields) override;

  /// So late is a job overdue: after another interval, but not before this.
  static constexpr std::chrono::minutes kLeastGrace{5};

 private:
  friend class JobRuns;
  void run(std::size_t job, const std::function<void()>& body);
  void note(std::size_t job, Timestamp ended, std::string error);

  Log& log_;
  const std::function<Timestamp()> now_;
  mutable std::mutex mutex_;  // guards jobs_
  std::deque<JobState> jobs_;
};

}  // namespace warder
