#include "manager/notify/mail.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/secret_filter.h"
#include "base/text.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxSubjectBytes = 400;
constexpr std::size_t kMaxBodyBytes = 200'000;
constexpr std::size_t kLineBytes = 76;
constexpr std::size_t kMaxPlainSubject = 60;
constexpr std::size_t kWordBytes = 45;  // that become 60 in base64: 72 with what is around them (RFC 2047 §2)

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_local_part(std::string_view text) {
  static constexpr std::string_view kSigns = "!#$%&'*+-/=?^_`{|}~.";  // RFC 5322 §3.2.3, dots between
  constexpr std::size_t kMax = 64;
  return !text.empty() && text.size() <= kMax && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return is_alnum(c) || kSigns.find(c) != std::string_view::npos; });
}

bool is_domain(std::string_view text) {
  constexpr std::size_t kMaxLabel = 63;
  return std::ranges::all_of(split(text, '.'), [](std::string_view label) {
    return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-'; });
  });
}

/// One line without control characters; what is no UTF-8 is escaped.
std::string one_line(std::string_view text) {
  std::string line = escape_non_utf8(text);
  std::ranges::replace_if(
      line, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, ' ');
  return std::string(cut_utf8(trim(line), kMaxSubjectBytes));
}

/// "Fri, 27 Nov 2026 16:00:00 +0000"
std::string mail_date(Timestamp time) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::string full = to_rfc3339(time);  // 2026-11-27T16:00:00.000000Z
  return std::string(kDays.at(std::chrono::weekday{day}.c_encoding())) + ", " +
         std::to_string(static_cast<unsigned>(date.day())) + " " + kMonths.at(static_cast<unsigned>(date.month()) - 1) +
         " " + full.substr(0, 4) + " " + full.substr(11, 8) + " +0000";
}

std::string encode_body(std::string_view text) {
  std::string lines;
  for (const char c : escape_non_utf8(cut_utf8(text, kMaxBodyBytes))) {
    if (c == '\r' || c == '\0') continue;
    if (c == '\n') lines += '\r';
    lines += c;
  }
  if (!lines.ends_with("\r\n")) lines += "\r\n";
  const std::string encoded = to_base64(as_bytes(lines));
  std::string out;
  for (std::size_t at = 0; at < encoded.size(); at += kLineBytes) out += encoded.substr(at, kLineBytes) + "\r\n";
  return out;
}

}  // namespace

Result<void> check_mail_address(std::string_view address) {
  constexpr std::size_t kMaxAddress = 254;  // RFC 5321 §4.5.3.1.3
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos || address.size() > kMaxAddress || !is_local_part(address.substr(0, at)) ||
      !is_domain(address.substr(at + 1)))
    return fail(ErrorCode::Invalid, "is no mail address");
  return {};
}

std::string encode_header_text(std::string_view text) {
  const auto is_plain = [](char c) { return c >= ' ' && c < '\x7f'; };
  if (text.size() <= kMaxPlainSubject && std::ranges::all_of(text, is_plain) &&
      text.find("=?") == std::string_view::npos)
    return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::string_view word = cut_utf8(text, kWordBytes);
    text.remove_prefix(word.size());
    out += (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + to_base64(as_bytes(word)) + "?=";
  }
  return out;
}

Result<std::string> compose_mail(const Mail& mail) {
  WD_TRY(check_mail_address(mail.from).in("from"));
  WD_TRY(check_mail_address(mail.id + "@warder").in("id"));
  if (mail.to.empty()) return fail(ErrorCode::Invalid, "nobody to send to");
  std::string to;
  for (const std::string& each : mail.to) {
    WD_TRY(check_mail_address(each).in("to"));
    to += (to.empty() ? "" : ",\r\n ") + each;
  }
  if (!std::ranges::all_of(mail.language, [](char c) { return is_alnum(c) || c == '-' || c == ','; }))
    return fail(ErrorCode::Invalid, "language");
  const std::string domain = mail.from.substr(mail.from.rfind('@') + 1);
  std::string text = "Date: " + mail_date(mail.time) + "\r\nFrom: " + mail.from + "\r\nTo: " + to;
  text += "\r\nSubject: " + encode_header_text(one_line(without_secrets(mail.subject)));
  text += "\r\nMessage-ID: <" + mail.id + "@" + domain + ">";
  text += "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Language: " + mail.language;  // RFC 3834
  text += "\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  return text + encode_body(without_secrets(mail.body));
}

}  // namespace warder::manager
