// The policy section "log-inspection": which logs are read, with which rules, and what becomes of a match.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"

namespace warder::loginspection {

struct Policy {
  bool enabled = true;
  std::int64_t store_level = 3;
  std::int64_t forward_level = 7;
  std::int64_t max_line_bytes = 64 << 10;
  std::vector<std::string> rule_packs;  // names; empty: all there are
  std::vector<std::string> levels;      // "710103 10"
  std::vector<std::string> exceptions;  // "710103 until 2026-12-31 by ops@example.com if srcip=192.0.2.*"
  std::vector<std::string> sources = {"syslog /var/log/auth.log",
                                      "syslog /var/log/secure",
                                      "syslog /var/log/syslog",
                                      "syslog /var/log/messages",
                                      "audit /var/log/audit/audit.log",
                                      "apache /var/log/apache2/*.log",
                                      "apache /var/log/httpd/*_log",
                                      "nginx /var/log/nginx/*.log",
                                      "mysql /var/log/mysql/*.log",
                                      "postgresql /var/log/postgresql/*.log",
                                      "json /var/log/kubernetes/audit.log"};
  std::string journal = "auto";
  std::string journal_directory;
  std::vector<std::string> listen;  // "tcp 127.0.0.1:1514"
  std::string listen_certificate;
  std::string listen_key;
  std::string listen_client_ca;
  std::vector<std::string> commands;  // "300 df -P"
  bool command_shell = false;
  bool from_start = false;
  std::int64_t max_lines_per_s = 20'000;
  std::string over_rate = "wait";

  static std::span<const warder::Field<Policy>> fields() noexcept;
};

}  // namespace warder::loginspection
