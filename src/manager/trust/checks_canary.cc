// What customers and administrators can do, tried in the canary tenant (probes.h); requests of people, which there are.
#include <algorithm>

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

CheckOutcome outcome_of(const std::string& seen, std::string_view good) {
  return seen.empty() ? passed(std::string(good)) : failed(seen);
}

}  // namespace

Result<CheckOutcome> check_collection(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope canary = WD_TRY(canary_scope(parts));
  return outcome_of(WD_TRY(probe_collection(parts.collection, parts.events, canary, parts.clock.now())),
                    "what is switched off is not stored, and pseudonyms are used");
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
