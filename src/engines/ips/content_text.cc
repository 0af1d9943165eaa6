#include "engines/ips/content_text.h"

#include "base/text.h"

namespace warder::ips {

namespace {

constexpr std::size_t kMaxPattern = 8192;

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The bytes of "0d 0a" between pipes.
Result<void> append_hex(std::string_view text, Bytes& out) {
  int high = -1;
  for (const char c : text) {
    if (c == ' ' || c == '\t') continue;
    const int digit = hex_digit(c);
    if (digit < 0) return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\" is not hexadecimal");
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(high * 16 + digit));
      high = -1;
    }
  }
  if (high >= 0) return fail(ErrorCode::Invalid, "an odd number of hexadecimal digits in |" + std::string(text) + "|");
  return {};
}

}  // namespace

Result<Bytes> parse_pattern(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '|') {
      const auto end = text.find('|', i + 1);
      if (end == std::string_view::npos) return fail(ErrorCode::Invalid, "\"|\" is not closed");
      if (auto read = append_hex(text.substr(i + 1, end - i - 1), out); !read) return fail(std::move(read).error());
      i = end;
    } else if (c == '\\' && i + 1 < text.size()) {
      out.push_back(static_cast<std::uint8_t>(text[++i]));
    } else {
      out.push_back(static_cast<std::uint8_t>(c));
    }
  }
  if (out.empty()) return fail(ErrorCode::Invalid, "an empty pattern");
  if (out.size() > kMaxPattern)
    return fail(ErrorCode::TooLarge, "a pattern longer than " + std::to_string(kMaxPattern));
  return out;
}

Result<QuotedArgument> parse_quoted(std::string_view value) {
  QuotedArgument argument;
  value = trim(value);
  if (value.starts_with('!')) {
    argument.is_negated = true;
    value = trim(value.substr(1));
  }
  if (!value.starts_with('"')) {
    argument.text = value;
    return argument;
  }
  std::size_t end = 1;
  while (end < value.size() && value[end] != '"') end += value[end] == '\\' ? 2U : 1U;
  if (end >= value.size()) return fail(ErrorCode::Invalid, "the closing quote is missing");
  argument.text = value.substr(1, end - 1);
  auto rest = trim(value.substr(end + 1));
  if (!rest.empty() && rest.front() != ',')
    return fail(ErrorCode::Invalid, "\"" + std::string(rest) + "\" after the closing quote");
  if (!rest.empty()) rest.remove_prefix(1);
  argument.rest = trim(rest);
  return argument;
}

}  // namespace warder::ips
