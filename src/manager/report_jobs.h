// Has the reports of every tenant made when they are due, and tells their recipients.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/job_states.h"
#include "base/log.h"
#include "manager/identity/users.h"
#include "manager/installation.h"
#include "manager/notify/channels.h"
#include "manager/notify/notice_outbox.h"
#include "manager/reports/report_deliveries.h"
#include "manager/reports/report_turns.h"
#include "manager/reports/reports.h"

namespace warder::manager {

/// What the outbox is to send of a run: a link to each recipient who has a mail address and was made a report, through
/// the first channel by name that is for mail and enabled; nothing where there is none. Never what stands in the
/// report.
TellOfReport mail_reports(NoticeChannels& channels, NoticeOutbox& outbox, Users& users);

/// In a thread of its own, since a report may take its time.
class ReportJobs {
 public:
  static constexpr std::chrono::minutes kPause{1};
  struct Parts {
    Installation& installation;
    ReportSources sources;
    NoticeChannels& channels;
    NoticeOutbox& outbox;
    Log& log;
    std::function<void()> wake_notifier;
    JobRuns runs{};
  };
  explicit ReportJobs(Parts parts);

  void start();
  /// Thread-safe: somebody wants one made now.
  void wake();
  /// What the thread does every minute, in every tenant.
  void work(const std::stop_token& stop = {});

  [[nodiscard]] Reports& reports() noexcept { return reports_; }
  [[nodiscard]] ReportDeliveries& deliveries() noexcept { return deliveries_; }

 private:
  const Parts parts_;
  Reports reports_;
  ReportDeliveries deliveries_;
  ReportTurns turns_;
  std::mutex mutex_;  // guards is_woken_
  std::condition_variable_any woken_;
  bool is_woken_ = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace warder::manager
