// What a directory answered about one entry.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace warder::manager {

struct DirectoryEntry {
  std::string dn;
  std::map<std::string, std::vector<std::string>, std::less<>> attributes;  // names in lower case

  /// Of an attribute whose name is in lower case; none when it is not there.
  [[nodiscard]] const std::vector<std::string>& all(std::string_view attribute) const {
    static const std::vector<std::string> kNone;
    const auto found = attributes.find(attribute);
    return found == attributes.end() ? kNone : found->second;
  }
  /// The first; empty when it is not there.
  [[nodiscard]] std::string_view first(std::string_view attribute) const {
    const auto& values = all(attribute);
    return values.empty() ? std::string_view{} : std::string_view{values.front()};
  }
};

}  // namespace warder::manager
