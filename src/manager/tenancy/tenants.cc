#include "manager/tenancy/tenants.h"

#include <algorithm>
#include <cassert>
#include <mutex>

#include "base/random.h"
#include "crypto/hash.h"
#include "manager/tenancy/key_store.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxNameBytes = 63;

bool is_tenant_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

Result<void> make_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  if (error) return fail_errno(path.string(), error.value());
  return {};
}

std::unique_ptr<Pool> file_pool(const std::filesystem::path& path) {
  return std::make_unique<Pool>(path, SqliteOptions{.durable = true});
}

std::string select_tenants() {
  return std::string{"SELECT n.id, n.name, n.created, "}.append(kTermsColumns) +
         " FROM tenants n LEFT JOIN tenant_terms t ON t.tenant_id = n.id ORDER BY n.id";
}

Result<Tenant> read_tenant(const Row& row) {
  return Tenant{WD_TRY(parse_id<TenantId>(row.text(0))), row.text(1), from_micros(row.integer(2)),
                WD_TRY(read_terms(row, 3))};
}

Result<std::vector<Tenant>> read_tenants(Db& control) {
  const StmtHandle statement = WD_TRY(control.prepare(select_tenants()));
  std::vector<Tenant> tenants;
  while (const Row* row = WD_TRY(statement->step())) tenants.push_back(WD_TRY(read_tenant(*row)));
  return tenants;
}

/// Of a database that may not have the table of terms yet.
Result<std::vector<Tenant>> rehearsed_tenants(Pool& control) {
  auto db = WD_TRY(control.acquire());
  auto tenants = read_tenants(*db);
  if (tenants) return tenants;
  const StmtHandle statement = WD_TRY(db->prepare("SELECT id, name, created FROM tenants ORDER BY id"));
  std::vector<Tenant> plain;
  while (const Row* row = WD_TRY(statement->step()))
    plain.push_back({WD_TRY(parse_id<TenantId>(row->text(0))), row->text(1), from_micros(row->integer(2)), {}});
  return plain;
}

std::vector<FeatureSchema> with_own(std::vector<FeatureSchema> schemas) {
  schemas.insert(schemas.begin(), {tenancy_control_schema(), tenant_terms_schema()});
  return schemas;
}

/// Not of a deleted tenant, and freed for another.
std::string tombstone(const TenantId& id) {
  return "deleted " + id.text();
}

/// What features keep of a tenant in the control database: sessions, API keys.
Result<void> remove_rows(Db& control, std::span<const FeatureSchema> schemas, const std::string& id) {
  for (const FeatureSchema& schema : schemas) {
    for (const StoredField& field : schema.fields) {
      if (field.column != "tenant_id" || schema.feature == tenant_terms_schema().feature) continue;
      WD_TRY(control.execute("DELETE FROM " + std::string{field.table} + " WHERE tenant_id = ?1", {id}));
    }
  }
  return {};
}

}  // namespace

struct Tenants::Open {
  Tenant tenant;
  std::filesystem::path directory;
  std::unique_ptr<Pool> config;
  const PostgresSchemas* postgres;
};

Tenants::Tenants(TenantsOptions options, crypto::KeyProvider& keys, Servers servers)
    : options_(std::move(options)),
      servers_(std::move(servers)),
      control_(servers_.empty() ? file_pool(options_.data_directory / "control.db")
                                : servers_.at("")->pool(servers_.at("")->control())),
      keys_(std::make_unique<KeyStore>(*control_, keys)),
      tenant_classes_(options_.tenant_schemas),
      control_classes_(options_.control_schemas) {}

Tenants::~Tenants() = default;

Result<std::unique_ptr<Tenants>> Tenants::create(TenantsOptions options, crypto::KeyProvider& keys) {
  options.control_schemas = with_own(std::move(options.control_schemas));
  WD_TRY(make_directory(options.data_directory / "tenants"));
  WD_TRY(make_directory(options.data_directory));
  Servers servers = WD_TRY(open_servers(options));
  auto tenants = std::unique_ptr<Tenants>{
      new Tenants{std::move(options), keys, std::move(servers)}};  // NOLINT: private constructor
  WD_TRY(tenants->load());
  return tenants;
}

