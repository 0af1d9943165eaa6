// PATCH of a resource (RFC 7644 section 3.5.2), with the forms that Microsoft Entra and Okta send.
#pragma once

#include <boost/json.hpp>

#include "base/result.h"
#include "manager/scim/attributes.h"

namespace warder::manager::scim {

inline constexpr std::size_t kMaxOperations = 1000;  // of one request

/// The resource after all operations, or none of them. `resource` is normal, and so is the result; read-only attributes
/// stay as they are. `request` is the whole body. Fails with SCIM's types: invalidSyntax, invalidPath, invalidFilter,
/// invalidValue, noTarget, mutability.
///
/// Beyond the RFC: "op" in any case; a value without a path may have paths as keys ("name.familyName", with a schema or
/// filter too); adding to values that no filter finds makes one that it finds, when it says "eq" alone; removing what
/// is not there is no error; removing values takes a list of them.
Result<json::object> apply_patch(const Kind& kind, json::object resource, const json::value& request);

}  // namespace warder::manager::scim
