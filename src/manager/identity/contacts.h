// Contact data of users beside their row: the telephone number, and a blind index by which a mail address is found
// without being readable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// In the caller's transaction. Absent values are removed.
Result<void> write_contact(Db& db, const Tenants& tenants, const TenantScope& scope, const std::string& user,
                           const std::optional<std::string>& email, const std::optional<std::string>& telephone);
Result<void> remove_contact(Db& db, const std::string& user);
Result<std::optional<std::string>> read_telephone(Db& db, const Tenants& tenants, const TenantScope& scope,
                                                  const std::string& user);
/// The ids of users with this address, in any case of ASCII letters. Puts those into the index who are not in it yet,
/// from before there was one.
Result<std::vector<std::string>> users_with_email(Db& db, const Tenants& tenants, const TenantScope& scope,
                                                  std::string_view email);

/// The table of config.db.
FeatureSchema contacts_schema();

}  // namespace warder::manager
