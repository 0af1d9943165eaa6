// Rights and the part of a tenant's fleet they go for.
#pragma once

#include <map>
#include <set>
#include <string>

namespace warder::manager {

/// A part of the fleet: everything, or what is in one of these groups, has one of these policies or one of these tags.
struct Reach {
  bool everything = false;
  std::set<std::string> groups{};    // ids, those below included
  std::set<std::string> policies{};  // likewise: the policies themselves and the agents that they apply to
  std::set<std::string> tags{};

  [[nodiscard]] bool is_empty() const noexcept {
    return !everything && groups.empty() && policies.empty() && tags.empty();
  }
  /// Whether nothing of `other` lies outside. Compares what is named, not which agents that are today.
  [[nodiscard]] bool covers(const Reach& other) const;
  void add(const Reach& other);
  friend bool operator==(const Reach&, const Reach&) = default;
};

/// What somebody may do, and where: "events:read" -> a reach that is never empty.
using Grants = std::map<std::string, Reach, std::less<>>;

/// The first right of `wanted` that `mine` lacks or has for less; empty: all of it is covered.
std::string first_uncovered(const Grants& mine, const Grants& wanted);
/// What both allow.
Grants intersection(const Grants& one, const Grants& other);

}  // namespace warder::manager
