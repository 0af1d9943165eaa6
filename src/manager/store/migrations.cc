#include "manager/store/migrations.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.h"
#include "manager/store/dialect.h"

namespace warder::manager {
namespace {

using Versions = std::map<std::string, std::int64_t, std::less<>>;

constexpr std::string_view kVersionTable =
    "CREATE TABLE IF NOT EXISTS schema_versions (feature TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL, "
    "name TEXT NOT NULL)";

// What PostgreSQL with schema sharding or SQLite lacks, or what hides logic in the database.
constexpr std::array<std::string_view, 12> kRefusedWords = {"TRIGGER", "MERGE",  "PRAGMA",  "AUTOINCREMENT",
                                                            "ATTACH",  "VACUUM", "VIRTUAL", "SERIAL",
                                                            "REPLACE", "JSONB",  "EXECUTE", "DO $$"};

Result<void> execute_ddl(Db& db, std::string_view statement) {
  const bool is_postgres = db.dialect() == Dialect::Postgres;
  WD_TRY(db.execute(is_postgres ? to_postgres_ddl(statement) : std::string{statement}));
  return {};
}

Result<Versions> read_versions(Db& db) {
  Versions versions;
  const StmtHandle statement = WD_TRY(db.prepare("SELECT feature, number FROM schema_versions"));
  while (const Row* row = WD_TRY(statement->step())) versions[row->text(0)] = row->integer(1);
  return versions;
}

Result<void> refuse_newer(const Versions& versions, std::span<const FeatureSchema> schemas) {
  for (const auto& [feature, number] : versions) {
    const auto known = std::ranges::find(schemas, feature, &FeatureSchema::feature);
    const std::int64_t latest =
        known == schemas.end() || known->migrations.empty() ? 0 : known->migrations.back().number;
    if (number > latest) {
      return fail(ErrorCode::Conflict, "the schema of '" + feature + "' is at " + std::to_string(number) +
                                           " and this program knows " + std::to_string(latest) +
                                           ": start a newer program, or restore the backup made before the upgrade");
    }
  }
  return {};
}

std::string title(const FeatureSchema& schema, const Migration& migration) {
  std::string text{schema.feature};
  return text.append(" ").append(std::to_string(migration.number)).append(": ").append(migration.name);
}

Result<void> apply(Db& db, const FeatureSchema& schema, const Migration& migration) {
  for (const std::string_view statement : migration.statements)
    WD_TRY(execute_ddl(db, statement).in(title(schema, migration)));
  WD_TRY(
      db.execute("INSERT INTO schema_versions (feature, number, name) VALUES (?1, ?2, ?3) "
                 "ON CONFLICT (feature) DO UPDATE SET number = excluded.number, name = excluded.name",
                 {std::string{schema.feature}, std::int64_t{migration.number}, std::string{migration.name}}));
  return {};
}

/// Calls `apply_one(schema, migration)` for what is missing and lists it.
template <class Apply>
Result<std::vector<std::string>> for_missing(const Versions& versions, std::span<const FeatureSchema> schemas,
                                             const Apply& apply_one) {
  std::vector<std::string> done;
  for (const FeatureSchema& schema : schemas) {
    const auto at = versions.find(schema.feature);
    for (const Migration& migration : schema.migrations) {
      if (at != versions.end() && migration.number <= at->second) continue;
      WD_TRY(apply_one(schema, migration));
      done.push_back(title(schema, migration));
    }
  }
  return done;
}

Result<std::vector<std::string>> rehearse(Db& db, std::span<const FeatureSchema> schemas) {
  const Tx taken_back = WD_TRY(Tx::begin(db));
  WD_TRY(execute_ddl(db, kVersionTable));
  const Versions versions = WD_TRY(read_versions(db));
  WD_TRY(refuse_newer(versions, schemas));
  return for_missing(versions, schemas, [&](const FeatureSchema& schema, const Migration& migration) {
    return apply(db, schema, migration);
  });
}

std::string column_name(std::string_view table, std::string_view column) {
  return std::string{table}.append(".").append(column);
}

/// With their types.
Result<std::map<std::string, std::string>> existing_columns(Db& db) {
  std::map<std::string, std::string> columns;
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c "
                        "WHERE m.type = 'table' AND m.name <> 'schema_versions'"));
  while (const Row* row = WD_TRY(statement->step())) columns[column_name(row->text(0), row->text(1))] = row->text(2);
  return columns;
}

