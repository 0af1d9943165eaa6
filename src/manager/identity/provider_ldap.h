// Settings of a directory: LDAP, Active Directory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"
#include "manager/directory/directory_settings.h"

namespace warder::manager {

struct LdapSettings {
  std::vector<std::string> servers;
  std::string ca_certificates;
  std::string schema = "generic";
  std::string bind_dn;
  std::string user_base;
  std::string user_filter;
  std::string group_base;
  std::string group_filter;
  std::string subject_attribute;
  std::string username_attribute;
  std::string name_attribute;
  std::string email_attribute;
  std::string member_of_attribute;
  std::string kerberos_realm;
  std::string principal_filter;
  std::int64_t timeout_s = 10;
  std::int64_t sync_interval_s = 900;
  std::int64_t max_people = 50'000;
  std::int64_t max_leaving_percent = 50;

  static std::span<const Field<LdapSettings>> fields();
};

/// Of a provider's stored settings. Invalid as in ProviderKind::complete.
Result<LdapSettings> read_ldap_settings(const boost::json::object& settings);
/// What stands nowhere is as usual for the schema.
DirectorySettings directory_settings(const LdapSettings& settings, std::string bind_password);

}  // namespace warder::manager
