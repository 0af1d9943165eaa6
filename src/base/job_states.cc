#include "base/job_states.h"

#include <algorithm>
#include <utility>

namespace warder {
namespace {

/// The first that this thread's run warned of; nullptr: it carries out none.
std::string*& heard() noexcept {
  thread_local std::string* text = nullptr;
  return text;
}

JobHealth health_of(const JobState& state, Timestamp now) {
  const auto grace = std::max<std::chrono::seconds>(state.every, JobStates::kLeastGrace);
  if (now > state.next_due + grace) return JobHealth::Overdue;
  if (!state.last_run) return JobHealth::Waiting;
  return state.last_error.empty() ? JobHealth::Ok : JobHealth::Failed;
}

}  // namespace

std::string_view name(JobHealth health) noexcept {
  switch (health) {
    case JobHealth::Waiting:
      return "waiting";
    case JobHealth::Ok:
      return "ok";
    case JobHealth::Failed:
      return "failed";
    case JobHealth::Overdue:
      return "overdue";
  }
  return "";
}

void JobRuns::run(const std::function<void()>& body) const {
  if (states_ == nullptr) return body();
  states_->run(job_, body);
}

void JobRuns::note(Timestamp ended, std::string error) const {
  if (states_ != nullptr) states_->note(job_, ended, std::move(error));
}

JobRuns JobStates::expect(std::string name, std::chrono::seconds every) {
  const std::scoped_lock lock(mutex_);
  jobs_.push_back({.name = std::move(name), .every = every, .last_error = "", .next_due = now_() + every});
  return {*this, jobs_.size() - 1};
}

std::vector<JobState> JobStates::list() const {
  const Timestamp now = now_();
  const std::scoped_lock lock(mutex_);
  std::vector<JobState> all(jobs_.begin(), jobs_.end());
  for (JobState& each : all) each.health = health_of(each, now);
  return all;
}

void JobStates::write(LogLevel level, std::string_view id, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string* const text = heard();
  if (text != nullptr && text->empty() && (level == LogLevel::Warning || level == LogLevel::Error))
    text->append(id).append(": ").append(message);
  log_.write(level, id, message, fields);
}

void JobStates::run(std::size_t job, const std::function<void()>& body) {
  std::string error;
  std::string* const outer = std::exchange(heard(), &error);
  body();
  heard() = outer;
  note(job, now_(), std::move(error));
}

void JobStates::note(std::size_t job, Timestamp ended, std::string error) {
  const std::scoped_lock lock(mutex_);
  JobState& state = jobs_[job];
  state.last_run = ended;
  if (error.empty()) state.last_success = ended;
  state.last_error = std::move(error);
  state.next_due = ended + state.every;
}

}  // namespace warder
