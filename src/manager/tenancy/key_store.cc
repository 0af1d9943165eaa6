#include "manager/tenancy/key_store.h"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <optional>
#include <set>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/key_provider.h"
#include "manager/tenancy/key_rows.h"

namespace warder::manager {
namespace {

using Ring = std::shared_ptr<const KeyRing>;

constexpr std::size_t kKeyBytes = 32;
constexpr std::uint32_t kFirstEpoch = 1;

/// What the wrapped key of before there were classes is bound to; it has no epoch: there was one only.
std::string legacy_purpose(std::string_view owner) {
  return "data-key|" + std::string{owner};
}

std::uint32_t epoch_at(const Row& row, int column) {
  return static_cast<std::uint32_t>(row.integer(column));
}

Result<crypto::DataKey> make_key(const std::string& id, std::uint32_t epoch, Bytes key) {
  if (key.size() != kKeyBytes) return fail(ErrorCode::Corrupt, "key " + id + ": wrong length");
  return crypto::DataKey{id, epoch, std::move(key)};
}

/// Absent when there is none.
Result<std::optional<Bytes>> legacy_key(Db& control, const std::string& owner) {
  const StmtHandle statement = WD_TRY(control.prepare("SELECT wrapped FROM data_keys WHERE id = ?1 AND epoch = 1"));
  WD_TRY(statement->bind({owner}));
  const Row* row = WD_TRY(statement->step());
  return row == nullptr ? std::optional<Bytes>{} : row->bytes(0);
}

/// Opens class keys with the tenant keys, never with the root key.
Result<KeyRing::ClassKeys> read_class_keys(Db& control, const std::string& owner,
                                           std::span<const crypto::DataKey> tenant_keys) {
  KeyRing::ClassKeys keys;
  const StmtHandle statement =
      WD_TRY(control.prepare("SELECT key_class, epoch, wrapped FROM class_keys WHERE owner = ?1 ORDER BY epoch"));
  WD_TRY(statement->bind({owner}));
  while (const Row* row = WD_TRY(statement->step())) {
    const KeyClass key_class = WD_TRY(parse_key_class(row->text(0)));
    const std::string id = class_key_id(owner, key_class);
    const Bytes wrapped = row->bytes(2);
    const crypto::SealedHeader header = WD_TRY(crypto::read_sealed_header(wrapped).in("key " + id));
    const auto by = std::ranges::find(tenant_keys, header.epoch, &crypto::DataKey::epoch);
    if (by == tenant_keys.end()) return fail(ErrorCode::Corrupt, "key " + id + ": its tenant key is not there");
    Bytes key = WD_TRY(crypto::open_sealed(*by, purpose_of(id, epoch_at(*row, 1)), wrapped).in("key " + id));
    keys[key_class].push_back(WD_TRY(make_key(id, epoch_at(*row, 1), std::move(key))));
  }
  for (const KeyClass key_class : kKeyClasses) {
    if (!keys.contains(key_class))
      return fail(ErrorCode::Corrupt, "owner " + owner + " has no key of class " + std::string{name(key_class)});
  }
  return keys;
}

/// "contact/2".
std::set<std::string> names_of(const KeyRing& ring) {
  std::set<std::string> names;
  for (const auto& [key_class, keys] : ring.class_keys()) {
    for (const crypto::DataKey& key : keys)
      names.insert(std::string{name(key_class)}.append("/").append(std::to_string(key.epoch())));
  }
  return names;
}

/// One destroyed key after the other, for the receipt.
class ReceiptWriter {
 public:
  ReceiptWriter(std::string owner, Timestamp now) : receipt_{std::move(owner), now, {}, {}} {
    digest_.update(as_bytes("warder key receipt\n" + receipt_.owner + "\n" + std::to_string(to_micros(now)) + "\n"));
  }
  void add(const std::string& id, std::int64_t epoch, ByteView wrapped) {
    receipt_.keys.push_back(id + "/" + std::to_string(epoch));
    digest_.update(as_bytes(receipt_.keys.back() + " " + to_hex(crypto::sha256(wrapped)) + "\n"));
  }
  KeyReceipt finish() {
    receipt_.digest = to_hex(digest_.finish());
    return std::move(receipt_);
  }

