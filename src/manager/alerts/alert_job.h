// Evaluates the rules of every tenant, again and again.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/job_states.h"
#include "base/log.h"
#include "manager/alerts/alert_engine.h"
#include "manager/events/event_feed.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {

struct AlertJobParts {
  Tenants& tenants;
  ScopeMaker& scopes;
  Alerts& alerts;
  AlertSettings& settings;
  NoticeOutbox& outbox;
  Rotas& rotas;
  EventStore& events;
  EventFeed& feed;
  std::vector<StateSource> states;
  const host::Clock& clock;
  Log& log;
  std::function<void()> wake_notifier;
  JobRuns runs{};
};

/// Thread-safe.
class AlertJob {
 public:
  explicit AlertJob(AlertJobParts parts, AlertEngineOptions options = {});
  ~AlertJob();
  AlertJob(const AlertJob&) = delete;
  AlertJob& operator=(const AlertJob&) = delete;

  void start();
  /// Forgets what was resolved long ago, of every tenant. Call it now and then.
  void prune();

 private:
  void run(const std::stop_token& stop);
  void look(const std::stop_token& stop);
  void evaluate(const std::stop_token& stop, const Tenant& tenant);

  const AlertJobParts parts_;
  const AlertEngineOptions options_;
  const std::string holder_;
  std::map<TenantId, std::unique_ptr<AlertEngine>> engines_;  // the thread's own
  std::jthread thread_;
};

}  // namespace warder::manager
