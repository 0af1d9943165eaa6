// The agent's own settings: agent.toml. What it protects and how comes from the manager's policy instead.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace warder::agent {

struct Config {
  std::string state_directory = "/var/lib/warder/agent";
  std::string runtime_directory = "/run/warder";
  std::string share_directory = "/usr/share/warder";
  std::vector<std::string> managers;  // empty: those of the enrolment
  std::string proxy;
  std::string forwarding_certificate;
  std::string forwarding_key;
  std::string log_level = "info";
  std::int64_t worker_memory_max_mb = 512;
  std::int64_t reconnect_max_s = 60;

  static std::span<const Field<Config>> fields();

  [[nodiscard]] std::filesystem::path state() const { return state_directory; }
  [[nodiscard]] std::filesystem::path control_socket() const {
    return std::filesystem::path(runtime_directory) / "agent.sock";
  }
  [[nodiscard]] std::filesystem::path identity_directory() const { return state() / "identity"; }
  [[nodiscard]] std::filesystem::path spool_file() const { return state() / "spool.db"; }
  [[nodiscard]] std::filesystem::path policy_file() const { return state() / "policy.json"; }
  [[nodiscard]] std::filesystem::path running_file() const { return state() / "running"; }
  [[nodiscard]] std::filesystem::path content_directory() const { return state() / "content"; }
  [[nodiscard]] std::filesystem::path cosigner_file() const { return identity_directory() / "cosigner.key"; }
  [[nodiscard]] std::filesystem::path audit_directory() const { return state() / "audit"; }
  [[nodiscard]] std::filesystem::path module_directory(std::string_view module) const {
    return state() / "modules" / module;
  }
};

/// Defaults when the file does not exist; Invalid, naming file, line and key, when it cannot be understood.
Result<Config> load_config(const std::filesystem::path& path);

}  // namespace warder::agent
