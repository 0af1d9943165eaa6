#include "manager/tenancy/tenants.h"

#include <algorithm>
#include <cassert>
#include <mutex>

#include "base/random.h"
#include "crypto/hash.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kMaxNameBytes = 63;
constexpr std::uint32_t kFirstEpoch = 1;

std::string key_purpose(std::string_view key_id) {
  return "data-key|" + std::string{key_id};
}

std::string place_text(std::string_view owner, const SealedPlace& place) {
  std::string text{owner};
  return text.append("|").append(place.table).append("|").append(place.row).append("|").append(place.column);
}

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

/// nullptr: SQLite.
Result<std::unique_ptr<PostgresSchemas>> open_schemas(const DatabaseOptions& options) {
  if (options.url.empty()) return nullptr;
  return PostgresSchemas::open(options);
}

constexpr std::string_view kSelectTenants = "SELECT id, name, created FROM tenants ORDER BY id";

Result<Tenant> read_tenant(const Row& row) {
  return Tenant{WD_TRY(parse_id<TenantId>(row.text(0))), row.text(1), from_micros(row.integer(2))};
}

std::vector<FeatureSchema> with_own(std::vector<FeatureSchema> schemas) {
  schemas.insert(schemas.begin(), tenancy_control_schema());
  return schemas;
}

Result<void> insert_key(Db& db, crypto::KeyProvider& keys, const crypto::DataKey& key) {
  const Bytes wrapped = WD_TRY(keys.wrap(key_purpose(key.id()), key.key()));
  WD_TRY(db.execute("INSERT INTO data_keys (id, epoch, provider, wrapped) VALUES (?1, ?2, ?3, ?4)",
                    {key.id(), std::int64_t{key.epoch()}, keys.name(), wrapped}));
  return {};
}

/// Absent when there is none yet.
Result<std::unique_ptr<crypto::DataKey>> read_key(Db& db, crypto::KeyProvider& keys, const std::string& id) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT epoch, wrapped FROM data_keys WHERE id = ?1 ORDER BY epoch DESC LIMIT 1"));
  WD_TRY(statement->bind({id}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return nullptr;
  Bytes key = WD_TRY(keys.unwrap(key_purpose(id), row->bytes(1)).in("data key " + id));
  if (key.size() != kKeyBytes) return fail(ErrorCode::Corrupt, "data key " + id + ": wrong length");
  return std::make_unique<crypto::DataKey>(id, static_cast<std::uint32_t>(row->integer(0)), std::move(key));
}

}  // namespace

struct Tenants::Open {
  Tenant tenant;
  std::filesystem::path directory;
  crypto::DataKey key;
  std::unique_ptr<Pool> config;
};

Tenants::Tenants(TenantsOptions options, crypto::KeyProvider& keys, std::unique_ptr<PostgresSchemas> postgres)
    : options_(std::move(options)),
      keys_(keys),
      postgres_(std::move(postgres)),
      control_(postgres_ ? postgres_->pool(postgres_->control()) : file_pool(options_.data_directory / "control.db")) {}

Tenants::~Tenants() = default;

Result<std::unique_ptr<Tenants>> Tenants::create(TenantsOptions options, crypto::KeyProvider& keys) {
  options.control_schemas = with_own(std::move(options.control_schemas));
  WD_TRY(make_directory(options.data_directory / "tenants"));
  WD_TRY(make_directory(options.data_directory));
  auto postgres = WD_TRY(open_schemas(options.database));
  auto tenants = std::unique_ptr<Tenants>{
      new Tenants{std::move(options), keys, std::move(postgres)}};  // NOLINT: private constructor
  WD_TRY(tenants->load());
  return tenants;
}

