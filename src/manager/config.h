// The manager's settings: manager.toml.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/fields.h"
#include "manager/tenancy/postgres_schemas.h"

namespace warder::manager {

struct Config {
  std::string data_directory = "/var/lib/warder/manager";
  std::string database_url;
  std::string database_owner_url;
  std::vector<std::string> database_servers;
  std::int64_t tenant_deletion_wait_days = 30;
  std::int64_t isolation_check_hours = 24;
  std::string backup_directory;
  std::int64_t backup_every_hours = 24;
  std::int64_t backup_keep = 14;
  std::string share_directory = "/usr/share/warder";
  std::string console_url;  // empty: the first of public_names
  std::string console_directory = "/usr/share/warder/console";
  std::string api_listen = "0.0.0.0:8443";
  std::string gateway_listen = "0.0.0.0:8444";
  std::string metrics_listen = "127.0.0.1:9464";
  std::vector<std::string> public_names;
  std::vector<std::string> gateway_urls;
  std::string tls_certificate;
  std::string tls_private_key;
  std::string content_keys_directory = "/etc/warder/content-keys";
  std::string key_provider = "file";
  std::int64_t key_provider_timeout_s = 10;
  std::string pkcs11_module;
  std::string pkcs11_token;
  std::string pkcs11_pin_file;
  std::string pkcs11_key_label = "warder-root";
  std::string aws_kms_key_id;
  std::string aws_kms_region;
  std::string aws_kms_endpoint;
  std::string aws_credentials_file;
  std::vector<std::string> root_key_custodians;
  bool directory_plaintext_on_loopback = false;
  std::string kerberos_keytab;
  bool client_certificates = false;
  std::string signature_mirror_url;
  std::string stream_settings;
  std::vector<std::string> forward_private_networks;
  bool notice_plaintext_on_loopback = false;
  std::vector<std::string> signature_mirror_files = {"main.cvd", "daily.cvd", "bytecode.cvd"};
  std::int64_t signature_mirror_interval_s = 14'400;
  std::int64_t signature_mirror_max_bytes = std::int64_t{1} << 30;
  std::string sso_ca_file;
  std::vector<std::string> sso_allowed_networks;
  std::int64_t session_idle_s = 1800;
  std::int64_t session_absolute_s = 43'200;
  std::int64_t event_retention_days = 365;
  std::int64_t report_retention_days = 90;
  bool audit_events = true;
  std::string password_floor_profile;
  std::vector<std::string> password_floor_rules;
  std::string event_partition = "auto";
  std::int64_t audit_checkpoint_s = 10;
  std::int64_t audit_verify_s = 86'400;
  std::int64_t trust_check_s = 3600;
  std::string security_contact;
  std::int64_t max_agents = 20'000;
  std::int64_t agent_accepts_per_second = 500;
  std::int64_t api_workers = 8;
  std::int64_t api_requests_per_minute_key = 3'000;
  std::int64_t api_requests_per_minute_tenant = 30'000;
  std::int64_t api_requests_per_minute_node = 120'000;
  std::int64_t gateway_workers = 4;
  bool check_answers = false;
  std::string log_level = "info";

  static std::span<const Field<Config>> fields() noexcept;
};

/// Defaults, overridden by the file. A bad line is Invalid with file, line and key; so are values that do not fit
/// together.
Result<Config> load_config(const std::filesystem::path& path);

/// database_servers, taken apart.
Result<std::vector<DatabaseServer>> further_servers(const Config& config);

/// sso_allowed_networks, taken apart.
Result<std::vector<IpPrefix>> sso_allowed_networks(const Config& config);

/// Whether the settings of the chosen provider are there; Invalid names the one that is missing.
Result<void> check_key_provider(const Config& config);

/// The names that clients use, for the server's certificate: as configured, or this host's name and loopback.
std::vector<std::string> server_names(const Config& config);
/// Where people open the console: as configured, or the first server name with the port of `api_listen`.
std::string console_url(const Config& config);
/// This machine's.
std::string host_name();
/// Where agents connect: as configured, or made of the first server name and the gateway's port.
std::vector<std::string> gateway_urls(const Config& config);

}  // namespace warder::manager