Result<Tenants::Servers> Tenants::open_servers(const TenantsOptions& options) {
  Servers servers;
  if (options.database.url.empty()) return servers;
  servers[""] = WD_TRY(PostgresSchemas::open(options.database));
  for (const DatabaseServer& server : options.servers) {
    auto opened = WD_TRY(PostgresSchemas::open({server.url, server.owner_url}).in("database server " + server.name));
    servers[server.name] = std::move(opened);
  }
  return servers;
}

Result<void> Tenants::load() {
  const bool has_files = servers_.empty();
  if (!has_files) {
    const PostgresSchemas& postgres = *servers_.at("");
    WD_TRY(postgres.provision(postgres.control(), options_.control_schemas).in("control"));
  }
  auto db = WD_TRY(control_->acquire());
  if (has_files) WD_TRY(migrate(*db, options_.control_schemas).in("control.db"));
  WD_TRY(load_control_keys(*db));
  for (const Tenant& tenant : WD_TRY(read_tenants(*db))) {
    if (tenant.terms.status == TenantStatus::Deleted) {
      WD_TRY(drop_data(tenant).in("tenant " + tenant.id.text()));
      continue;
    }
    WD_TRY(load_tenant(*db, tenant).in("tenant " + tenant.name));
  }
  return {};
}

Result<void> Tenants::load_control_keys(Db& control) {
  const std::string owner{kControlOwner};
  if (WD_TRY(keys_->load(control, owner, options_.now).in("control"))) return {};
  Tx transaction = WD_TRY(Tx::begin(control));
  auto made = WD_TRY(keys_->create(control, owner, options_.now));
  WD_TRY(transaction.commit());
  keys_->keep(std::move(made));
  return {};
}

Result<void> Tenants::load_tenant(Db& control, const Tenant& tenant) {
  if (!WD_TRY(keys_->load(control, tenant.id.text(), options_.now)))
    return fail(ErrorCode::Corrupt, "there are no keys");
  auto opened = WD_TRY(open(tenant));
  const std::unique_lock lock{mutex_};
  open_.try_emplace(tenant.id, std::move(opened));
  return {};
}

Result<std::unique_ptr<Tenants::Open>> Tenants::open(const Tenant& tenant) const {
  const auto directory = options_.data_directory / "tenants" / tenant.id.text();
  WD_TRY(make_directory(directory));
  const PostgresSchemas* const postgres = WD_TRY(server_of(tenant.terms));
  const std::string schema = PostgresSchemas::name_of(tenant.id);
  if (postgres != nullptr) WD_TRY(postgres->provision(schema, options_.tenant_schemas).in("schema " + schema));
  auto config = postgres != nullptr ? postgres->pool(schema) : file_pool(directory / "config.db");
  auto opened = std::make_unique<Open>(Open{tenant, directory, std::move(config), postgres});
  if (postgres != nullptr) return opened;
  auto db = WD_TRY(opened->config->acquire());
  WD_TRY(migrate(*db, options_.tenant_schemas).in("config.db"));
  return opened;
}

Result<const PostgresSchemas*> Tenants::server_of(const TenantTerms& terms) const {
  if (servers_.empty()) return nullptr;
  const auto found = servers_.find(terms.database_server);
  if (found == servers_.end())
    return fail(ErrorCode::NotFound, "database server '" + terms.database_server + "' is not in the settings");
  return found->second.get();
}

std::string Tenants::emptiest_server() const {
  const std::shared_lock lock{mutex_};
  std::map<std::string, std::size_t, std::less<>> tenants;
  for (const auto& [server, schemas] : servers_) tenants[server] = 0;
  for (const auto& [id, opened] : open_)
    if (opened->tenant.terms.status != TenantStatus::Deleted) ++tenants[opened->tenant.terms.database_server];
  const auto least = std::ranges::min_element(tenants, {}, [](const auto& server) { return server.second; });
  return least == tenants.end() ? std::string{} : least->first;
}

