// The duties behind organisational promises: whose each is, how often evidence must come, and who is reminded of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/trust/duty.h"
#include "manager/trust/evidence.h"

namespace warder::manager {

/// What somebody decides about a duty.
struct DutyDraft {
  std::string owner;
  std::string deputy;
  std::string reviewer;
  std::chrono::days cadence{};  // 0: as long as the promise lets evidence hold
};

struct Duty {
  const Commitment* commitment = nullptr;
  DutyTerms terms;  // of one that nobody was given: owner and deputy as its newest evidence names them
  DutyStanding standing;
  std::string newest;        // id of the newest evidence; empty: there is none
  std::int64_t version = 0;  // 0: nobody was given it yet
};

/// One that has come a stage further.
struct DutyReminder {
  Duty duty;
  int stage = 0;  // reminder_stage(); 0: evidence holds again, for longer than that anybody is to be reminded
};

/// Thread-safe; of the first tenant. Every change is an audit entry of the same transaction.
class Duties {
 public:
  Duties(Tenants& tenants, AuditLog& audit, const host::Clock& clock, const std::vector<Commitment>& commitments,
         EvidenceRegister& evidence)
      : tenants_(tenants), audit_(audit), clock_(clock), commitments_(commitments), evidence_(evidence) {}

  /// Those of all promises that need evidence, in their order.
  Result<std::vector<Duty>> list(const TenantScope& scope);
  /// NotFound for a promise that needs none.
  Result<Duty> find(const TenantScope& scope, std::string_view commitment);
  /// Gives it to somebody; given to another it is due when it was. Invalid, with a pointer: no owner; no reviewer, or
  /// one who is owner or deputy; a deputy who is the owner; a cadence that is longer than evidence holds.
  Result<Duty> assign(const TenantScope& scope, std::string_view commitment, const DutyDraft& draft,
                      std::string_view etag);

  /// Those that have come a stage further, each stage once: notes it. One caller at a time.
  Result<std::vector<DutyReminder>> take_due(const TenantScope& scope);

 private:
  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  const std::vector<Commitment>& commitments_;
  EvidenceRegister& evidence_;
};

}  // namespace warder::manager
