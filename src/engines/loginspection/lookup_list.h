// Lists that rules look values up in: "key:value" lines of a text, once compiled to CDB by the originals.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engines/loginspection/definition.h"

namespace warder::loginspection {

/// A key may be quoted, so that it can hold a colon; a key without colon has an empty value.
class LookupList {
 public:
  explicit LookupList(std::string_view text);
  explicit LookupList(std::vector<std::pair<std::string, std::string>> entries);

  /// Keys and values, by key.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> entries() const;

  /// nullptr when it is not there.
  [[nodiscard]] const std::string* find(std::string_view key) const noexcept;
  /// The longest key that the address starts with and that ends in a point or is whole: "192.0.2.".
  [[nodiscard]] const std::string* find_address(std::string_view address) const noexcept;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> values_;
};

enum class Lookup : std::uint8_t {
  MatchKey,
  NotMatchKey,
  MatchKeyValue,
  AddressMatchKey,
  NotAddressMatchKey,
  AddressMatchKeyValue
};

using Lists = std::map<std::string, std::shared_ptr<const LookupList>, std::less<>>;
/// By name, and by the end of the name from any '/' on: "etc/lists/keys", "lists/keys" and "keys".
Lists read_lists(const std::vector<SourceText>& texts);

}  // namespace warder::loginspection
