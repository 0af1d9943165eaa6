#include "manager/identity/access_grants.h"

#include <algorithm>

#include "manager/identity/roles.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

constexpr std::size_t kApproversInstead = 2;  // of the tenant's consent
constexpr std::size_t kMaxReasonBytes = 1000;
constexpr std::string_view kSelect =
    "SELECT id, tenant_id, operator_user, operator_name, role, reason, created, expires, consent, approver_1, "
    "approver_2, ended, end_reason FROM access_grants ";

std::optional<std::string> text_at(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.text(column);
}

Result<AccessGrant> read_grant(const Row& row) {
  AccessGrant grant;
  grant.id = WD_TRY(parse_id<AccessGrantId>(row.text(0)));
  grant.tenant = WD_TRY(parse_id<TenantId>(row.text(1)));
  grant.operator_user = WD_TRY(parse_id<UserId>(row.text(2)));
  grant.operator_name = row.text(3);
  grant.role = row.text(4);
  grant.reason = row.text(5);
  grant.created = from_micros(row.integer(6));
  grant.expires = from_micros(row.integer(7));
  if (const auto consent = text_at(row, 8)) grant.consent = WD_TRY(parse_id<UserId>(*consent));
  for (const int column : {9, 10})
    if (const auto approver = text_at(row, column)) grant.approvers.push_back(WD_TRY(parse_id<UserId>(*approver)));
  grant.ended = optional_time_at(row, 11);
  grant.end_reason = row.text(12);
  return grant;
}

DbValue approver_at(const AccessGrant& grant, std::size_t index) {
  return index < grant.approvers.size() ? DbValue{grant.approvers[index].text()} : DbValue{nullptr};
}

Result<void> check_draft(const AccessGrantDraft& draft) {
  if (find_built_in_role(draft.role) == nullptr) return fail(ErrorCode::Invalid, "/role: no such role");
  if (draft.reason.empty() || draft.reason.size() > kMaxReasonBytes)
    return fail(ErrorCode::Invalid, "/reason: say why, in at most 1000 bytes");
  if (draft.expires_in <= std::chrono::seconds{0} || draft.expires_in > AccessGrants::kLongest)
    return fail(ErrorCode::Invalid, "/expires_in_s: at most seven days");
  return {};
}

tl::unexpected<Error> no_grant() {
  return fail(ErrorCode::NotFound, "no such grant");
}

}  // namespace

std::string_view name(AccessGrantState state) noexcept {
  switch (state) {
    case AccessGrantState::Waiting:
      return "waiting";
    case AccessGrantState::Active:
      return "active";
    case AccessGrantState::Ended:
      return "ended";
  }
  return {};
}

AccessGrantState AccessGrant::state(Timestamp now) const {
  if (ended || now >= expires) return AccessGrantState::Ended;
  const bool is_agreed = consent.has_value() || approvers.size() >= kApproversInstead;
  return is_agreed ? AccessGrantState::Active : AccessGrantState::Waiting;
}

Rights rights_under_grant(std::string_view role) {
  const BuiltInRole* found = find_built_in_role(role);
  if (found == nullptr) return {};
  Rights rights = rights_of(*found);
  std::erase_if(rights, [](const std::string& right) {
    if (right.ends_with(":read")) return false;
    return std::ranges::any_of(std::to_array<std::string_view>({"users:", "roles:", "keys:", "api-keys:", "approvals:",
                                                                "access-grants:", "scim:", "tenant"}),
                               [&](std::string_view object) { return right.starts_with(object); });
  });
  return rights;
}

Result<TenantId> AccessGrants::first() const {
  return WD_TRY(tenants_.find_by_name(kFirstTenant)).id;
}

Result<void> AccessGrants::store(Db& transaction, const AccessGrant& grant, bool is_new) const {
  if (is_new) {
    WD_TRY(transaction.execute(
        "INSERT INTO access_grants (id, tenant_id, operator_user, operator_name, role, reason, created, expires, "
        "end_reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '')",
        {grant.id.text(), grant.tenant.text(), grant.operator_user.text(), grant.operator_name, grant.role,
         grant.reason, to_micros(grant.created), to_micros(grant.expires)}));
    return {};
  }
  const DbValue consent = grant.consent ? DbValue{grant.consent->text()} : DbValue{nullptr};
  WD_TRY(transaction.execute(
      "UPDATE access_grants SET consent = ?2, approver_1 = ?3, approver_2 = ?4, ended = ?5, end_reason = ?6 "
      "WHERE id = ?1",
      {grant.id.text(), consent, approver_at(grant, 0), approver_at(grant, 1), time_or_null(grant.ended),
       grant.end_reason}));
  return {};
}