Result<void> Tenants::load() {
  if (postgres_) WD_TRY(postgres_->provision(postgres_->control(), options_.control_schemas).in("control"));
  auto db = WD_TRY(control_->acquire());
  if (!postgres_) WD_TRY(migrate(*db, options_.control_schemas).in("control.db"));
  control_key_ = WD_TRY(read_key(*db, keys_, "control"));
  if (!control_key_) {
    auto key = crypto::DataKey::generate("control", kFirstEpoch);
    WD_TRY(insert_key(*db, keys_, key));
    control_key_ = std::make_unique<crypto::DataKey>(std::move(key));
  }
  const StmtHandle statement = WD_TRY(db->prepare(kSelectTenants));
  while (const Row* row = WD_TRY(statement->step())) {
    const Tenant tenant = WD_TRY(read_tenant(*row));
    auto key = WD_TRY(read_key(*db, keys_, tenant.id.text()));
    if (!key) return fail(ErrorCode::Corrupt, "tenant " + tenant.name + " has no data key");
    open_[tenant.id] = WD_TRY(open(tenant, std::move(*key)).in("tenant " + tenant.name));
  }
  return {};
}

Result<std::unique_ptr<Tenants::Open>> Tenants::open(const Tenant& tenant, crypto::DataKey key) const {
  const auto directory = options_.data_directory / "tenants" / tenant.id.text();
  WD_TRY(make_directory(directory));
  const std::string schema = PostgresSchemas::name_of(tenant.id);
  if (postgres_) WD_TRY(postgres_->provision(schema, options_.tenant_schemas).in("schema " + schema));
  auto opened = std::make_unique<Open>(Open{tenant, directory, std::move(key),
                                            postgres_ ? postgres_->pool(schema) : file_pool(directory / "config.db")});
  if (postgres_) return opened;
  auto db = WD_TRY(opened->config->acquire());
  WD_TRY(migrate(*db, options_.tenant_schemas).in("config.db"));
  return opened;
}

Result<std::vector<DatabaseState>> Tenants::rehearse(const TenantsOptions& options) {
  const auto postgres = WD_TRY(open_schemas(options.database));
  const auto control = options.data_directory / "control.db";
  if (!postgres && !std::filesystem::exists(control))
    return fail(ErrorCode::NotFound, control.string() + " is not there");
  const auto missing = [&](Pool& pool, std::span<const FeatureSchema> schemas) -> Result<std::vector<std::string>> {
    auto db = WD_TRY(pool.acquire());
    return migrate(*db, schemas, MigrateMode::DryRun);
  };
  const auto control_pool = postgres ? postgres->owner_pool(postgres->control()) : file_pool(control);
  std::vector<DatabaseState> states;
  states.push_back({"control", WD_TRY(missing(*control_pool, with_own(options.control_schemas)).in("control"))});
  std::vector<Tenant> tenants;
  {
    auto db = WD_TRY(control_pool->acquire());
    const StmtHandle statement = WD_TRY(db->prepare(kSelectTenants));
    while (const Row* row = WD_TRY(statement->step())) tenants.push_back(WD_TRY(read_tenant(*row)));
  }
  for (const Tenant& tenant : tenants) {
    const auto pool = postgres ? postgres->owner_pool(PostgresSchemas::name_of(tenant.id))
                               : file_pool(options.data_directory / "tenants" / tenant.id.text() / "config.db");
    const std::string name = "tenant " + tenant.name;
    states.push_back({name, WD_TRY(missing(*pool, options.tenant_schemas).in(name))});
  }
  return states;
}

