// New epochs of keys, and what is wrapped anew for them.
#include <algorithm>
#include <map>
#include <set>

#include "crypto/key_provider.h"
#include "manager/tenancy/key_rows.h"
#include "manager/tenancy/key_store.h"

namespace warder::manager {
namespace {

using Ring = std::shared_ptr<const KeyRing>;

// Every manager looks for new keys once an hour; the rest is for one that cannot.
constexpr std::chrono::days kRetireAfter{7};

struct WrappedKey {
  std::string owner;
  std::uint32_t epoch = 0;
  Bytes box;
};

Result<std::vector<WrappedKey>> tenant_keys(Db& control) {
  const StmtHandle statement =
      WD_TRY(control.prepare("SELECT owner, epoch, wrapped FROM tenant_keys ORDER BY owner, epoch"));
  std::vector<WrappedKey> keys;
  while (const Row* row = WD_TRY(statement->step()))
    keys.push_back({row->text(0), static_cast<std::uint32_t>(row->integer(1)), row->bytes(2)});
  return keys;
}

tl::unexpected<Error> no_keys(const std::string& owner) {
  return fail(ErrorCode::NotFound, "owner " + owner + " has no keys");
}

}  // namespace

Result<std::uint32_t> KeyStore::rotate_class(const std::string& owner, KeyClass key_class, Timestamp now) {
  if (key_class == KeyClass::Derivation)
    return fail(ErrorCode::Invalid, "the derivation key seals nothing and stays: what it derives must not change");
  auto control = WD_TRY(control_.acquire());
  Tx transaction = WD_TRY(Tx::begin(*control));
  const Ring before = WD_TRY(read(*control, owner));
  if (!before) return no_keys(owner);
  const auto key = crypto::DataKey::generate(class_key_id(owner, key_class), before->epoch(key_class) + 1);
  WD_TRY(insert_class_key(*control, *before, key_class, key, now));
  Ring after = WD_TRY(read(*control, owner));
  WD_TRY(transaction.commit());
  keep(std::move(after));
  return key.epoch();
}

Result<std::uint32_t> KeyStore::rotate_tenant(const std::string& owner, Timestamp now) {
  auto control = WD_TRY(control_.acquire());
  Tx transaction = WD_TRY(Tx::begin(*control));
  WD_TRY(secure_delete(*control));
  const Ring before = WD_TRY(read(*control, owner));
  if (!before) return no_keys(owner);
  const auto key = crypto::DataKey::generate(tenant_key_id(owner), before->tenant_key().epoch() + 1);
  WD_TRY(insert_tenant_key(*control, owner, key, now));
  for (const auto& [key_class, keys] : before->class_keys()) {
    for (const crypto::DataKey& one : keys) {
      WD_TRY(control->execute("UPDATE class_keys SET wrapped = ?4 WHERE owner = ?1 AND key_class = ?2 AND epoch = ?3",
                              {owner, std::string{name(key_class)}, std::int64_t{one.epoch()},
                               crypto::seal(key, purpose_of(one.id(), one.epoch()), one.key())}));
    }
  }
  WD_TRY(
      control->execute("DELETE FROM tenant_keys WHERE owner = ?1 AND epoch < ?2", {owner, std::int64_t{key.epoch()}}));
  Ring after = std::make_shared<const KeyRing>(before->with_tenant_key(key));
  WD_TRY(transaction.commit());
  keep(std::move(after));
  scrub(*control);
  return key.epoch();
}

Result<void> KeyStore::rotate_root() {
  {
    auto control = WD_TRY(control_.acquire());
    // Managers that wrap keys take turns with this one.
    const Tx turn = WD_TRY(Tx::begin(*control));
    const auto rotated = provider_.rotate();
    note(RootOperation::Rotate, rotated ? WD_TRY(provider_.root()) : std::string(), rotated.has_value());
    if (!rotated) return rotated;
  }
  while (WD_TRY(rewrap(kRewrapBatch)) > 0) {
  }
  return {};
}

Result<std::size_t> KeyStore::rewrap(std::size_t limit) {
  auto control = WD_TRY(control_.acquire());
  Tx transaction = WD_TRY(Tx::begin(*control));
  WD_TRY(secure_delete(*control));
  const std::string root = WD_TRY(provider_.root());
  std::size_t done = 0;
  for (const WrappedKey& key : WD_TRY(tenant_keys(*control))) {
    if (WD_TRY(provider_.root_of(key.box)) == root) continue;
    if (done == limit) {
      WD_TRY(transaction.commit());
      return done;
    }
    const std::string id = tenant_key_id(key.owner);
    const crypto::DataKey opened = WD_TRY(unwrap(id, key.epoch, key.box));
    const Bytes wrapped = WD_TRY(wrap(opened));
    WD_TRY(control->execute("UPDATE tenant_keys SET wrapped = ?3, provider = ?4 WHERE owner = ?1 AND epoch = ?2",
                            {key.owner, std::int64_t{key.epoch}, wrapped, provider_.name()}));
    ++done;
  }
  WD_TRY(transaction.commit());
  scrub(*control);
  if (done > 0) return done;
  return forget_old_roots(*control);
}

/// In a turn of its own, in which nothing is under an older root key.
Result<std::size_t> KeyStore::forget_old_roots(Db& control) {
  const Tx turn = WD_TRY(Tx::begin(control));
  const std::string root = WD_TRY(provider_.root());
  for (const WrappedKey& key : WD_TRY(tenant_keys(control)))
    if (WD_TRY(provider_.root_of(key.box)) != root) return std::size_t{1};
  const StmtHandle old = WD_TRY(control.prepare("SELECT 1 FROM data_keys LIMIT 1"));
  if (WD_TRY(old->step()) != nullptr || !WD_TRY(provider_.has_old())) return std::size_t{0};
  const auto forgotten = provider_.forget_old();
  note(RootOperation::Destroy, "all before " + root, forgotten.has_value());
  if (!forgotten) return tl::unexpected(forgotten.error());
  return std::size_t{0};
}

Result<std::size_t> KeyStore::retire(const KeyRing& ring, Timestamp now) {
  const std::string& owner = ring.owner();
  auto control = WD_TRY(control_.acquire());
  Tx transaction = WD_TRY(Tx::begin(*control));
  WD_TRY(secure_delete(*control));
  std::size_t retired = 0;
  for (const KeyClass key_class : kKeyClasses) {
    if (key_class == KeyClass::Derivation || key_class == KeyClass::Other) continue;
    const std::int64_t changed = WD_TRY(control->execute(
        "DELETE FROM class_keys WHERE owner = ?1 AND key_class = ?2 AND epoch < (SELECT MAX(k.epoch) FROM class_keys k "
        "WHERE k.owner = ?1 AND k.key_class = ?2 AND k.created <= ?3 AND k.epoch <= ?4)",
        {owner, std::string{name(key_class)}, to_micros(now - kRetireAfter), std::int64_t{ring.epoch(key_class)}}));
    retired += static_cast<std::size_t>(changed);
  }
  Ring after = WD_TRY(read(*control, owner));
  WD_TRY(transaction.commit());
  if (retired == 0) return retired;
  scrub(*control);
  if (after) keep(std::move(after));
  return retired;
}

Result<std::vector<KeyState>> KeyStore::list() const {
  auto control = WD_TRY(control_.acquire());
  std::vector<KeyState> states;
  {
    const StmtHandle statement = WD_TRY(
        control->prepare("SELECT owner, epoch, created, provider, wrapped FROM tenant_keys ORDER BY owner, epoch"));
    while (const Row* row = WD_TRY(statement->step())) {
      KeyState state{row->text(0), "tenant", static_cast<std::uint32_t>(row->integer(1)), from_micros(row->integer(2))};
      state.provider = row->text(3);
      state.root = WD_TRY(provider_.root_of(row->bytes(4)));
      states.push_back(std::move(state));
    }
  }
  const StmtHandle statement = WD_TRY(
      control->prepare("SELECT owner, key_class, epoch, created FROM class_keys ORDER BY owner, key_class, epoch"));
  while (const Row* row = WD_TRY(statement->step())) {
    states.push_back(
        {row->text(0), row->text(1), static_cast<std::uint32_t>(row->integer(2)), from_micros(row->integer(3))});
  }
  // The last epoch of each is the one in use.
  std::map<std::pair<std::string, std::string>, KeyState*> last;
  for (KeyState& state : states) last[{state.owner, state.level}] = &state;
  for (const auto& [key, state] : last) state->is_current = true;
  return states;
}

}  // namespace warder::manager
