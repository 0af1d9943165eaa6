#include "manager/provisioning/provisioning.h"

#include "base/json.h"
#include "manager/identity/roles.h"

namespace warder::manager {
namespace {

constexpr std::chrono::hours kTimeToBeMade{1};
constexpr std::string_view kBeingMade = "it is being made";

json::value or_null(const std::optional<std::int64_t>& number) {
  return number ? json::value(*number) : json::value();
}

json::object describe(const TenantTerms& terms) {
  return {{"status", name(terms.status)},
          {"database_server", terms.database_server},
          {"event_partition", terms.event_partition},
          {"max_agents", or_null(terms.max_agents)},
          {"max_users", or_null(terms.max_users)},
          {"max_events_per_day", or_null(terms.max_events_per_day)}};
}

TenantTerms terms_of(const TenantDraft& draft, const TenantTemplate& from, Timestamp now) {
  const TenantLimits limits = draft.limits.value_or(template_limits(from.document));
  TenantTerms terms;
  terms.status = TenantStatus::Suspended;
  terms.reason = kBeingMade;
  terms.deletion_due = now + kTimeToBeMade;
  terms.database_server = draft.database_server;
  terms.event_partition = draft.event_partition.value_or(template_partition(from.document));
  terms.max_agents = limits.max_agents;
  terms.max_users = limits.max_users;
  terms.max_events_per_day = limits.max_events_per_day;
  return terms;
}

std::string object_of(const Tenant& tenant) {
  return "tenant:" + tenant.id.text();
}

}  // namespace

Provisioning::Provisioning(Tenants& tenants, Identity& identity, Policies& policies, AuditLog& audit,
                           const host::Clock& clock, ProvisioningOptions options)
    : tenants_(tenants),
      identity_(identity),
      policies_(policies),
      audit_(audit),
      scopes_(tenants),
      clock_(clock),
      options_(options) {}

Result<void> Provisioning::check_operator(const TenantScope& scope) const {
  if (scope.tenant() == WD_TRY(tenants_.find_by_name(kFirstTenant)).id) return {};
  return scope.forbid("tenants are run by the operators of the first tenant");
}

Result<void> Provisioning::record(const TenantScope& scope, const Tenant& tenant, std::string_view action,
                                  json::object detail) const {
  detail["name"] = tenant.name;
  WD_TRY(audit_.append(scope, action, object_of(tenant), AuditOutcome::Success, detail));
  if (tenant.id == scope.tenant() || !tenants_.find(tenant.id)) return {};
  const std::string actor = scope.actor().starts_with("user:") ? "operator:" + scope.actor().substr(5) : scope.actor();
  const TenantScope own = WD_TRY(scopes_.make(tenant.id, actor));
  WD_TRY(audit_.append(own, action, object_of(tenant), AuditOutcome::Success, std::move(detail)));
  return {};
}

Result<NewTenant> Provisioning::furnish(const Tenant& tenant, const TenantDraft& draft, const TenantTemplate& from) {
  const TenantScope own = WD_TRY(scopes_.make(tenant.id, "job:provisioning"));
  WD_TRY(apply_template(from.document, own, identity_.roles(), policies_));
  UserDraft administrator;
  administrator.username = draft.administrator;
  administrator.display_name = draft.display_name;
  administrator.email = draft.email;
  administrator.roles = {std::string{kFullAccess}};
  NewTenant made;
  made.link = WD_TRY(identity_.users().invite(own, administrator).in("administrator")).link;
  made.tenant = WD_TRY(tenants_.change_terms(tenant.id, [](TenantTerms& terms) -> Result<void> {
    terms.status = TenantStatus::Active;
    terms.reason.clear();
    terms.deletion_due.reset();
    return {};
  }));
  made.username = tenant.name + "/" + draft.administrator;
  return made;
}

Result<NewTenant> Provisioning::create(const TenantScope& scope, const TenantDraft& draft) {
  WD_TRY(check_operator(scope));
  const TenantTemplate from = WD_TRY(tenant_template(scope));
  const Timestamp now = clock_.now();
  const Tenant tenant = WD_TRY(tenants_.add(draft.name, now, terms_of(draft, from, now)));
  auto made = furnish(tenant, draft, from);
  if (made) {
    WD_TRY(record(scope, made->tenant, "tenant.create", describe(made->tenant.terms)));
    return made;
  }
  const auto is_due = tenants_.change_terms(tenant.id, [now](TenantTerms& terms) -> Result<void> {
    terms.deletion_due = now;
    return {};
  });
  // What cannot be taken back now is erased by the job within the hour.
  if (is_due) static_cast<void>(tenants_.erase(tenant.id, now));
  return made;
}

Result<std::vector<Tenant>> Provisioning::list(const TenantScope& scope) const {
  WD_TRY(check_operator(scope));
  return tenants_.list();
}

Result<Tenant> Provisioning::find(const TenantScope& scope, const TenantId& id) const {
  WD_TRY(check_operator(scope));
  return tenants_.find(id);
}

Result<Tenant> Provisioning::change(const TenantScope& scope, const TenantId& id, const TenantChange& change) {
  WD_TRY(check_operator(scope));
  const Tenant changed = WD_TRY(tenants_.change_terms(id, [&](TenantTerms& terms) -> Result<void> {
    if (change.max_agents) terms.max_agents = *change.max_agents;
    if (change.max_users) terms.max_users = *change.max_users;
    if (change.max_events_per_day) terms.max_events_per_day = *change.max_events_per_day;
    if (change.event_partition) terms.event_partition = *change.event_partition;
    return {};
  }));
  WD_TRY(record(scope, changed, "tenant.change", describe(changed.terms)));
  return changed;
}

Result<Tenant> Provisioning::set_status(const TenantScope& scope, const TenantId& id, std::string_view action,
                                        const std::function<Result<void>(TenantTerms&)>& change) {
  WD_TRY(check_operator(scope));
  const Tenant changed = WD_TRY(tenants_.change_terms(id, [&](TenantTerms& terms) -> Result<void> {
    if (terms.reason == kBeingMade) return fail(ErrorCode::Conflict, "the tenant is being made");
    return change(terms);
  }));
  json::object detail{{"reason", changed.terms.reason}};
  if (changed.terms.deletion_due) detail["due"] = to_rfc3339(*changed.terms.deletion_due);
  WD_TRY(record(scope, changed, action, std::move(detail)));
  return changed;
}

Result<Tenant> Provisioning::suspend(const TenantScope& scope, const TenantId& id, std::string_view reason) {
  return set_status(scope, id, "tenant.suspend", [&](TenantTerms& terms) -> Result<void> {
    if (terms.deletion_due) return fail(ErrorCode::Conflict, "/status: the tenant waits for its deletion");
    terms.status = TenantStatus::Suspended;
    terms.reason = reason;
    return {};
  });
}

Result<Tenant> Provisioning::request_deletion(const TenantScope& scope, const TenantId& id, std::string_view reason) {
  return set_status(scope, id, "tenant.delete", [&](TenantTerms& terms) -> Result<void> {
    terms.status = TenantStatus::Suspended;
    terms.reason = reason;
    if (!terms.deletion_due) terms.deletion_due = clock_.now() + options_.deletion_wait;
    return {};
  });
}

Result<Tenant> Provisioning::resume(const TenantScope& scope, const TenantId& id) {
  return set_status(scope, id, "tenant.resume", [](TenantTerms& terms) -> Result<void> {
    terms.status = TenantStatus::Active;
    terms.reason.clear();
    terms.deletion_due.reset();
    return {};
  });
}

Result<std::vector<Tenant>> Provisioning::erase_due(const TenantScope& scope) {
  WD_TRY(check_operator(scope));
  std::vector<Tenant> erased;
  for (const Tenant& tenant : tenants_.list()) {
    if (!tenant.terms.deletion_due || *tenant.terms.deletion_due > clock_.now()) continue;
    const auto receipt = tenants_.erase(tenant.id, clock_.now()).in("tenant " + tenant.name);
    if (!receipt) {
      // Another manager was first, or somebody has just taken the deletion back.
      const ErrorCode code = receipt.error().code;
      if (code == ErrorCode::Conflict || code == ErrorCode::NotFound) continue;
      return fail(receipt.error());
    }
    json::array keys;
    for (const std::string& key : receipt->keys) keys.emplace_back(json::string{key});
    WD_TRY(record(scope, tenant, "tenant.erase", {{"destroyed_keys", std::move(keys)}, {"receipt", receipt->digest}}));
    erased.push_back(tenant);
  }
  return erased;
}

Result<TenantTemplate> Provisioning::tenant_template(const TenantScope& scope) const {
  WD_TRY(check_operator(scope));
  auto control = WD_TRY(tenants_.control().acquire());
  return read_template(*control);
}

Result<TenantTemplate> Provisioning::set_template(const TenantScope& scope, std::string_view etag,
                                                  const json::object& document) {
  WD_TRY(check_operator(scope));
  WD_TRY(check_template(document));
  TenantTemplate changed;
  {
    auto control = WD_TRY(tenants_.control().acquire());
    Tx transaction = WD_TRY(Tx::begin(*control));
    const TenantTemplate before = WD_TRY(read_template(*control));
    if (etag != "*" && etag != template_etag(before))
      return fail(ErrorCode::Stale, "the template was changed since you read it; read it again");
    changed = {document, before.version + 1, clock_.now(), scope.actor()};
    WD_TRY(write_template(*control, changed));
    WD_TRY(transaction.commit());
  }
  WD_TRY(audit_.append(scope, "tenant-template.change", "tenant-template", AuditOutcome::Success,
                       {{"version", changed.version}}));
  return changed;
}

FeatureSchema provisioning_schema() {
  return {.feature = "provisioning",
          .migrations = {{1,
                          "create tenant template and usage",
                          {"CREATE TABLE tenant_template (id BIGINT NOT NULL PRIMARY KEY, document TEXT NOT NULL, "
                           "version BIGINT NOT NULL, modified BIGINT NOT NULL, modified_by TEXT NOT NULL)",
                           "CREATE TABLE tenant_usage (tenant_id TEXT NOT NULL, day BIGINT NOT NULL, "
                           "agents BIGINT NOT NULL, users BIGINT NOT NULL, events BIGINT NOT NULL, "
                           "bytes BIGINT NOT NULL, warned BIGINT NOT NULL, PRIMARY KEY (tenant_id, day))"}},
                         {2,
                          "create isolation checks",
                          {"CREATE TABLE isolation_checks (time BIGINT NOT NULL PRIMARY KEY, passed BIGINT NOT NULL, "
                           "tenants BIGINT NOT NULL, attempts BIGINT NOT NULL, findings TEXT NOT NULL)"}}},
          .fields = {{"tenant_template", "id", PersonalData::None},
                     {"tenant_template", "document", PersonalData::None},
                     {"tenant_template", "version", PersonalData::None},
                     {"tenant_template", "modified", PersonalData::None},
                     {"tenant_template", "modified_by", PersonalData::Identifier},
                     {"tenant_usage", "tenant_id", PersonalData::None},
                     {"tenant_usage", "day", PersonalData::None},
                     {"tenant_usage", "agents", PersonalData::None},
                     {"tenant_usage", "users", PersonalData::None},
                     {"tenant_usage", "events", PersonalData::None},
                     {"tenant_usage", "bytes", PersonalData::None},
                     {"tenant_usage", "warned", PersonalData::None},
                     {"isolation_checks", "time", PersonalData::None},
                     {"isolation_checks", "passed", PersonalData::None},
                     {"isolation_checks", "tenants", PersonalData::None},
                     {"isolation_checks", "attempts", PersonalData::None},
                     {"isolation_checks", "findings", PersonalData::None}}};
}

}  // namespace warder::manager
