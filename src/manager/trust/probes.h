// What is tried in the canary tenant, where nobody is disturbed by it: the acts of a customer or an administrator, one
// after the other, and whether each had the effect that it must have. What is tried is gone afterwards, but for entries
// of the canary's audit log, events and used approvals.
#pragma once

#include <string>

#include "manager/events/event_store.h"
#include "manager/events/retention.h"
#include "manager/identity/approvals.h"
#include "manager/policies/policies.h"
#include "manager/privacy/collection_settings.h"
#include "manager/privacy/person_data.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {

/// What was seen that must not be; empty: all was as it must. An error: it could not be tried.
using ProbeResult = Result<std::string>;

/// A user's name is collected, then not, then under a pseudonym: what is stored follows.
ProbeResult probe_collection(CollectionSettings& collection, EventStore& events, const TenantScope& canary,
                             Timestamp now);

/// What is kept of somebody is exported, and gone once it was erased.
ProbeResult probe_erasure(PersonData& people, EventStore& events, const TenantScope& canary, Timestamp now);

/// How long events are kept is shortened: what is older is gone after the job's turn, and what is younger is not.
/// Unavailable where the installation keeps nothing for so long that it could be shortened.
ProbeResult probe_retention(EventRetentions& retentions, EventStore& events, const TenantScope& canary, Timestamp now);

/// A policy is made, changed and taken back: what hosts get is, to the byte, what they got before.
ProbeResult probe_taking_back(Policies& policies, const TenantScope& canary);

/// An approval is used before anybody decided, decided by who asked, decided by another, used, and used again.
ProbeResult probe_two_people(Approvals& approvals, const ScopeMaker& scopes, const TenantId& canary, Timestamp now);

}  // namespace warder::manager
