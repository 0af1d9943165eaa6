#include "manager/tenancy/tenant_copy.h"

#include <map>
#include <set>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "crypto/key_provider.h"
#include "manager/tenancy/key_ring.h"
#include "manager/tenancy/key_rows.h"
#include "manager/tenancy/key_store.h"
#include "manager/tenancy/tenant_terms.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxText = std::size_t{256} << 20;
constexpr std::string_view kDeleted = "deleted";

struct Table {
  std::string name;
  std::string key;  // the column with the tenant's id
  std::string feature;
  std::vector<std::string> columns;
};

/// Those that have something of a single tenant. Receipts of destroyed keys are for ever.
std::vector<Table> tables_of(std::span<const FeatureSchema> schemas) {
  std::vector<Table> tables;
  for (const FeatureSchema& schema : schemas) {
    std::map<std::string, std::vector<std::string>, std::less<>> columns;
    for (const StoredField& field : schema.fields) columns[std::string{field.table}].emplace_back(field.column);
    for (auto& [name, own] : columns) {
      const bool is_of_tenancy = schema.feature == tenancy_control_schema().feature;
      if (is_of_tenancy && name == "key_receipts") continue;
      const std::string key = !is_of_tenancy ? "tenant_id" : name == "tenants" || name == "data_keys" ? "id" : "owner";
      if (std::ranges::find(own, key) != own.end())
        tables.push_back({name, key, std::string{schema.feature}, std::move(own)});
    }
  }
  return tables;
}

std::string list_of(const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& column : columns) list.append(list.empty() ? "" : ", ").append(column);
  return list;
}

json::value to_json(const DbValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return json::string{*text};
  if (const auto* bytes = std::get_if<Bytes>(&value)) return json::object{{"base64", to_base64(*bytes)}};
  return nullptr;
}

Result<DbValue> from_json(const json::value& value) {
  if (value.is_null()) return DbValue{nullptr};
  if (value.is_int64()) return DbValue{value.get_int64()};
  if (value.is_string()) return DbValue{std::string{std::string_view{value.get_string()}}};
  if (value.is_object()) return DbValue{WD_TRY(from_base64(WD_TRY(get_string(value.get_object(), "base64"))))};
  return fail(ErrorCode::Corrupt, "not a value of a database");
}

Result<json::array> rows_of(Db& control, const Table& table, const std::string& id) {
  const StmtHandle statement = WD_TRY(
      control.prepare("SELECT " + list_of(table.columns) + " FROM " + table.name + " WHERE " + table.key + " = ?1"));
  WD_TRY(statement->bind({id}));
  json::array rows;
  while (const Row* row = WD_TRY(statement->step())) {
    json::object values;
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      values[table.columns[i]] = to_json(row->value(static_cast<int>(i)));
    rows.push_back(std::move(values));
  }
  return rows;
}

Result<json::array> tenants_in(std::string_view text) {
  const json::value document = WD_TRY(parse_json(text, kMaxText).in("tenants.json"));
  if (!document.is_object()) return fail(ErrorCode::Corrupt, "tenants.json: not an object");
  const json::value* const tenants = find(document.get_object(), "tenants");
  if (tenants == nullptr || !tenants->is_array()) return fail(ErrorCode::Corrupt, "tenants.json: no list of tenants");
  return tenants->get_array();
}

/// The id and "owner|class|epoch" of each.
Result<std::map<std::string, std::set<std::string>>> keys_in(std::string_view text) {
  std::map<std::string, std::set<std::string>> keys;
  for (const json::value& tenant : WD_TRY(tenants_in(text))) {
    if (!tenant.is_object()) return fail(ErrorCode::Corrupt, "tenants.json: not a tenant");
    auto& own = keys[std::string{WD_TRY(get_string(tenant.get_object(), "id"))}];
    const json::object tables = *WD_TRY(get_object(tenant.get_object(), "tables"));
    for (const char* name : {"tenant_keys", "class_keys"}) {
      const json::value* const rows = find(tables, name);
      if (rows == nullptr || !rows->is_array()) continue;
      for (json::value row : rows->get_array()) {
        if (!row.is_object()) return fail(ErrorCode::Corrupt, "tenants.json: not a key");
        for (const char* member : {"wrapped", "created", "provider"}) row.get_object().erase(member);
        own.insert(std::string{name} + json::serialize(row));
      }
    }
  }
  return keys;
}

Result<void> insert(Db& control, const Table& table, const json::object& row) {
  std::string marks;
  std::vector<std::string> columns;
  std::vector<DbValue> values;
  for (const std::string& column : table.columns) {
    const json::value* const value = find(row, column);
    if (value == nullptr) continue;  // of a newer program: its default
    columns.push_back(column);
    values.push_back(WD_TRY(from_json(*value).in(table.name + "." + column)));
    marks.append(marks.empty() ? "?" : ", ?").append(std::to_string(values.size()));
  }
  WD_TRY(control.execute("INSERT INTO " + table.name + " (" + list_of(columns) + ") VALUES (" + marks + ")",
                         std::span{values}));
  return {};
}

