// One thing that a host has, in the one form in which inventory travels from agent to manager, store and API. What
// kinds there are and what each says about a person stands in one table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "crypto/hash.h"

namespace warder::inventory {

/// Numbers are of the wire and the store: never reused.
enum class Kind : std::uint8_t {
  System = 1,
  Package = 2,
  Service = 3,
  Socket = 4,
  User = 5,
  Group = 6,
  Program = 7,
  KernelModule = 8,
  Job = 9,
  Mount = 10,
  Container = 11,
};

/// One attribute that items of a kind can have.
struct AttributeRow {
  std::string_view key;
  PersonalData personal_data;
  std::string_view doc;
};

struct KindRow {
  Kind kind;
  std::string_view name;  // in paths and files: "packages"
  std::string_view doc;   // what name and version of an item are
  std::span<const AttributeRow> attributes;
};

/// Every kind, in order of its number.
std::span<const KindRow> kinds() noexcept;
const KindRow& row_of(Kind kind) noexcept;
std::string_view name(Kind kind) noexcept;
/// nullopt: no kind of this version.
std::optional<Kind> find_kind(std::string_view name) noexcept;
std::optional<Kind> kind_of(std::uint32_t number) noexcept;

/// Sorted by key; no empty values.
using Attributes = std::vector<std::pair<std::string, std::string>>;

/// All text is UTF-8 without NUL, each piece at most kMaxText bytes.
struct Item {
  std::string key;      // names the thing on this host; stays while the thing changes
  std::string name;     // what people call it
  std::string version;  // empty where there is none
  Attributes attributes;
  friend bool operator==(const Item&, const Item&) = default;
};

inline constexpr std::size_t kMaxText = 1024;
inline constexpr std::size_t kMaxItems = 250'000;  // of one kind
inline constexpr std::size_t kMaxAttributes = 32;

/// Makes any bytes fit for an item: UTF-8, no control characters, cut.
std::string clean(std::string_view bytes);
std::string_view attribute(const Item& item, std::string_view key) noexcept;

/// Of one item: every part with its length before it.
crypto::Digest digest(const Item& item);
/// Of a list that is sorted by key: the digest of its items' digests.
crypto::Digest digest(std::span<const Item> items);

}  // namespace warder::inventory
