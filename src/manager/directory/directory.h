// The people of an LDAP directory or Active Directory: whether a password is theirs, which groups they are in, who is
// gone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "manager/directory/account_state.h"
#include "manager/directory/directory_settings.h"
#include "manager/directory/ldap_connection.h"

namespace warder::manager {

struct DirectoryPerson {
  std::string subject;  // stays when name and place change
  std::string dn;
  std::string username;
  std::string display_name;
  std::optional<std::string> email;
  AccountState state = AccountState::Disabled;
  std::vector<std::string> groups;               // normal_dn of each, through other groups too; empty in lists
  std::optional<std::string> primary_group_sid;  // Active Directory: a group that does not list its members
};

/// A conversation with one server, bound as the account that searches. Single-threaded.
class DirectoryReader {
 public:
  /// With the first server that answers. Unavailable, Timeout; Unavailable too when it refuses the account.
  static Result<DirectoryReader> open(const DirectorySettings& settings, std::chrono::milliseconds limit);

  /// Without their groups. NotFound; Conflict when more than one fits; Corrupt when what must be there is not.
  Result<DirectoryPerson> find(std::string_view username, Timestamp now);
  /// By the client's name in a Kerberos ticket: "alice@EXAMPLE.COM", of a realm that the caller trusts.
  Result<DirectoryPerson> find_principal(std::string_view principal, Timestamp now);
  /// Everybody whom the filter lets in, without their groups; those without subject or user name are left off.
  /// Unavailable when that is nobody: a directory that answers with nothing says nothing about anyone.
  Result<std::vector<DirectoryPerson>> list(Timestamp now);
  /// TooLarge beyond the settings' number.
  Result<std::vector<std::string>> groups_of(const DirectoryPerson& person);
  [[nodiscard]] const DirectoryServer& server() const noexcept { return server_; }

 private:
  DirectoryReader(const DirectorySettings& settings, DirectoryServer server, LdapConnection connection);
  [[nodiscard]] std::vector<std::string> person_attributes() const;
  [[nodiscard]] Result<DirectoryPerson> person_of(const DirectoryEntry& entry, Timestamp now) const;
  Result<DirectoryPerson> find_one(std::string filter, Timestamp now);
  Result<std::vector<std::string>> groups_above(const std::string& dn, const std::string& username);
  Result<std::vector<std::string>> groups_it_names(const std::string& dn);
  Result<std::optional<std::string>> primary_group(const std::string& sid);

  DirectorySettings settings_;
  DirectoryServer server_;
  LdapConnection connection_;
};

/// Thread-safe: each call makes connections of its own.
class Directory {
 public:
  explicit Directory(DirectorySettings settings) : settings_(std::move(settings)) {}

  /// With all groups. Unauthenticated for an unknown name, a wrong or an empty password, after as many questions to the
  /// server; Forbidden, saying why, when the directory lets the account in no more. Unavailable, Timeout.
  [[nodiscard]] Result<DirectoryPerson> authenticate(std::string_view username, std::string_view password,
                                                     Timestamp now) const;
  /// With all groups, for somebody whose ticket the caller has checked. Unauthenticated when there is nobody of it;
  /// Forbidden as above, and for one who is locked.
  [[nodiscard]] Result<DirectoryPerson> find_principal(std::string_view principal, Timestamp now) const;
  [[nodiscard]] Result<DirectoryReader> read() const;
  [[nodiscard]] const DirectorySettings& settings() const noexcept { return settings_; }

 private:
  [[nodiscard]] Result<void> bind_as(const DirectoryServer& server, const std::string& dn,
                                     std::string_view password) const;

  DirectorySettings settings_;
};

}  // namespace warder::manager
