// What customers and administrators can do, tried in the canary tenant (probes.h); requests of people, which there are.
#include <algorithm>

#include "manager/events/filter.h"
#include "manager/trust/checks.h"
#include "manager/trust/probes.h"

namespace warder::manager {
namespace {

constexpr std::chrono::days kLookBack{90};

Result<TenantScope> canary_scope(const CheckParts& parts) {
  const auto canary = parts.tenants.find_by_name(kCanary);
  if (!canary) return fail(ErrorCode::Unavailable, "the canary tenant is not there yet");
  return parts.scopes.make(canary->id, "job:trust");
}

/// The job has its turn every hour, and removes whole hours.
constexpr std::chrono::hours kRetentionSlack{3};

/// Whether the job has had its turns since the tenant last changed how long events are kept.
Result<bool> had_its_turns(const CheckParts& parts, const TenantScope& scope) {
  AuditQuery last;
  last.limit = 1;
  last.action = "events.retention";
  const auto page = WD_TRY(parts.audit.list(scope, last));
  return page.items.empty() || page.items.front().time + kRetentionSlack < parts.clock.now();
}

/// Of modules whose time the tenant has shortened: what should be gone long since; empty: nothing is there.
Result<std::string> leftovers(const CheckParts& parts, const TenantScope& scope, const EventRetention& retention) {
  for (const auto& [module, kept] : retention.modules) {
    EventSelection selection;
    selection.filter = WD_TRY(parse_filter("module = \"" + std::string(name(module)) + "\""));
    selection.to = parts.clock.now() - kept - kRetentionSlack;
    if (!WD_TRY(parts.events.list(scope, selection, 1, {})).items.empty())
      return "tenant " + scope.tenant().text() + ": events of " + std::string(name(module)) + " are kept for " +
             std::to_string(kept.count()) + " days, and older ones are there";
  }
  return std::string();
}

CheckOutcome outcome_of(const std::string& seen, std::string_view good) {
  return seen.empty() ? passed(std::string(good)) : failed(seen);
}

}  // namespace

Result<CheckOutcome> check_collection(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope canary = WD_TRY(canary_scope(parts));
  return outcome_of(WD_TRY(probe_collection(parts.collection, parts.events, canary, parts.clock.now())),
                    "what is switched off is not stored, and pseudonyms are used");
}

Result<CheckOutcome> check_retention(const CheckParts& parts, const std::stop_token& stop) {
  const TenantScope canary = WD_TRY(canary_scope(parts));
  const std::string seen = WD_TRY(probe_retention(parts.retentions, parts.events, canary, parts.clock.now()));
  if (!seen.empty()) return failed(seen);
  std::int64_t shortened = 0;
  for (const TenantScope& scope : every_tenant(parts)) {
    if (stop.stop_requested()) return fail(ErrorCode::Unavailable, "was not finished");
    const EventRetention retention = WD_TRY(parts.retentions.find(scope));
    if (retention.modules.empty() || !WD_TRY(had_its_turns(parts, scope))) continue;
    const std::string left = WD_TRY(leftovers(parts, scope, retention));
    if (!left.empty()) return failed(left);
    ++shortened;
  }
  return passed("what is past a shortened retention is gone, in the canary and in " + std::to_string(shortened) +
                " tenants that have shortened it");
}

Result<CheckOutcome> check_erasure(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope canary = WD_TRY(canary_scope(parts));
  return outcome_of(WD_TRY(probe_erasure(parts.people, parts.events, canary, parts.clock.now())),
                    "what is stored of somebody is exported, and gone once it was erased");
}

Result<CheckOutcome> check_taking_back(const CheckParts& parts, const std::stop_token& /*stop*/) {
  return outcome_of(WD_TRY(probe_taking_back(parts.policies, WD_TRY(canary_scope(parts)))),
                    "what was taken back is as it was before");
}

Result<CheckOutcome> check_two_people(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantId canary = WD_TRY(canary_scope(parts)).tenant();
  return outcome_of(WD_TRY(probe_two_people(parts.identity.approvals(), parts.scopes, canary, parts.clock.now())),
                    "nothing goes ahead without another's approval, and each is good once");
}

Result<CheckOutcome> check_subjects(const CheckParts& parts, const std::stop_token& /*stop*/) {
  return subjects_outcome(WD_TRY(parts.subjects.list(WD_TRY(parts.center.scope()))), parts.clock.now());
}

Result<CheckOutcome> subjects_outcome(std::span<const SubjectRequest> requests, Timestamp now) {
  std::size_t answered = 0;
  for (const SubjectRequest& each : requests) {
    const SubjectState state = state_of(each.times, now);
    if (state == SubjectState::Overdue) return failed("request " + each.id.text() + " is overdue");
    if (state == SubjectState::Late && *each.times.closed + kLookBack >= now)
      return failed("request " + each.id.text() + " was answered too late");
    if (state == SubjectState::Done || state == SubjectState::Refused) ++answered;
  }
  if (answered == 0) return fail(ErrorCode::Unavailable, "no request was answered yet");
  return passed(std::to_string(answered) + " requests were answered in time, none is overdue");
}

}  // namespace warder::manager
