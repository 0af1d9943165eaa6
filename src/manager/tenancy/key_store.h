// The keys of all owners in the control database: each owner's tenant key wrapped under the root key of the provider,
// its class keys wrapped under the tenant key. Loaded ones are kept in memory, so that a provider that is down stops
// nobody who has them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/seal.h"
#include "manager/store/migrations.h"
#include "manager/store/pool.h"
#include "manager/tenancy/key_ring.h"

namespace warder::crypto {
class KeyProvider;
}  // namespace warder::crypto

namespace warder::manager {

/// The owner of what is sealed in the control database.
inline constexpr std::string_view kControlOwner = "control";

/// What remains of destroyed keys.
struct KeyReceipt {
  std::string owner;
  Timestamp destroyed;
  std::vector<std::string> keys;  // "<key id>/<epoch>"
  std::string digest;             // SHA-256, hex, over owner, time and each key's name and wrapped form
};

/// A key as it is stored.
struct KeyState {
  std::string owner;
  std::string level;  // "tenant", or a class
  std::uint32_t epoch = 0;
  Timestamp created;  // 1970: before the program noted it
  bool is_current = false;
  std::string provider{};  // of a tenant key
  std::string root{};      // likewise: the id of the root key that wraps it
};

enum class RootOperation : std::uint8_t { Wrap, Unwrap, Rotate, Destroy };
std::string_view name(RootOperation operation) noexcept;

/// One use of the root key.
struct RootUse {
  RootOperation operation;
  std::string key;  // "<key id>/<epoch>" of the tenant key; of Rotate and Destroy: the root key's id
  std::string provider;
  bool succeeded;
};

/// Thread-safe.
class KeyStore {
 public:
  /// All must outlive it.
  KeyStore(Pool& control, crypto::KeyProvider& provider);
  ~KeyStore();
  KeyStore(const KeyStore&) = delete;
  KeyStore& operator=(const KeyStore&) = delete;

  /// New keys, in the caller's transaction; `keep` them when it is committed.
  Result<std::shared_ptr<const KeyRing>> create(Db& control, const std::string& owner, Timestamp now);
  void keep(std::shared_ptr<const KeyRing> ring);
  /// Reads and keeps an owner's keys; the single key of an owner from before there were classes becomes its derivation
  /// key, in a transaction of its own. False when there are none.
  Result<bool> load(Db& control, const std::string& owner, Timestamp now);
  /// The same when another manager has made keys since: on a connection of its own. What is in memory is unwrapped no
  /// second time.
  Result<void> reload(const std::string& owner);

  /// Reads the keys of all owners in memory that other managers have made or retired keys of.
  Result<void> refresh(Db& control);

  /// Of an owner whose keys were kept.
  [[nodiscard]] std::shared_ptr<const KeyRing> ring(std::string_view owner) const;
  /// As KeyRing::open; looks into the database for a key that is not in memory.
  Result<Bytes> open(std::string_view owner, const SealedPlace& place, ByteView box);

  /// Destroys all wrapped forms, in the caller's transaction: nobody has the keys that they open. Of an owner whose
  /// keys were destroyed before: the receipt of then.
  Result<KeyReceipt> destroy(Db& control, const std::string& owner, Timestamp now);
  /// After that transaction: takes what was deleted out of the database file, too, as far as others' reads allow.
  static void scrub(Db& control) noexcept;
  /// Wipes the keys of a destroyed owner from memory, once those who use them now have ended. What is sealed for it
  /// afterwards, nobody can open.
  void forget(const std::string& owner);

  /// All of them, by owner and level; an owner's epochs rise. No key is in it.
  [[nodiscard]] Result<std::vector<KeyState>> list() const;

  // Rotation, online. NotFound for an owner without keys.

  /// A new epoch for a class, which seals from now on; the ones before open until they are retired. Returns the epoch.
  /// Invalid for Derivation.
  Result<std::uint32_t> rotate_class(const std::string& owner, KeyClass key_class, Timestamp now);
  /// A new tenant key, under which all class keys are wrapped anew, in one transaction; the one before is destroyed.
  Result<std::uint32_t> rotate_tenant(const std::string& owner, Timestamp now);
  /// A new root key, under which all tenant keys are wrapped anew; the ones before are destroyed. Interrupted, it is
  /// finished by `rewrap`.
  Result<void> rotate_root();
  /// Wraps up to `limit` tenant keys anew that are under an older root key, and returns how many. When there are none,
  /// the older root keys are destroyed.
  Result<std::size_t> rewrap(std::size_t limit);
  /// Destroys class keys older than those of `ring`, a week after these were made; returns how many. Only after a pass
  /// over all sealed values that has found no box of them. Never those of Derivation and Other.
  Result<std::size_t> retire(const KeyRing& ring, Timestamp now);

  static constexpr std::size_t kRewrapBatch = 50;

  // Every use of the root key is kept until somebody takes it, for the audit log.

  std::vector<RootUse> take_uses();
  /// Before those since.
  void put_back(std::vector<RootUse> uses);
  /// Called by `report`, when there are uses; before any other thread has this.
  void on_root_use(std::function<void()> listener) { listener_ = std::move(listener); }
  /// To be called where no transaction is open.
  void report() const;

 private:
  Result<std::size_t> forget_old_roots(Db& control);
  Result<Bytes> wrap(const crypto::DataKey& key) const;
  Result<std::shared_ptr<const KeyRing>> read(Db& control, const std::string& owner) const;
  Result<std::shared_ptr<const KeyRing>> adopt(Db& control, const std::string& owner, Timestamp now);
  Result<void> insert_tenant_key(Db& control, const std::string& owner, const crypto::DataKey& key, Timestamp now);
  Result<crypto::DataKey> unwrap(const std::string& id, std::uint32_t epoch, ByteView wrapped) const;
  Result<Bytes> unwrap_for(const std::string& purpose, std::string key, ByteView wrapped) const;
  void note(RootOperation operation, std::string key, bool succeeded) const;

  Pool& control_;
  crypto::KeyProvider& provider_;
  mutable std::shared_mutex mutex_;  // guards rings_; a ring never changes
  std::map<std::string, std::shared_ptr<const KeyRing>, std::less<>> rings_;
  mutable std::mutex uses_mutex_;  // guards uses_
  mutable std::vector<RootUse> uses_;
  std::function<void()> listener_;
};

/// The control tables; part of the feature "tenancy".
Migration key_migration();
std::vector<StoredField> key_fields();

}  // namespace warder::manager
