// The keys of one owner (a tenant, or the control database) in the clear: its tenant key and, wrapped under that where
// they are stored, the keys of its classes of data, with all epochs that something may still be sealed with.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/seal.h"
#include "manager/store/migrations.h"

namespace warder::manager {

/// What a key is for. Derivation is never rotated: what it derives (heads of audit logs, blind indexes, cursors) must
/// stay; it seals nothing new. Other: columns that no FeatureSchema declares as sealed.
enum class KeyClass : std::uint8_t { Derivation, Contact, Secrets, Content, Other };
inline constexpr KeyClass kKeyClasses[] = {KeyClass::Derivation, KeyClass::Contact, KeyClass::Secrets,
                                           KeyClass::Content, KeyClass::Other};
std::string_view name(KeyClass key_class) noexcept;
/// Invalid when there is no such class.
Result<KeyClass> parse_key_class(std::string_view text);

/// Where a sealed value is stored; moved elsewhere, it does not open.
struct SealedPlace {
  std::string_view table;
  std::string_view row;  // the text of the row's key
  std::string_view column;
};

/// The class of each column that is declared as sealed.
class KeyClasses {
 public:
  explicit KeyClasses(std::span<const FeatureSchema> schemas);
  [[nodiscard]] KeyClass of(const SealedPlace& place) const;

 private:
  std::map<std::string, KeyClass, std::less<>> classes_;  // "table.column"
};

/// "<owner>/contact"; the derivation key has the owner's bare name: what was sealed before there were classes names it.
std::string class_key_id(std::string_view owner, KeyClass key_class);
/// "<owner>/tenant".
std::string tenant_key_id(std::string_view owner);

/// Immutable; wiped on destruction.
class KeyRing {
 public:
  /// `tenant_keys` and the keys of each class by rising epoch; the last one seals.
  using ClassKeys = std::map<KeyClass, std::vector<crypto::DataKey>>;
  KeyRing(std::string owner, std::vector<crypto::DataKey> tenant_keys, ClassKeys class_keys);
  /// Keys that nobody else has or will have, for an owner whose keys were destroyed.
  static KeyRing dead(std::string owner);

  /// The same class keys, and this tenant key alone.
  [[nodiscard]] KeyRing with_tenant_key(const crypto::DataKey& key) const;

  [[nodiscard]] const std::string& owner() const noexcept { return owner_; }
  /// The one that wraps.
  [[nodiscard]] const crypto::DataKey& tenant_key() const { return tenant_keys_.back(); }
  /// nullptr: not here.
  [[nodiscard]] const crypto::DataKey* tenant_key(std::uint32_t epoch) const;
  [[nodiscard]] const ClassKeys& class_keys() const noexcept { return class_keys_; }
  /// Of the key that seals.
  [[nodiscard]] std::uint32_t epoch(KeyClass key_class) const { return class_keys_.at(key_class).back().epoch(); }

  [[nodiscard]] Bytes seal(KeyClass key_class, const SealedPlace& place, ByteView plaintext) const;
  /// NotFound when the key is not here: another manager may have made it since. Corrupt when the box is not the one
  /// sealed for this place.
  [[nodiscard]] Result<Bytes> open(const SealedPlace& place, ByteView box) const;
  /// Whether the key that now seals this class is the one that the box names.
  [[nodiscard]] bool is_current(KeyClass key_class, const crypto::SealedHeader& header) const;
  /// 32 bytes for one purpose.
  [[nodiscard]] Bytes derive(std::string_view purpose) const;

 private:
  std::string owner_;
  std::vector<crypto::DataKey> tenant_keys_;
  ClassKeys class_keys_;
};

}  // namespace warder::manager
