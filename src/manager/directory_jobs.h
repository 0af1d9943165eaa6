// Compares the users of every tenant's directories with them, each when its interval is over, while the manager runs.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/job_states.h"
#include "base/log.h"
#include "manager/identity/directory_sync.h"
#include "manager/tenancy/scope_maker.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// In a thread of its own, since a directory may take minutes.
class DirectoryJobs {
 public:
  struct Parts {
    Tenants& tenants;
    const ScopeMaker& scopes;
    DirectorySync& sync;
    Log& log;
    JobRuns runs{};
  };
  static constexpr std::chrono::seconds kPause{30};
  explicit DirectoryJobs(const Parts& parts) : parts_(parts) {}

  void start();
  /// What the thread does twice a minute.
  void work(const std::stop_token& stop = {});

 private:
  Parts parts_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace warder::manager