Result<void> AccessGrants::record(const AccessGrant& grant, const std::string& actor, std::string_view step,
                                  boost::json::object detail) {
  detail["operator"] = grant.operator_name;
  detail["tenant"] = grant.tenant.text();
  const std::string action = "access-grant." + std::string{step};
  const std::string object = "access-grant:" + grant.id.text();
  for (const TenantId& log : {grant.tenant, WD_TRY(first())}) {
    const TenantScope scope = WD_TRY(scopes_.make(log, actor));
    WD_TRY(audit_.append(scope, action, object, AuditOutcome::Success, detail));
  }
  return {};
}

Result<AccessGrant> AccessGrants::request(const Principal& requester, const AccessGrantDraft& draft) {
  WD_TRY(check_draft(draft));
  WD_TRY(tenants_.find(draft.tenant));
  if (draft.tenant == WD_TRY(first())) return fail(ErrorCode::Invalid, "/tenant: the operators' own");
  AccessGrant grant;
  grant.created = clock_.now();
  grant.id = make_id<AccessGrantId>(grant.created);
  grant.tenant = draft.tenant;
  grant.operator_user = requester.user;
  grant.operator_name = requester.username;
  grant.role = draft.role;
  grant.reason = draft.reason;
  grant.expires = grant.created + draft.expires_in;
  // Told first: there is never a grant that the tenant could not have seen.
  WD_TRY(record(grant, "operator:" + requester.user.text(), "request",
                {{"reason", grant.reason}, {"role", grant.role}, {"expires", to_rfc3339(grant.expires)}}));
  auto db = WD_TRY(tenants_.control().acquire());
  WD_TRY(store(*db, grant, true));
  return grant;
}

Result<std::vector<AccessGrant>> AccessGrants::list(const TenantId& reader) {
  auto db = WD_TRY(tenants_.control().acquire());
  const std::string all = reader == WD_TRY(first()) ? "all" : "";
  return read_rows(*db, std::string{kSelect} + "WHERE tenant_id = ?1 OR ?2 = 'all' ORDER BY created DESC LIMIT 1000",
                   {reader.text(), all}, read_grant);
}

Result<AccessGrant> AccessGrants::find(const TenantId& reader, const AccessGrantId& id) {
  auto db = WD_TRY(tenants_.control().acquire());
  auto grant = WD_TRY(read_row(*db, std::string{kSelect} + "WHERE id = ?1", {id.text()}, read_grant));
  if (!grant || (grant->tenant != reader && reader != WD_TRY(first()))) return no_grant();
  return std::move(*grant);
}

