// Whether a directory lets an account in: the marks of Active Directory, OpenLDAP's password policy, 389 and
// eDirectory.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "manager/directory/directory_entry.h"

namespace warder::manager {

enum class AccountState : std::uint8_t {
  Active,
  Locked,    // for a while, after wrong passwords
  Expired,   // its day has come
  Disabled,  // somebody did that
};
std::string_view name(AccountState state) noexcept;

/// What account_state reads, in lower case.
inline constexpr std::array<std::string_view, 7> kAccountAttributes{
    "useraccountcontrol",   "msds-user-account-control-computed",
    "accountexpires",       "lockouttime",
    "pwdaccountlockedtime", "nsaccountlock",
    "logindisabled"};

/// Disabled also when a mark is there that cannot be read: what is not understood lets nobody in.
AccountState account_state(const DirectoryEntry& entry, Timestamp now);

}  // namespace warder::manager
