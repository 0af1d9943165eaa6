// Reading a body that has passed the contract.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace warder::manager {

/// A member that the contract says is text, or `otherwise` when it is left out.
inline std::string text_in(const json::object& body, std::string_view key, std::string otherwise = {}) {
  const json::value* value = find(body, key);
  return value == nullptr ? std::move(otherwise) : std::string(std::string_view(value->as_string()));
}

}  // namespace warder::manager
