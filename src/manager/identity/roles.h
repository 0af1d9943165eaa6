// What can be allowed, and the roles that come with the program. docs/roles.md is the manual; a test holds it to this.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "manager/identity/principal.h"

namespace warder::manager {

inline constexpr std::string_view kFullAccess = "full-access";
inline constexpr std::string_view kAuditor = "auditor";
inline constexpr std::string_view kOperator = "operator";
inline constexpr std::string_view kSocAnalyst = "soc-analyst";
inline constexpr std::string_view kInfoSec = "infosec";

/// Every right there is, "object:verb", in order: what `x-right` in the contract may name.
std::span<const std::string_view> all_rights() noexcept;
/// Whether the right is about the fleet, so that an assignment may limit it to groups, policies or tags. Any other is
/// given for the whole tenant or not at all.
bool is_scopable(std::string_view right) noexcept;

struct BuiltInRole {
  std::string_view name;
  std::string_view description;
  bool (*has)(std::string_view right);
};
std::span<const BuiltInRole> built_in_roles() noexcept;
/// nullptr when no built-in role has this name.
const BuiltInRole* find_built_in_role(std::string_view name) noexcept;
/// The rights of a built-in role.
Rights rights_of(const BuiltInRole& role);

}  // namespace warder::manager
