// Incidents: what is measured is those that there were, and a drill a day in the canary tenant, where nobody is
// disturbed by it.
#include <algorithm>

#include "base/json.h"
#include "manager/incidents/evidence_store.h"
#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kAtOnce{60};
constexpr minutes kUnassigned{15};
constexpr days kLookBack{90};
constexpr hours kDrillEvery{24};
constexpr std::size_t kMostIncidents = 5000;

Result<std::vector<Incident>> all_incidents(const CheckParts& parts, const TenantScope& scope) {
  std::vector<Incident> all;
  PageRequest page{500, {}};
  do {
    auto some = WD_TRY(parts.incidents.list(scope, page));
    std::ranges::move(some.items, std::back_inserter(all));
    page.cursor = some.next_cursor.value_or("");
  } while (!page.cursor.empty() && all.size() < kMostIncidents);
  return all;
}

std::string text_of(const Incident& incident) {
  return "incident " + std::to_string(incident.number);
}

/// Of the last day, in the canary tenant; declared now when there was none.
Result<std::vector<Incident>> drills(const CheckParts& parts) {
  const Timestamp now = parts.clock.now();
  const auto canary = parts.tenants.find_by_name(kCanary);
  if (!canary) return fail(ErrorCode::Unavailable, "the canary tenant is not there yet");
  const TenantScope scope = WD_TRY(parts.scopes.make(canary->id, "job:trust"));
  auto all = WD_TRY(all_incidents(parts, scope));
  std::erase_if(all, [&](const Incident& each) { return each.declared + kDrillEvery < now; });
  if (!all.empty()) return all;
  IncidentDraft draft;
  draft.title = "Drill of the Trust Center";
  all.push_back(WD_TRY(parts.incidents.declare(scope, draft)));
  return all;
}

bool is_breach_met(const Breach& breach, Timestamp now) {
  switch (breach_clock(breach.aware, breach.notified, now)) {
    case BreachClock::Running:
    case BreachClock::DueSoon:
    case BreachClock::Notified:
      return true;
    case BreachClock::NotifiedLate:
      return !breach.delay_reason.empty();
    case BreachClock::Late:
      return false;
  }
  return false;
}

/// More impact or more urgency never makes less of it.
bool is_ordered(const SeverityMatrix& matrix) {
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    for (std::size_t j = 0; j < matrix.size(); ++j) {
      if (i > 0 && matrix.at(i).at(j) < matrix.at(i - 1).at(j)) return false;
      if (j > 0 && matrix.at(i).at(j) < matrix.at(i).at(j - 1)) return false;
    }
  }
  return matrix.back().back() > matrix.front().front();
}

}  // namespace

Result<CheckOutcome> check_incidents_told(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const Timestamp now = parts.clock.now();
  auto all = WD_TRY(drills(parts));
  std::ranges::move(WD_TRY(all_incidents(parts, WD_TRY(parts.center.scope()))), std::back_inserter(all));
  std::int64_t count = 0;
  for (const Incident& each : all) {
    if (each.declared + kLookBack < now) continue;
    if (each.told.value_or(now) - each.declared > kAtOnce)
      return failed(text_of(each) + (each.told ? " was told late" : " is not told yet"));
    if (each.told) ++count;
  }
  if (count == 0) return fail(ErrorCode::Unavailable, "no incident was told yet");
  return passed(std::to_string(count) + " incidents, drills among them, were told within a minute");
}

Result<CheckOutcome> check_incidents_assigned(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const Timestamp latest = parts.clock.now() - kUnassigned;
  for (const Incident& each : WD_TRY(all_incidents(parts, WD_TRY(parts.center.scope())))) {
    if (each.state == IncidentState::Closed || each.severity < Severity::High || each.declared > latest) continue;
    if (each.assignee.empty()) return failed(text_of(each) + " is nobody's");
  }
  return passed("no incident of high severity is without somebody");
}

Result<CheckOutcome> check_incidents_ordered(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope first = WD_TRY(parts.center.scope());
  if (!is_ordered(WD_TRY(parts.incidents.settings(first)).matrix))
    return failed("by the matrix, more impact or urgency can make less of an incident");
  const auto all = WD_TRY(all_incidents(parts, first));
  const auto open_end = std::ranges::find(all, IncidentState::Closed, &Incident::state);
  const bool is_sorted = std::ranges::is_sorted(all.begin(), open_end, std::greater{}, &Incident::severity);
  return is_sorted ? passed("the queue is in the order of severity")
                   : failed("the queue is not in the order of severity");
}

Result<CheckOutcome> check_incidents_closed(const CheckParts& parts, const std::stop_token& /*stop*/) {
  std::int64_t count = 0;
  for (const Incident& each : WD_TRY(all_incidents(parts, WD_TRY(parts.center.scope())))) {
    if (each.state != IncidentState::Closed) continue;
    const auto words = check_closing(each.closing);
    if (!words) return failed(text_of(each) + ": " + words.error().message);
    ++count;
  }
  if (count == 0) return fail(ErrorCode::Unavailable, "no incident was closed yet, nor a drill");
  return passed(std::to_string(count) + " incidents have cause, correction and a review of the plan");
}

Result<CheckOutcome> check_breaches(const CheckParts& parts, const std::stop_token& /*stop*/) {
  std::int64_t count = 0;
  for (const Incident& each : WD_TRY(all_incidents(parts, WD_TRY(parts.center.scope())))) {
    if (!each.breach) continue;
    if (!is_breach_met(*each.breach, parts.clock.now()))
      return failed(text_of(each) + ": the authority was not notified in time, and no reason is given");
    ++count;
  }
  if (count == 0) return fail(ErrorCode::Unavailable, "there was no breach of personal data, nor a drill");
  return passed(std::to_string(count) + " breaches are within the legal time");
}

Result<CheckOutcome> check_incident_evidence(const CheckParts& parts, const std::stop_token& stop) {
  const TenantScope first = WD_TRY(parts.center.scope());
  std::int64_t count = 0;
  for (const Incident& each : WD_TRY(all_incidents(parts, first))) {
    if (stop.stop_requested()) return fail(ErrorCode::Unavailable, "was not finished");
    const auto intact = parts.incident_evidence.verify(first, each.id);
    if (!intact && intact.error().code == ErrorCode::Corrupt)
      return failed(text_of(each) + ": " + intact.error().message);
    count += WD_TRY(intact);
  }
  if (count == 0) return fail(ErrorCode::Unavailable, "there is no evidence of an incident, nor of a drill");
  return passed(std::to_string(count) + " pieces of evidence are as they were taken");
}

}  // namespace warder::manager
