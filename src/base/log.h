// Structured logging for programs: one JSON line per record on a file descriptor, in the form journald keeps.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace warder {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
std::string_view name(LogLevel level) noexcept;

struct LogField {
  std::string_view key;
  std::string value;
};

/// Where programs report. Passed in, never global; engines do not get one. Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  /// `id` is the message id ("agent.uplink.refused") that docs/messages.md explains for warnings and errors.
  virtual void write(LogLevel level, std::string_view id, std::string_view message,
                     std::initializer_list<LogField> fields) = 0;

  void debug(std::string_view id, std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Debug, id, message, fields);
  }
  void info(std::string_view id, std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Info, id, message, fields);
  }
  void warning(std::string_view id, std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Warning, id, message, fields);
  }
  void error(std::string_view id, std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Error, id, message, fields);
  }
};

/// One line per record: {"time":…,"level":…,"component":…,"id":…,"message":…,key:value…}, written with one write(2),
/// after the "<N>" priority prefix that systemd reads (sd-daemon(3)) when `journal_prefix` is set. Records below
/// `least` are dropped.
struct JsonLogOptions {
  int fd = 2;
  std::string component;
  LogLevel least = LogLevel::Info;
  bool journal_prefix = false;
  std::function<Timestamp()> now;
};
std::unique_ptr<Log> make_json_log(JsonLogOptions options);

}  // namespace warder
