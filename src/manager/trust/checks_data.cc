#include <set>

#include "manager/identity/rows.h"
#include "manager/tenancy/key_store.h"
#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

constexpr std::int64_t kMostRows = 20'000;  // of one column

struct Sealed {
  std::string row;
  Bytes box;
};

/// How many values of the column are sealed for their place; an error when one is not.
Result<std::int64_t> count_sealed(const CheckParts& parts, const TenantScope& scope, Db& db, const StoredField& field) {
  const auto read = [](const Row& row) -> Result<Sealed> {
    const DbValue box = row.value(1);
    if (const auto* bytes = std::get_if<Bytes>(&box)) return Sealed{row.text(0), *bytes};
    return Sealed{row.text(0), {}};  // text, where only bytes belong
  };
  const std::string column{field.column};
  const auto values =
      WD_TRY(read_rows(db,
                       "SELECT CAST(" + std::string(field.sealed_row) + " AS TEXT), " + column + " FROM " +
                           std::string(field.table) + " WHERE " + column + " IS NOT NULL LIMIT ?1",
                       {kMostRows}, read));
  for (const Sealed& value : values) {
    const auto opened = parts.tenants.open_text(scope, {field.table, value.row, field.column}, value.box);
    if (!opened && opened.error().code == ErrorCode::Unavailable) return tl::unexpected(opened.error());
    if (!opened)
      return fail(ErrorCode::Corrupt,
                  std::string(field.table) + "." + column + " holds what is not sealed for its place");
  }
  return static_cast<std::int64_t>(values.size());
}

constexpr std::string_view kSqliteColumns =
    "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
    "WHERE m.type = 'table' AND m.name <> 'schema_versions' AND SUBSTR(m.name, 1, 7) <> 'sqlite_'";
constexpr std::string_view kPostgresColumns =
    "SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') "
    "AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'schema_versions'";

Result<std::vector<std::string>> columns_of(Db& db) {
  const auto read = [](const Row& row) -> Result<std::string> { return row.text(0) + "." + row.text(1); };
  return read_rows(db, db.dialect() == Dialect::Sqlite ? kSqliteColumns : kPostgresColumns, {}, read);
}

std::set<std::string> declared_columns(std::span<const FeatureSchema> schemas) {
  std::set<std::string> declared;
  for (const FeatureSchema& schema : schemas)
    for (const StoredField& field : schema.fields)
      declared.insert(std::string(field.table) + "." + std::string(field.column));
  return declared;
}

}  // namespace

Result<CheckOutcome> check_contacts(const CheckParts& parts, const std::stop_token& stop) {
  std::int64_t count = 0;
  for (const TenantScope& scope : every_tenant(parts)) {
    auto db = WD_TRY(parts.tenants.config(scope).acquire());
    for (const FeatureSchema& schema : parts.tenants.tenant_schemas()) {
      for (const StoredField& field : schema.fields) {
        if (field.personal_data != PersonalData::Contact) continue;
        if (stop.stop_requested()) return fail(ErrorCode::Unavailable, "was not finished");
        const auto sealed = count_sealed(parts, scope, *db, field);
        if (!sealed && sealed.error().code == ErrorCode::Corrupt)
          return failed("tenant " + scope.tenant().text() + ": " + sealed.error().message);
        count += WD_TRY(sealed);
      }
    }
  }
  if (count == 0) return fail(ErrorCode::Unavailable, "there is no contact data to look at");
  return passed(std::to_string(count) + " values, all sealed");
}

Result<CheckOutcome> check_columns(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const auto declared = declared_columns(parts.tenants.tenant_schemas());
  for (const TenantScope& scope : every_tenant(parts)) {
    auto db = WD_TRY(parts.tenants.config(scope).acquire());
    const auto columns = WD_TRY(columns_of(*db));
    if (columns.empty())
      return fail(ErrorCode::Unavailable, "tenant " + scope.tenant().text() + ": no columns are seen");
    for (const std::string& column : columns)
      if (!declared.contains(column))
        return failed("tenant " + scope.tenant().text() + ": " + column + " is not declared");
  }
  return passed(std::to_string(declared.size()) + " columns, each declared");
}

Result<CheckOutcome> check_audit(const CheckParts& parts, const std::stop_token& stop) {
  std::int64_t entries = 0;
  for (const TenantScope& scope : every_tenant(parts)) {
    const AuditVerification found = WD_TRY(parts.audit.verify(scope, [&] { return !stop.stop_requested(); }));
    if (!found.intact) return failed("tenant " + scope.tenant().text() + ": " + found.detail);
    entries += found.entries;
  }
  return passed(std::to_string(entries) + " entries");
}

Result<CheckOutcome> check_isolation_canary(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const IsolationResult result = WD_TRY(parts.isolation.run());
  if (!result.has_passed) return failed(result.findings.front());
  return passed(std::to_string(result.attempts) + " attempts from " + std::to_string(result.tenants) + " tenants");
}

Result<CheckOutcome> check_key_ages(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const Timestamp oldest = parts.clock.now() - std::chrono::days(365);
  std::int64_t count = 0;
  for (const KeyState& key : WD_TRY(parts.tenants.keys().list())) {
    if (!key.is_current || key.level == name(KeyClass::Derivation)) continue;
    const std::string text = key.owner + "/" + key.level;
    if (key.created == Timestamp{}) return fail(ErrorCode::Unavailable, text + ": its age is not known");
    if (key.created < oldest) return failed(text + " is older than a year");
    ++count;
  }
  return passed(std::to_string(count) + " keys");
}

Result<CheckOutcome> check_key_provider_in_use(const CheckParts& parts, const std::stop_token& /*stop*/) {
  std::int64_t count = 0;
  for (const KeyState& key : WD_TRY(parts.tenants.keys().list())) {
    if (key.level != "tenant" || !key.is_current) continue;
    if (key.provider != "aws-kms" && key.provider != "pkcs11")
      return failed(key.owner + ": wrapped by " + key.provider);
    ++count;
  }
  if (count == 0) return fail(ErrorCode::Unavailable, "there are no keys");
  return passed(std::to_string(count) + " keys");
}

Result<CheckOutcome> check_custodians(const CheckParts& parts, const std::stop_token& /*stop*/) {
  if (parts.custodians < 2) return failed("there are no two custodians of the root key");
  if (parts.custodians > 5)
    return failed("there are " + std::to_string(parts.custodians) + " custodians of the root key");
  return passed(std::to_string(parts.custodians) + " custodians");
}

}  // namespace warder::manager
