// Fields of an event by number. The fixed ones come first; every other name that a decoder or rule mentions gets the
// next.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace warder::loginspection {

using FieldId = std::uint32_t;

namespace field {
inline constexpr FieldId kSrcIp = 0;
inline constexpr FieldId kDstIp = 1;
inline constexpr FieldId kSrcPort = 2;
inline constexpr FieldId kDstPort = 3;
inline constexpr FieldId kSrcUser = 4;
inline constexpr FieldId kDstUser = 5;
inline constexpr FieldId kProtocol = 6;
inline constexpr FieldId kAction = 7;
inline constexpr FieldId kId = 8;
inline constexpr FieldId kUrl = 9;
inline constexpr FieldId kData = 10;
inline constexpr FieldId kExtraData = 11;
inline constexpr FieldId kStatus = 12;
inline constexpr FieldId kSystemName = 13;
inline constexpr FieldId kDecodedCount = 14;  // those before this one are what decoders find
inline constexpr FieldId kLog = 14;
inline constexpr FieldId kHostname = 15;
inline constexpr FieldId kProgramName = 16;
inline constexpr FieldId kLocation = 17;
inline constexpr FieldId kSrcGeoIp = 18;
inline constexpr FieldId kDstGeoIp = 19;
inline constexpr FieldId kFixedCount = 20;
inline constexpr FieldId kNone = 0xffff'ffff;
}  // namespace field

/// "srcip" … "system_name".
inline constexpr std::array<std::string_view, field::kDecodedCount> kDecodedNames = {
    "srcip",  "dstip", "srcport", "dstport", "srcuser",    "dstuser", "protocol",
    "action", "id",    "url",     "data",    "extra_data", "status",  "system_name"};

/// The fixed field of a decoder's `order` or a rule's element ("user" is dstuser), if it is one.
inline std::optional<FieldId> decoded_field(std::string_view name) noexcept {
  if (name == "user") return field::kDstUser;
  for (FieldId id = 0; id < field::kDecodedCount; ++id) {
    if (kDecodedNames[id] == name) return id;
  }
  return std::nullopt;
}

/// The names that are not fixed; upper and lower case are the same.
class FieldNames {
 public:
  /// Makes a number for the name unless it has one.
  FieldId number(std::string_view name) {
    const auto [found, is_new] = numbers_.try_emplace(std::string(name), size_);
    if (is_new) ++size_;
    return found->second;
  }
  /// kNone when nothing mentions it.
  [[nodiscard]] FieldId find(std::string_view name) const noexcept {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? field::kNone : found->second;
  }
  /// Those that are not fixed, as they were numbered.
  [[nodiscard]] std::vector<std::string> in_order() const {
    std::vector<std::string> names(numbers_.size());
    for (const auto& [name, number] : numbers_) names[number - field::kFixedCount] = name;
    return names;
  }
  /// Fixed ones included.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  static char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      std::size_t hash = 14695981039346656037U;  // FNV-1a
      for (const char c : text) hash = (hash ^ static_cast<unsigned char>(lower(c))) * 1099511628211U;
      return hash;
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept {
      return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
    }
  };
  std::unordered_map<std::string, FieldId, Hash, Equal> numbers_;
  FieldId size_ = field::kFixedCount;
};

}  // namespace warder::loginspection
