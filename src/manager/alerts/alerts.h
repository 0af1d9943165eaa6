// The alerts of a tenant, as they are kept, and what people do with them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/alerts/alert.h"
#include "manager/alerts/hysteresis.h"
#include "manager/alerts/window.h"
#include "manager/audit/audit_log.h"
#include "manager/events/outbox.h"
#include "manager/notify/notice_outbox.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// What is kept of a rule and a group between two looks.
struct AlertMemory {
  std::string rule;
  AlertGroup group;
  Condition condition;
  EventWindow window{std::chrono::seconds(0)};
  std::int64_t count = 0;
  std::vector<std::string> events;  // the newest last
  std::set<std::string> members{};  // of a rule that lists some
  std::optional<AlertId> alert;     // while it is active
};

struct AlertQuery {
  std::optional<AlertState> state;
  bool is_active_only = false;
  std::string rule;  // empty: any
  std::optional<Severity> least;
  std::size_t limit = 100;
  std::string cursor;
};

struct AlertPage {
  std::vector<Alert> items;  // the newest first
  std::optional<std::string> next_cursor;
};

/// An event about an alert that is still to be recorded.
struct DueAlertEvent {
  EventId id;
  Timestamp time{};
  std::string type;  // "alert.opened" …
  AlertId alert;
};

/// Where the one who evaluates stands.
struct AlertPlace {
  OutboxPlace place;
  std::int64_t generation = 0;  // changes whenever somebody else has changed something
};

/// Thread-safe. What people do is an audit entry of the same transaction.
class Alerts {
 public:
  Alerts(Tenants& tenants, AuditLog& audit, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  Result<AlertPage> list(const TenantScope& scope, const AlertQuery& query);
  Result<Alert> find(const TenantScope& scope, const AlertId& id);
  Result<std::vector<AlertComment>> comments(const TenantScope& scope, const AlertId& id);
  Result<AlertComment> comment(const TenantScope& scope, const AlertId& id, std::string_view text);
  /// Nobody else is told any more. Conflict when it is resolved; no change when somebody has already.
  Result<Alert> acknowledge(const TenantScope& scope, const AlertId& id);
  /// If it still holds, or holds again, it is another alert. Conflict when it is resolved.
  Result<Alert> resolve(const TenantScope& scope, const AlertId& id);

  /// For the one who evaluates. Of all managers one does so at a time, for kHold, renewed by calling again. Without a
  /// place yet: at `begin`.
  static constexpr std::chrono::seconds kHold{30};
  Result<std::optional<AlertPlace>> hold(const TenantScope& scope, std::string_view holder, const OutboxPlace& begin);
  Result<void> let_go(const TenantScope& scope, std::string_view holder);
  Result<std::optional<OutboxPlace>> place(const TenantScope& scope);
  Result<std::int64_t> generation(const TenantScope& scope);
  /// Rules, routes, silences have changed: whoever evaluates reads all anew.
  Result<void> note_change(const TenantScope& scope);

  /// In the caller's transaction: Conflict unless `holder` still has it and nobody has changed anything since.
  Result<void> advance(Db& db, std::string_view holder, const AlertPlace& place) const;
  Result<std::vector<AlertMemory>> memories(const TenantScope& scope);
  static Result<void> write(Db& db, const AlertMemory& memory);
  static Result<void> forget(Db& db, const AlertMemory& memory);
  Result<std::vector<Alert>> active(const TenantScope& scope);
  static Result<void> write(Db& db, const Alert& alert);
  /// An event of this type about the alert is to be recorded; said of the same alert again, it is another one.
  Result<void> put_event(Db& db, std::string_view type, const AlertId& alert) const;
  Result<std::vector<DueAlertEvent>> due_events(const TenantScope& scope);
  Result<void> forget_event(const TenantScope& scope, const EventId& id);
  /// Forgets resolved ones that are older.
  Result<void> prune(const TenantScope& scope, std::chrono::hours kept);

  [[nodiscard]] Tenants& tenants() const noexcept { return tenants_; }

 private:
  Result<Alert> find_in(Db& db, const AlertId& id) const;
  Result<void> record(Db& db, const TenantScope& scope, std::string_view action, const Alert& alert);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
};

/// The tables of config.db.
FeatureSchema alerts_schema();

}  // namespace warder::manager
