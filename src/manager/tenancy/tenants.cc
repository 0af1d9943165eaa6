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
  Open(Tenant its_tenant, std::filesystem::path its_directory, crypto::DataKey its_key)
      : tenant(std::move(its_tenant)),
        directory(std::move(its_directory)),
        key(std::move(its_key)),
        config(directory / "config.db", {.durable = true}) {}

  Tenant tenant;
  std::filesystem::path directory;
  crypto::DataKey key;
  mutable Pool config;
};

Tenants::Tenants(TenantsOptions options, crypto::KeyProvider& keys)
    : options_(std::move(options)), keys_(keys), control_(options_.data_directory / "control.db", {.durable = true}) {}

Tenants::~Tenants() = default;

Result<std::unique_ptr<Tenants>> Tenants::create(TenantsOptions options, crypto::KeyProvider& keys) {
  options.control_schemas = with_own(std::move(options.control_schemas));
  WD_TRY(make_directory(options.data_directory / "tenants"));
  WD_TRY(make_directory(options.data_directory));
  auto tenants = std::unique_ptr<Tenants>{
      new Tenants{std::move(options), keys}};  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  WD_TRY(tenants->load());
  return tenants;
}

Result<void> Tenants::load() {
  auto db = WD_TRY(control_.acquire());
  WD_TRY(migrate(*db, options_.control_schemas).in("control.db"));
  control_key_ = WD_TRY(read_key(*db, keys_, "control"));
  if (!control_key_) {
    auto key = crypto::DataKey::generate("control", kFirstEpoch);
    WD_TRY(insert_key(*db, keys_, key));
    control_key_ = std::make_unique<crypto::DataKey>(std::move(key));
  }
  const StmtHandle statement = WD_TRY(db->prepare("SELECT id, name, created FROM tenants ORDER BY id"));
  while (const Row* row = WD_TRY(statement->step())) {
    const Tenant tenant{WD_TRY(parse_id<TenantId>(row->text(0))), row->text(1), from_micros(row->integer(2))};
    auto key = WD_TRY(read_key(*db, keys_, tenant.id.text()));
    if (!key) return fail(ErrorCode::Corrupt, "control.db: tenant " + tenant.name + " has no data key");
    open_[tenant.id] = WD_TRY(open(tenant, std::move(*key)).in("tenant " + tenant.name));
  }
  return {};
}

Result<std::unique_ptr<Tenants::Open>> Tenants::open(const Tenant& tenant, crypto::DataKey key) const {
  const auto directory = options_.data_directory / "tenants" / tenant.id.text();
  WD_TRY(make_directory(directory));
  auto opened = std::make_unique<Open>(tenant, directory, std::move(key));
  auto db = WD_TRY(opened->config.acquire());
  WD_TRY(migrate(*db, options_.tenant_schemas).in("config.db"));
  return opened;
}

Result<Tenant> Tenants::add(std::string_view name, Timestamp now) {
  if (!is_tenant_name(name)) return fail(ErrorCode::Invalid, "/name: 1 to 63 of a-z, 0-9 and '-'");
  const Tenant tenant{TenantId{UuidGenerator{fill_random}.next(now)}, std::string{name}, now};
  auto key = crypto::DataKey::generate(tenant.id.text(), kFirstEpoch);
  auto db = WD_TRY(control_.acquire());
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
  return control_;
}

Pool& Tenants::config(const TenantScope& scope) const {
  return at(scope).config;
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
