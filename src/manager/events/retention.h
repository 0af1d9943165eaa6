// How long events are kept: each module's for its own time, none longer than the installation's settings say.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "manager/audit/audit_log.h"
#include "manager/store/db.h"
#include "manager/tenancy/tenants.h"
#include "model/event.h"

namespace warder::manager {

struct EventRetention {
  std::chrono::days longest{365};                     // of every module that is not in the list
  std::map<ModuleKind, std::chrono::days> modules{};  // shorter than that

  [[nodiscard]] std::chrono::days of(ModuleKind module) const;
  [[nodiscard]] std::chrono::days shortest() const;
  /// Modules that are kept for the same, shorter time: what goes together.
  [[nodiscard]] std::vector<std::vector<ModuleKind>> groups() const;
  friend bool operator==(const EventRetention&, const EventRetention&) = default;
};

/// The retention at a moment: what happened before goes, by module.
class EventLimits {
 public:
  EventLimits(const EventRetention& retention, Timestamp now) : retention_(retention), now_(now) {}
  [[nodiscard]] Timestamp of(ModuleKind module) const { return now_ - retention_.of(module); }
  /// Of the modules of these that is kept longest.
  [[nodiscard]] Timestamp earliest(std::span<const ModuleKind> modules) const;

 private:
  const EventRetention retention_;
  const Timestamp now_;
};

/// Events of one module that go one by one, for they lie among others that stay.
struct ExpiredRows {
  ModuleKind module = ModuleKind::Agent;
  Timestamp from;
  Timestamp to;
};
/// Those among events of `modules` of [from, to).
std::vector<ExpiredRows> expired_rows(std::span<const ModuleKind> modules, Timestamp from, Timestamp to,
                                      const EventLimits& limits);

/// Whole hours of the range in which there are such events, as the rollups have them.
Result<std::vector<std::int64_t>> expired_hours(Db& db, const ExpiredRows& rows);
/// Deletes a module's events of an hour and what was counted of them, in a transaction of its own.
Result<void> delete_hour(Db& db, ModuleKind module, std::int64_t hour);

/// What the tenant has set, in its config.db; `longest` cuts it.
Result<EventRetention> read_retention(Db& config, std::chrono::days longest);

/// Thread-safe. Changes are audit entries of the same transaction.
class EventRetentions {
 public:
  EventRetentions(Tenants& tenants, AuditLog& audit, std::chrono::days longest) noexcept
      : tenants_(tenants), audit_(audit), longest_(longest) {}

  Result<EventRetention> find(const TenantScope& scope);
  /// Replaces the list; Invalid for a time that is not within 1 day and the longest.
  Result<EventRetention> replace(const TenantScope& scope, const std::map<ModuleKind, std::chrono::days>& modules);

 private:
  Tenants& tenants_;
  AuditLog& audit_;
  const std::chrono::days longest_;
};

}  // namespace warder::manager
