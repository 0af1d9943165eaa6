#include "manager/provisioning/isolation_check.h"

#include <algorithm>

#include "base/json.h"
#include "manager/events/own_event.h"
#include "manager/identity/passwords.h"
#include "manager/identity/roles.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

constexpr std::string_view kUser = "canary";
constexpr std::string_view kReason = "it is there for the isolation check";
constexpr SealedPlace kPlace{"canary", "1", "text"};

Event make_event(Timestamp now, std::string_view type, Severity severity) {
  Event event = make_own_event(now, type, severity);
  event.action = Action::Logged;
  return event;
}

Result<IsolationResult> read_result(const Row& row) {
  IsolationResult result;
  result.time = from_micros(row.integer(0));
  result.has_passed = row.integer(1) != 0;
  result.tenants = row.integer(2);
  result.attempts = row.integer(3);
  const json::value findings = WD_TRY(parse_json(row.text(4)));
  for (const json::value& finding : findings.as_array())
    result.findings.emplace_back(std::string_view{finding.as_string()});
  return result;
}

}  // namespace

/// What the canary holds, and how it is named from outside.
struct IsolationCheck::Objects {
  TenantId tenant;
  User user;
  PolicyId policy;
  EventId event;
  std::string secret;
  Bytes box;
  std::string cursor;  // of the canary's list of events
};

struct IsolationCheck::Trial {
  IsolationResult result;
  bool is_own = false;  // from the canary itself: each look must succeed

  void note(const std::string& tenant, std::string_view what, bool is_seen, std::string_view detail = {}) {
    ++result.attempts;
    if (is_seen == is_own) return;
    std::string finding = "tenant " + tenant + ": ";
    finding.append(what).append(is_own ? ": cannot be read by the canary itself" : ": was reached");
    if (!detail.empty()) finding.append(": ").append(detail);
    result.findings.push_back(std::move(finding));
  }
};

Result<TenantScope> IsolationCheck::canary(std::string_view name) {
  auto tenant = tenants_.find_by_name(name);
  if (!tenant) {
    TenantTerms terms;
    terms.status = TenantStatus::Suspended;  // nobody logs in there
    terms.reason = kReason;
    tenant = WD_TRY(tenants_.add(name, clock_.now(), std::move(terms)));
  }
  return scopes_.make(tenant->id, "job:isolation-check");
}

Result<IsolationCheck::Objects> IsolationCheck::plant(const TenantScope& scope) {
  Objects objects;
  objects.tenant = scope.tenant();
  const UserPage users = WD_TRY(identity_.users().list(scope, 10, {}));
  const auto found = std::ranges::find(users.items, kUser, &User::username);
  if (found != users.items.end()) {
    objects.user = *found;
  } else {
    UserDraft draft;
    draft.username = kUser;
    draft.password = make_password();
    draft.roles = {std::string{kAuditor}};
    objects.user = WD_TRY(identity_.users().create(scope, draft));
  }
  objects.policy = WD_TRY(policies_.base(scope)).id;
  // Two, so that a list of one has a cursor.
  for (int i = 0; i < 2; ++i) {
    Event event = make_event(clock_.now(), "tenant.canary", Severity::Info);
    objects.event = event.id;
    WD_TRY(events_.record(scope, std::move(event)));
  }
  const EventPage page = WD_TRY(events_.list(scope, {}, 1, ""));
  if (!page.next_cursor) return fail(ErrorCode::Internal, "the canary's events have no cursor");
  objects.cursor = *page.next_cursor;
  objects.secret = to_hex(random_bytes(16));
  objects.box = tenants_.seal_text(scope, kPlace, objects.secret);
  WD_TRY(audit_.append(scope, "isolation.canary", "tenant:" + scope.tenant().text(), AuditOutcome::Success,
                       {{"secret", objects.secret}}));
  return objects;
}

