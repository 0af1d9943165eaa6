#include "manager/identity/provider_ldap.h"

#include "base/json.h"
#include "crypto/pki.h"
#include "manager/directory/directory_text.h"
#include "manager/identity/provider_kinds.h"

namespace warder::manager {

namespace {

void set_unless_empty(std::string& usual, const std::string& own) {
  if (!own.empty()) usual = own;
}

Result<json::object> complete(const json::object& settings, bool /*has_secret*/) {
  LdapSettings read = WD_TRY(read_ldap_settings(settings));
  return to_json(bind_fields(read));
}

/// A mapping's group is a name as the directory has them, in any spelling of it; a part of a name is no name: groups of
/// the same cn in different places are different groups.
bool is_same_name(std::string_view mapped, std::string_view group) {
  const auto normal = normal_dn(mapped);
  return normal && *normal == group;
}

}  // namespace

std::span<const Field<LdapSettings>> LdapSettings::fields() {
  static const Field<LdapSettings> kFields[] = {
      {"servers", &LdapSettings::servers, 1, 8, PersonalData::None,
       "tried in turn: ldaps://host, or ldap://host with StartTLS; the certificate must bear the name"},
      {"ca_certificates", &LdapSettings::ca_certificates, 0, 65'536, PersonalData::None,
       "whom the servers' certificates come from, PEM; empty: whom the system trusts"},
      {"schema", &LdapSettings::schema, 1, 32, PersonalData::None, "what is usual there", "generic|active-directory"},
      {"bind_dn", &LdapSettings::bind_dn, 1, 500, PersonalData::None,
       "the account that searches; its password is the provider's secret"},
      {"user_base", &LdapSettings::user_base, 1, 500, PersonalData::None, "people are below this name"},
      {"user_filter", &LdapSettings::user_filter, 0, 2000, PersonalData::None,
       "who is one of them: a filter with {username}; empty: as usual in the schema"},
      {"group_base", &LdapSettings::group_base, 0, 500, PersonalData::None,
       "groups are below this name; empty: user_base"},
      {"group_filter", &LdapSettings::group_filter, 0, 2000, PersonalData::None,
       "which groups hold somebody: a filter with {dn} or {username}; empty: as usual in the schema"},
      {"subject_attribute", &LdapSettings::subject_attribute, 0, 128, PersonalData::None,
       "names a person for good; empty: objectGUID or entryUUID"},
      {"username_attribute", &LdapSettings::username_attribute, 0, 128, PersonalData::None,
       "the user name here; empty: sAMAccountName or uid"},
      {"name_attribute", &LdapSettings::name_attribute, 0, 128, PersonalData::None,
       "the full name; empty: displayName or cn"},
      {"email_attribute", &LdapSettings::email_attribute, 0, 128, PersonalData::None, "the mail address; empty: mail"},
      {"member_of_attribute", &LdapSettings::member_of_attribute, 0, 128, PersonalData::None,
       "where an entry names its groups; -: nowhere, empty: memberOf where group_filter does not walk by itself"},
      {"kerberos_realm", &LdapSettings::kerberos_realm, 0, 255, PersonalData::None,
       "tickets of this realm are of people in this directory; empty: no tickets"},
      {"principal_filter", &LdapSettings::principal_filter, 0, 2000, PersonalData::None,
       "whose a ticket is: a filter with {principal} or {name}; empty: as usual in the schema"},
      {"timeout_s", &LdapSettings::timeout_s, 1, 60, PersonalData::None, "of the questions of a login"},
      {"sync_interval_s", &LdapSettings::sync_interval_s, 60, 86'400, PersonalData::None,
       "how often users are compared with the directory"},
      {"max_people", &LdapSettings::max_people, 1, 1'000'000, PersonalData::None,
       "a directory that lists more is taken for a mistake in the settings"},
      {"max_leaving_percent", &LdapSettings::max_leaving_percent, 1, 100, PersonalData::None,
       "a synchronisation that would disable more of the users than this, and more than two, disables nobody"},
  };
  return kFields;
}

Result<LdapSettings> read_ldap_settings(const json::object& settings) {
  LdapSettings read = WD_TRY(parse_json_as<LdapSettings>(settings));
  if (read.bind_dn.empty()) return fail(ErrorCode::Invalid, "/bind_dn: is missing");
  if (!read.ca_certificates.empty() && !crypto::read_certificate(read.ca_certificates))
    return fail(ErrorCode::Invalid, "/ca_certificates: no certificates in PEM");
  if (const auto checked = check(directory_settings(read, "x")); !checked)
    return fail(checked.error().code, "/" + checked.error().message);
  return read;
}

DirectorySettings directory_settings(const LdapSettings& settings, std::string bind_password) {
  DirectorySettings directory = usual_settings(settings.schema == "active-directory" ? DirectorySchema::ActiveDirectory
                                                                                     : DirectorySchema::Generic);
  directory.servers = settings.servers;
  directory.ca_pem = settings.ca_certificates;
  directory.bind_dn = settings.bind_dn;
  directory.bind_password = std::move(bind_password);
  directory.user_base = settings.user_base;
  directory.group_base = settings.group_base;
  set_unless_empty(directory.user_filter, settings.user_filter);
  set_unless_empty(directory.group_filter, settings.group_filter);
  set_unless_empty(directory.subject_attribute, settings.subject_attribute);
  set_unless_empty(directory.username_attribute, settings.username_attribute);
  set_unless_empty(directory.name_attribute, settings.name_attribute);
  set_unless_empty(directory.mail_attribute, settings.email_attribute);
  set_unless_empty(directory.member_of_attribute, settings.member_of_attribute);
  if (settings.member_of_attribute == "-") directory.member_of_attribute.clear();
  set_unless_empty(directory.principal_filter, settings.principal_filter);
  directory.timeout = std::chrono::seconds(settings.timeout_s);
  directory.max_people = static_cast<std::size_t>(settings.max_people);
  return directory;
}

const ProviderKind kLdapProvider = {
    "ldap",
    "A directory (LDAP, Active Directory): people log in here with the name and the password that they have there.",
    ProviderSecret::Required,
    false,
    complete,
    is_same_name};

}  // namespace warder::manager
