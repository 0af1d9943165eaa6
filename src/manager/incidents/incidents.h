// Incidents: declared by anyone, told at once, worked off by severity, closed with root cause, corrective action and a
// review of the response plan. docs/incidents.md is the manual.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/events/event_store.h"
#include "manager/incidents/incident_state.h"
#include "manager/notify/notice_outbox.h"
#include "manager/notify/rotas.h"
#include "manager/policies/page.h"
#include "manager/store/migrations.h"

namespace warder::manager {

using IncidentId = Id<struct IncidentTag>;

/// A breach of personal data.
struct Breach {
  Timestamp aware{};
  std::optional<Timestamp> notified{};  // of the authority
  std::string delay_reason;             // Art. 33(1): where that was late
};

struct Incident {
  IncidentId id;
  std::int64_t number = 0;  // from 1
  std::string title;
  std::string description;
  Grade impact = Grade::Medium;
  Grade urgency = Grade::Medium;
  Severity severity = Severity::Medium;  // of the matrix, when it was graded
  IncidentState state = IncidentState::Declared;
  std::string declared_by;                   // "user:<id>"
  std::string assignee;                      // user id; empty: nobody
  std::string skill;                         // that whoever works on it must have; empty: any
  std::map<std::string, std::string> roles;  // "forensics" → user id
  Timestamp occurred{};                      // of the earliest event it was opened from; else when it was declared
  Timestamp declared{};
  std::optional<Timestamp> told{};          // the event incident.declared is stored and the notices are on their way
  std::optional<Timestamp> acknowledged{};  // somebody took it, or it left Declared
  std::optional<Timestamp> contained{};     // the first time
  std::optional<Timestamp> closed{};        // the last time, while it is closed
  ClosingWords closing;
  std::optional<Breach> breach;
  std::int64_t level = 0;  // of the rota: the highest that was told
  std::int64_t version = 1;
};

struct IncidentDraft {
  std::string title;
  std::string description;
  Grade impact = Grade::Medium;
  Grade urgency = Grade::Medium;
  std::string skill;
  std::vector<EventId> events;      // it is opened from
  std::vector<std::string> alerts;  // ids of alerts, with nothing more known of them here
};

/// What is absent stays.
struct IncidentChange {
  std::optional<std::string> title{};
  std::optional<std::string> description{};
  std::optional<Grade> impact{};
  std::optional<Grade> urgency{};
  std::optional<std::string> assignee{};
  std::optional<std::map<std::string, std::string>> roles{};
  std::optional<std::string> root_cause{};
  std::optional<std::string> corrective_action{};
  std::optional<std::string> plan_review{};  // with it: who reviewed and when are noted
};

/// A line of what happened; never changed.
struct TimelineEntry {
  std::int64_t number = 0;
  Timestamp time{};
  std::string actor;
  std::string kind;  // "declared", "assigned", "escalated", "state", "changed", "note", "task", "isolation", …
  std::string text;
  boost::json::object detail;
};

struct IncidentTask {
  std::string id;
  std::string title;
  std::string assignee;
  Timestamp created{};
  std::optional<Timestamp> done{};
};

/// What it was opened from, as it was then.
struct IncidentLink {
  std::string kind;  // "event", "alert"
  std::string id;
  boost::json::object snapshot;
};

struct IncidentIsolation {
  AgentId agent;
  std::string action;  // "isolate", "release"
  std::string command;
  Timestamp time{};
};

struct IncidentSettings {
  SeverityMatrix matrix = default_matrix();
  std::vector<std::string> channels;  // of notices, that InfoSec is told through
  std::string rota;                   // whose people on call are told and get the incident; empty: nobody's
};
/// {"matrix": [[…]], "channels": […], "rota": …}: as it is stored, audited and answered.
boost::json::object settings_json(const IncidentSettings& settings);

/// Seconds, of one severity; nothing without any.
struct IncidentTimes {
  std::int64_t incidents = 0;
  std::int64_t open = 0;
  std::map<std::string, std::vector<std::int64_t>> seconds;  // "notify", "acknowledge", "contain", "close", ascending
};

inline constexpr std::size_t kMaxLinks = 100;
inline constexpr std::size_t kMaxTimeline = 10'000;
inline constexpr std::size_t kMaxTasks = 500;
inline constexpr std::size_t kMaxSkill = 64;
inline constexpr std::size_t kMaxIncidentText = 20'000;

/// Which incidents of the queue; without anything all.
struct IncidentSelection {
  std::optional<IncidentState> state{};
  bool is_active_only = false;  // all but the closed
  std::optional<Severity> least{};
};

/// The roles that people take in an incident.
std::span<const std::string_view> incident_roles() noexcept;

/// Thread-safe. Every step is a line of the timeline and an entry of the audit log in the same transaction.
class Incidents {
 public:
  Incidents(Tenants& tenants, AuditLog& audit, EventStore& events, NoticeOutbox& notices, Rotas& rotas,
            const host::Clock& clock)
      : tenants_(tenants), audit_(audit), events_(events), notices_(notices), rotas_(rotas), clock_(clock) {}

