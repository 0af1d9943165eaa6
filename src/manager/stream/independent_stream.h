// The independent stream: all that is stored for every tenant, told a second time to somebody whom the manager's
// operators neither know nor reach. docs/stream.md says what it proves.
//
// Two threads: one reads the outboxes and seals what is new into the spool, the other sends. A receiver that is away
// holds up neither events nor destinations.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/job_states.h"
#include "base/log.h"
#include "base/metrics.h"
#include "manager/audit/audit_log.h"
#include "manager/events/event_feed.h"
#include "manager/events/event_store.h"
#include "manager/stream/stream_readers.h"
#include "manager/stream/stream_settings.h"
#include "manager/stream/stream_spool.h"
#include "manager/stream/stream_transport.h"
#include "manager/tenancy/scope_maker.h"
#include "model/messages.h"

namespace warder::manager {

struct StreamParts {
  Tenants& tenants;
  const ScopeMaker& scopes;
  StreamReaders& readers;
  AuditLog& audit;
  EventStore& events;
  EventFeed& feed;
  const Messages& messages;
  const host::Clock& clock;
  Log& log;
  Metrics& metrics;
  JobRuns runs{};  // of the first thread
};

struct StreamPlaces {
  std::filesystem::path settings;   // the file
  std::filesystem::path directory;  // of the spool; made when it is not there
  std::string host;                 // this manager among those of the same database
};

class IndependentStream {
 public:
  /// Registers with every tenant before it returns: what is stored from then on is told.
  static Result<std::unique_ptr<IndependentStream>> create(const StreamParts& parts, const StreamPlaces& places,
                                                           std::unique_ptr<StreamTransport> transport = nullptr);
  ~IndependentStream();
  IndependentStream(const IndependentStream&) = delete;
  IndependentStream& operator=(const IndependentStream&) = delete;

  void start();
  /// Tells everybody, the receiver last, and waits some seconds for it.
  void stop();

  /// What the first thread does each time; returns how many records it made. For tests as well.
  Result<std::size_t> work();
  /// What the second does; returns how many records the receiver took.
  Result<std::size_t> send(const std::stop_token& stop);
  [[nodiscard]] StreamSpool::Size waiting() const { return spool_->size(); }
  [[nodiscard]] crypto::NoteKey known_key() const { return key_.known(); }

 private:
  IndependentStream(const StreamParts& parts, const StreamPlaces& places, StreamSettings settings,
                    stream::StreamKey key, std::unique_ptr<StreamSpool> spool,
                    std::unique_ptr<StreamTransport> transport);
  Result<void> begin();
  Result<void> register_tenants();
  Result<void> add_events(stream::BatchWriter& batch, TenantPlaces& changed);
  Result<void> write(stream::BatchWriter batch, const TenantPlaces& changed);
  void add(stream::BatchWriter& batch, stream::RecordKind kind, std::string_view body) const;
  [[nodiscard]] Result<stream::BatchWriter> new_batch() const;
  void look_at_settings(stream::BatchWriter& batch);
  void tell(std::string_view type, Severity severity, std::string_view action, std::string_view reason);
  void run(const std::stop_token& stop);
  void run_sender(const std::stop_token& stop);
  [[nodiscard]] Timestamp next_heartbeat(Timestamp now) const;

  const StreamParts parts_;
  const StreamPlaces places_;
  const StreamSettings settings_;
  const crypto::HpkePublicKey receiver_;
  const stream::StreamKey key_;
  const std::unique_ptr<StreamSpool> spool_;
  const std::unique_ptr<StreamTransport> transport_;
  // Of the first thread.
  SpoolState state_;
  TenantPlaces read_;
  Timestamp heartbeat_due_{};
  Timestamp looked_{};
  std::string settings_digest_;  // that was told last
  std::jthread worker_;
  std::jthread sender_;
};

/// A stream of this host that has no settings any more: says so with an audit entry and an event, and forgets it.
void tell_missing_streams(const StreamParts& parts, const std::string& host);

}  // namespace warder::manager
