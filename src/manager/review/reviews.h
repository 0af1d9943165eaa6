// The daily review: for each calendar day of the tenant, what stands out in every system, and who looked at it.
//
// A day begins where the one before ended, so that a change of the tenant's zone leaves nothing out. Its systems are
// the agents that were enrolled at some moment of it and the manager itself. Records are only ever added: a missed day
// stays one, and a late sign-off is late for ever.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/events/event_store.h"
#include "manager/policies/page.h"
#include "manager/review/review_state.h"
#include "manager/review/triage.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenant_zone.h"

namespace warder::manager {

inline constexpr std::string_view kManagerSystem = "manager";  // agents are known by their ids

struct RosterEntry {
  AgentId id;
  std::string name;
  Timestamp enrolled;
};
/// The agents of the whole tenant, as they are now.
using Roster = std::function<Result<std::vector<RosterEntry>>(const TenantScope&)>;

struct ReviewSettings {
  std::string time_zone = "UTC";
  std::int64_t deadline_hours = 24;  // after the day's end
};
inline constexpr std::int64_t kMaxDeadlineHours = 168;

struct ReviewDay {
  Day day;
  std::string zone;
  Timestamp from;
  Timestamp to;
  Timestamp deadline;
  std::optional<Timestamp> triaged;  // the last time
  std::map<TriageResult, std::int64_t> results;
  std::int64_t systems = 0;
  std::int64_t events = 0;
  DayStanding standing;
};

struct SystemReview {
  std::string system;
  std::string name;
  std::optional<TriageResult> result;  // absent while the day runs
  DaySummary summary;
  boost::json::array findings;
  std::optional<std::int64_t> covered_events;  // what the last who looked at it saw; absent: nobody did
  std::string judgement;
};

struct SystemJudgement {
  std::string system;
  Judgement judgement = Judgement::Expected;
  std::string note;
};

struct SignOffDraft {
  bool is_whole_day = false;  // and with it every quiet system
  std::string note;
  std::vector<SystemJudgement> systems;
};

struct SignOff {
  std::string id;
  std::string by;  // "user:<id>"
  Timestamp at;
  std::string note;
  bool is_whole_day = false;
  bool is_late = false;
  std::int64_t systems = 0;  // that it covers
};

inline constexpr std::size_t kMaxNoteBytes = 4000;

/// Thread-safe.
class Reviews {
 public:
  Reviews(Tenants& tenants, AuditLog& audit, EventStore& events, const host::Clock& clock, Roster roster)
      : tenants_(tenants), audit_(audit), events_(events), clock_(clock), roster_(std::move(roster)) {}

  Result<ReviewSettings> settings(const TenantScope& scope);
  /// From the day that runs on. Invalid for a zone that the host does not know.
  Result<ReviewSettings> change_settings(const TenantScope& scope, const ReviewSettings& settings);

  /// The newest first.
  Result<Page<ReviewDay>> list(const TenantScope& scope, const PageRequest& page);
  /// NotFound for a day from before the reviews began, or to come.
  Result<ReviewDay> find(const TenantScope& scope, Day day);
  /// Those with gaps first, then what to look at. `result`: only those.
  Result<Page<SystemReview>> systems(const TenantScope& scope, Day day, std::optional<TriageResult> result,
                                     const PageRequest& page);
  /// The oldest first; at most kMaxSignOffs.
  Result<std::vector<SignOff>> sign_offs(const TenantScope& scope, Day day);
  /// An audit entry in the same transaction. Conflict for a day that is not over or not triaged, and for a whole day of
  /// which a system that stands out has no judgement; Invalid, with a pointer, for a system that the day has not.
  Result<ReviewDay> sign(const TenantScope& scope, Day day, const SignOffDraft& draft);

  /// Does what is due: begins days, triages those that are over, counts the last kRecountedDays again, and tells once
  /// of each that was missed (event review.missed). Any number of managers may call it.
  Result<void> keep_up(const TenantScope& scope);

 private:
  struct DayRow;
  Result<void> begin_days(const TenantScope& scope, Timestamp now);
  Result<void> note_roster(const TenantScope& scope, const DayRow& day, const std::vector<RosterEntry>& roster);
  Result<void> triage_day(const TenantScope& scope, const DayRow& day);
  Result<void> tell_missed(const TenantScope& scope, Timestamp now);
  Result<std::vector<DayRow>> rows(const TenantScope& scope, std::string_view condition,
                                   std::initializer_list<DbValue> values);
  static Result<DayRecords> records_of(Db& db, const DayRow& row);
  Result<ReviewDay> day_of(Db& db, const DayRow& row) const;

  Tenants& tenants_;
  AuditLog& audit_;
  EventStore& events_;
  const host::Clock& clock_;
  const Roster roster_;
};

/// Days whose late events are still counted.
inline constexpr std::chrono::days kRecountedDays{14};
inline constexpr std::int64_t kMaxSignOffs = 1000;  // of a day

/// The tables of config.db.
FeatureSchema review_schema();

}  // namespace warder::manager
