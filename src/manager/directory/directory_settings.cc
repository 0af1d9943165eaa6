#include "manager/directory/directory_settings.h"

#include <string_view>

#include "manager/directory/directory_text.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxServers = 8;

Result<void> check_attribute(std::string_view setting, std::string_view attribute, bool may_be_empty) {
  if (attribute.empty() && may_be_empty) return {};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  bool is_name = !attribute.empty() && attribute.size() <= 128 && is_letter(attribute.front());
  for (const char c : attribute) is_name = is_name && (is_letter(c) || (c >= '0' && c <= '9') || c == '-');
  if (!is_name) return fail(ErrorCode::Invalid, std::string(setting) + ": not the name of an attribute (RFC 4512)");
  return {};
}

Result<void> check_filters(const DirectorySettings& settings) {
  if (settings.user_filter.find("{username}") == std::string::npos)
    return fail(ErrorCode::Invalid, "user_filter: it must contain {username}");
  const std::string user = WD_TRY(fill_filter(settings.user_filter, {{"username", "x"}}).in("user_filter"));
  WD_TRY(check_filter(user).in("user_filter"));
  WD_TRY(check_filter(widen_filter(settings.user_filter)).in("user_filter"));
  if (settings.group_filter.find("{dn}") == std::string::npos &&
      settings.group_filter.find("{username}") == std::string::npos) {
    return fail(ErrorCode::Invalid, "group_filter: it must contain {dn} or {username}");
  }
  const std::string group =
      WD_TRY(fill_filter(settings.group_filter, {{"dn", "x"}, {"username", "x"}}).in("group_filter"));
  WD_TRY(check_filter(group).in("group_filter"));
  if (settings.principal_filter.empty()) return {};
  if (settings.principal_filter.find('{') == std::string::npos)
    return fail(ErrorCode::Invalid, "principal_filter: it must contain {principal} or {name}");
  const std::string principal =
      WD_TRY(fill_filter(settings.principal_filter, {{"principal", "x"}, {"name", "x"}}).in("principal_filter"));
  return check_filter(principal).in("principal_filter");
}

Result<void> check_names(const DirectorySettings& settings) {
  WD_TRY(normal_dn(settings.user_base).in("user_base"));
  if (!settings.group_base.empty()) WD_TRY(normal_dn(settings.group_base).in("group_base"));
  // Active Directory also takes "user@domain".
  if (settings.schema == DirectorySchema::Generic) WD_TRY(normal_dn(settings.bind_dn).in("bind_dn"));
  if (settings.bind_dn.empty()) return fail(ErrorCode::Invalid, "bind_dn: it is empty");
  if (settings.bind_password.empty()) return fail(ErrorCode::Invalid, "bind_password: it is empty");
  WD_TRY(check_attribute("subject_attribute", settings.subject_attribute, false));
  WD_TRY(check_attribute("username_attribute", settings.username_attribute, false));
  WD_TRY(check_attribute("name_attribute", settings.name_attribute, true));
  WD_TRY(check_attribute("mail_attribute", settings.mail_attribute, true));
  return check_attribute("member_of_attribute", settings.member_of_attribute, true);
}

}  // namespace

DirectorySettings usual_settings(DirectorySchema schema) {
  DirectorySettings settings;
  settings.schema = schema;
  settings.mail_attribute = "mail";
  if (schema == DirectorySchema::ActiveDirectory) {
    settings.user_filter = "(&(objectCategory=person)(objectClass=user)(sAMAccountName={username}))";
    settings.group_filter = "(&(objectCategory=group)(member:1.2.840.113556.1.4.1941:={dn}))";
    settings.subject_attribute = "objectGUID";
    settings.username_attribute = "sAMAccountName";
    settings.name_attribute = "displayName";
    // Not userPrincipalName: one account's may be spelt like the ticket of another.
    settings.principal_filter = "(sAMAccountName={name})";
    return settings;
  }
  settings.user_filter = "(&(objectClass=inetOrgPerson)(uid={username}))";
  settings.group_filter =
      "(|(&(objectClass=groupOfNames)(member={dn}))(&(objectClass=groupOfUniqueNames)(uniqueMember={dn}))"
      "(&(objectClass=posixGroup)(memberUid={username})))";
  settings.principal_filter = "(krbPrincipalName={principal})";
  settings.subject_attribute = "entryUUID";
  settings.username_attribute = "uid";
  settings.name_attribute = "cn";
  settings.member_of_attribute = "memberOf";
  return settings;
}

Result<void> check(const DirectorySettings& settings) {
  if (settings.servers.empty() || settings.servers.size() > kMaxServers)
    return fail(ErrorCode::Invalid, "servers: from 1 to " + std::to_string(kMaxServers));
  for (const std::string& server : settings.servers) WD_TRY(parse_directory_server(server).in("servers"));
  WD_TRY(check_filters(settings));
  return check_names(settings);
}

Result<DirectoryServer> parse_directory_server(std::string_view url) {
  constexpr std::string_view kLdaps = "ldaps://";
  constexpr std::string_view kLdap = "ldap://";
  DirectoryServer server;
  if (url.starts_with(kLdaps)) {
    url.remove_prefix(kLdaps.size());
  } else if (url.starts_with(kLdap)) {
    url.remove_prefix(kLdap.size());
    server.is_ldaps = false;
  } else {
    return fail(ErrorCode::Invalid, "a server is \"ldaps://host\" or \"ldap://host\"");
  }
  const bool has_port = url.ends_with(']') ? false : url.find(':') != std::string_view::npos;
  const std::string with_port = std::string(url) + (has_port ? "" : server.is_ldaps ? ":636" : ":389");
  server.at = WD_TRY(parse_host_port(with_port));
  for (const char c : server.at.host) {
    if (static_cast<unsigned char>(c) <= 0x20 || std::string_view("/?#@%\\\"<>").find(c) != std::string_view::npos)
      return fail(ErrorCode::Invalid, "not a host: " + server.at.host);
  }
  return server;
}

std::string DirectoryServer::url() const {
  return (is_ldaps ? "ldaps://" : "ldap://") + at.text();
}

}  // namespace warder::manager
