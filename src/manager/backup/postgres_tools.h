// PostgreSQL's own programs, which know how to copy its schemas. For this folder only.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "manager/backup/backup.h"

namespace warder::manager {

/// All schemas of ours in one database.
struct SchemasOf {
  std::string owner_url;
  std::string control_schema;
};

/// Whether there is one.
Result<bool> has_schemas(const SchemasOf& schemas);
/// pg_dump: all of them as of one moment. Unavailable when it is not installed or fails; its words are in the message.
Result<void> dump_schemas(const SchemasOf& schemas, const std::filesystem::path& file);
/// Conflict when there is one already.
Result<void> check_no_schemas(const SchemasOf& schemas);
/// pg_restore: all of them, or none. Roles and rights are made by the manager's next start.
Result<void> restore_schemas(const SchemasOf& schemas, const std::filesystem::path& file);

/// What a dump has of one schema, as a script of SQL.
Result<void> write_schema_script(const std::filesystem::path& dump, const std::string& schema,
                                 const std::filesystem::path& script);
/// In one transaction: the script's schema instead of the one that is there, if any.
Result<void> replace_schema(const std::string& owner_url, const std::string& schema,
                            const std::filesystem::path& script);
/// Conflict while the login of `url` is connected to its database.
Result<void> check_not_connected(const std::string& url, const std::string& owner_url);

/// The part of a backup that has a database: "postgresql.dump", "postgresql.<server>.dump".
std::string dump_name(const BackupDatabase& database);

}  // namespace warder::manager