void IsolationCheck::look(Trial& trial, const TenantScope& from, const Objects& objects) {
  const auto tenant = tenants_.find(from.tenant());
  const std::string name = tenant ? tenant->name : from.tenant().text();
  trial.is_own = from.tenant() == objects.tenant;
  trial.note(name, "a user by id", identity_.users().find(from, objects.user.id).has_value());
  trial.note(name, "a policy by id", policies_.find(from, objects.policy).has_value());
  trial.note(name, "an event by id", events_.find(from, objects.event).has_value());
  trial.note(name, "a cursor", events_.list(from, {}, 1, objects.cursor).has_value());
  trial.note(name, "a sealed value", tenants_.open_text(from, kPlace, objects.box).has_value());
  const auto audit = audit_.list(from, {1, {}, "isolation.canary"});
  const bool is_in_log = audit && !audit->items.empty() && audit->items.front().record.detail.contains("secret") &&
                         audit->items.front().record.detail.at("secret") == json::value(objects.secret);
  trial.note(name, "an audit entry", is_in_log);
  if (tenants_.postgres(from) == nullptr) return;
  // The tenant's own role in the database, asking for the canary's schema by name.
  auto db = tenants_.config(from).acquire();
  const std::string other = "SELECT username FROM " + PostgresSchemas::name_of(objects.tenant) + ".users";
  trial.note(name, "a table by its schema's name", db && (*db)->execute(other).has_value());
}

Result<IsolationResult> IsolationCheck::run() {
  const TenantScope own = WD_TRY(canary(kCanary).in(std::string{kCanary}));
  WD_TRY(canary(kCanaryWatcher).in(std::string{kCanaryWatcher}));
  const Objects objects = WD_TRY(plant(own).in(std::string{kCanary}));
  Trial trial;
  trial.result.time = clock_.now();
  look(trial, own, objects);
  for (const Tenant& tenant : tenants_.list()) {
    if (tenant.id == objects.tenant) continue;
    const auto scope = scopes_.make(tenant.id, "job:isolation-check");
    if (!scope) continue;  // erased meanwhile
    look(trial, *scope, objects);
    ++trial.result.tenants;
  }
  trial.result.has_passed = trial.result.findings.empty();
  WD_TRY(keep(trial.result));
  if (!trial.result.has_passed) WD_TRY(tell(trial.result));
  return std::move(trial.result);
}

Result<void> IsolationCheck::tell(const IsolationResult& result) {
  const Tenant first = WD_TRY(tenants_.find_by_name(kFirstTenant));
  const TenantScope scope = WD_TRY(scopes_.make(first.id, "job:isolation-check"));
  Event event = make_event(result.time, "tenant.isolation.broken", Severity::Critical);
  event.set("error", result.findings.front());
  event.set("count", static_cast<std::int64_t>(result.findings.size()));
  return events_.record(scope, std::move(event));
}

Result<void> IsolationCheck::keep(const IsolationResult& result) {
  json::array findings;
  for (const std::string& finding : result.findings) findings.emplace_back(json::string{finding});
  auto control = WD_TRY(tenants_.control().acquire());
  Tx transaction = WD_TRY(Tx::begin(*control));
  WD_TRY(control->execute(
      "INSERT INTO isolation_checks (time, passed, tenants, attempts, findings) VALUES (?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT (time) DO UPDATE SET passed = excluded.passed, tenants = excluded.tenants, "
      "attempts = excluded.attempts, findings = excluded.findings",
      {to_micros(result.time), std::int64_t{result.has_passed}, result.tenants, result.attempts,
       json::serialize(findings)}));
  WD_TRY(
      control->execute("DELETE FROM isolation_checks WHERE time NOT IN "
                       "(SELECT time FROM isolation_checks ORDER BY time DESC LIMIT ?1)",
                       {static_cast<std::int64_t>(kIsolationChecksKept)}));
  return transaction.commit();
}

Result<std::vector<IsolationResult>> IsolationCheck::results(std::size_t limit) {
  auto control = WD_TRY(tenants_.control().acquire());
  return read_rows(*control,
                   "SELECT time, passed, tenants, attempts, findings FROM isolation_checks ORDER BY time DESC LIMIT ?1",
                   {static_cast<std::int64_t>(limit)}, read_result);
}

Result<bool> IsolationCheck::is_due(std::chrono::hours every) {
  const auto newest = WD_TRY(results(1));
  return newest.empty() || newest.front().time + every <= clock_.now();
}

}  // namespace warder::manager
