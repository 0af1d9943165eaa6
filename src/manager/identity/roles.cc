#include "manager/identity/roles.h"

#include <algorithm>
#include <array>

namespace warder::manager {

namespace {

constexpr std::string_view kRights[] = {
    "access-grants:decide",
    "access-grants:read",
    "access-grants:request",
    "access-policy:read",
    "access-policy:write",
    "agents:read",
    "agents:write",
    "alerts:read",
    "alerts:work",
    "alerts:write",
    "api-keys:read",
    "api-keys:write",
    "approvals:decide",
    "approvals:read",
    "approvals:request",
    "audit:read",
    "backups:read",
    "backups:write",
    "commands:read",
    "commands:request",
    "commands:write",
    "content:read",
    "content:write",
    "destinations:read",
    "destinations:write",
    "events:explain",
    "events:read",
    "events:tag",
    "incident-settings:write",
    "incidents:declare",
    "incidents:read",
    "incidents:write",
    "keys:read",
    "keys:write",
    "notices:read",
    "notices:write",
    "password-policy:write",
    "policies:read",
    "policies:write",
    "privacy:read",
    "privacy:write",
    "pseudonyms:resolve",
    "reports:read",
    "reports:write",
    "retention:write",
    "review-settings:write",
    "reviews:read",
    "reviews:write",
    "roles:read",
    "roles:write",
    "rotas:read",
    "rotas:write",
    "scim:write",
    "searches:read",
    "searches:share",
    "searches:write",
    "sso:read",
    "sso:write",
    "subjects:read",
    "subjects:write",
    "system:read",
    "tag-rules:write",
    "tenant:export",
    "tenants:read",
    "tenants:write",
    "trust:read",
    "trust:release",
    "trust:review",
    "trust:write",
    "users:read",
    "users:write",
};

/// Anyone may declare an incident.
bool is_for_anyone(std::string_view right) {
  return right == "incidents:declare";
}

bool is_read(std::string_view right) {
  return right.ends_with(":read") || is_for_anyone(right);
}

template <std::size_t Count>
bool is_one_of(std::string_view right, const std::array<std::string_view, Count>& rights) {
  return std::ranges::find(rights, right) != rights.end();
}

bool is_for_operator(std::string_view right) {
  static constexpr std::array<std::string_view, 15> kOthers = {
      "alerts:read",    "alerts:work",    "content:read", "events:explain",  "events:read",
      "reports:read",   "reports:write",  "reviews:read", "reviews:write",   "rotas:read",
      "searches:share", "searches:write", "events:tag",   "tag-rules:write", "searches:read"};
  return right.starts_with("agents:") || right.starts_with("commands:") || right.starts_with("policies:") ||
         right.starts_with("approvals:") || is_one_of(right, kOthers) || is_for_anyone(right);
}

bool is_for_soc_analyst(std::string_view right) {
  static constexpr std::array<std::string_view, 22> kOwn = {
      "agents:read",       "alerts:read",   "alerts:work",      "rotas:read",     "approvals:read",
      "approvals:request", "commands:read", "commands:request", "content:read",   "destinations:read",
      "events:explain",    "events:read",   "policies:read",    "reports:read",   "reports:write",
      "reviews:read",      "reviews:write", "searches:share",   "searches:write", "events:tag",
      "tag-rules:write",   "searches:read"};
  return is_one_of(right, kOwn) || right.starts_with("incidents:");
}

bool is_for_infosec(std::string_view right) {
  static constexpr std::array<std::string_view, 13> kOwn = {
      "agents:read", "alerts:read",    "approvals:read", "audit:read",   "destinations:read",
      "events:read", "incidents:read", "reports:read",   "reviews:read", "rotas:read",
      "system:read", "trust:read",     "searches:read"};
  return is_one_of(right, kOwn) || is_for_anyone(right);
}

constexpr BuiltInRole kRoles[] = {
    {kFullAccess, "Everything.", [](std::string_view /*right*/) { return true; }},
    {kAuditor, "Reads everything, changes nothing.", is_read},
    {kOperator, "Runs the fleet: agents, policies, commands, approvals; no users, roles or keys.", is_for_operator},
    {kSocAnalyst, "Works on events: reads, explains, asks for commands that a second person approves.",
     is_for_soc_analyst},
    {kInfoSec, "Reads logs and the audit log, changes nothing.", is_for_infosec},
};

}  // namespace

std::span<const std::string_view> all_rights() noexcept {
  return kRights;
}

bool is_scopable(std::string_view right) noexcept {
  return right.starts_with("agents:") || right.starts_with("commands:") || right.starts_with("events:") ||
         right.starts_with("policies:") || right == "reports:read" || right == "searches:read";
}

std::span<const BuiltInRole> built_in_roles() noexcept {
  return kRoles;
}

const BuiltInRole* find_built_in_role(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kRoles, name, &BuiltInRole::name);
  return found == std::end(kRoles) ? nullptr : found;
}

Rights rights_of(const BuiltInRole& role) {
  Rights rights;
  for (const std::string_view right : kRights) {
    if (role.has(right)) rights.emplace(right);
  }
  return rights;
}

}  // namespace warder::manager
