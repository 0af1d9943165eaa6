// Sends what waits in the outboxes of notices. A channel is served by one thread at a time, so that a slow mail server
// holds up nobody else's notices.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/job_states.h"
#include "base/log.h"
#include "base/metrics.h"
#include "manager/events/event_store.h"
#include "manager/notify/channels.h"
#include "manager/notify/notice_outbox.h"
#include "manager/notify/rotas.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {

struct NotifierParts {
  Tenants& tenants;
  ScopeMaker& scopes;
  NoticeChannels& channels;
  NoticeOutbox& outbox;
  EventStore& events;
  FindPerson find_person;
  const host::Clock& clock;
  Log& log;
  Metrics& metrics;
};

struct NotifierOptions {
  std::string console_url;  // links in notices begin with it; empty: no links
  std::chrono::milliseconds look{1000};
  std::size_t max_channels_at_once = 16;
  JobRuns runs{};  // each look for what is to be sent
};

/// Thread-safe.
class Notifier {
 public:
  Notifier(NotifierParts parts, NotifierOptions options);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void start();
  /// Something was put into an outbox: look at once.
  void wake();
  /// Sends a notice past the outbox, to try a channel out, a disabled one too; waits for it.
  Result<void> try_out(const TenantScope& scope, const NoticeChannel& channel);
  /// Forgets old notices of every tenant. Call it now and then.
  void prune();

 private:
  using Key = std::pair<TenantId, NoticeChannelId>;
  struct Run {
    Key key;
    std::jthread thread;
  };
  void supervise(const std::stop_token& stop);
  void look();
  void serve(const std::stop_token& stop, const TenantScope& scope, const Tenant& tenant,
             const NoticeChannelId& channel);
  Result<void> send(const std::stop_token& stop, const TenantScope& scope, const Tenant& tenant,
                    const StoredNotice& notice);
  Result<OutgoingNotice> outgoing(const TenantScope& scope, const Tenant& tenant, const StoredNotice& notice,
                                  const NoticeChannel& channel) const;
  void note_failure(const TenantScope& scope, const StoredNotice& notice, const Error& error);

  const NotifierParts parts_;
  const NotifierOptions options_;
  const std::string holder_;
  std::mutex mutex_;  // guards is_woken_, running_ and ended_
  std::condition_variable_any woken_;
  bool is_woken_ = false;
  std::set<Key> running_;
  std::set<Key> ended_;    // whose threads have done their work
  std::vector<Run> runs_;  // the supervisor's own
  std::jthread supervisor_;
};

}  // namespace warder::manager
