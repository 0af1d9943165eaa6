// The destinations of a tenant and how far each has been served.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/events/outbox.h"
#include "manager/siem/destination.h"
#include "manager/siem/sink.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// What the forwarder has done since it last said so.
struct Progress {
  OutboxPlace place;
  std::int64_t delivered = 0;
  std::int64_t lost = 0;
  std::vector<DeadLetter> refused;
  std::vector<EventId> arrived;      // dead letters that were sent again
  std::vector<DeadLetter> returned;  // the same, refused again, each with why
};

/// Thread-safe. Every change of a destination is an audit entry of the same transaction.
class Destinations {
 public:
  Destinations(Tenants& tenants, AuditLog& audit, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// By name.
  Result<std::vector<Destination>> list(const TenantScope& scope);
  Result<Destination> find(const TenantScope& scope, const DestinationId& id);
  /// Sends what is stored behind `place`. Invalid, with a pointer, for settings that cannot be used; Conflict when the
  /// name is taken or there are too many.
  Result<Destination> create(const TenantScope& scope, const DestinationDraft& draft, const OutboxPlace& place);
  /// The kind stays: Invalid otherwise. `etag` is the one read, or "*"; an old one is Stale.
  Result<Destination> update(const TenantScope& scope, const DestinationId& id, std::string_view etag,
                             const DestinationDraft& draft);
  Result<void> remove(const TenantScope& scope, const DestinationId& id, std::string_view etag);
  /// All but `backlog`.
  Result<DestinationState> state(const TenantScope& scope, const DestinationId& id);
  /// The newest first, at most a page's worth.
  Result<std::vector<DeadLetter>> dead_letters(const TenantScope& scope, const DestinationId& id);
  Result<void> forget_dead_letters(const TenantScope& scope, const DestinationId& id);
  /// They are sent again, behind what is on its way: those named, or all. NotFound when a named one is none. How many.
  Result<std::int64_t> retry_dead_letters(const TenantScope& scope, const DestinationId& id,
                                          const std::vector<EventId>& events);
  /// Whether the tenant has an enabled one, at most 5 s old: what EventStoreOptions::keeps_outbox asks.
  bool has_any(const TenantScope& scope);

  /// For the forwarder: of all managers one serves a destination at a time. False: another one does. Holds for
  /// `kHold` and is renewed by calling again.
  static constexpr std::chrono::seconds kHold{30};
  Result<bool> hold(const TenantScope& scope, const DestinationId& id, std::string_view holder);
  Result<void> let_go(const TenantScope& scope, const DestinationId& id, std::string_view holder);
  Result<OutboxPlace> place(const TenantScope& scope, const DestinationId& id);
  /// Conflict when another one holds it by now. Clears the error.
  Result<void> advance(const TenantScope& scope, const DestinationId& id, std::string_view holder,
                       const Progress& progress);
  Result<void> note_error(const TenantScope& scope, const DestinationId& id, std::string_view error);
  /// Dead letters that are to be sent again, the oldest events first.
  Result<std::vector<DeadLetter>> letters_to_send(const TenantScope& scope, const DestinationId& id, std::size_t limit);
  Result<std::string> secret(const TenantScope& scope, const DestinationId& id);
  /// What all destinations have been served with, so that the outbox may forget it; nothing without any.
  Result<std::optional<OutboxPlace>> served_by_all(const TenantScope& scope);

 private:
  struct Remembered {
    bool has_any = false;
    std::chrono::steady_clock::time_point read;
  };
  Result<void> put_secret(Db& db, const TenantScope& scope, const DestinationId& id, std::string_view secret) const;
  Result<void> record(Db& db, const TenantScope& scope, std::string_view action, const Destination& destination);
  void forget(const TenantScope& scope);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards remembered_
  std::map<TenantId, Remembered> remembered_;
};

/// The tables of config.db.
FeatureSchema destinations_schema();

}  // namespace warder::manager
