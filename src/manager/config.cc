#include "manager/config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/address.h"
#include "base/file.h"
#include "manager/passwords/profiles.h"
#include "manager/store/postgres.h"

namespace warder::manager {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

namespace {

bool is_any_address(const IpAddress& address) {
  return address == IpAddress() || address == IpAddress::v4(0);
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(std::move(word));
  return words;
}

bool is_server_name(const std::string& name) {
  return name.size() <= 63 &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

Result<void> need(std::string_view setting, const std::string& value, const Config& config) {
  if (!value.empty()) return {};
  return fail(ErrorCode::Invalid, std::string{setting} + ": key_provider = \"" + config.key_provider + "\" needs it");
}

Result<void> check(const Config& config) {
  for (const std::string* listen : {&config.api_listen, &config.gateway_listen, &config.metrics_listen}) {
    const HostPort where = WD_TRY(parse_host_port(*listen));
    WD_TRY(parse_ip(where.host).in(*listen));
  }
  const std::string& mirror = config.signature_mirror_url;
  if (!mirror.empty() && !mirror.starts_with("https://") && !mirror.starts_with("http://"))
    return fail(ErrorCode::Invalid, "signature_mirror_url: not an address that begins with https:// or http://");
  WD_TRY(sso_allowed_networks(config));
  if (config.database_url.empty() != config.database_owner_url.empty())
    return fail(ErrorCode::Invalid, "database_url and database_owner_url: set both or neither");
  if (!config.database_url.empty()) {
    WD_TRY(check_conninfo(config.database_url).in("database_url"));
    WD_TRY(check_conninfo(config.database_owner_url).in("database_owner_url"));
  }
  const auto servers = WD_TRY(further_servers(config));
  for (const DatabaseServer& server : servers) {
    WD_TRY(check_conninfo(server.url).in("database_servers: " + server.name));
    WD_TRY(check_conninfo(server.owner_url).in("database_servers: " + server.name));
  }
  if (!servers.empty() && config.database_url.empty())
    return fail(ErrorCode::Invalid, "database_servers: only beside database_url");
  WD_TRY(check_key_provider(config));
  WD_TRY(parse_password_floor(config.password_floor_profile, config.password_floor_rules).in("password_floor"));
  for (const std::string& network : config.forward_private_networks)
    WD_TRY(parse_prefix(network).in("forward_private_networks"));
  if (config.tls_certificate.empty() != config.tls_private_key.empty()) {
    return fail(ErrorCode::Invalid, "tls_certificate and tls_private_key: set both or neither");
  }
  return {};
}

}  // namespace

std::span<const Field<Config>> Config::fields() noexcept {
  static const Field<Config> kRows[] = {
      {"data_directory", &Config::data_directory, 1, 4096, PersonalData::None, "Databases, keys and content packs."},
      {"database_url", &Config::database_url, 0, 4096, PersonalData::None,
       "PostgreSQL, as postgresql://warder_app@db.example/warder?sslmode=verify-full&passfile=/etc/warder/pgpass or "
       "host=/run/postgresql dbname=warder user=warder_app: a login that owns nothing. Empty: SQLite files in the data "
       "directory."},
      {"database_owner_url", &Config::database_owner_url, 0, 4096, PersonalData::None,
       "The login that makes and migrates the schemas; it owns the database and may make roles."},
      {"database_servers", &Config::database_servers, 0, 100, PersonalData::None,
       "Further PostgreSQL servers for tenants' data, each as \"<name> <url> <owner's url>\"; a new tenant goes to the "
       "one "
       "with the fewest. A name stays with its tenants."},
      {"tenant_deletion_wait_days", &Config::tenant_deletion_wait_days, 1, 365, PersonalData::None,
       "A tenant's keys and data are destroyed so many days after its deletion was asked for."},
      {"isolation_check_hours", &Config::isolation_check_hours, 0, 8760, PersonalData::None,
       "Hours between two trials whether tenants are apart, with two canary tenants (docs/tenants.md). 0: only when "
       "asked for."},
      {"backup_directory", &Config::backup_directory, 0, 4096, PersonalData::None,
       "Where the manager puts backups of itself while it runs (docs/backup.md), best not on the data directory's "
       "disk. "
       "Empty: it makes none."},
      {"backup_every_hours", &Config::backup_every_hours, 0, 8760, PersonalData::None,
       "Hours between two of them. 0: only when asked for."},
      {"backup_keep", &Config::backup_keep, 1, 100'000, PersonalData::None, "How many of them are kept."},
      {"share_directory", &Config::share_directory, 1, 4096, PersonalData::None,
       "What came with the program: messages/<locale>.json."},
      {"console_url", &Config::console_url, 0, 1000, PersonalData::None,
       "Where people open the console, e.g. https://warder.example:8443: passkeys are bound to its name. Empty: the "
       "first "
       "of public_names, or this host's name, with the port of api_listen."},
      {"console_directory", &Config::console_directory, 1, 4096, PersonalData::None, "The console's built files."},
      {"api_listen", &Config::api_listen, 1, 100, PersonalData::None,
       "IP address and port of the console and the API."},
      {"gateway_listen", &Config::gateway_listen, 1, 100, PersonalData::None,
       "IP address and port where agents connect."},
      {"metrics_listen", &Config::metrics_listen, 1, 100, PersonalData::None,
       "IP address and port of /metrics, /livez and /readyz, without TLS: keep it on loopback."},
      {"public_names", &Config::public_names, 0, 100, PersonalData::None,
       "DNS names and IP addresses that browsers and agents use; they go into the server's certificate. Empty: this "
       "host's name and loopback."},
      {"gateway_urls", &Config::gateway_urls, 0, 20, PersonalData::None,
       "Written into enrolment tokens, e.g. https://manager.example:8444. Empty: the first public name and the "
       "gateway's port."},
      {"tls_certificate", &Config::tls_certificate, 0, 4096, PersonalData::None,
       "PEM file with the console's certificate chain. Empty: issued by the manager's own CA and renewed by itself."},
      {"tls_private_key", &Config::tls_private_key, 0, 4096, PersonalData::None, "PEM file with its key."},
      {"content_keys_directory", &Config::content_keys_directory, 1, 4096, PersonalData::None,
       "Public keys (*.pub) of those whose content packs are accepted."},
      {"key_provider", &Config::key_provider, 1, 16, PersonalData::None,
       "Where the root key is: in the file keys/root.key of the data directory, in a PKCS#11 token or in AWS KMS "
       "(docs/keys.md).",
       "file|pkcs11|aws-kms"},
      {"key_provider_timeout_s", &Config::key_provider_timeout_s, 1, 300, PersonalData::None,
       "How long one use of a token or of AWS KMS may take."},
      {"pkcs11_module", &Config::pkcs11_module, 0, 4096, PersonalData::None,
       "The token's library, e.g. /usr/lib/softhsm/libsofthsm2.so."},
      {"pkcs11_token", &Config::pkcs11_token, 0, 32, PersonalData::None, "The token's label."},
      {"pkcs11_pin_file", &Config::pkcs11_pin_file, 0, 4096, PersonalData::None,
       "File with the user PIN, of mode 0600."},
      {"pkcs11_key_label", &Config::pkcs11_key_label, 1, 64, PersonalData::None,
       "The label of root keys in the token; the first one is made by the manager."},
      {"aws_kms_key_id", &Config::aws_kms_key_id, 0, 2048, PersonalData::None,
       "Id, ARN or alias of a symmetric key in AWS KMS."},
      {"aws_kms_region", &Config::aws_kms_region, 0, 64, PersonalData::None, "Its region, e.g. eu-central-1."},
      {"aws_kms_endpoint", &Config::aws_kms_endpoint, 0, 1000, PersonalData::None,
       "Another address of AWS KMS, e.g. of a VPC endpoint. Empty: the region's."},
      {"aws_credentials_file", &Config::aws_credentials_file, 0, 4096, PersonalData::None,
       "Credentials in the form of the AWS command line, section [default], of mode 0600; read at each use. Empty: "
       "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."},
      {"directory_plaintext_on_loopback", &Config::directory_plaintext_on_loopback, 0, 0, PersonalData::None,
       "Ask directories (ldap://) without TLS where their address is a loopback one (docs/directories.md)."},
      {"kerberos_keytab", &Config::kerberos_keytab, 0, 4096, PersonalData::None,
       "Keytab with the key of HTTP/<name of the API>, of mode 0600: people log in with their Kerberos tickets "
       "(docs/directories.md). Empty: no tickets are taken."},
      {"client_certificates", &Config::client_certificates, 0, 0, PersonalData::None,
       "Ask every client of the API and the console for a certificate, without demanding one (docs/access.md)."},
      {"root_key_custodians", &Config::root_key_custodians, 0, 64, PersonalData::Identifier,
       "User names, of the first tenant, of those who may use the root key: two of them, one who asks and one who "
       "agrees. "
       "Empty: nobody, over the API."},
      {"signature_mirror_url", &Config::signature_mirror_url, 0, 1000, PersonalData::None,
       "Where files of signatures are fetched from, e.g. https://mirror.example/clamav. Empty: they are only "
       "imported."},
      {"stream_settings", &Config::stream_settings, 0, 4096, PersonalData::None,
       "File with the settings of the independent stream (docs/stream.md), e.g. /etc/warder/stream.toml. Empty: this "
       "manager has none."},
      {"forward_private_networks", &Config::forward_private_networks, 0, 100, PersonalData::None,
       "Networks that are not public and to which tenants other than the first may send their events all the same."},
      {"notice_plaintext_on_loopback", &Config::notice_plaintext_on_loopback, 0, 0, PersonalData::None,
       "Hand mails to a mail server on this machine without TLS, where a channel says so (docs/alerts.md)."},
      {"signature_mirror_files", &Config::signature_mirror_files, 0, 100, PersonalData::None,
       "Their names below that address."},
      {"signature_mirror_interval_s", &Config::signature_mirror_interval_s, 10, 604'800, PersonalData::None,
       "Seconds between two looks for newer ones."},
      {"signature_mirror_max_bytes", &Config::signature_mirror_max_bytes, 1, std::int64_t{4} << 30, PersonalData::None,
       "A larger file is refused."},
      {"sso_ca_file", &Config::sso_ca_file, 0, 4096, PersonalData::None,
       "PEM file with the certificate authorities of identity providers. Empty: the system's."},
      {"sso_allowed_networks", &Config::sso_allowed_networks, 0, 100, PersonalData::None,
       "Networks that are not public where identity providers of tenants may be, e.g. 10.1.0.0/16. Others that are not "
       "public are never asked, whatever a tenant sets."},
      {"session_idle_s", &Config::session_idle_s, 60, 86'400, PersonalData::None,
       "A browser's session ends after so many seconds without a request."},
      {"session_absolute_s", &Config::session_absolute_s, 300, 604'800, PersonalData::None,
       "Every session and token ends after so many seconds."},
      {"password_floor_profile", &Config::password_floor_profile, 0, 40, PersonalData::None,
       "No tenant's password rules are weaker than this profile's. Empty: tenants choose freely."},
      {"password_floor_rules", &Config::password_floor_rules, 0, 20, PersonalData::None,
       "Single rules in place of that profile's, or alone, as \"min_length=14\"."},
      {"event_retention_days", &Config::event_retention_days, 1, 3650, PersonalData::None,
       "Events older than this are removed, a partition at a time."},
      {"report_retention_days", &Config::report_retention_days, 1, 3650, PersonalData::None,
       "What was made of reports is removed so many days after it was made (docs/reports.md)."},
      {"audit_events", &Config::audit_events, 0, 0, PersonalData::None,
       "Entries of the audit log are told as events, too, without their detail. Who may read events sees them then."},
      {"event_partition", &Config::event_partition, 1, 10, PersonalData::None,
       "How much time one partition of a tenant's events in PostgreSQL holds, unless the tenant has a size of its own. "
       "auto: a day with a million events a day or more, a week with a hundred thousand, else a month. It goes for "
       "months "
       "that have no partition yet.",
       "auto|month|week|day"},
      {"audit_checkpoint_s", &Config::audit_checkpoint_s, 1, 3600, PersonalData::None,
       "Each entry of an audit log is signed for within so many seconds."},
      {"audit_verify_s", &Config::audit_verify_s, 1, 604'800, PersonalData::None,
       "Seconds between two verifications of each audit log as a whole; one is made at the start, too."},
      {"trust_check_s", &Config::trust_check_s, 0, 86'400, PersonalData::None,
       "Between two results of a check of the Trust Center; 0: nothing is checked, and everything is shown as not "
       "measured"},
      {"security_contact", &Config::security_contact, 0, 500, PersonalData::None,
       "Who finds a weakness writes here: mailto:security@example.com or an https address, for security.txt"},
      {"max_agents", &Config::max_agents, 1, 1'000'000, PersonalData::None, "Agents connected at the same time."},
      {"agent_accepts_per_second", &Config::agent_accepts_per_second, 0, 100'000, PersonalData::None,
       "New agent connections a second; more wait in the backlog. 0: no limit."},
      {"api_workers", &Config::api_workers, 1, 256, PersonalData::None, "Threads that answer API requests."},
      {"api_requests_per_minute_key", &Config::api_requests_per_minute_key, 0, 10'000'000, PersonalData::None,
       "Requests a minute with one API key or session; as many may come at once. 0: no limit."},
      {"api_requests_per_minute_tenant", &Config::api_requests_per_minute_tenant, 0, 10'000'000, PersonalData::None,
       "Requests a minute of all of a tenant. 0: no limit."},
      {"api_requests_per_minute_node", &Config::api_requests_per_minute_node, 0, 100'000'000, PersonalData::None,
       "Requests a minute that this manager answers, whoever asks. 0: no limit."},
      {"gateway_workers", &Config::gateway_workers, 1, 256, PersonalData::None, "Threads that take in events."},
      {"check_answers", &Config::check_answers, 0, 1, PersonalData::None,
       "For tests: every answer of the API is held against the contract; a wrong one becomes an error."},
      {"log_level", &Config::log_level, 1, 10, PersonalData::None, "The least level that is logged.",
       "debug|info|warning|error"},
  };
  return kRows;
}

Result<void> check_key_provider(const Config& config) {
  if (config.key_provider == "pkcs11") {
    WD_TRY(need("pkcs11_module", config.pkcs11_module, config));
    WD_TRY(need("pkcs11_token", config.pkcs11_token, config));
    WD_TRY(need("pkcs11_pin_file", config.pkcs11_pin_file, config));
  }
  if (config.key_provider == "aws-kms") {
    WD_TRY(need("aws_kms_key_id", config.aws_kms_key_id, config));
    WD_TRY(need("aws_kms_region", config.aws_kms_region, config));
  }
  return {};
}

Result<Config> load_config(const std::filesystem::path& path) {
  const std::string text = WD_TRY(read_file(path, 1 << 20));
  Config config = WD_TRY(parse_toml_as<Config>(text, path.string()));
  WD_TRY(check(config).in(path.string()));
  return config;
}

Result<std::vector<DatabaseServer>> further_servers(const Config& config) {
  std::vector<DatabaseServer> servers;
  for (const std::string& text : config.database_servers) {
    const std::vector<std::string> words = words_of(text);
    if (words.size() != 3 || !is_server_name(words[0]))
      return fail(ErrorCode::Invalid,
                  "database_servers: '" + (words.empty() ? text : words[0]) + "': not \"<name> <url> <owner's url>\"");
    if (std::ranges::find(servers, words[0], &DatabaseServer::name) != servers.end())
      return fail(ErrorCode::Invalid, "database_servers: '" + words[0] + "' is there twice");
    servers.push_back({words[0], words[1], words[2]});
  }
  return servers;
}

std::vector<std::string> server_names(const Config& config) {
  std::vector<std::string> names = config.public_names;
  const auto add = [&names](const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const std::string& listen : {config.gateway_listen, config.api_listen}) {
    const auto where = parse_host_port(listen);
    const auto address = where ? parse_ip(where->host) : Result<IpAddress>(IpAddress());
    if (address && !is_any_address(*address)) add(where->host);
  }
  if (config.public_names.empty()) add(host_name());
  for (const char* local : {"localhost", "127.0.0.1", "::1"}) add(local);
  return names;
}

std::string console_url(const Config& config) {
  if (!config.console_url.empty()) return config.console_url;
  const auto listen = parse_host_port(config.api_listen);
  return "https://" + HostPort{server_names(config).front(), listen ? listen->port : std::uint16_t{8443}}.text();
}

Result<std::vector<IpPrefix>> sso_allowed_networks(const Config& config) {
  std::vector<IpPrefix> networks;
  for (const std::string& text : config.sso_allowed_networks)
    networks.push_back(WD_TRY(parse_prefix(text).in("sso_allowed_networks")));
  return networks;
}

std::vector<std::string> gateway_urls(const Config& config) {
  if (!config.gateway_urls.empty()) return config.gateway_urls;
  const auto listen = parse_host_port(config.gateway_listen);
  const HostPort where{server_names(config).front(), listen ? listen->port : std::uint16_t{8444}};
  return {"https://" + where.text()};
}

}  // namespace warder::manager