/// A tenant key under the root key of now; which one wraps the class keys stays.
Result<json::object> wrap_anew(const json::object& row, const std::string& owner, const PutBack& how) {
  const json::value* const epoch = find(row, "epoch");
  const json::value* const wrapped = find(row, "wrapped");
  if (epoch == nullptr || !epoch->is_int64() || wrapped == nullptr)
    return fail(ErrorCode::Corrupt, "tenants.json: a key without epoch or wrapped form");
  const DbValue box = WD_TRY(from_json(*wrapped));
  const auto* const bytes = std::get_if<Bytes>(&box);
  if (bytes == nullptr) return fail(ErrorCode::Corrupt, "tenants.json: a wrapped key is no bytes");
  const std::string purpose = purpose_of(tenant_key_id(owner), static_cast<std::uint32_t>(epoch->get_int64()));
  const Bytes key = WD_TRY(how.then.unwrap(purpose, *bytes).in("the tenant's key of then"));
  json::object anew = row;
  anew["wrapped"] = to_json(DbValue{WD_TRY(how.now.wrap(purpose, key))});
  anew["provider"] = how.now.name();
  return anew;
}

Result<bool> is_there(Db& control, const std::string& id, const std::string& name) {
  const StmtHandle statement =
      WD_TRY(control.prepare("SELECT n.id, t.status FROM tenants n LEFT JOIN tenant_terms t ON t.tenant_id = n.id "
                             "WHERE n.id = ?1 OR n.name = ?2"));
  WD_TRY(statement->bind({id, name}));
  bool is_served = false;
  while (const Row* row = WD_TRY(statement->step())) {
    if (row->text(0) != id) return fail(ErrorCode::Conflict, name + ": another tenant has this name");
    is_served = row->is_null(1) || row->text(1) != kDeleted;
  }
  return is_served;
}

}  // namespace

Result<std::string> copy_tenants(Db& control, std::span<const FeatureSchema> schemas) {
  Tx transaction = WD_TRY(Tx::begin(control));
  std::vector<std::pair<std::string, std::string>> all;
  {
    const StmtHandle statement =
        WD_TRY(control.prepare("SELECT n.id, n.name, t.status FROM tenants n LEFT JOIN tenant_terms t ON "
                               "t.tenant_id = n.id ORDER BY n.id"));
    while (const Row* row = WD_TRY(statement->step()))
      if (row->is_null(2) || row->text(2) != kDeleted) all.emplace_back(row->text(0), row->text(1));
  }
  const std::vector<Table> tables = tables_of(schemas);
  json::array tenants;
  for (const auto& [id, name] : all) {
    json::object copied;
    for (const Table& table : tables) copied[table.name] = WD_TRY(rows_of(control, table, id));
    tenants.push_back(json::object{{"id", id}, {"name", name}, {"tables", std::move(copied)}});
  }
  return json::serialize(json::object{{"tenants", std::move(tenants)}});
}

Result<bool> has_newer_keys(std::string_view before, std::string_view after) {
  const auto old = WD_TRY(keys_in(before));
  for (const auto& [id, keys] : WD_TRY(keys_in(after))) {
    const auto known = old.find(id);
    if (known != old.end() && !std::ranges::includes(known->second, keys)) return true;
  }
  return false;
}

Result<TenantCopy> find_tenant_copy(std::string_view text, std::string_view name) {
  for (const json::value& tenant : WD_TRY(tenants_in(text))) {
    if (!tenant.is_object()) return fail(ErrorCode::Corrupt, "tenants.json: not a tenant");
    const std::string_view id = WD_TRY(get_string(tenant.get_object(), "id"));
    const std::string_view own = WD_TRY(get_string(tenant.get_object(), "name"));
    if (id != name && own != name) continue;
    TenantCopy copy{
        WD_TRY(parse_id<TenantId>(id)), std::string{own}, {}, *WD_TRY(get_object(tenant.get_object(), "tables"))};
    const json::value* const terms = find(copy.tables, "tenant_terms");
    if (terms != nullptr && terms->is_array() && !terms->get_array().empty() && terms->get_array()[0].is_object())
      copy.database_server = get_string(terms->get_array()[0].get_object(), "database_server").value_or("");
    return copy;
  }
  return fail(ErrorCode::NotFound, "tenant '" + std::string{name} + "' is not in the backup");
}

Result<void> put_tenant_back(Db& control, std::span<const FeatureSchema> schemas, const TenantCopy& copy,
                             const PutBack& how) {
  const std::string id = copy.id.text();
  const bool is_served = WD_TRY(is_there(control, id, copy.name));
  WD_TRY(secure_delete(control));
  WD_TRY(control.execute("DELETE FROM key_receipts WHERE owner = ?1", {id}));
  for (const Table& table : tables_of(schemas)) {
    const bool is_own =
        table.feature == tenancy_control_schema().feature || table.feature == tenant_terms_schema().feature;
    const bool is_passing = std::ranges::find(how.passing, table.feature) != how.passing.end();
    if (is_served && !is_own && !is_passing) continue;
    WD_TRY(control.execute("DELETE FROM " + table.name + " WHERE " + table.key + " = ?1", {id}));
    const json::value* const rows = find(copy.tables, table.name);
    if (is_passing || rows == nullptr || !rows->is_array()) continue;
    for (const json::value& row : rows->get_array()) {
      if (!row.is_object()) return fail(ErrorCode::Corrupt, "tenants.json: " + table.name + ": not a row");
      WD_TRY(insert(control, table,
                    table.name == "tenant_keys" ? WD_TRY(wrap_anew(row.get_object(), id, how)) : row.get_object()));
    }
  }
  return {};
}

}  // namespace warder::manager