Result<std::vector<DatabaseState>> Tenants::rehearse(const TenantsOptions& options) {
  const Servers servers = WD_TRY(open_servers(options));
  const auto control = options.data_directory / "control.db";
  if (servers.empty() && !std::filesystem::exists(control))
    return fail(ErrorCode::NotFound, control.string() + " is not there");
  const auto missing = [&](Pool& pool, std::span<const FeatureSchema> schemas) -> Result<std::vector<std::string>> {
    auto db = WD_TRY(pool.acquire());
    return migrate(*db, schemas, MigrateMode::DryRun);
  };
  const auto control_pool =
      servers.empty() ? file_pool(control) : servers.at("")->owner_pool(servers.at("")->control());
  std::vector<DatabaseState> states;
  states.push_back({"control", WD_TRY(missing(*control_pool, with_own(options.control_schemas)).in("control"))});
  for (const Tenant& tenant : WD_TRY(rehearsed_tenants(*control_pool))) {
    const std::string name = "tenant " + tenant.name;
    if (tenant.terms.status == TenantStatus::Deleted) continue;
    if (!servers.empty() && !servers.contains(tenant.terms.database_server))
      return fail(ErrorCode::NotFound,
                  name + ": database server '" + tenant.terms.database_server + "' is not in the settings");
    const auto pool = servers.empty()
                          ? file_pool(options.data_directory / "tenants" / tenant.id.text() / "config.db")
                          : servers.at(tenant.terms.database_server)->owner_pool(PostgresSchemas::name_of(tenant.id));
    states.push_back({name, WD_TRY(missing(*pool, options.tenant_schemas).in(name))});
  }
  return states;
}