Result<AccessGrant> AccessGrants::decide(const AccessGrantActor& who, const AccessGrantId& id, bool is_agreed,
                                         std::string_view comment) {
  AccessGrant grant = WD_TRY(find(who.tenant, id));
  const bool is_of_tenant = who.tenant == grant.tenant;
  const std::string actor = (is_of_tenant ? "user:" : "operator:") + who.user.text();
  if (!is_of_tenant && who.user == grant.operator_user)
    return fail(ErrorCode::Forbidden, "nobody decides about the own request");
  auto db = WD_TRY(tenants_.control().acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  const auto stored = WD_TRY(read_row(*db, std::string{kSelect} + "WHERE id = ?1", {id.text()}, read_grant));
  if (!stored) return no_grant();
  grant = *stored;
  if (grant.state(clock_.now()) != AccessGrantState::Waiting)
    return fail(ErrorCode::Conflict, "the grant does not wait for a decision");
  if (std::ranges::find(grant.approvers, who.user) != grant.approvers.end())
    return fail(ErrorCode::Conflict, "you have agreed already; a second operator or the tenant is missing");
  if (!is_agreed) {
    grant.ended = clock_.now();
    grant.end_reason = comment;
  } else if (is_of_tenant) {
    grant.consent = who.user;
  } else {
    grant.approvers.push_back(who.user);
  }
  WD_TRY(store(*db, grant, false));
  // Before it counts: what the tenant's log cannot take does not happen.
  WD_TRY(record(grant, actor, is_agreed ? "agree" : "refuse", {{"comment", comment}}));
  WD_TRY(transaction.commit());
  return grant;
}

Result<AccessGrant> AccessGrants::end(const AccessGrantActor& who, const AccessGrantId& id, std::string_view reason) {
  AccessGrant grant = WD_TRY(find(who.tenant, id));
  if (grant.state(clock_.now()) == AccessGrantState::Ended) return grant;
  grant.ended = clock_.now();
  grant.end_reason = reason;
  {
    auto db = WD_TRY(tenants_.control().acquire());
    WD_TRY(db->execute("UPDATE access_grants SET ended = ?2, end_reason = ?3 WHERE id = ?1 AND ended IS NULL",
                       {id.text(), to_micros(*grant.ended), grant.end_reason}));
  }
  const std::string actor = (who.tenant == grant.tenant ? "user:" : "operator:") + who.user.text();
  WD_TRY(record(grant, actor, "end", {{"reason", reason}}));
  return grant;
}

Result<Principal> AccessGrants::act(const Principal& requester, std::string_view tenant, std::string_view operation) {
  const auto refused = [&] { return fail(ErrorCode::Forbidden, "no active grant for this tenant; ask for one"); };
  const auto target = tenants_.find_by_name(tenant);
  if (!target || requester.tenant != WD_TRY(first())) return refused();
  auto db = WD_TRY(tenants_.control().acquire());
  const auto grants = WD_TRY(read_rows(*db, std::string{kSelect} + "WHERE tenant_id = ?1 AND operator_user = ?2",
                                       {target->id.text(), requester.user.text()}, read_grant));
  const Timestamp now = clock_.now();
  const auto active = std::ranges::find_if(
      grants, [now](const AccessGrant& grant) { return grant.state(now) == AccessGrantState::Active; });
  if (active == grants.end()) return refused();
  Principal principal = requester;
  principal.home = requester.tenant;
  principal.tenant = target->id;
  principal.roles = {active->role};
  principal.rights = rights_under_grant(active->role);
  principal.grants.clear();
  for (const std::string& right : principal.rights) principal.grants[right].everything = true;
  principal.expires = std::min(requester.expires, active->expires);
  const TenantScope scope = WD_TRY(scopes_.make(target->id, "operator:" + requester.user.text()));
  WD_TRY(audit_.append(scope, "access-grant.use", "access-grant:" + active->id.text(), AuditOutcome::Success,
                       {{"operator", active->operator_name}, {"operation", operation}}));
  return principal;
}

FeatureSchema access_grants_schema() {
  return {.feature = "access-grants",
          .migrations = {{1,
                          "create access grants",
                          {"CREATE TABLE access_grants (id TEXT NOT NULL PRIMARY KEY, tenant_id TEXT NOT NULL, "
                           "operator_user TEXT NOT NULL, operator_name TEXT NOT NULL, role TEXT NOT NULL, "
                           "reason TEXT NOT NULL, created BIGINT NOT NULL, expires BIGINT NOT NULL, consent TEXT, "
                           "approver_1 TEXT, approver_2 TEXT, ended BIGINT, end_reason TEXT NOT NULL)",
                           "CREATE INDEX access_grants_by_tenant ON access_grants (tenant_id, operator_user)"}}},
          .fields = {{"access_grants", "id", PersonalData::None},
                     {"access_grants", "tenant_id", PersonalData::None},
                     {"access_grants", "operator_user", PersonalData::Identifier},
                     {"access_grants", "operator_name", PersonalData::Identifier},
                     {"access_grants", "role", PersonalData::None},
                     {"access_grants", "reason", PersonalData::Content},
                     {"access_grants", "created", PersonalData::None},
                     {"access_grants", "expires", PersonalData::None},
                     {"access_grants", "consent", PersonalData::Identifier},
                     {"access_grants", "approver_1", PersonalData::Identifier},
                     {"access_grants", "approver_2", PersonalData::Identifier},
                     {"access_grants", "ended", PersonalData::None},
                     {"access_grants", "end_reason", PersonalData::Content}}};
}

}  // namespace warder::manager