 private:
  KeyReceipt receipt_;
  crypto::Sha256 digest_;
};

Result<std::optional<KeyReceipt>> read_receipt(Db& control, const std::string& owner) {
  const StmtHandle statement =
      WD_TRY(control.prepare("SELECT destroyed, key_names, digest FROM key_receipts WHERE owner = ?1"));
  WD_TRY(statement->bind({owner}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return std::optional<KeyReceipt>{};
  KeyReceipt receipt{owner, from_micros(row->integer(0)), {}, row->text(2)};
  const std::string names = row->text(1);
  for (const std::string_view key : split(names, ' '))
    if (!key.empty()) receipt.keys.emplace_back(key);
  return receipt;
}

Result<void> write_receipt(Db& control, const KeyReceipt& receipt) {
  std::string names;
  for (const std::string& key : receipt.keys) names.append(names.empty() ? "" : " ").append(key);
  WD_TRY(control.execute("INSERT INTO key_receipts (owner, destroyed, key_names, digest) VALUES (?1, ?2, ?3, ?4)",
                         {receipt.owner, to_micros(receipt.destroyed), names, receipt.digest}));
  return {};
}

}  // namespace

std::string purpose_of(std::string_view id, std::uint32_t epoch) {
  return "key|" + std::string{id} + "|" + std::to_string(epoch);
}

Result<void> insert_class_key(Db& control, const KeyRing& ring, KeyClass key_class, const crypto::DataKey& key,
                              Timestamp now) {
  const Bytes wrapped = crypto::seal(ring.tenant_key(), purpose_of(key.id(), key.epoch()), key.key());
  WD_TRY(control.execute(
      "INSERT INTO class_keys (owner, key_class, epoch, wrapped, created) VALUES (?1, ?2, ?3, ?4, ?5)",
      {ring.owner(), std::string{name(key_class)}, std::int64_t{key.epoch()}, wrapped, to_micros(now)}));
  return {};
}

Result<void> secure_delete(Db& control) {
  if (control.dialect() == Dialect::Sqlite) WD_TRY(control.execute("PRAGMA secure_delete = ON"));
  return {};
}

KeyStore::KeyStore(Pool& control, crypto::KeyProvider& provider) : control_(control), provider_(provider) {}

KeyStore::~KeyStore() = default;

Result<void> KeyStore::insert_tenant_key(Db& control, const std::string& owner, const crypto::DataKey& key,
                                         Timestamp now) {
  const Bytes wrapped = WD_TRY(wrap(key));
  WD_TRY(
      control.execute("INSERT INTO tenant_keys (owner, epoch, provider, wrapped, created) VALUES (?1, ?2, ?3, ?4, ?5)",
                      {owner, std::int64_t{key.epoch()}, provider_.name(), wrapped, to_micros(now)}));
  return {};
}

Result<Ring> KeyStore::create(Db& control, const std::string& owner, Timestamp now) {
  auto ring = std::make_shared<const KeyRing>(KeyRing::dead(owner));
  WD_TRY(insert_tenant_key(control, owner, ring->tenant_key(), now));
  for (const auto& [key_class, keys] : ring->class_keys())
    WD_TRY(insert_class_key(control, *ring, key_class, keys.front(), now));
  return ring;
}

Result<Ring> KeyStore::adopt(Db& control, const std::string& owner, Timestamp now) {
  Tx transaction = WD_TRY(Tx::begin(control));
  // Another manager may have done it since.
  if (auto ring = WD_TRY(read(control, owner))) return ring;
  const auto wrapped = WD_TRY(legacy_key(control, owner));
  if (!wrapped) return Ring{};
  KeyRing fresh = KeyRing::dead(owner);
  Bytes old = WD_TRY(unwrap_for(legacy_purpose(owner), owner + "/1", *wrapped));
  KeyRing::ClassKeys keys;
  for (const auto& [key_class, made] : fresh.class_keys()) keys[key_class].push_back(made.front().clone());
  keys[KeyClass::Derivation].front() =
      WD_TRY(make_key(class_key_id(owner, KeyClass::Derivation), kFirstEpoch, std::move(old)));
  std::vector<crypto::DataKey> tenant_keys;
  tenant_keys.push_back(fresh.tenant_key().clone());
  auto ring = std::make_shared<const KeyRing>(owner, std::move(tenant_keys), std::move(keys));
  WD_TRY(insert_tenant_key(control, owner, ring->tenant_key(), now));
  for (const auto& [key_class, made] : ring->class_keys())
    WD_TRY(insert_class_key(control, *ring, key_class, made.front(), now));
  WD_TRY(control.execute("DELETE FROM data_keys WHERE id = ?1", {owner}));
  WD_TRY(transaction.commit());
  return ring;
}

void KeyStore::keep(Ring ring) {
  const std::unique_lock lock{mutex_};
  rings_[ring->owner()] = std::move(ring);
}

Result<Bytes> KeyStore::wrap(const crypto::DataKey& key) const {
  auto wrapped = provider_.wrap(purpose_of(key.id(), key.epoch()), key.key()).in("key " + key.id());
  note(RootOperation::Wrap, key.id() + "/" + std::to_string(key.epoch()), wrapped.has_value());
  return wrapped;
}

Result<crypto::DataKey> KeyStore::unwrap(const std::string& id, std::uint32_t epoch, ByteView wrapped) const {
  Bytes key = WD_TRY(unwrap_for(purpose_of(id, epoch), id + "/" + std::to_string(epoch), wrapped));
  return make_key(id, epoch, std::move(key));
}

Result<Bytes> KeyStore::unwrap_for(const std::string& purpose, std::string key, ByteView wrapped) const {
  auto unwrapped = provider_.unwrap(purpose, wrapped).in("key " + key);
  note(RootOperation::Unwrap, std::move(key), unwrapped.has_value());
  return unwrapped;
}

/// Null when there are no keys.
Result<Ring> KeyStore::read(Db& control, const std::string& owner) const {
  const Ring known = ring(owner);
  const std::string id = tenant_key_id(owner);
  std::vector<crypto::DataKey> tenant_keys;
  {
    const StmtHandle statement =
        WD_TRY(control.prepare("SELECT epoch, wrapped FROM tenant_keys WHERE owner = ?1 ORDER BY epoch"));
    WD_TRY(statement->bind({owner}));
    while (const Row* row = WD_TRY(statement->step())) {
      const std::uint32_t epoch = epoch_at(*row, 0);
      const crypto::DataKey* const unwrapped = known ? known->tenant_key(epoch) : nullptr;
      tenant_keys.push_back(unwrapped != nullptr ? unwrapped->clone() : WD_TRY(unwrap(id, epoch, row->bytes(1))));
    }
  }
  if (tenant_keys.empty()) return Ring{};
  auto class_keys = WD_TRY(read_class_keys(control, owner, tenant_keys));
  return std::make_shared<const KeyRing>(owner, std::move(tenant_keys), std::move(class_keys));
}

Result<bool> KeyStore::load(Db& control, const std::string& owner, Timestamp now) {
  Ring ring = WD_TRY(read(control, owner));
  if (!ring) ring = WD_TRY(adopt(control, owner, now));
  if (!ring) return false;
  keep(std::move(ring));
  return true;
}

Result<void> KeyStore::reload(const std::string& owner) {
  auto control = WD_TRY(control_.acquire());
  Ring ring = WD_TRY(read(*control, owner));
  if (!ring) return fail(ErrorCode::NotFound, "owner " + owner + " has no keys");
  keep(std::move(ring));
  return {};
}

Result<void> KeyStore::refresh(Db& control) {
  std::map<std::string, std::set<std::string>> stored;
  {
    const StmtHandle statement = WD_TRY(control.prepare("SELECT owner, key_class, epoch FROM class_keys"));
    while (const Row* row = WD_TRY(statement->step()))
      stored[row->text(0)].insert(row->text(1) + "/" + std::to_string(row->integer(2)));
  }
  for (const auto& [owner, keys] : stored) {
    const Ring known = ring(owner);
    if (!known || names_of(*known) == keys) continue;
    if (Ring changed = WD_TRY(read(control, owner))) keep(std::move(changed));
  }
  return {};
}

Ring KeyStore::ring(std::string_view owner) const {
  const std::shared_lock lock{mutex_};
  const auto found = rings_.find(owner);
  return found == rings_.end() ? nullptr : found->second;
}

Result<Bytes> KeyStore::open(std::string_view owner, const SealedPlace& place, ByteView box) {
  const Ring known = ring(owner);
  assert(known && "its keys were loaded with it");
  auto opened = known->open(place, box);
  if (opened || opened.error().code != ErrorCode::NotFound) return opened;
  const auto reloaded = reload(std::string{owner});
  opened = reloaded ? ring(owner)->open(place, box) : tl::unexpected(reloaded.error());
  // The row is there; it is its key that is not.
  if (!opened && opened.error().code == ErrorCode::NotFound) return fail(ErrorCode::Corrupt, opened.error().message);
  return opened;
}

Result<KeyReceipt> KeyStore::destroy(Db& control, const std::string& owner, Timestamp now) {
  if (auto before = WD_TRY(read_receipt(control, owner))) return std::move(*before);
  WD_TRY(secure_delete(control));
  ReceiptWriter writer{owner, now};
  {
    const StmtHandle statement = WD_TRY(control.prepare("SELECT epoch, wrapped FROM data_keys WHERE id = ?1"));
    WD_TRY(statement->bind({owner}));
    while (const Row* row = WD_TRY(statement->step())) writer.add(owner, row->integer(0), row->bytes(1));
  }
  {
    const StmtHandle statement =
        WD_TRY(control.prepare("SELECT epoch, wrapped FROM tenant_keys WHERE owner = ?1 ORDER BY epoch"));
    WD_TRY(statement->bind({owner}));
    while (const Row* row = WD_TRY(statement->step())) writer.add(tenant_key_id(owner), row->integer(0), row->bytes(1));
  }
  {
    const StmtHandle statement = WD_TRY(
        control.prepare("SELECT key_class, epoch, wrapped FROM class_keys WHERE owner = ?1 ORDER BY key_class, epoch"));
    WD_TRY(statement->bind({owner}));
    while (const Row* row = WD_TRY(statement->step())) {
      const KeyClass key_class = WD_TRY(parse_key_class(row->text(0)));
      writer.add(class_key_id(owner, key_class), row->integer(1), row->bytes(2));
    }
  }
  const KeyReceipt receipt = writer.finish();
  WD_TRY(control.execute("DELETE FROM data_keys WHERE id = ?1", {owner}));
  WD_TRY(control.execute("DELETE FROM class_keys WHERE owner = ?1", {owner}));
  WD_TRY(control.execute("DELETE FROM tenant_keys WHERE owner = ?1", {owner}));
  WD_TRY(write_receipt(control, receipt));
  return receipt;
}

void KeyStore::scrub(Db& control) noexcept {
  if (control.dialect() != Dialect::Sqlite) return;
  // The write-ahead log has the pages of before until it is started anew. While somebody reads, it stays until later.
  static_cast<void>(control.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
}

void KeyStore::forget(const std::string& owner) {
  keep(std::make_shared<const KeyRing>(KeyRing::dead(owner)));
}

Migration key_migration() {
  return {2,
          "keys by class of data, under a key of the tenant",
          {"CREATE TABLE tenant_keys (owner TEXT NOT NULL, epoch BIGINT NOT NULL, provider TEXT NOT NULL, "
           "wrapped BLOB NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (owner, epoch))",
           "CREATE TABLE class_keys (owner TEXT NOT NULL, key_class TEXT NOT NULL, epoch BIGINT NOT NULL, "
           "wrapped BLOB NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (owner, key_class, epoch))",
           "CREATE TABLE key_receipts (owner TEXT NOT NULL PRIMARY KEY, destroyed BIGINT NOT NULL, "
           "key_names TEXT NOT NULL, digest TEXT NOT NULL)"}};
}

std::vector<StoredField> key_fields() {
  using enum PersonalData;
  return {{"tenant_keys", "owner", None},      {"tenant_keys", "epoch", None},   {"tenant_keys", "provider", None},
          {"tenant_keys", "wrapped", Secret},  {"tenant_keys", "created", None}, {"class_keys", "owner", None},
          {"class_keys", "key_class", None},   {"class_keys", "epoch", None},    {"class_keys", "wrapped", Secret},
          {"class_keys", "created", None},     {"key_receipts", "owner", None},  {"key_receipts", "destroyed", None},
          {"key_receipts", "key_names", None}, {"key_receipts", "digest", None}};
}

}  // namespace warder::manager
