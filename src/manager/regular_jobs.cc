#include "manager/regular_jobs.h"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

namespace warder::manager {

void RegularJobs::add(std::vector<Job>& to, std::string name, std::chrono::seconds every, Body body) {
  to.push_back({states_.expect(std::move(name), every), std::move(body)});
}

void RegularJobs::often(std::string name, Body body) {
  add(often_, std::move(name), kOften, std::move(body));
}

void RegularJobs::hourly(std::string name, Body body) {
  add(hourly_, std::move(name), kHour, std::move(body));
}

void RegularJobs::now_and_hourly(std::string name, Body body) {
  hourly(std::move(name), std::move(body));
  const Job& job = hourly_.back();
  job.runs.run(job.body);
}

int RegularJobs::work() {
  constexpr int kTimesAnHour = kHour / kOften;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  for (int times = 1;; ++times) {
    const timespec pause{kOften.count(), 0};
    const int signal = ::sigtimedwait(&signals, nullptr, &pause);
    if (signal > 0) return signal;
    if (errno != EAGAIN) continue;
    for (const Job& job : often_) job.runs.run(job.body);
    if (times % kTimesAnHour != 0) continue;
    for (const Job& job : hourly_) job.runs.run(job.body);
  }
}

}  // namespace warder::manager
