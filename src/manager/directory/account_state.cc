#include "manager/directory/account_state.h"

#include <algorithm>
#include <limits>

#include "base/text.h"

namespace warder::manager {
namespace {

constexpr std::int64_t kAccountDisable = 0x2;  // MS-ADTS §2.2.16
constexpr std::int64_t kLockedOut = 0x10;
// 100 ns between 1601-01-01 and 1970-01-01 (MS-DTYP §2.3.3).
constexpr std::int64_t kUnixEpochAsFileTime = 116'444'736'000'000'000;
constexpr std::string_view kLockedForGood = "000001010000Z";  // slapo-ppolicy(5)

/// The number that stands there, `absent` when nothing does; nothing when it is no number.
std::optional<std::int64_t> number(const DirectoryEntry& entry, std::string_view attribute, std::int64_t absent) {
  const std::string_view text = entry.first(attribute);
  return text.empty() ? absent : parse_integer<std::int64_t>(text);
}

AccountState state_of_control(const DirectoryEntry& entry) {
  const auto control = number(entry, "useraccountcontrol", 0);
  if (!control || (*control & kAccountDisable) != 0) return AccountState::Disabled;
  const auto computed = number(entry, "msds-user-account-control-computed", -1);
  if (!computed) return AccountState::Disabled;
  if (*computed >= 0) return (*computed & kLockedOut) != 0 ? AccountState::Locked : AccountState::Active;
  // Without the computed mark it is not known whether the time of the lock is over.
  const auto lockout = number(entry, "lockouttime", 0);
  if (!lockout) return AccountState::Disabled;
  return *lockout != 0 ? AccountState::Locked : AccountState::Active;
}

AccountState state_of_expiry(const DirectoryEntry& entry, Timestamp now) {
  const auto expires = number(entry, "accountexpires", 0);
  if (!expires || *expires < 0) return AccountState::Disabled;
  if (*expires == 0 || *expires == std::numeric_limits<std::int64_t>::max()) return AccountState::Active;
  return (*expires - kUnixEpochAsFileTime) / 10 <= to_micros(now) ? AccountState::Expired : AccountState::Active;
}

AccountState state_of_lock(const DirectoryEntry& entry) {
  const std::string_view locked = entry.first("pwdaccountlockedtime");
  if (locked == kLockedForGood) return AccountState::Disabled;
  return locked.empty() ? AccountState::Active : AccountState::Locked;
}

AccountState state_of_flag(const DirectoryEntry& entry, std::string_view attribute) {
  const std::string_view flag = entry.first(attribute);
  return flag.empty() || equals_ignoring_case(flag, "false") ? AccountState::Active : AccountState::Disabled;
}

}  // namespace

std::string_view name(AccountState state) noexcept {
  switch (state) {
    case AccountState::Active:
      return "active";
    case AccountState::Locked:
      return "locked";
    case AccountState::Expired:
      return "expired";
    case AccountState::Disabled:
      return "disabled";
  }
  return "disabled";
}

AccountState account_state(const DirectoryEntry& entry, Timestamp now) {
  return std::max({state_of_control(entry), state_of_expiry(entry, now), state_of_lock(entry),
                   state_of_flag(entry, "nsaccountlock"), state_of_flag(entry, "logindisabled")});
}

}  // namespace warder::manager
