// Numbered migrations: each feature lists its own, next to the personal-data class of every column it makes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "manager/store/db.h"

namespace warder::manager {

/// Numbers count from 1 within a feature. One statement per string, in the SQL that SQLite and PostgreSQL share.
struct Migration {
  int number;
  std::string_view name;
  std::vector<std::string_view> statements;
};

/// What a column says about a person; declared for every column. Contact data is sealed.
struct StoredField {
  std::string_view table;
  std::string_view column;
  PersonalData personal_data;
  /// Of a sealed column: the text that its place names the row by, as SQL over the row ("id", "'1'"), one for each row.
  /// Rotation of keys finds what to seal anew by it.
  std::string_view sealed_row = {};
};

struct FeatureSchema {
  std::string_view feature;  // "policies"
  std::vector<Migration> migrations;
  std::vector<StoredField> fields;
};

enum class MigrateMode : std::uint8_t { Apply, DryRun };

/// Applies what is missing, each migration in one transaction with its version row, and returns their names
/// ("policies 2: add description"). DryRun runs all of them in one transaction and takes it back. Conflict when the
/// file was written by a newer program.
Result<std::vector<std::string>> migrate(Db& db, std::span<const FeatureSchema> schemas,
                                         MigrateMode mode = MigrateMode::Apply);

/// Whether nothing is missing, and nothing is there that the program does not know.
Result<bool> is_migrated(Db& db, std::span<const FeatureSchema> schemas);

/// For tests: migrates an empty database in memory and is Invalid when a statement leaves the common dialect (triggers,
/// MERGE, several statements, …), when a number is out of order, when columns and declared fields differ, or when
/// contact data is not sealed or what is sealed is no BLOB.
Result<void> check_schemas(std::span<const FeatureSchema> schemas);

/// Invalid, with the reason, when the statement is not in the common dialect.
Result<void> check_dialect(std::string_view statement);

}  // namespace warder::manager
