#include "manager/net/target.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace warder::manager {

namespace {

constexpr std::size_t kMaxQueryKeys = 64;

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

Result<std::string> parse_path(std::string_view raw) {
  if (raw.empty() || raw.front() != '/') return fail(ErrorCode::Invalid, "path: does not start with '/'");
  // An encoded slash would make one segment look like two (or the other way round) to somebody in between.
  const std::string lower = to_lower_ascii(raw);
  if (lower.find("%2f") != std::string::npos || lower.find("%5c") != std::string::npos) {
    return fail(ErrorCode::Invalid, "path: encoded slash or backslash");
  }
  std::string path = WD_TRY(percent_decode(raw, false));
  if (has_control(path) || path.find('\\') != std::string::npos || !is_utf8(path)) {
    return fail(ErrorCode::Invalid, "path: control character, backslash or bytes that are not UTF-8");
  }
  for (const std::string_view segment : split(path, '/')) {
    if (segment == "." || segment == "..") return fail(ErrorCode::Invalid, "path: has a dot segment");
  }
  return path;
}

Result<void> add_pair(std::string_view pair, Target& target) {
  const std::size_t equals = pair.find('=');
  std::string key = WD_TRY(percent_decode(pair.substr(0, equals), true));
  std::string value;
  if (equals != std::string_view::npos) value = WD_TRY(percent_decode(pair.substr(equals + 1), true));
  if (!is_utf8(key) || !is_utf8(value) || has_control(key) || value.find('\0') != std::string::npos) {
    return fail(ErrorCode::Invalid, "query: control character or bytes that are not UTF-8");
  }
  if (target.query.size() >= kMaxQueryKeys) return fail(ErrorCode::Invalid, "query: too many parameters");
  if (!target.query.emplace(std::move(key), std::move(value)).second) {
    return fail(ErrorCode::Invalid, "query: a parameter is there twice");
  }
  return {};
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
      if (!high || !low) return fail(ErrorCode::Invalid, "bad percent escape");
      out.push_back(static_cast<char>(*high * 16 + *low));
      i += 2;
    }
  }
  return out;
}

Result<Target> parse_target(std::string_view target) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    break;
  }
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  Target result;
  result.path = WD_TRY(parse_path(target.substr(0, question)));
  if (question == std::string_view::npos) return result;
  for (const std::string_view pair : split(target.substr(question + 1), '&')) {
    if (!pair.empty()) WD_TRY(add_pair(pair, result));
  }
  return result;
}

}  // namespace warder::manager
