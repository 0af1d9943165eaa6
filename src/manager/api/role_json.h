// Roles in bodies that have passed the contract.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "manager/identity/role_store.h"

namespace warder::manager {

inline std::vector<std::string> texts_in(const json::value& value) {
  std::vector<std::string> items;
  for (const json::value& item : value.as_array()) items.emplace_back(item.as_string());
  return items;
}

inline std::vector<ScopedRole> scoped_roles_in(const json::value& value) {
  const auto members = [](const json::object& body, std::string_view key) {
    std::set<std::string> items;
    if (const json::value* found = find(body, key))
      for (std::string& item : texts_in(*found)) items.insert(std::move(item));
    return items;
  };
  std::vector<ScopedRole> roles;
  for (const json::value& item : value.as_array()) {
    const json::object& role = item.as_object();
    roles.push_back({std::string(std::string_view(role.at("role").as_string())),
                     {false, members(role, "groups"), members(role, "policies"), members(role, "tags")}});
  }
  return roles;
}

}  // namespace warder::manager
