#include "manager/provisioning/tenant_export.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "manager/events/export.h"

namespace warder::manager {
namespace {

constexpr std::size_t kAuditPage = 500;
constexpr std::size_t kEventPage = 1000;
constexpr std::string_view kFormat = "warder-tenant-export";

/// Rows one by one, however many: PostgreSQL would hold the whole result of a plain SELECT.
Result<void> each_row(Db& db, const std::string& table, const std::string& select,
                      const std::function<Result<void>(const Row&)>& take) {
  if (db.dialect() == Dialect::Sqlite) {
    const StmtHandle statement = WD_TRY(db.prepare(select));
    while (const Row* row = WD_TRY(statement->step())) WD_TRY(take(*row));
    return {};
  }
  Tx transaction = WD_TRY(Tx::begin(db));
  const std::string cursor = "export_" + table;
  WD_TRY(db.execute("DECLARE " + cursor + " NO SCROLL CURSOR FOR " + select));
  for (bool is_going = true; is_going;) {
    is_going = false;
    const StmtHandle statement = WD_TRY(db.prepare("FETCH 1000 FROM " + cursor));
    while (const Row* row = WD_TRY(statement->step())) {
      is_going = true;
      WD_TRY(take(*row));
    }
  }
  WD_TRY(db.execute("CLOSE " + cursor));
  return transaction.commit();
}

json::value to_json(const DbValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return json::string{*text};
  if (const auto* bytes = std::get_if<Bytes>(&value)) return json::object{{"base64", to_base64(*bytes)}};
  return nullptr;
}

}  // namespace

struct TenantExport::Writing {
  const TenantScope& scope;
  const ExportSink& sink;
  crypto::Sha256 hash{};
  ExportReceipt receipt{};

  Result<void> line(const std::string& text) {
    const std::string whole = text + "\n";
    hash.update(as_bytes(whole));
    return sink(whole);
  }
  Result<void> line(const json::object& object) { return line(json::serialize(object)); }
};

TenantExport::TenantExport(Tenants& tenants, AuditLog& audit, EventStore& events, const Messages& messages,
                           const host::Clock& clock, std::vector<FeatureSchema> schemas)
    : tenants_(tenants), audit_(audit), events_(events), messages_(messages), clock_(clock) {
  std::map<std::string, std::vector<StoredField>> columns;
  for (const FeatureSchema& schema : schemas) {
    if (schema.feature == audit_schema().feature) continue;
    for (const StoredField& field : schema.fields) {
      std::vector<StoredField>& of_table = columns[std::string{field.table}];
      if (field.personal_data != PersonalData::Secret) of_table.push_back(field);
    }
  }
  for (auto& [name, fields] : columns)
    if (!fields.empty()) tables_.push_back({name, std::move(fields)});
}

Result<void> TenantExport::write_table(Writing& writing, Db& db, const Table& table) const {
  // The table's columns, and behind them for each sealed one what its place names the row by.
  std::string select = "SELECT ";
  std::string rows;
  std::map<std::size_t, int> row_of;  // by the sealed column
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const StoredField& field = table.columns[i];
    select.append(i == 0 ? "" : ", ").append(field.column);
    if (field.sealed_row.empty()) continue;
    row_of[i] = static_cast<int>(table.columns.size() + row_of.size());
    rows.append(", CAST(").append(field.sealed_row).append(" AS TEXT)");
  }
  select += rows + " FROM " + table.name;
  return each_row(db, table.name, select, [&](const Row& row) -> Result<void> {
    json::object object;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const StoredField& field = table.columns[i];
      const auto column = static_cast<int>(i);
      if (!field.sealed_row.empty() && !row.is_null(column)) {
        const std::string name = row.text(row_of.at(i));
        const SealedPlace place{table.name, name, field.column};
        object[field.column] = WD_TRY(tenants_.open_text(writing.scope, place, row.bytes(column)));
      } else {
        object[field.column] = to_json(row.value(column));
      }
    }
    ++writing.receipt.rows;
    return writing.line(json::object{{"table", table.name}, {"row", std::move(object)}});
  });
}

Result<void> TenantExport::write_audit(Writing& writing) const {
  std::int64_t last = 0;
  for (;;) {
    const auto page = WD_TRY(audit_.leaves(writing.scope, last, kAuditPage));
    for (const AuditLeaf& entry : page) {
      WD_TRY(writing.line(R"({"audit":{"index":)" + std::to_string(entry.index) + R"(,"leaf":)" +
                          json::serialize(json::string{entry.leaf}) + "}}"));
      last = entry.index;
    }
    writing.receipt.audit_entries += static_cast<std::int64_t>(page.size());
    if (page.size() < kAuditPage) break;
  }
  if (last == 0) return {};
  const AuditCheckpoint signed_end = WD_TRY(audit_.make_checkpoint(writing.scope));
  return writing.line(json::object{{"audit_checkpoint", signed_end.note}});
}

Result<void> TenantExport::write_events(Writing& writing) const {
  std::string cursor;
  for (;;) {
    const EventPage page = WD_TRY(events_.list(writing.scope, {}, kEventPage, cursor));
    for (const StoredEvent& stored : page.items) {
      std::string text = jsonl_line(stored, messages_, "en");
      text.pop_back();  // its line break
      WD_TRY(writing.line(R"({"event":)" + text + "}"));
    }
    writing.receipt.events += static_cast<std::int64_t>(page.items.size());
    if (!page.next_cursor) return {};
    cursor = *page.next_cursor;
  }
}

Result<ExportReceipt> TenantExport::write(const TenantScope& scope, const ExportSink& sink) const {
  Writing writing{scope, sink};
  const Tenant tenant = WD_TRY(tenants_.find(scope.tenant()));
  WD_TRY(writing.line(json::object{{"format", kFormat},
                                   {"version", 1},
                                   {"program", WARDER_VERSION},
                                   {"tenant", json::object{{"id", tenant.id.text()}, {"name", tenant.name}}},
                                   {"created", to_rfc3339(tenant.created)},
                                   {"exported", to_rfc3339(clock_.now())}}));
  {
    const PostgresSchemas* const postgres = tenants_.postgres(scope);
    PostgresPin pin;
    pin.read_only = true;
    pin.turn = "export_" + scope.tenant().text();  // not that of those who write
    const auto own = postgres == nullptr ? nullptr : postgres->pool(PostgresSchemas::name_of(scope.tenant()), pin);
    auto db = WD_TRY(own ? own->acquire() : tenants_.config(scope).acquire());
    for (const Table& table : tables_) WD_TRY(write_table(writing, *db, table).in(table.name));
  }
  WD_TRY(write_audit(writing).in("audit log"));
  WD_TRY(write_events(writing).in("events"));
  ExportReceipt& receipt = writing.receipt;
  receipt.sha256 = to_hex(writing.hash.finish());
  WD_TRY(sink(json::serialize(json::object{{"end", json::object{{"rows", receipt.rows},
                                                                {"audit_entries", receipt.audit_entries},
                                                                {"events", receipt.events},
                                                                {"sha256", receipt.sha256}}}}) +
              "\n"));
  return std::move(receipt);
}

}  // namespace warder::manager
