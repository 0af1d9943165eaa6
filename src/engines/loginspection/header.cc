#include "engines/loginspection/header.h"

#include <array>
#include <cstddef>

namespace warder::loginspection {

namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
bool is_alphanumeric(char c) noexcept {
  return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}
/// Of a host or a program.
bool is_name_character(char c) noexcept {
  static constexpr std::array<bool, 256> kTable = [] {
    std::array<bool, 256> table{};
    for (std::size_t i = 0; i < 256; ++i) {
      table[i] = (i >= '0' && i <= '9') || (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z');
    }
    for (const char other : std::string_view("()-_./@#,\\")) table[static_cast<unsigned char>(other)] = true;
    return table;
  }();
  return kTable[static_cast<unsigned char>(c)];
}

/// Characters of a line; '\0' behind its end.
class Text {
 public:
  explicit Text(std::string_view text) noexcept : text_(text) {}
  [[nodiscard]] char at(std::size_t offset) const noexcept { return offset < text_.size() ? text_[offset] : '\0'; }
  [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }
  [[nodiscard]] std::string_view between(std::size_t from, std::size_t to) const noexcept {
    return from >= text_.size() ? std::string_view() : text_.substr(from, to - from);
  }
  [[nodiscard]] std::string_view from(std::size_t from) const noexcept {
    return from >= text_.size() ? std::string_view() : text_.substr(from);
  }
  /// Offset behind the name characters from `offset` on.
  [[nodiscard]] std::size_t skip_name(std::size_t offset) const noexcept {
    while (is_name_character(at(offset))) ++offset;
    return offset;
  }
  template <class Predicate>
  [[nodiscard]] std::size_t skip(std::size_t offset, Predicate predicate) const noexcept {
    while (predicate(at(offset))) ++offset;
    return offset;
  }
  /// Whether each character of `shape` but '*' stands where it stands there; '9' is any digit.
  [[nodiscard]] bool has_shape(std::string_view shape) const noexcept {
    if (text_.size() < shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] != '*' && (shape[i] == '9' ? !is_digit(text_[i]) : shape[i] != text_[i])) return false;
    }
    return true;
  }

 private:
  std::string_view text_;
};

/// Length of a time after which host and program follow, 0 when there is none.
std::size_t syslog_time(const Text& line, Dialect dialect) noexcept {
  if (line.size() > 16 && line.has_shape("*** ** **:**:** ")) return 16;
  if (line.size() > 23 && line.has_shape("****-**-** **:**:**,")) return 23;
  if (dialect == Dialect::Wazuh && line.size() > 33 && line.has_shape("9999-99-99 99:99:99.999999*9999  ")) return 32;
  if (line.size() > 32 && line.has_shape("****-**-**T**:**:**")) {
    if (line.at(22) == ':' && line.at(25) == ' ') return 26;
    const char point = line.at(19);
    if (dialect == Dialect::Wazuh && point == '.') return line.at(29) == ':' ? 33 : 32;
    if (dialect == Dialect::Ossec && (point == '.' || point == ',')) {
      for (std::size_t colon = 24; colon <= 29; ++colon) {
        if (line.at(colon) == ':') return colon + 3;
      }
    }
  }
  if (line.size() > 20 && line.has_shape("9*** *** ** **:**:** ")) return 21;
  if (dialect == Dialect::Ossec && line.size() > 19 && line.has_shape("9***:**:**-**:**:**")) return 20;
  return 0;
}

/// Offset of the message behind "[pid]" at `bracket`, 0 when it is something else.
std::size_t behind_pid(const Text& line, std::size_t bracket, Dialect dialect, bool may_lack_colon) noexcept {
  const std::size_t end = line.skip(bracket + 1, is_digit);
  if (line.at(end) != ']') return 0;
  if (line.at(end + 1) == ':') {
    if (line.at(end + 2) == ' ') return end + 3;
    return dialect == Dialect::Wazuh && may_lack_colon ? end + 2 : 0;
  }
  return may_lack_colon && line.at(end + 1) == ' ' ? end + 2 : 0;
}

/// "program|facility:severity program[pid]: " of AIX; `bar` is where the '|' is. False when it is not that.
bool read_aix(const Text& line, std::size_t bar, Dialect dialect, LineHeader& header, std::size_t& message) noexcept {
  std::size_t at = line.skip(bar + 1, is_alphanumeric);
  if (line.at(at) != ':') return false;
  at = line.skip(at + 1, is_alphanumeric);
  if (line.at(at) != ' ') return false;
  const std::size_t program = at + 1;
  const std::size_t end = line.skip_name(program);
  header.program_name = line.between(program, end);
  header.has_program_name = true;
  if (line.at(end) == ':' && line.at(end + 1) == ' ') {
    message = end + 2;
  } else if (line.at(end) == '[' && is_digit(line.at(end + 1))) {
    message = behind_pid(line, end, dialect, false);
    if (message == 0) return false;
  } else {
    message = end;
  }
  return true;
}

