// Keeps the daily review of every tenant going.
#pragma once

#include <map>

#include "base/log.h"
#include "manager/installation.h"
#include "manager/review/reviews.h"

namespace warder::manager {

/// The agents of the whole tenant.
Roster fleet_roster(Agents& agents);

/// Not thread-safe: for the one who waits for the end.
class ReviewJobs {
 public:
  ReviewJobs(Installation& installation, Reviews& reviews, Log& log)
      : installation_(installation), reviews_(reviews), log_(log) {}

  /// What is due; each tenant at most once in kPause. Cheap to call often.
  void keep_up();
  static constexpr std::chrono::minutes kPause{5};

 private:
  Installation& installation_;
  Reviews& reviews_;
  Log& log_;
  std::map<TenantId, Timestamp> next_;
};

}  // namespace warder::manager
