// Local users and groups, as their files say. Not through NSS, which may ask the network and cannot look at an image.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warder::host {

/// Unknown: no shadow entry was seen. Empty: logging in needs no password. Locked: no password can match ("!", "*").
enum class PasswordState : std::uint8_t { Unknown, Empty, Locked, Set };
std::string_view name(PasswordState state) noexcept;

struct User {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string comment;  // often a person's full name
  std::string home;
  std::string shell;
  PasswordState password = PasswordState::Unknown;
  std::string password_scheme;  // "yescrypt", "sha512", "md5", "des" …; empty: none
  /// 16 hex digits that change when the stored hash does; tells nothing of the password. Empty: none.
  std::string password_mark;
  std::optional<std::int64_t> password_changed_day;  // days since 1970
  std::optional<std::int64_t> password_max_days;     // absent: never expires
  std::optional<std::int64_t> account_expires_day;   // days since 1970; absent: never
  std::vector<std::string> groups;                   // all, the primary one first; filled in by join_accounts()
  friend bool operator==(const User&, const User&) = default;
};

struct Group {
  std::string name;
  std::uint32_t gid = 0;
  std::vector<std::string> members;         // supplementary ones, in file order
  std::vector<std::string> administrators;  // of gshadow
  friend bool operator==(const Group&, const Group&) = default;
};

/// What shadow(5) says of one name.
struct ShadowEntry {
  std::string name;
  PasswordState password = PasswordState::Unknown;
  std::string scheme;
  std::string mark;
  std::optional<std::int64_t> changed_day;
  std::optional<std::int64_t> max_days;
  std::optional<std::int64_t> expires_day;
};

/// gshadow(5): who may change the group's members.
struct GroupShadowEntry {
  std::string name;
  std::vector<std::string> administrators;
};

/// Lines that are no entry are left out; at most kMaxAccounts entries.
inline constexpr std::size_t kMaxAccounts = 100'000;
std::vector<User> parse_passwd(std::string_view text);
std::vector<ShadowEntry> parse_shadow(std::string_view text);
std::vector<Group> parse_group(std::string_view text);
std::vector<GroupShadowEntry> parse_gshadow(std::string_view text);

/// Puts what the shadow files say, and each user's groups, into the entries.
void join_accounts(std::vector<User>& users, std::vector<Group>& groups, const std::vector<ShadowEntry>& shadow,
                   const std::vector<GroupShadowEntry>& group_shadow);

}  // namespace warder::host
