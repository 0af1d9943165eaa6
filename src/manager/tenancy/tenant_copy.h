// What the control database has of each tenant, as text for a backup, and one of them put back.
#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "manager/store/migrations.h"
#include "model/ids.h"

namespace warder::crypto {
class KeyProvider;
}  // namespace warder::crypto

namespace warder::manager {

/// {"tenants": [{"id", "name", "tables": {table: [{column: value}]}}]}: the tenant itself, its terms, its keys as they
/// are wrapped, and the rows that the features of `schemas` keep by a tenant_id; deleted tenants are left out. A value
/// is null, an integer, a string, or {"base64"} for bytes. One read of the database.
Result<std::string> copy_tenants(Db& control, std::span<const FeatureSchema> schemas);

/// Whether a tenant of `before` has keys in `after` that it did not have then. Corrupt when one is no such text.
Result<bool> has_newer_keys(std::string_view before, std::string_view after);

/// One tenant of such a text.
struct TenantCopy {
  TenantId id;
  std::string name;
  std::string database_server;  // as of then
  boost::json::object tables;
};
/// By name or id. NotFound when it is not among them; Corrupt when it is no such text.
Result<TenantCopy> find_tenant_copy(std::string_view text, std::string_view name);

struct PutBack {
  crypto::KeyProvider& then;  // opens the wrapped keys of the copy
  crypto::KeyProvider& now;   // wraps them from now on
  /// Features whose rows do not come back, and go when they are there: logins.
  std::span<const std::string_view> passing;
};
/// In the caller's transaction: the tenant with its name, terms and keys as in the copy, in place of those that are
/// there. Rows of other features come back only when the tenant is not there: what was revoked since stays so. Conflict
/// when another tenant has the name.
Result<void> put_tenant_back(Db& control, std::span<const FeatureSchema> schemas, const TenantCopy& copy,
                             const PutBack& how);

}  // namespace warder::manager