/// Program and message behind the host; leaves `header.log` at `program` when no program stands there.
void read_program(const Text& line, std::size_t program, Dialect dialect, LineHeader& header) noexcept {
  header.log = line.from(program);
  const std::size_t end = line.skip_name(program);
  std::size_t message = 0;
  if (line.at(end) == ':' && (line.at(end + 1) == ' ' || dialect == Dialect::Wazuh)) {
    message = end + (line.at(end + 1) == ' ' ? 2 : 1);
  } else if (line.at(end) == '[' && is_digit(line.at(end + 1))) {
    message = behind_pid(line, end, dialect, true);
  } else if (line.at(end) == '|' && is_lower(line.at(end + 1))) {
    if (!read_aix(line, end, dialect, header, message)) {
      header.has_program_name = false;
      header.program_name = {};
      return;
    }
    header.log = line.from(message);
    return;
  }
  if (message == 0) return;
  header.program_name = line.between(program, end);
  header.has_program_name = true;
  header.log = line.from(message);
}

/// Takes Solaris' "[ID 123 facility.severity] " from the front of the message.
void skip_solaris_id(Dialect dialect, LineHeader& header) noexcept {
  if (!header.log.starts_with("[ID ")) return;
  const std::size_t end = dialect == Dialect::Ossec ? header.log.find("] ", 4) : header.log.find(']', 4);
  if (end != std::string_view::npos) header.log.remove_prefix(std::min(end + 2, header.log.size()));
}

void read_syslog(const Text& line, std::size_t time_end, Dialect dialect, LineHeader& header) noexcept {
  header.timestamp = line.between(0, time_end);
  while (header.timestamp.ends_with(' ')) header.timestamp.remove_suffix(1);
  const std::size_t host = time_end + (line.at(time_end) == ' ' ? 1 : 0);
  header.log = line.from(host);
  const std::size_t end = line.skip_name(host);
  if (line.at(end) == ':' && line.at(end + 1) == ' ') {  // no host: Solaris 8 and 9
    header.program_name = line.between(host, end);
    header.has_program_name = true;
    header.log = line.from(end + 2);
    skip_solaris_id(dialect, header);
  } else if (line.at(end) == ' ') {
    header.hostname = line.between(host, end);
    read_program(line, end + 1, dialect, header);
    if (header.has_program_name) skip_solaris_id(dialect, header);
  }
}

/// "[Time 2006.12.28 15:53:55 UTC] [Sender sshd] [Message …] [Host name]" of macOS.
void read_asl(const Text& line, LineHeader& header) noexcept {
  header.timestamp = line.between(6, 25);
  header.log = line.from(25);
  std::string_view rest = header.log;
  bool has_message = false;
  for (std::size_t open = rest.find('['); open != std::string_view::npos; open = rest.find('[')) {
    rest.remove_prefix(open + 1);
    const std::size_t close = rest.find(']');
    const std::string_view value = rest.substr(0, close);
    if (value.starts_with("Sender ") && !header.has_program_name) {
      if (close == std::string_view::npos) return;
      header.program_name = value.substr(7);
      header.has_program_name = true;
    } else if (value.starts_with("Message ") && !has_message) {
      has_message = true;
      header.log = value.substr(8);
      if (close == std::string_view::npos) return;
    } else if (value.starts_with("Host ")) {
      if (close != std::string_view::npos) header.hostname = value.substr(5);
      return;
    } else {
      continue;
    }
    rest.remove_prefix(close + 1);
  }
}

bool is_squid(const Text& line) noexcept {
  return line.size() > 31 && line.has_shape("1999******.**9 ") && (line.at(21) == ' ' || line.at(22) == ' ');
}

void cut(const Text& line, std::size_t time_from, std::size_t time_to, std::size_t log, LineHeader& header) noexcept {
  header.timestamp = line.between(time_from, time_to);
  header.log = line.from(log);
}

}  // namespace

LineHeader read_header(std::string_view text, Dialect dialect) noexcept {
  // "Mär": a letter of two bytes, in front of which the originals count one less.
  const bool has_wide_letter = text.size() > 2 && text[1] == '\xc3' && text[2] == '\xa4';
  const Text line(has_wide_letter ? text.substr(1) : text);
  LineHeader header;
  header.log = text;
  if (const std::size_t time_end = syslog_time(line, dialect); time_end != 0) {
    read_syslog(line, time_end, dialect, header);
  } else if (line.size() > 27 && line.has_shape("*** *** ** **:**:** **** * ")) {  // xferlog
    cut(line, 0, 24, dialect == Dialect::Ossec ? 24 : 25, header);
  } else if (line.size() > 23 && line.has_shape("**/**-**:**:**.****** ")) {  // Snort
    cut(line, 0, 21, 23, header);
  } else if (line.size() > 26 && line.has_shape("**/**/****-**:**:**.****** ")) {  // Suricata
    cut(line, 0, 26, 28, header);
  } else if (line.size() > 26 && line.has_shape("[*** *** ** **:**:** ****]")) {  // Apache
    cut(line, 1, 25, 27, header);
  } else if (line.size() > 25 && line.has_shape("[T*** ****.**.** **:")) {
    read_asl(line, header);
  } else if (is_squid(line)) {
    cut(line, 0, 14, 14, header);
    while (header.log.starts_with(' ')) header.log.remove_prefix(1);
  }
  if (has_wide_letter && !header.timestamp.empty()) header.timestamp = text.substr(0, header.timestamp.size() + 1);
  return header;
}

}  // namespace warder::loginspection
