#include "manager/tenancy/tenant_terms.h"

namespace warder::manager {
namespace {

constexpr TenantStatus kStatuses[] = {TenantStatus::Active, TenantStatus::Suspended, TenantStatus::Deleted};

std::optional<std::int64_t> integer_at(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

DbValue or_null(const std::optional<std::int64_t>& value) {
  return value ? DbValue{*value} : DbValue{nullptr};
}

}  // namespace

std::string_view name(TenantStatus status) noexcept {
  switch (status) {
    case TenantStatus::Active:
      return "active";
    case TenantStatus::Suspended:
      return "suspended";
    case TenantStatus::Deleted:
      return "deleted";
  }
  return {};
}

Result<TenantTerms> read_terms(const Row& row, int first) {
  TenantTerms terms;
  if (row.is_null(first)) return terms;
  const std::string status = row.text(first);
  bool is_known = false;
  for (const TenantStatus one : kStatuses) {
    if (name(one) != status) continue;
    terms.status = one;
    is_known = true;
  }
  if (!is_known) return fail(ErrorCode::Corrupt, "tenant_terms: no such status: " + status);
  terms.reason = row.text(first + 1);
  if (const auto due = integer_at(row, first + 2)) terms.deletion_due = from_micros(*due);
  terms.database_server = row.text(first + 3);
  terms.event_partition = row.text(first + 4);
  terms.max_agents = integer_at(row, first + 5);
  terms.max_users = integer_at(row, first + 6);
  terms.max_events_per_day = integer_at(row, first + 7);
  return terms;
}

Result<void> write_terms(Db& transaction, const TenantId& tenant, const TenantTerms& terms) {
  const DbValue due = terms.deletion_due ? DbValue{to_micros(*terms.deletion_due)} : DbValue{nullptr};
  WD_TRY(transaction.execute(
      "INSERT INTO tenant_terms (tenant_id, status, reason, deletion_due, database_server, event_partition, "
      "max_agents, max_users, max_events_per_day) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
      "ON CONFLICT (tenant_id) DO UPDATE SET status = excluded.status, reason = excluded.reason, "
      "deletion_due = excluded.deletion_due, database_server = excluded.database_server, "
      "event_partition = excluded.event_partition, max_agents = excluded.max_agents, "
      "max_users = excluded.max_users, max_events_per_day = excluded.max_events_per_day",
      {tenant.text(), std::string{name(terms.status)}, terms.reason, due, terms.database_server, terms.event_partition,
       or_null(terms.max_agents), or_null(terms.max_users), or_null(terms.max_events_per_day)}));
  return {};
}

FeatureSchema tenant_terms_schema() {
  return {.feature = "tenant-terms",
          .migrations = {{1,
                          "create tenant terms",
                          {"CREATE TABLE tenant_terms (tenant_id TEXT NOT NULL PRIMARY KEY, status TEXT NOT NULL, "
                           "reason TEXT NOT NULL, deletion_due BIGINT, database_server TEXT NOT NULL, "
                           "event_partition TEXT NOT NULL, max_agents BIGINT, max_users BIGINT, "
                           "max_events_per_day BIGINT)"}}},
          .fields = {{"tenant_terms", "tenant_id", PersonalData::None},
                     {"tenant_terms", "status", PersonalData::None},
                     {"tenant_terms", "reason", PersonalData::Content},
                     {"tenant_terms", "deletion_due", PersonalData::None},
                     {"tenant_terms", "database_server", PersonalData::None},
                     {"tenant_terms", "event_partition", PersonalData::None},
                     {"tenant_terms", "max_agents", PersonalData::None},
                     {"tenant_terms", "max_users", PersonalData::None},
                     {"tenant_terms", "max_events_per_day", PersonalData::None}}};
}

}  // namespace warder::manager
