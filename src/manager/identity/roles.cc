#include "manager/identity/roles.h"

#include <algorithm>

namespace warder::manager {

namespace {
constexpr std::string_view kRights[] = {
    "access-grants:decide", "access-grants:read", "access-grants:request", "agents:read",
    "agents:write",         "approvals:decide",   "approvals:read",        "approvals:request",
    "audit:read",           "content:read",       "content:write",         "events:read",
    "policies:read",        "policies:write",     "tenant:export",         "tenants:read",
    "tenants:write",        "users:read",         "users:write",
};
}  // namespace

std::span<const std::string_view> all_rights() noexcept {
  return kRights;
}

Rights rights_of(std::span<const std::string> roles) {
  Rights rights;
  for (const std::string& role : roles) {
    for (const std::string_view right : kRights) {
      if (role == kFullAccess || (role == kAuditor && right.ends_with(":read"))) rights.emplace(right);
    }
  }
  return rights;
}

Result<void> check_roles(std::span<const std::string> roles) {
  if (roles.empty()) return fail(ErrorCode::Invalid, "/roles: a user has at least one role");
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const std::string pointer = "/roles/" + std::to_string(i);
    if (roles[i] != kFullAccess && roles[i] != kAuditor) return fail(ErrorCode::Invalid, pointer + ": no such role");
    const auto earlier = roles.first(i);
    if (std::ranges::find(earlier, roles[i]) != earlier.end()) {
      return fail(ErrorCode::Invalid, pointer + ": the role is there twice");
    }
  }
  return {};
}

}  // namespace warder::manager
