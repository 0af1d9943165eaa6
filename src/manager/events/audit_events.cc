#include "manager/events/audit_events.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "manager/events/own_event.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMostInARound = 500;  // of a tenant
// An entry is announced before its transaction ends: a list is looked at once more in the round that follows.
constexpr int kRounds = 2;

void set_outcome(Event& event, std::string_view outcome) {
  const bool is_done = outcome == name(AuditOutcome::Success);
  event.severity = is_done ? Severity::Info : Severity::Low;
  event.type = is_done ? "audit.action.done" : "audit.action.failed";
  event.action = is_done ? Action::Logged : Action::Failed;
  if (outcome != name(AuditOutcome::Denied)) return;
  event.type = "audit.action.refused";
  event.action = Action::Blocked;
}

/// A text of the entry; what is too long for an event is found in the log itself.
Result<std::string> text_of(const json::object& entry, std::string_view key) {
  return std::string(cut_utf8(WD_TRY(get_string(entry, key)), kMaxEventTextBytes));
}

Result<std::optional<std::int64_t>> last_told(Tenants& tenants, const TenantScope& scope) {
  const auto db = WD_TRY(tenants.config(scope).acquire());
  const StmtHandle statement = WD_TRY(db->prepare("SELECT number FROM audit_events_told WHERE one = 1"));
  const Row* row = WD_TRY(statement->step());
  return row == nullptr ? std::nullopt : std::optional(row->integer(0));
}

/// Of an entry that is no text: that there is one, for who reads the log itself.
Event unreadable(const AuditLeaf& leaf, Timestamp now, const Error& error) {
  Event event;
  event.time = now;
  event.id = repeatable_id(now, leaf.leaf);
  event.module = ModuleKind::Manager;
  set_outcome(event, name(AuditOutcome::Failure));
  event.set("audit.entry", leaf.index);
  event.set("error", error.message);
  return event;
}

/// How many entries are older than `age`.
Result<std::int64_t> entries_before(const AuditEvents::Parts& parts, const TenantScope& scope, std::chrono::days age) {
  return WD_TRY(parts.audit.activity(scope, Timestamp::min(), parts.clock.now() - age)).entries;
}

}  // namespace

Result<Event> audit_event(std::string_view leaf) {
  const json::value value = WD_TRY(parse_json(leaf).in("audit entry"));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "audit entry: no object");
  const json::object& entry = value.get_object();
  Event event;
  event.time = from_micros(WD_TRY(get_int(entry, "time_us")));
  event.id = repeatable_id(event.time, leaf);
  event.module = ModuleKind::Manager;
  set_outcome(event, WD_TRY(get_string(entry, "outcome")));
  event.set("audit.action", WD_TRY(text_of(entry, "action")));
  event.set("audit.actor", WD_TRY(text_of(entry, "actor")));
  event.set("audit.entry", WD_TRY(get_int(entry, "index")));
  if (std::string object = WD_TRY(text_of(entry, "object")); !object.empty())
    event.set("audit.object", std::move(object));
  return event;
}

bool is_told(std::string_view actor) noexcept {
  return !actor.starts_with("job:") || actor == "job:command-line" || actor == "job:init";
}

Result<std::size_t> AuditEvents::tell(const TenantScope& scope, std::size_t limit) {
  const auto told = WD_TRY(last_told(parts_.tenants, scope));
  std::int64_t last = told ? *told : WD_TRY(entries_before(parts_, scope, std::chrono::days(1)));
  const auto leaves = WD_TRY(parts_.audit.leaves(scope, last, limit));
  if (leaves.empty()) return 0U;
  for (const AuditLeaf& leaf : leaves) {
    auto read = audit_event(leaf.leaf);
    Event event = read ? std::move(*read) : unreadable(leaf, parts_.clock.now(), read.error());
    const EventValue* const actor = event.find("audit.actor");
    if (actor == nullptr || is_told(std::get<std::string>(*actor)))
      WD_TRY(parts_.events.record(scope, std::move(event)));
    last = leaf.index;
  }
  const auto db = WD_TRY(parts_.tenants.config(scope).acquire());
  WD_TRY(
      db->execute("INSERT INTO audit_events_told (one, number) VALUES (1, ?1) "
                  "ON CONFLICT (one) DO UPDATE SET number = excluded.number",
                  {last}));
  return leaves.size();
}

bool AuditEvents::tell_some(const TenantId& tenant) {
  const auto scope = parts_.scopes.make(tenant, "job:audit-events");
  if (!scope) return false;  // it was deleted
  const auto looked = tell(*scope, kMostInARound);
  if (looked) return *looked == kMostInARound;
  parts_.log.warning("audit.events.failed", looked.error().message, {{"tenant", tenant.text()}});
  return true;
}

void AuditEvents::note(const std::set<TenantId>& tenants) {
  const std::scoped_lock lock(mutex_);
  noted_.insert(tenants.begin(), tenants.end());
}

void AuditEvents::keep_up() {
  {
    const std::scoped_lock lock(mutex_);
    for (const TenantId& tenant : std::exchange(noted_, {})) due_[tenant] = kRounds;
  }
  for (auto at = due_.begin(); at != due_.end();) {
    if (!tell_some(at->first)) --at->second;
    at = at->second == 0 ? due_.erase(at) : std::next(at);
  }
}

}  // namespace warder::manager
