#include "manager/backup/postgres_tools.h"

#include <optional>

#include "base/process.h"
#include "base/text.h"
#include "manager/store/postgres.h"

namespace warder::manager {
namespace {

constexpr std::chrono::hours kPatience{24};
constexpr std::size_t kMaxWords = 2000;
/// What PostgresSchemas::name_of makes, as pg_dump's patterns have it: "t_" and 32 digits.
constexpr std::string_view kTenantPattern = "t_????????????????????????????????";

Result<void> run(const std::vector<std::string>& arguments) {
  ProcessOptions options;
  options.timeout = kPatience;
  auto ended = run_process(arguments, options);
  if (!ended)
    return fail(ErrorCode::Unavailable,
                arguments.front() + " (Debian package postgresql-client): " + ended.error().message);
  if (ended->exit_code == 0) return {};
  return fail(ErrorCode::Unavailable, arguments.front() + ": " + std::string(trim(ended->err.substr(0, kMaxWords))));
}

Result<std::optional<std::string>> find_schema(const SchemasOf& schemas) {
  auto db = WD_TRY(open_postgres(PostgresOptions{.conninfo = schemas.owner_url}, {}).in("database_owner_url"));
  const StmtHandle statement =
      WD_TRY(db->prepare("SELECT CAST(nspname AS TEXT) FROM pg_catalog.pg_namespace WHERE nspname = CAST(?1 AS name) "
                         "OR nspname ~ '^t_[0-9a-f]{32}$' ORDER BY nspname LIMIT 1"));
  WD_TRY(statement->bind({schemas.control_schema}));
  const Row* row = WD_TRY(statement->step());
  return row == nullptr ? std::nullopt : std::optional(row->text(0));
}

}  // namespace

Result<void> dump_schemas(const SchemasOf& schemas, const std::filesystem::path& file) {
  return run({"pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--no-password",
              "--schema=" + schemas.control_schema, "--schema=" + std::string{kTenantPattern},
              "--file=" + file.string(), "--dbname=" + schemas.owner_url});
}

Result<bool> has_schemas(const SchemasOf& schemas) {
  return WD_TRY(find_schema(schemas)).has_value();
}

Result<void> check_no_schemas(const SchemasOf& schemas) {
  const auto found = WD_TRY(find_schema(schemas));
  if (!found) return {};
  return fail(ErrorCode::Conflict,
              "the database has a schema " + *found + " already: restore into one without schemas of Warder");
}

std::string dump_name(const BackupDatabase& database) {
  return "postgresql." + (database.name.empty() ? "" : database.name + ".") + "dump";
}

Result<void> restore_schemas(const SchemasOf& schemas, const std::filesystem::path& file) {
  return run({"pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password",
              "--dbname=" + schemas.owner_url, file.string()});
}

Result<void> write_schema_script(const std::filesystem::path& dump, const std::string& schema,
                                 const std::filesystem::path& script) {
  return run({"pg_restore", "--no-owner", "--no-privileges", "--schema=" + schema, "--file=" + script.string(),
              dump.string()});
}

Result<void> replace_schema(const std::string& owner_url, const std::string& schema,
                            const std::filesystem::path& script) {
  return run({"psql", "--no-psqlrc", "--quiet", "--no-password", "--single-transaction", "--set=ON_ERROR_STOP=1",
              "--dbname=" + owner_url, "--command=DROP SCHEMA IF EXISTS \"" + schema + "\" CASCADE",
              "--command=CREATE SCHEMA \"" + schema + "\"", "--file=" + script.string()});
}

Result<void> check_not_connected(const std::string& url, const std::string& owner_url) {
  std::string login;
  std::int64_t own = 0;
  const auto request_path = WD_TRY(open_postgres(PostgresOptions{.conninfo = url}, {}).in("database_url"));
  {
    const StmtHandle statement =
        WD_TRY(request_path->prepare("SELECT CAST(session_user AS TEXT), CAST(pg_backend_pid() AS BIGINT)"));
    WD_TRY(statement->bind({}));
    const Row* row = WD_TRY(statement->step());
    login = row->text(0);
    own = row->integer(1);
  }
  const auto owner = WD_TRY(open_postgres(PostgresOptions{.conninfo = owner_url}, {}).in("database_owner_url"));
  const StmtHandle statement = WD_TRY(owner->prepare(
      "SELECT CAST(COUNT(*) AS BIGINT) FROM pg_catalog.pg_stat_activity WHERE datname = current_database() "
      "AND usename = CAST(?1 AS name) AND CAST(pid AS BIGINT) <> ?2"));
  WD_TRY(statement->bind({login, own}));
  const Row* row = WD_TRY(statement->step());
  if (row->integer(0) == 0) return {};
  return fail(ErrorCode::Conflict, login + " is connected to the database: stop every manager that uses it");
}

}  // namespace warder::manager
