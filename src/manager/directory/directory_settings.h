// Where a directory is and how people and groups are found in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace warder::manager {

enum class DirectorySchema : std::uint8_t { Generic, ActiveDirectory };

struct DirectorySettings {
  /// Tried in turn: "ldaps://dc1.example.com", or "ldap://dc1.example.com:389" with StartTLS. The certificate must bear
  /// the name.
  std::vector<std::string> servers;
  std::string ca_pem;  // whose certificates hold; empty: what the system trusts
  DirectorySchema schema = DirectorySchema::Generic;
  std::string bind_dn;  // of the account that searches
  std::string bind_password;
  std::string user_base;
  std::string user_filter;  // with {username}
  std::string group_base;   // empty: user_base
  std::string
      group_filter;  // with {dn}, and {username} where groups list names; what holds somebody or a group directly
  std::string subject_attribute;
  std::string username_attribute;
  std::string name_attribute;
  std::string mail_attribute;
  std::string principal_filter;     // with {principal}, or its {name} before the realm: whom a Kerberos ticket is of
  std::string member_of_attribute;  // empty: the groups alone say who is in them
  std::chrono::milliseconds timeout{10'000};  // of a login, in all
  std::chrono::milliseconds list_timeout{300'000};
  std::size_t max_people = 50'000;
  std::size_t max_groups = 1000;                  // of one person
  bool is_plaintext_on_loopback_allowed = false;  // the operator's: "ldap://" without TLS, to a loopback address only
};

/// What is usual for it: filters and attributes; no server, base or account.
DirectorySettings usual_settings(DirectorySchema schema);
/// Invalid, naming the setting, unless a directory can be asked with them.
Result<void> check(const DirectorySettings& settings);

struct DirectoryServer {
  HostPort at;
  bool is_ldaps = true;  // otherwise StartTLS
  [[nodiscard]] std::string url() const;
};
Result<DirectoryServer> parse_directory_server(std::string_view url);

}  // namespace warder::manager
