// Roles and the rights they give.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/identity/principal.h"

namespace warder::manager {

inline constexpr std::string_view kFullAccess = "full-access";
inline constexpr std::string_view kAuditor = "auditor";

/// Every right there is: what `x-right` in the contract may name.
std::span<const std::string_view> all_rights() noexcept;
/// The union of what the roles give; an unknown role gives nothing.
Rights rights_of(std::span<const std::string> roles);
/// Invalid, with the pointer /roles/N, for a role that does not exist or is there twice, and for none at all.
Result<void> check_roles(std::span<const std::string> roles);

}  // namespace warder::manager
