#include "manager/trust/probes.h"

#include <algorithm>

#include "base/json.h"
#include "manager/events/own_event.h"
#include "manager/identity/rows.h"
#include "manager/privacy/pseudonym.h"

namespace warder::manager {
namespace {

constexpr std::string_view kField = "user.name";
constexpr std::string_view kPolicy = "trust-probe";

/// As a module of an agent would tell of `user`.
Event event_about(std::string_view user, Timestamp now) {
  Event event = make_own_event(now, "trust.canary", Severity::Info);
  event.module = ModuleKind::Integrity;
  event.set(std::string(kField), std::string(user));
  return event;
}

/// Somebody whom there is nowhere else.
std::string nobody(Timestamp now) {
  return "probe-" + make_id<EventId>(now).text();
}

/// What is stored of the user's name in a new event; empty: nothing.
Result<std::string> stored_name(EventStore& events, const TenantScope& canary, std::string_view user, Timestamp now) {
  const Event event = event_about(user, now);
  WD_TRY(events.record(canary, event));
  const StoredEvent stored = WD_TRY(events.find(canary, event.id));
  const EventValue* const value = stored.event.find(kField);
  const auto* const text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

ProbeResult try_treatments(CollectionSettings& collection, EventStore& events, const TenantScope& canary,
                           Timestamp now) {
  const std::string user = nobody(now);
  WD_TRY(collection.replace(canary, {}));
  if (WD_TRY(stored_name(events, canary, user, now)) != user) return "what is collected is not stored";
  WD_TRY(collection.replace(canary, {{"integrity", "users", Treatment::Off}}));
  if (!WD_TRY(stored_name(events, canary, user, now)).empty()) return "what is switched off is stored";
  WD_TRY(collection.replace(canary, {{"integrity", "users", Treatment::Pseudonym}}));
  if (!is_pseudonym(WD_TRY(stored_name(events, canary, user, now)))) return "a pseudonym is not used";
  return std::string();
}

Result<void> remove_policy(Policies& policies, const TenantScope& canary) {
  PageRequest page{500, {}};
  do {
    const auto some = WD_TRY(policies.list(canary, page));
    for (const Policy& policy : some.items)
      if (policy.name == kPolicy) WD_TRY(policies.remove(canary, policy.id, policy.etag()));
    page.cursor = some.next_cursor.value_or("");
  } while (!page.cursor.empty());
  return {};
}

json::object document(int heartbeat_s) {
  return {{"agent", json::object{{"heartbeat_s", heartbeat_s}}}};
}

ProbeResult try_taking_back(Policies& policies, const TenantScope& canary) {
  const Policy made = WD_TRY(policies.create(canary, {std::string(kPolicy), {}, {}, document(20)}));
  const std::string before = WD_TRY(policies.effective(canary, made.id)).digest;
  PolicyChange change;
  change.document = document(40);
  const Policy changed = WD_TRY(policies.update(canary, made.id, made.etag(), change));
  if (WD_TRY(policies.effective(canary, made.id)).digest == before) return "a change has no effect";
  WD_TRY(policies.restore(canary, made.id, made.version, changed.etag()));
  if (WD_TRY(policies.effective(canary, made.id)).digest != before)
    return "what was taken back is not as it was before";
  return std::string();
}

bool is_gone(const Result<StoredEvent>& found) {
  return !found && found.error().code == ErrorCode::NotFound;
}

ProbeResult try_retention(EventRetentions& retentions, EventStore& events, const TenantScope& canary, Timestamp now) {
  constexpr std::chrono::days kShort{1};
  const Event old = event_about(nobody(now), now - 2 * kShort);
  const Event young = event_about(nobody(now), now);
  WD_TRY(retentions.replace(canary, {}));
  for (const Event& each : {old, young}) WD_TRY(events.record(canary, each));
  WD_TRY(events.find(canary, old.id).in("an event that is to be too old"));
  WD_TRY(retentions.replace(canary, {{ModuleKind::Integrity, kShort}}));
  WD_TRY(events.remove_expired(canary));
  const auto kept = events.find(canary, old.id);
  if (kept) return "what is older than a shortened retention is still there";
  if (!is_gone(kept)) return tl::unexpected(kept.error());
  if (is_gone(events.find(canary, young.id))) return "what is within a shortened retention is gone";
  return std::string();
}

bool is_refused(const Result<void>& result) {
  return !result && result.error().code == ErrorCode::Forbidden;
}

}  // namespace

ProbeResult probe_collection(CollectionSettings& collection, EventStore& events, const TenantScope& canary,
                             Timestamp now) {
  auto seen = try_treatments(collection, events, canary, now);
  WD_TRY(collection.replace(canary, {}));
  return seen;
}

ProbeResult probe_erasure(PersonData& people, EventStore& events, const TenantScope& canary, Timestamp now) {
  const std::string user = nobody(now);
  if (WD_TRY(stored_name(events, canary, user, now)) != user)
    return fail(ErrorCode::Unavailable, "nothing is stored that could be erased");
  const std::vector<std::string> values{user};
  const auto exported = [&]() -> Result<std::size_t> {
    return WD_TRY(people.find(canary, values)).at("events").get_array().size();
  };
  if (WD_TRY(exported()) != 1) return "what is stored of somebody is not exported";
  WD_TRY(people.erase(canary, values));
  if (WD_TRY(exported()) != 0) return "what was erased is still there";
  return std::string();
}

ProbeResult probe_retention(EventRetentions& retentions, EventStore& events, const TenantScope& canary, Timestamp now) {
  const EventRetention before = WD_TRY(retentions.find(canary));
  if (before.longest < std::chrono::days(3))
    return fail(ErrorCode::Unavailable, "events are kept for too short a time to shorten it");
  auto seen = try_retention(retentions, events, canary, now);
  WD_TRY(retentions.replace(canary, before.modules));
  return seen;
}

ProbeResult probe_taking_back(Policies& policies, const TenantScope& canary) {
  WD_TRY(remove_policy(policies, canary));
  auto seen = try_taking_back(policies, canary);
  WD_TRY(remove_policy(policies, canary));
  return seen;
}

ProbeResult probe_two_people(Approvals& approvals, const ScopeMaker& scopes, const TenantId& canary, Timestamp now) {
  constexpr std::string_view kAction = "trust.probe";
  const auto one = make_id<UserId>(now);
  const auto other = make_id<UserId>(now);
  const TenantScope scope = WD_TRY(scopes.make(canary, "user:" + one.text()));
  ApprovalDraft draft;
  draft.action = kAction;
  draft.object = "probe:" + one.text();
  draft.reason = "Probe of the Trust Center";
  draft.expires_in = std::chrono::minutes(10);
  const ApprovalId id = WD_TRY(approvals.request(scope, one, draft)).id;
  const auto use = [&] { return approvals.use(scope, id, kAction, draft.object); };
  if (!is_refused(use())) return "an act goes ahead before anybody has approved it";
  const auto own = approvals.decide(scope, one, id, true, {});
  if (own || own.error().code != ErrorCode::Forbidden) return "somebody can approve what they asked for themselves";
  WD_TRY(approvals.decide(scope, other, id, true, {}));
  if (!is_refused(approvals.use(scope, id, kAction, "probe:another"))) return "an approval is good for something else";
  WD_TRY(use().in("an approved act"));
  if (!is_refused(use())) return "an approval can be used twice";
  return std::string();
}

}  // namespace warder::manager
