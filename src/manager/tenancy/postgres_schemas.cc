#include "manager/tenancy/postgres_schemas.h"

#include <algorithm>

#include "manager/store/dialect.h"

namespace warder::manager {
namespace {

constexpr std::size_t kOwnerConnectionsKept = 2;

Result<std::string> text_of(Db& db, std::string_view sql) {
  const StmtHandle statement = WD_TRY(db.prepare(sql));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return fail(ErrorCode::Internal, "PostgreSQL: no answer");
  return row->text(0);
}

Result<bool> exists(Db& db, std::string_view sql, const std::string& name) {
  const StmtHandle statement = WD_TRY(db.prepare(sql));
  WD_TRY(statement->bind({name}));
  return WD_TRY(statement->step()) != nullptr;
}

constexpr std::string_view kVersionTable =
    "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = ?1 AND c.relname = 'schema_versions'";

/// Whether the last run of `provision` came to its end.
Result<bool> is_provisioned(Db& db, const std::string& schema) {
  return exists(db,
                "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                "JOIN pg_catalog.pg_roles r ON r.rolname = n.nspname WHERE n.nspname = ?1 AND "
                "c.relname = 'schema_versions' AND has_table_privilege(r.oid, c.oid, 'SELECT')",
                schema);
}

/// A role that inherits would have every tenant's rights at once, without taking a role.
Result<void> check_login(Db& db, const std::string& owner) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT rolinherit, rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication, "
                        "pg_has_role(rolname, CAST(?1 AS name), 'MEMBER') FROM pg_catalog.pg_roles "
                        "WHERE rolname = session_user"));
  WD_TRY(statement->bind({owner}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return fail(ErrorCode::Forbidden, "database_url: a login without a role");
  if (row->integer(2) != 0)
    return fail(ErrorCode::Forbidden, "database_url: this login is or may become the owner's; use another");
  if (row->integer(1) != 0)
    return fail(ErrorCode::Forbidden,
                "database_url: this login may do more than use data: ALTER ROLE … NOCREATEROLE "
                "NOCREATEDB NOBYPASSRLS NOREPLICATION");
  if (row->integer(0) != 0)
    return fail(ErrorCode::Forbidden, "database_url: this login inherits from its roles: ALTER ROLE … NOINHERIT");
  return {};
}

}  // namespace

PostgresSchemas::PostgresSchemas(std::shared_ptr<PostgresServer> server, std::shared_ptr<PostgresServer> owner,
                                 std::string control, std::string login)
    : server_(std::move(server)), owner_(std::move(owner)), control_(std::move(control)), login_(std::move(login)) {}

Result<std::unique_ptr<PostgresSchemas>> PostgresSchemas::open(DatabaseOptions options) {
  auto server = std::make_shared<PostgresServer>(PostgresOptions{.conninfo = std::move(options.url)});
  auto owner = std::make_shared<PostgresServer>(
      PostgresOptions{.conninfo = std::move(options.owner_url), .kept = kOwnerConnectionsKept});
  auto as_owner = WD_TRY(owner->acquire({}).in("database_owner_url"));
  auto as_login = WD_TRY(server->acquire({}).in("database_url"));
  constexpr std::string_view kWho = "SELECT CAST(session_user AS TEXT)";
  const std::string owner_name = WD_TRY(text_of(*as_owner, kWho));
  std::string login = WD_TRY(text_of(*as_login, kWho));
  WD_TRY(quoted_name(login).in("database_url: the user's name"));
  WD_TRY(check_login(*as_login, owner_name));
  owner->give_back(std::move(as_owner));
  server->give_back(std::move(as_login));
  return std::unique_ptr<PostgresSchemas>{new PostgresSchemas{std::move(server), std::move(owner),
                                                              std::move(options.control_schema),  // NOLINT: private
                                                              std::move(login)}};
}

std::string PostgresSchemas::name_of(const TenantId& tenant) {
  std::string name = "t_" + tenant.text();
  std::erase(name, '-');
  return name;
}

Result<void> PostgresSchemas::provision(const std::string& schema, std::span<const FeatureSchema> features) const {
  const std::string name = WD_TRY(quoted_name(schema));
  const std::string login = WD_TRY(quoted_name(login_));
  const auto pool = owner_pool(schema);
  auto db = WD_TRY(pool->acquire());
  if (WD_TRY(is_provisioned(*db, schema)) && WD_TRY(is_migrated(*db, features))) return {};
  // One statement a message, none of them in a function: what Citus spreads over its nodes.
  if (!WD_TRY(exists(*db, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = ?1", schema)))
    WD_TRY(db->execute("CREATE ROLE " + name + " NOLOGIN NOINHERIT"));
  WD_TRY(db->execute("GRANT " + name + " TO " + login));
  WD_TRY(db->execute("CREATE SCHEMA IF NOT EXISTS " + name));
  WD_TRY(db->execute("GRANT USAGE ON SCHEMA " + name + " TO " + name));
  // Given back with the rights on what is made now; until then the schema is not provisioned.
  if (WD_TRY(exists(*db, kVersionTable, schema)))
    WD_TRY(db->execute("REVOKE SELECT ON " + name + ".schema_versions FROM " + name));
  WD_TRY(migrate(*db, features));
  WD_TRY(db->execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + name + " TO " + name));
  WD_TRY(db->execute("REVOKE INSERT, UPDATE, DELETE ON " + name + ".schema_versions FROM " + name));
  return {};
}

Result<std::vector<std::string>> PostgresSchemas::pending(const std::string& schema,
                                                          std::span<const FeatureSchema> features) const {
  const auto pool = owner_pool(schema);
  auto db = WD_TRY(pool->acquire());
  return migrate(*db, features, MigrateMode::DryRun);
}

Result<void> PostgresSchemas::drop(const std::string& schema) const {
  const std::string name = WD_TRY(quoted_name(schema));
  const auto pool = owner_pool(schema);
  auto db = WD_TRY(pool->acquire());
  WD_TRY(db->execute("DROP SCHEMA IF EXISTS " + name + " CASCADE"));
  WD_TRY(db->execute("DROP ROLE IF EXISTS " + name));
  return {};
}

std::unique_ptr<Pool> PostgresSchemas::pool(const std::string& schema, PostgresPin pin) const {
  pin.schema = schema;
  pin.role = schema;
  return std::make_unique<Pool>(server_, std::move(pin));
}

std::unique_ptr<Pool> PostgresSchemas::owner_pool(const std::string& schema) const {
  return std::make_unique<Pool>(owner_, PostgresPin{.schema = schema, .role = {}, .turn = schema + "_owner"});
}

}  // namespace warder::manager