Result<Tenant> Tenants::add(std::string_view name, Timestamp now) {
  if (!is_tenant_name(name)) return fail(ErrorCode::Invalid, "/name: 1 to 63 of a-z, 0-9 and '-'");
  const Tenant tenant{TenantId{UuidGenerator{fill_random}.next(now)}, std::string{name}, now};
  auto key = crypto::DataKey::generate(tenant.id.text(), kFirstEpoch);
  auto db = WD_TRY(control_->acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  auto inserted = db->execute("INSERT INTO tenants (id, name, created) VALUES (?1, ?2, ?3)",
                              {tenant.id.text(), tenant.name, to_micros(now)});
  if (!inserted && inserted.error().code == ErrorCode::Conflict)
    return fail(ErrorCode::Conflict, "/name: there is a tenant of this name");
  WD_TRY(std::move(inserted));
  WD_TRY(insert_key(*db, keys_, key));
  // The folder first: a crash in between leaves an empty folder, never a tenant without one.
  auto opened = WD_TRY(open(tenant, std::move(key)));
  WD_TRY(transaction.commit());
  const std::unique_lock lock{mutex_};
  open_[tenant.id] = std::move(opened);
  return tenant;
}

std::vector<Tenant> Tenants::list() const {
  const std::shared_lock lock{mutex_};
  std::vector<Tenant> tenants;
  tenants.reserve(open_.size());
  for (const auto& [id, opened] : open_) tenants.push_back(opened->tenant);
  return tenants;
}

Result<Tenant> Tenants::find(const TenantId& id) const {
  const std::shared_lock lock{mutex_};
  const auto found = open_.find(id);
  if (found == open_.end()) return fail(ErrorCode::NotFound, "tenant " + id.text() + " does not exist");
  return found->second->tenant;
}

Result<Tenant> Tenants::find_by_name(std::string_view name) const {
  const std::shared_lock lock{mutex_};
  for (const auto& [id, opened] : open_) {
    if (opened->tenant.name == name) return opened->tenant;
  }
  return fail(ErrorCode::NotFound, "tenant '" + std::string{name} + "' does not exist");
}

const Tenants::Open& Tenants::at(const TenantScope& scope) const {
  const std::shared_lock lock{mutex_};
  const auto found = open_.find(scope.tenant());
  assert(found != open_.end() && "ScopeMaker makes scopes of existing tenants only");
  return *found->second;
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
  const Open& opened = at(scope);
  return crypto::seal(opened.key, place_text(opened.tenant.id.text(), place), as_bytes(text));
}

Result<std::string> Tenants::open_text(const TenantScope& scope, const SealedPlace& place, ByteView box) const {
  const Open& opened = at(scope);
  const Bytes text = WD_TRY(crypto::open_sealed(opened.key, place_text(opened.tenant.id.text(), place), box));
  return std::string{as_text(text)};
}

Bytes Tenants::blind_index(const TenantScope& scope, std::string_view column, std::string_view text) const {
  const Bytes key = derive_key(scope, "blind-index|" + std::string{column});
  const crypto::Digest digest = crypto::hmac_sha256(key, as_bytes(text));
  return {digest.begin(), digest.end()};
}

Bytes Tenants::derive_key(const TenantScope& scope, std::string_view purpose) const {
  const Open& opened = at(scope);
  return crypto::derive_key(opened.key.key(), as_bytes(opened.tenant.id.text()), purpose, kKeyBytes);
}

Bytes Tenants::seal_control(const SealedPlace& place, ByteView secret) const {
  return crypto::seal(*control_key_, place_text("control", place), secret);
}

Result<Bytes> Tenants::open_control(const SealedPlace& place, ByteView box) const {
  return crypto::open_sealed(*control_key_, place_text("control", place), box);
}

Result<TenantScope> ScopeMaker::make(const TenantId& tenant, std::string actor) const {
  WD_TRY(tenants_.find(tenant));
  return TenantScope{tenant, std::move(actor)};
}

FeatureSchema tenancy_control_schema() {
  return {.feature = "tenancy",
          .migrations = {{1,
                          "create tenants and data keys",
                          {"CREATE TABLE tenants (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
                           "created BIGINT NOT NULL)",
                           "CREATE TABLE data_keys (id TEXT NOT NULL, epoch BIGINT NOT NULL, provider TEXT NOT NULL, "
                           "wrapped BLOB NOT NULL, PRIMARY KEY (id, epoch))"}}},
          .fields = {{"tenants", "id", PersonalData::None},
                     {"tenants", "name", PersonalData::None},
                     {"tenants", "created", PersonalData::None},
                     {"data_keys", "id", PersonalData::None},
                     {"data_keys", "epoch", PersonalData::None},
                     {"data_keys", "provider", PersonalData::None},
                     {"data_keys", "wrapped", PersonalData::Secret}}};
}

}  // namespace warder::manager
