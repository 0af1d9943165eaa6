#include "agent/config.h"

#include "agent/transport.h"
#include "base/address.h"
#include "base/file.h"

namespace warder::agent {
namespace {

Result<void> check(const Config& config) {
  if (!config.proxy.empty()) WD_TRY(parse_host_port(config.proxy).in("proxy"));
  for (const std::string& url : config.managers) WD_TRY(parse_manager_url(url).in("managers"));
  for (const std::string& path : {config.state_directory, config.runtime_directory, config.share_directory}) {
    if (!path.starts_with('/')) return fail(ErrorCode::Invalid, path + ": is not an absolute path");
  }
  for (const std::string& path : {config.forwarding_certificate, config.forwarding_key}) {
    if (!path.empty() && !path.starts_with('/')) return fail(ErrorCode::Invalid, path + ": is not an absolute path");
  }
  return {};
}

}  // namespace

std::span<const Field<Config>> Config::fields() {
  using enum PersonalData;
  static constexpr Field<Config> kFields[] = {
      {"state_directory", &Config::state_directory, 1, 4096, None,
       "Where the agent keeps its spool, identity and content; only root may read it."},
      {"runtime_directory", &Config::runtime_directory, 1, 90, None,
       "Where the socket of `warder-agent status` and the like is; only root may use it."},
      {"share_directory", &Config::share_directory, 1, 4096, None,
       "Where the content is that came with the agent: rule packs and messages."},
      {"managers", &Config::managers, 0, 16, None,
       "Addresses of the manager's gateway (\"https://host:8444\"), instead of those learnt at enrolment."},
      {"proxy", &Config::proxy, 0, 300, None,
       "HTTP proxy (\"host:port\") that the stream to the manager is tunnelled through with CONNECT."},
      {"forwarding_certificate", &Config::forwarding_certificate, 0, 4096, None,
       "File with this host's certificate (PEM, chain) for the syslog receiver, where the policy's client_certificate "
       "says host."},
      {"forwarding_key", &Config::forwarding_key, 0, 4096, None,
       "File with the private key of forwarding_certificate (PEM); only root should be able to read it."},
      {"log_level", &Config::log_level, 1, 7, None, "Least level that is logged.", "debug|info|warning|error"},
      {"worker_memory_max_mb", &Config::worker_memory_max_mb, 64, 65536, None,
       "A module's process that uses more memory is ended and started anew."},
      {"reconnect_max_s", &Config::reconnect_max_s, 1, 3600, None,
       "Longest pause between two attempts to reach the manager."},
  };
  return kFields;
}

Result<Config> load_config(const std::filesystem::path& path) {
  auto text = read_file(path, 1 << 20);
  if (!text && text.error().code == ErrorCode::NotFound) return Config{};
  if (!text) return fail(std::move(text).error());
  auto config = WD_TRY(parse_toml_as<Config>(*text, path.string()));
  WD_TRY(check(config).in(path.string()));
  return config;
}

}  // namespace warder::agent
