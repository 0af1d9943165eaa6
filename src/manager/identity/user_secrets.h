// What the files of Users share about stored passwords.
#pragma once

#include <string_view>

#include "base/result.h"
#include "manager/identity/users.h"
#include "manager/store/db.h"
#include "model/ids.h"

namespace warder::manager {

/// In place of a hash: no password is right.
inline constexpr std::string_view kNoPassword = "!";

/// Conflict for somebody from an identity provider.
Result<void> check_has_password(const User& user);

/// Puts the hash in force among the former ones, before another takes its place.
Result<void> remember_hash(Db& db, const UserId& id);

}  // namespace warder::manager
