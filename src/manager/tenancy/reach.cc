#include "manager/tenancy/reach.h"

#include <algorithm>

namespace warder::manager {
namespace {

std::set<std::string> common(const std::set<std::string>& one, const std::set<std::string>& other) {
  std::set<std::string> both;
  std::ranges::set_intersection(one, other, std::inserter(both, both.end()));
  return both;
}

Reach common(const Reach& one, const Reach& other) {
  if (one.everything) return other;
  if (other.everything) return one;
  return {false, common(one.groups, other.groups), common(one.policies, other.policies), common(one.tags, other.tags)};
}

}  // namespace

bool Reach::covers(const Reach& other) const {
  if (everything) return true;
  return !other.everything && std::ranges::includes(groups, other.groups) &&
         std::ranges::includes(policies, other.policies) && std::ranges::includes(tags, other.tags);
}

void Reach::add(const Reach& other) {
  everything = everything || other.everything;
  groups.insert(other.groups.begin(), other.groups.end());
  policies.insert(other.policies.begin(), other.policies.end());
  tags.insert(other.tags.begin(), other.tags.end());
}

std::string first_uncovered(const Grants& mine, const Grants& wanted) {
  for (const auto& [right, reach] : wanted) {
    const auto found = mine.find(right);
    if (found == mine.end() || !found->second.covers(reach)) return right;
  }
  return {};
}

Grants intersection(const Grants& one, const Grants& other) {
  Grants both;
  for (const auto& [right, reach] : one) {
    const auto found = other.find(right);
    if (found == other.end()) continue;
    Reach part = common(reach, found->second);
    if (!part.is_empty()) both.emplace(right, std::move(part));
  }
  return both;
}

}  // namespace warder::manager