  /// Tells InfoSec before it returns, as far as that can be done at once, and gives it to who is on call; keep_up()
  /// does the rest. Invalid for an event that is not there.
  Result<Incident> declare(const TenantScope& scope, const IncidentDraft& draft);
  Result<Incident> find(const TenantScope& scope, const IncidentId& id);
  /// The queue: open ones by severity, the oldest first; then the closed ones, the newest first.
  Result<Page<Incident>> list(const TenantScope& scope, const PageRequest& page, const IncidentSelection& which = {});
  /// `etag` is the one read, or "*"; an old one is Stale.
  Result<Incident> change(const TenantScope& scope, const IncidentId& id, std::string_view etag,
                          const IncidentChange& change);
  /// See check_move(). Reopening takes the review of the plan away: the next closing takes a new one.
  Result<Incident> move(const TenantScope& scope, const IncidentId& id, IncidentState to, const std::string& note);
  /// Gives it to who is on call now and has the skill, else to who is on call at the first level, and tells them. Rota
  /// and skill are those of the settings and of the incident where none are given. Conflict without any rota.
  Result<Incident> assign(const TenantScope& scope, const IncidentId& id, const std::optional<std::string>& rota,
                          const std::optional<std::string>& skill);
  Result<Incident> note(const TenantScope& scope, const IncidentId& id, const std::string& text);
  Result<Page<TimelineEntry>> timeline(const TenantScope& scope, const IncidentId& id, const PageRequest& page);

  Result<IncidentTask> add_task(const TenantScope& scope, const IncidentId& id, const std::string& title,
                                const std::string& assignee);
  Result<IncidentTask> finish_task(const TenantScope& scope, const IncidentId& id, const std::string& task);
  Result<std::vector<IncidentTask>> tasks(const TenantScope& scope, const IncidentId& id);
  Result<std::vector<IncidentLink>> links(const TenantScope& scope, const IncidentId& id);

  /// That a command was given to a host; which one is known to fleet.
  Result<void> note_isolation(const TenantScope& scope, const IncidentId& id, const IncidentIsolation& isolation);
  Result<std::vector<IncidentIsolation>> isolations(const TenantScope& scope, const IncidentId& id);

  /// From now on it is a breach of personal data, known since `aware`. Conflict when it is one already.
  Result<Incident> mark_breach(const TenantScope& scope, const IncidentId& id, Timestamp aware);
  /// The authority was notified. Invalid without a reason when that is later than 72 hours.
  Result<Incident> note_notified(const TenantScope& scope, const IncidentId& id, Timestamp when,
                                 const std::string& delay_reason);

  Result<IncidentSettings> settings(const TenantScope& scope);
  Result<IncidentSettings> change_settings(const TenantScope& scope, const IncidentSettings& settings);
  /// Of those declared since; at most 10,000.
  Result<std::map<Severity, IncidentTimes>> times(const TenantScope& scope, Timestamp since);

  /// Tells of those that nobody was told of, and the next level of the rota of those that nobody has acknowledged. Any
  /// number of managers may call it.
  Result<void> keep_up(const TenantScope& scope);

 private:
  struct Step {
    std::string kind;
    std::string text;
    boost::json::object detail;
  };
  /// Reads, changes, writes, with the step in timeline and audit log, in one transaction.
  Result<Incident> edit(const TenantScope& scope, const IncidentId& id, std::string_view etag,
                        const std::function<Result<Step>(Db&, Incident&)>& apply);
  Result<void> append(Db& db, const TenantScope& scope, const Incident& incident, Step step);
  Result<std::vector<IncidentLink>> snapshots(const TenantScope& scope, const IncidentDraft& draft,
                                              Timestamp& occurred);
  Result<void> put_notices(Db& db, const Incident& incident, const IncidentSettings& settings);
  Result<Incident> tell(const TenantScope& scope, const Incident& incident);
  /// Nobody without a rota, or when it is gone.
  Result<std::optional<OnCall>> on_call(const TenantScope& scope, const std::string& rota, const std::string& skill);
  /// The notice to them, and the line.
  Result<void> give(Db& db, const TenantScope& scope, Incident& incident, const OnCall& person, std::string_view step);
  Result<void> escalate(const TenantScope& scope, const Incident& incident, const Rota& rota);

  Tenants& tenants_;
  AuditLog& audit_;
  EventStore& events_;
  NoticeOutbox& notices_;
  Rotas& rotas_;
  const host::Clock& clock_;
};

/// The tables of config.db.
FeatureSchema incidents_schema();

}  // namespace warder::manager
