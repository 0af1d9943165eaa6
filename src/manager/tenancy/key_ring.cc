#include "manager/tenancy/key_ring.h"

#include <algorithm>
#include <cassert>

#include "crypto/hash.h"

namespace warder::manager {
namespace {

constexpr std::size_t kDerivedBytes = 32;
constexpr std::uint32_t kFirstEpoch = 1;

KeyClass class_of(PersonalData data) noexcept {
  switch (data) {
    case PersonalData::Identifier:
    case PersonalData::Contact:
      return KeyClass::Contact;
    case PersonalData::Secret:
      return KeyClass::Secrets;
    case PersonalData::None:
    case PersonalData::Content:
      return KeyClass::Content;
  }
  return KeyClass::Other;
}

std::string place_text(std::string_view owner, const SealedPlace& place) {
  std::string text{owner};
  return text.append("|").append(place.table).append("|").append(place.row).append("|").append(place.column);
}

std::string column_name(std::string_view table, std::string_view column) {
  return std::string{table}.append(".").append(column);
}

}  // namespace

std::string_view name(KeyClass key_class) noexcept {
  switch (key_class) {
    case KeyClass::Derivation:
      return "derivation";
    case KeyClass::Contact:
      return "contact";
    case KeyClass::Secrets:
      return "secrets";
    case KeyClass::Content:
      return "content";
    case KeyClass::Other:
      return "other";
  }
  return "";
}

Result<KeyClass> parse_key_class(std::string_view text) {
  const auto* const found = std::ranges::find(kKeyClasses, text, [](KeyClass one) { return name(one); });
  if (found == std::end(kKeyClasses)) return fail(ErrorCode::Invalid, "there is no class of keys of this name");
  return *found;
}

KeyClasses::KeyClasses(std::span<const FeatureSchema> schemas) {
  for (const FeatureSchema& schema : schemas) {
    for (const StoredField& field : schema.fields) {
      if (!field.sealed_row.empty()) classes_[column_name(field.table, field.column)] = class_of(field.personal_data);
    }
  }
}

KeyClass KeyClasses::of(const SealedPlace& place) const {
  const auto found = classes_.find(column_name(place.table, place.column));
  return found == classes_.end() ? KeyClass::Other : found->second;
}

std::string class_key_id(std::string_view owner, KeyClass key_class) {
  std::string id{owner};
  if (key_class != KeyClass::Derivation) id.append("/").append(name(key_class));
  return id;
}

std::string tenant_key_id(std::string_view owner) {
  return std::string{owner}.append("/tenant");
}

KeyRing::KeyRing(std::string owner, std::vector<crypto::DataKey> tenant_keys, ClassKeys class_keys)
    : owner_(std::move(owner)), tenant_keys_(std::move(tenant_keys)), class_keys_(std::move(class_keys)) {
  assert(!tenant_keys_.empty() && "something has wrapped the class keys");
  for ([[maybe_unused]] const KeyClass key_class : kKeyClasses)
    assert(class_keys_.contains(key_class) && !class_keys_.at(key_class).empty() && "every class has a key");
}

KeyRing KeyRing::dead(std::string owner) {
  std::vector<crypto::DataKey> tenant_keys;
  tenant_keys.push_back(crypto::DataKey::generate(tenant_key_id(owner), kFirstEpoch));
  ClassKeys class_keys;
  for (const KeyClass key_class : kKeyClasses)
    class_keys[key_class].push_back(crypto::DataKey::generate(class_key_id(owner, key_class), kFirstEpoch));
  return {std::move(owner), std::move(tenant_keys), std::move(class_keys)};
}

KeyRing KeyRing::with_tenant_key(const crypto::DataKey& key) const {
  std::vector<crypto::DataKey> tenant_keys;
  tenant_keys.push_back(key.clone());
  ClassKeys class_keys;
  for (const auto& [key_class, keys] : class_keys_)
    for (const crypto::DataKey& one : keys) class_keys[key_class].push_back(one.clone());
  return {owner_, std::move(tenant_keys), std::move(class_keys)};
}

const crypto::DataKey* KeyRing::tenant_key(std::uint32_t epoch) const {
  const auto found = std::ranges::find(tenant_keys_, epoch, &crypto::DataKey::epoch);
  return found == tenant_keys_.end() ? nullptr : &*found;
}

Bytes KeyRing::seal(KeyClass key_class, const SealedPlace& place, ByteView plaintext) const {
  assert(key_class != KeyClass::Derivation && "it seals nothing new");
  return crypto::seal(class_keys_.at(key_class).back(), place_text(owner_, place), plaintext);
}

Result<Bytes> KeyRing::open(const SealedPlace& place, ByteView box) const {
  const crypto::SealedHeader header = WD_TRY(crypto::read_sealed_header(box));
  for (const auto& [key_class, keys] : class_keys_) {
    for (const crypto::DataKey& key : keys) {
      if (key.id() == header.key_id && key.epoch() == header.epoch)
        return crypto::open_sealed(key, place_text(owner_, place), box);
    }
  }
  if (header.key_id != owner_ && !header.key_id.starts_with(owner_ + "/"))
    return fail(ErrorCode::Corrupt, "sealed box: sealed with a key of somebody else");
  return fail(ErrorCode::NotFound,
              "sealed box: key " + header.key_id + " epoch " + std::to_string(header.epoch) + " is not there");
}

bool KeyRing::is_current(KeyClass key_class, const crypto::SealedHeader& header) const {
  const crypto::DataKey& key = class_keys_.at(key_class).back();
  return key.id() == header.key_id && key.epoch() == header.epoch;
}

Bytes KeyRing::derive(std::string_view purpose) const {
  const crypto::DataKey& key = class_keys_.at(KeyClass::Derivation).front();
  return crypto::derive_key(key.key(), as_bytes(owner_), purpose, kDerivedBytes);
}

}  // namespace warder::manager
