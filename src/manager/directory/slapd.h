// For tests: an OpenLDAP server of the test's own, on loopback, with people and groups.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "manager/directory/directory_settings.h"

namespace warder::manager::testing {

inline constexpr const char* kPeople = "ou=people,dc=example,dc=com";
inline constexpr const char* kGroups = "ou=groups,dc=example,dc=com";
inline constexpr const char* kRootDn = "cn=root,dc=example,dc=com";
inline constexpr const char* kRootPassword = "r00t-of-the-tree";
inline constexpr const char* kAlicePassword = "Al1ce-knows-it";

struct SlapdOptions {
  std::string certificate_ip = "127.0.0.1";  // what its certificate says it is
  bool has_tls = true;
  std::string more_ldif{};  // entries below dc=example,dc=com
};

/// alice in ops; ops in admins; admins and ring-2 in ring-1, ring-1 in ring-2; bob in no group; carol, locked for good;
/// "a*b"; an ops elsewhere that holds bob. Ends with this.
class Slapd {
 public:
  explicit Slapd(const SlapdOptions& options = {});
  ~Slapd();
  Slapd(const Slapd&) = delete;
  Slapd& operator=(const Slapd&) = delete;

  [[nodiscard]] std::string ldaps_url() const { return "ldaps://127.0.0.1:" + std::to_string(ldaps_port_); }
  [[nodiscard]] std::string ldap_url() const { return "ldap://127.0.0.1:" + std::to_string(ldap_port_); }
  /// As an administrator would set them, for ldaps.
  [[nodiscard]] DirectorySettings settings() const;

 private:
  void write_configuration(const SlapdOptions& options);
  void load(const std::string& ldif) const;
  void start(bool has_tls);

  std::filesystem::path folder_;
  std::string ca_pem_;
  pid_t process_ = -1;
  int ldap_port_ = 0;
  int ldaps_port_ = 0;
};

/// A port of loopback where nobody listens.
int free_port();

}  // namespace warder::manager::testing
