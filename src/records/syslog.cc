#include "records/syslog.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/time.h"

namespace warder::records {
namespace {

constexpr std::size_t kMaxCount = 16 << 20;

// RFC 5424 §6.2.1: "<" 1–3 digits up to 191 ">".
std::string_view without_priority(std::string_view message) noexcept {
  if (!message.starts_with('<')) return message;
  const std::size_t end = message.substr(0, 5).find('>');
  if (end == std::string_view::npos) return message;
  const auto priority = parse_integer<unsigned>(message.substr(1, end - 1));
  return priority && *priority <= 191 ? message.substr(end + 1) : message;
}

std::string_view take_word(std::string_view& rest) noexcept {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

// Structured data (RFC 5424 §6.3): "-" or elements in brackets, in which \" \\ \] stand for themselves.
bool skip_structured_data(std::string_view& rest) noexcept {
  if (rest.starts_with("-")) {
    rest.remove_prefix(1);
  } else {
    while (rest.starts_with('[')) {
      bool is_quoted = false;
      std::size_t i = 1;
      for (; i < rest.size(); ++i) {
        if (is_quoted && rest[i] == '\\') {
          ++i;
        } else if (rest[i] == '"') {
          is_quoted = !is_quoted;
        } else if (rest[i] == ']' && !is_quoted) {
          break;
        }
      }
      if (i >= rest.size()) return false;
      rest.remove_prefix(i + 1);
    }
  }
  if (!rest.empty() && rest[0] != ' ') return false;
  rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
  return true;
}

// "1 TIME HOST APP PROC MSGID SD MSG" as "TIME HOST APP[PROC]: MSG"; empty when it is not that.
std::string from_rfc5424(std::string_view rest, std::string_view sender) {
  if (!rest.starts_with("1 ")) return {};
  rest.remove_prefix(2);
  const std::string_view time = take_word(rest);
  const std::string_view host = take_word(rest);
  const std::string_view program = take_word(rest);
  const std::string_view process = take_word(rest);
  take_word(rest);  // MSGID
  if (time != "-" && !parse_rfc3339(time)) return {};
  if (program.empty() || !skip_structured_data(rest)) return {};
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  std::string line;
  if (time != "-") line.append(time).push_back(' ');
  line.append(host == "-" || host.empty() ? sender : host).push_back(' ');
  line.append(program == "-" ? "-" : program);
  if (process != "-" && !process.empty()) line.append("[").append(process).append("]");
  return line.append(": ").append(rest);
}

// RFC 3164 §4.1.2: "Mmm dd hh:mm:ss".
bool has_bsd_time(std::string_view text) noexcept {
  constexpr std::string_view kForm = "Aaa 99 99:99:99 ";
  if (text.size() < kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const char c = text[i];
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool fits = kForm[i] == '9'                      ? is_digit || (i == 4 && c == ' ')
                      : kForm[i] == 'A' || kForm[i] == 'a' ? is_letter
                                                           : c == kForm[i];
    if (!fits) return false;
  }
  return true;
}

void clean(std::string& line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == '\0')) line.pop_back();
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
}

}  // namespace

std::string syslog_line(std::string_view message, std::string_view sender) {
  const std::string_view rest = without_priority(message);
  std::string line = from_rfc5424(rest, sender);
  if (line.empty()) {
    line = rest;
    // "Nov 22 10:00:00 sshd[7]: text" of a local socket has no host.
    constexpr std::size_t kTimeBytes = 16;
    if (has_bsd_time(rest)) {
      std::string_view after = rest.substr(kTimeBytes);
      const std::string_view first = take_word(after);
      if (first.ends_with(':')) line.insert(kTimeBytes, std::string(sender) + " ");
    }
  }
  clean(line);
  return line;
}

Result<void> SyslogStream::read_count(char digit) {
  if (digit == ' ') {
    state_ = left_ == 0 ? State::Begin : State::Counted;
    return {};
  }
  if (digit < '0' || digit > '9') return fail(ErrorCode::Corrupt, "syslog: a message count is not a number");
  left_ = left_ * 10 + static_cast<std::size_t>(digit - '0');
  if (left_ > kMaxCount) return fail(ErrorCode::Corrupt, "syslog: a message count is too large");
  return {};
}

void SyslogStream::keep(std::string_view part) {
  const std::size_t room = max_bytes_ - std::min(max_bytes_, message_.size());
  is_cut_ = is_cut_ || part.size() > room;
  message_.append(part.substr(0, room));
}

void SyslogStream::hand_over(const Take& take) {
  if (!message_.empty()) take(message_, is_cut_);
  message_.clear();
  is_cut_ = false;
  state_ = State::Begin;
}

Result<void> SyslogStream::step(std::string_view& bytes, const Take& take) {
  switch (state_) {
    case State::Begin: {
      const char first = bytes[0];
      const bool is_between = first == '\n' || first == '\r' || first == '\0';
      left_ = 0;
      // RFC 6587 §3.4.1: MSG-LEN begins with a digit other than 0; a message begins with "<".
      state_ = is_between ? State::Begin : first >= '1' && first <= '9' ? State::Count : State::Line;
      if (is_between) bytes.remove_prefix(1);
      return {};
    }
    case State::Count:
      WD_TRY(read_count(bytes[0]));
      bytes.remove_prefix(1);
      return {};
    case State::Counted: {
      const std::size_t count = std::min(left_, bytes.size());
      keep(bytes.substr(0, count));
      bytes.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) hand_over(take);
      return {};
    }
    case State::Line: {
      const std::size_t end = bytes.find_first_of(std::string_view("\n\0", 2));
      keep(bytes.substr(0, end));
      bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
      if (end != std::string_view::npos) hand_over(take);
      return {};
    }
  }
  return {};
}

Result<void> SyslogStream::feed(std::string_view bytes, const Take& take) {
  while (!bytes.empty()) WD_TRY(step(bytes, take));
  return {};
}

void SyslogStream::finish(const Take& take) {
  if (state_ == State::Line) hand_over(take);
}

}  // namespace warder::records