Result<void> check_sealed(const StoredField& field, const std::string& column, std::string_view type) {
  const bool is_sealed = !field.sealed_row.empty();
  if (field.personal_data == PersonalData::Contact && !is_sealed)
    return fail(ErrorCode::Invalid, column + " is contact data and not sealed (StoredField::sealed_row)");
  if (is_sealed && type != "BLOB") return fail(ErrorCode::Invalid, column + " is sealed and not a BLOB");
  return {};
}

Result<void> check_declared(Db& db, std::span<const FeatureSchema> schemas) {
  const std::map<std::string, std::string> existing = WD_TRY(existing_columns(db));
  std::set<std::string> declared;
  for (const FeatureSchema& schema : schemas) {
    for (const StoredField& field : schema.fields) {
      const std::string column = column_name(field.table, field.column);
      if (!declared.insert(column).second) return fail(ErrorCode::Invalid, column + " is declared twice");
      const auto found = existing.find(column);
      if (found == existing.end()) return fail(ErrorCode::Invalid, column + " is declared and does not exist");
      WD_TRY(check_sealed(field, column, found->second));
    }
  }
  for (const auto& [column, type] : existing) {
    if (!declared.contains(column))
      return fail(ErrorCode::Invalid, column + " has no declared personal-data class (FeatureSchema::fields)");
  }
  return {};
}

Result<void> check_numbers(const FeatureSchema& schema) {
  int expected = 1;
  for (const Migration& migration : schema.migrations) {
    if (migration.number != expected++) return fail(ErrorCode::Invalid, title(schema, migration) + ": out of order");
    for (const std::string_view statement : migration.statements)
      WD_TRY(check_dialect(statement).in(title(schema, migration)));
  }
  return {};
}

bool is_word_character(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool has_word(std::string_view upper_text, std::string_view word) {
  for (std::size_t at = upper_text.find(word); at != std::string_view::npos; at = upper_text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word_character(upper_text[at - 1])) &&
        (end == upper_text.size() || !is_word_character(upper_text[end])))
      return true;
  }
  return false;
}

}  // namespace

Result<std::vector<std::string>> migrate(Db& db, std::span<const FeatureSchema> schemas, MigrateMode mode) {
  if (mode == MigrateMode::DryRun) return rehearse(db, schemas);
  WD_TRY(execute_ddl(db, kVersionTable));
  const Versions versions = WD_TRY(read_versions(db));
  WD_TRY(refuse_newer(versions, schemas));
  return for_missing(versions, schemas, [&](const FeatureSchema& schema, const Migration& migration) -> Result<void> {
    Tx transaction = WD_TRY(Tx::begin(db));
    // Another node may have done it since.
    const Versions now = WD_TRY(read_versions(db));
    const auto at = now.find(schema.feature);
    if (at != now.end() && at->second >= migration.number) return {};
    WD_TRY(apply(db, schema, migration));
    return transaction.commit();
  });
}

Result<bool> is_migrated(Db& db, std::span<const FeatureSchema> schemas) {
  Versions wanted;
  for (const FeatureSchema& schema : schemas) {
    if (!schema.migrations.empty()) wanted[std::string{schema.feature}] = schema.migrations.back().number;
  }
  return WD_TRY(read_versions(db)) == wanted;
}

Result<void> check_schemas(std::span<const FeatureSchema> schemas) {
  for (const FeatureSchema& schema : schemas) WD_TRY(check_numbers(schema));
  const auto db = WD_TRY(open_sqlite(":memory:"));
  WD_TRY(migrate(*db, schemas));
  return check_declared(*db, schemas);
}

Result<void> check_dialect(std::string_view statement) {
  std::string upper{statement};
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (upper.find(';') != std::string::npos) return fail(ErrorCode::Invalid, "one statement per string, without ';'");
  for (const std::string_view word : kRefusedWords) {
    if (has_word(upper, word)) return fail(ErrorCode::Invalid, std::string{word} + " is not in the common dialect");
  }
  return {};
}

}  // namespace warder::manager
