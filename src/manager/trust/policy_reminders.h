// Who is to be reminded of a written policy, and when it goes to others: each stage of each person is told once.
#pragma once

#include <string>
#include <vector>

#include "manager/trust/written_policies.h"

namespace warder::manager {

/// What is to be told of one policy.
struct PolicyReminder {
  std::string policy;
  std::string title;
  std::string owner;
  std::string deputy;
  int stage = 0;  // the highest that somebody has come to: reminder_stage(); 0: nobody is overdue any more
  Headcount count;
};

/// "Acceptable use (olga): 2 of 5 have yet to acknowledge it, 1 of them overdue"; the deputy is named once somebody is.
std::string describe(const PolicyReminder& reminder);

/// Notes what has been told, in trust_policy_reminders. One caller at a time: who carries out the checks.
class PolicyReminders {
 public:
  PolicyReminders(Tenants& tenants, WrittenPolicies& policies, const host::Clock& clock)
      : tenants_(tenants), policies_(policies), clock_(clock) {}

  /// Those whose time has come; each once.
  Result<std::vector<PolicyReminder>> take_due(const TenantScope& scope);

 private:
  Tenants& tenants_;
  WrittenPolicies& policies_;
  const host::Clock& clock_;
};

}  // namespace warder::manager