Result<Tenant> Tenants::add(std::string_view name, Timestamp now, TenantTerms terms) {
  if (!is_tenant_name(name)) return fail(ErrorCode::Invalid, "/name: 1 to 63 of a-z, 0-9 and '-'");
  if (!terms.database_server.empty() && !servers_.contains(terms.database_server))
    return fail(ErrorCode::Invalid, "/database_server: not one of the settings' database_servers");
  Tenant tenant{TenantId{UuidGenerator{fill_random}.next(now)}, std::string{name}, now, std::move(terms)};
  if (tenant.terms.database_server.empty()) tenant.terms.database_server = emptiest_server();
  auto db = WD_TRY(control_->acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  auto inserted = db->execute("INSERT INTO tenants (id, name, created) VALUES (?1, ?2, ?3)",
                              {tenant.id.text(), tenant.name, to_micros(now)});
  if (!inserted && inserted.error().code == ErrorCode::Conflict)
    return fail(ErrorCode::Conflict, "/name: there is a tenant of this name");
  WD_TRY(std::move(inserted));
  WD_TRY(write_terms(*db, tenant.id, tenant.terms));
  auto ring = WD_TRY(keys_->create(*db, tenant.id.text(), now));
  // The folder first: a crash in between leaves an empty folder, never a tenant without one.
  auto opened = WD_TRY(open(tenant));
  WD_TRY(transaction.commit());
  keys_->keep(std::move(ring));
  {
    const std::unique_lock lock{mutex_};
    open_[tenant.id] = std::move(opened);
  }
  keys_->report();
  return tenant;
}

Result<Tenant> Tenants::change_terms(const TenantId& id, const std::function<Result<void>(TenantTerms&)>& change) {
  auto db = WD_TRY(control_->acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  std::vector<Tenant> all = WD_TRY(read_tenants(*db));
  const auto tenant = std::ranges::find(all, id, &Tenant::id);
  if (tenant == all.end() || tenant->terms.status == TenantStatus::Deleted)
    return fail(ErrorCode::NotFound, "tenant " + id.text() + " does not exist");
  const TenantTerms before = tenant->terms;
  TenantTerms after = before;
  WD_TRY(change(after));
  if (tenant->name == kFirstTenant && (after.status != before.status || after.deletion_due))
    return fail(ErrorCode::Forbidden, "the first tenant operates the others: it is neither suspended nor deleted");
  if (after.status == TenantStatus::Deleted || after.database_server != before.database_server)
    return fail(ErrorCode::Invalid, "a tenant is deleted when its deletion is due, and does not move");
  WD_TRY(write_terms(*db, id, after));
  WD_TRY(transaction.commit());
  tenant->terms = after;
  const std::unique_lock lock{mutex_};
  if (const auto opened = open_.find(id); opened != open_.end()) opened->second->tenant.terms = after;
  return *tenant;
}

Result<ErasedTenant> Tenants::erase(const TenantId& id, Timestamp now) {
  Tenant tenant;
  KeyReceipt receipt;
  {
    auto db = WD_TRY(control_->acquire());
    Tx transaction = WD_TRY(Tx::begin(*db));
    std::vector<Tenant> all = WD_TRY(read_tenants(*db));
    const auto stored = std::ranges::find(all, id, &Tenant::id);
    if (stored == all.end()) return fail(ErrorCode::NotFound, "tenant " + id.text() + " does not exist");
    const bool is_due = stored->terms.deletion_due && *stored->terms.deletion_due <= now;
    if (!is_due && stored->terms.status != TenantStatus::Deleted)
      return fail(ErrorCode::Conflict, "the tenant's deletion is not due");
    tenant = *stored;
    tenant.terms.status = TenantStatus::Deleted;
    receipt = WD_TRY(keys_->destroy(*db, id.text(), now));
    WD_TRY(remove_rows(*db, options_.control_schemas, id.text()));
    WD_TRY(db->execute("UPDATE tenants SET name = ?2 WHERE id = ?1", {id.text(), tombstone(id)}));
    WD_TRY(write_terms(*db, id, tenant.terms));
    WD_TRY(transaction.commit());
    KeyStore::scrub(*db);
  }
  {
    const std::unique_lock lock{mutex_};
    if (const auto opened = open_.find(id); opened != open_.end()) opened->second->tenant = tenant;
  }
  keys_->forget(id.text());
  WD_TRY(drop_data(tenant));
  return ErasedTenant{id, std::move(receipt.keys), receipt.destroyed, std::move(receipt.digest)};
}

Result<void> Tenants::drop_data(const Tenant& tenant) const {
  const PostgresSchemas* const postgres = WD_TRY(server_of(tenant.terms));
  if (postgres != nullptr) WD_TRY(postgres->drop(PostgresSchemas::name_of(tenant.id)));
  std::error_code error;
  const auto directory = options_.data_directory / "tenants" / tenant.id.text();
  std::filesystem::remove_all(directory, error);
  if (error) return fail_errno(directory.string(), error.value());
  return {};
}

Result<void> Tenants::refresh() {
  auto db = WD_TRY(control_->acquire());
  for (const Tenant& tenant : WD_TRY(read_tenants(*db))) {
    const bool is_deleted = tenant.terms.status == TenantStatus::Deleted;
    {
      const std::unique_lock lock{mutex_};
      const auto opened = open_.find(tenant.id);
      const bool is_open = opened != open_.end();
      const bool was_deleted = is_open && opened->second->tenant.terms.status == TenantStatus::Deleted;
      if (is_open) opened->second->tenant = tenant;
      if (is_open && is_deleted && !was_deleted) keys_->forget(tenant.id.text());
      if (is_open || is_deleted) continue;
    }
    WD_TRY(load_tenant(*db, tenant).in("tenant " + tenant.name));
  }
  WD_TRY(keys_->refresh(*db));
  keys_->report();
  return {};
}

Result<void> Tenants::check_served(const TenantId& id) const {
  const Tenant tenant = WD_TRY(find(id));
  if (tenant.terms.status == TenantStatus::Active) return {};
  const std::string& reason = tenant.terms.reason;
  return fail(ErrorCode::Forbidden, "the tenant is suspended" + (reason.empty() ? reason : ": " + reason));
}

std::vector<Tenant> Tenants::list() const {
  const std::shared_lock lock{mutex_};
  std::vector<Tenant> tenants;
  tenants.reserve(open_.size());
  for (const auto& [id, opened] : open_)
    if (opened->tenant.terms.status != TenantStatus::Deleted) tenants.push_back(opened->tenant);
  return tenants;
}

Result<Tenant> Tenants::find(const TenantId& id) const {
  const std::shared_lock lock{mutex_};
  const auto found = open_.find(id);
  if (found == open_.end() || found->second->tenant.terms.status == TenantStatus::Deleted)
    return fail(ErrorCode::NotFound, "tenant " + id.text() + " does not exist");
  return found->second->tenant;
}

Result<Tenant> Tenants::find_by_name(std::string_view name) const {
  const std::shared_lock lock{mutex_};
  for (const auto& [id, opened] : open_) {
    if (opened->tenant.name == name && opened->tenant.terms.status != TenantStatus::Deleted) return opened->tenant;
  }
  return fail(ErrorCode::NotFound, "tenant '" + std::string{name} + "' does not exist");
}

const Tenants::Open& Tenants::at(const TenantScope& scope) const {
  const std::shared_lock lock{mutex_};
  const auto found = open_.find(scope.tenant());
  assert(found != open_.end() && "ScopeMaker makes scopes of existing tenants only");
  return *found->second;
}

const PostgresSchemas* Tenants::postgres(const TenantScope& scope) const {
  return at(scope).postgres;
}

Pool& Tenants::control() noexcept {
  return *control_;
}

Pool& Tenants::config(const TenantScope& scope) const {
  return *at(scope).config;
}

const std::filesystem::path& Tenants::directory(const TenantScope& scope) const {
  return at(scope).directory;
}

Bytes Tenants::seal_text(const TenantScope& scope, const SealedPlace& place, std::string_view text) const {
  return keys_->ring(scope.tenant().text())->seal(tenant_classes_.of(place), place, as_bytes(text));
}

Result<std::string> Tenants::open_text(const TenantScope& scope, const SealedPlace& place, ByteView box) const {
  const Bytes text = WD_TRY(keys_->open(scope.tenant().text(), place, box));
  return std::string{as_text(text)};
}

Bytes Tenants::blind_index(const TenantScope& scope, std::string_view column, std::string_view text) const {
  const Bytes key = derive_key(scope, "blind-index|" + std::string{column});
  const crypto::Digest digest = crypto::hmac_sha256(key, as_bytes(text));
  return {digest.begin(), digest.end()};
}

Bytes Tenants::derive_key(const TenantScope& scope, std::string_view purpose) const {
  return keys_->ring(scope.tenant().text())->derive(purpose);
}

Bytes Tenants::seal_control(const SealedPlace& place, ByteView secret) const {
  return keys_->ring(kControlOwner)->seal(control_classes_.of(place), place, secret);
}

Result<Bytes> Tenants::open_control(const SealedPlace& place, ByteView box) const {
  return keys_->open(kControlOwner, place, box);
}

Result<TenantScope> ScopeMaker::make(const TenantId& tenant, std::string actor) const {
  WD_TRY(tenants_.find(tenant));
  return TenantScope{tenant, std::move(actor), nullptr};
}

Result<TenantScope> ScopeMaker::make(const TenantId& tenant, std::string actor, Access access) const {
  WD_TRY(tenants_.find(tenant));
  return TenantScope{tenant, std::move(actor), std::make_shared<Access>(std::move(access))};
}

FeatureSchema tenancy_control_schema() {
  FeatureSchema schema{.feature = "tenancy",
                       .migrations = {{1,
                                       "create tenants and data keys",
                                       {"CREATE TABLE tenants (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL "
                                        "UNIQUE, created BIGINT NOT NULL)",
                                        "CREATE TABLE data_keys (id TEXT NOT NULL, epoch BIGINT NOT NULL, provider "
                                        "TEXT NOT NULL, wrapped BLOB NOT NULL, PRIMARY KEY (id, epoch))"}},
                                      key_migration()},
                       .fields = {{"tenants", "id", PersonalData::None},
                                  {"tenants", "name", PersonalData::None},
                                  {"tenants", "created", PersonalData::None},
                                  {"data_keys", "id", PersonalData::None},
                                  {"data_keys", "epoch", PersonalData::None},
                                  {"data_keys", "provider", PersonalData::None},
                                  {"data_keys", "wrapped", PersonalData::Secret}}};
  for (const StoredField& field : key_fields()) schema.fields.push_back(field);
  return schema;
}

}  // namespace warder::manager
