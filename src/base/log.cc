#include "base/log.h"

#include <unistd.h>

#include <cerrno>

#include "base/secret_filter.h"
#include "base/text.h"

namespace warder {
namespace {

/// The numbers of syslog(3), as sd-daemon(3) reads them from "<N>".
char priority(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::Debug:
      return '7';
    case LogLevel::Info:
      return '6';
    case LogLevel::Warning:
      return '4';
    case LogLevel::Error:
      return '3';
  }
  return '3';
}

void append_member(std::string& line, std::string_view key, std::string_view value) {
  if (!line.ends_with('{')) line.push_back(',');
  append_json_string(line, escape_non_utf8(key));
  line.push_back(':');
  append_json_string(line, escape_non_utf8(value));
}

class JsonLog final : public Log {
 public:
  explicit JsonLog(JsonLogOptions options) : options_(std::move(options)) {}

  void write(LogLevel level, std::string_view id, std::string_view message,
             std::initializer_list<LogField> fields) override {
    if (level < options_.least) return;
    std::string line;
    if (options_.journal_prefix) line.append({'<', priority(level), '>'});
    line.push_back('{');
    append_member(line, "time", options_.now ? to_rfc3339(options_.now()) : std::string{});
    append_member(line, "level", name(level));
    append_member(line, "component", options_.component);
    append_member(line, "id", id);
    append_member(line, "message", without_secrets(message));
    for (const LogField& field : fields)
      append_member(line, field.key, names_secret(field.key) ? std::string{kSecretMark} : without_secrets(field.value));
    line.append("}\n");
    put(line);
  }

 private:
  /// One write for the whole line, so that lines of several threads and processes do not mix. A record that the
  /// descriptor does not take is lost: there is nowhere else to report it.
  void put(std::string_view line) const {
    while (!line.empty()) {
      const ssize_t count = ::write(options_.fd, line.data(), line.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;
      line.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  const JsonLogOptions options_;
};

}  // namespace

std::string_view name(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Error:
      return "error";
  }
  return "error";
}

std::unique_ptr<Log> make_json_log(JsonLogOptions options) {
  return std::make_unique<JsonLog>(std::move(options));
}

}  // namespace warder
