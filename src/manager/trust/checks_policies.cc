// What the operator's people have acknowledged.
#include <set>

#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

/// Of all policies of one subject that are in force.
struct Reached {
  Headcount count;
  std::set<std::string> people;
  std::string overdue;  // a policy that somebody should have acknowledged
  std::size_t policies = 0;
};

Result<Reached> reached(const CheckParts& parts, std::string_view subject) {
  const TenantScope first = WD_TRY(parts.center.scope());
  WrittenPolicies& policies = parts.center.policies();
  Reached all;
  for (const WrittenPolicy& policy : WD_TRY(policies.list(first))) {
    if (policy.subject != subject || !policy.held) continue;
    if (*policy.held->reviewed > parts.clock.now() + kClockTolerance)
      return fail(ErrorCode::Unavailable, "policy " + policy.id + " is in force from the future on");
    ++all.policies;
    for (const PolicyReader& reader : WD_TRY(policies.readers(first, policy))) {
      all.count.add(reader.standing.state);
      all.people.insert(reader.person.id);
      if (reader.standing.state == AcknowledgementState::Overdue) all.overdue = policy.id;
    }
  }
  if (all.policies == 0)
    return fail(ErrorCode::Unavailable, "no policy about '" + std::string(subject) + "' is in force");
  return all;
}

Result<CheckOutcome> judge(const Reached& all) {
  if (all.people.empty()) return fail(ErrorCode::Unavailable, "nobody is of its audience");
  const Ratio ratio{all.count.complete, all.count.people};
  if (all.count.overdue > 0)
    return failed(std::to_string(all.count.overdue) + " acknowledgements are overdue, of policy " + all.overdue, ratio);
  return passed(std::to_string(all.count.complete) + " of " + std::to_string(all.count.people) +
                    " acknowledgements are there, the others are in time",
                ratio);
}

}  // namespace

Result<CheckOutcome> check_acceptable_use(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const Reached all = WD_TRY(reached(parts, "acceptable-use"));
  for (const PolicyPerson& person : WD_TRY(parts.center.policies().people(WD_TRY(parts.center.scope()))))
    if (!all.people.contains(person.id)) return failed("user " + person.id + " is asked to accept no rules of use");
  return judge(all);
}

Result<CheckOutcome> check_consequences(const CheckParts& parts, const std::stop_token& /*stop*/) {
  return judge(WD_TRY(reached(parts, "consequences")));
}

}  // namespace warder::manager
