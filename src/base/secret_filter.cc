#include "base/secret_filter.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace warder {
namespace {

constexpr std::array<std::string_view, 5> kOwnPrefixes = {"wardr_key_", "wdt1_", "wdm1_", "wdk_", "otpauth:"};
constexpr std::array<std::string_view, 3> kHeaders = {"authorization:", "set-cookie:", "cookie:"};
constexpr std::array<std::string_view, 2> kSchemes = {"bearer ", "basic "};
constexpr std::array<std::string_view, 9> kSecretWords = {"password",   "passwd", "passphrase", "secret",      "token",
                                                          "credential", "apikey", "privatekey", "recoverycode"};
constexpr std::string_view kPemBegin = "-----BEGIN ";
constexpr std::string_view kPemPrivate = "PRIVATE KEY-----";
constexpr std::string_view kPemEnd = "-----END ";
constexpr std::size_t kMaxNameBytes = 64;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name_char(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

/// Of base64, base64url, hex and percent-encoding.
bool is_token_char(char c) noexcept {
  return is_name_char(c) || c == '+' || c == '/' || c == '=' || c == '~' || c == '%';
}

bool begins_with(std::string_view text, std::string_view lower_prefix) noexcept {
  return text.size() >= lower_prefix.size() &&
         std::ranges::equal(text.substr(0, lower_prefix.size()), lower_prefix, {}, lower);
}

template <class Is>
std::size_t run_of(std::string_view text, const Is& is) noexcept {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is) - text.begin());
}

std::size_t spaces(std::string_view text) noexcept {
  return run_of(text, [](char c) { return c == ' ' || c == '\t'; });
}

/// Up to the quote that ends it, or all when none does.
std::size_t quoted(std::string_view text, char quote) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      return i;
    }
  }
  return text.size();
}

/// A secret that begins at the text's first byte: the bytes before it that stay, and its own. No bytes: there is none.
struct Found {
  std::size_t before = 0;
  std::size_t bytes = 0;
};

Found find_own(std::string_view text) noexcept {
  for (const std::string_view prefix : kOwnPrefixes)
    if (begins_with(text, prefix))
      return {0, run_of(text, [](char c) { return is_token_char(c) || c == ':' || c == '?' || c == '&'; })};
  return {};
}

/// The page where a password is chosen, with what lets somebody choose it: "/reset#…".
Found find_reset_link(std::string_view text) noexcept {
  constexpr std::string_view kPage = "reset#";
  if (!begins_with(text, kPage)) return {};
  return {kPage.size(), run_of(text.substr(kPage.size()), is_token_char)};
}

Found find_jwt(std::string_view text) noexcept {
  constexpr std::size_t kLeastBytes = 20;
  if (!text.starts_with("eyJ")) return {};
  const std::size_t bytes = run_of(text, is_token_char);
  const bool has_parts = std::ranges::count(text.substr(0, bytes), '.') >= 2;
  return {0, has_parts && bytes >= kLeastBytes ? bytes : 0};
}

Found find_pem(std::string_view text) noexcept {
  if (!text.starts_with(kPemBegin)) return {};
  constexpr std::size_t kMaxLabelBytes = 64;
  const std::string_view label = text.substr(kPemBegin.size(), kMaxLabelBytes);
  if (label.substr(0, label.find('\n')).find(kPemPrivate) == std::string_view::npos) return {};
  const std::size_t end = text.find(kPemEnd);
  if (end == std::string_view::npos) return {0, text.size()};
  const std::size_t closed = text.find("-----", end + kPemEnd.size());
  return {0, closed == std::string_view::npos ? text.size() : closed + 5};
}

Found find_header(std::string_view text) noexcept {
  for (const std::string_view header : kHeaders) {
    if (!begins_with(text, header)) continue;
    const std::size_t before = header.size() + spaces(text.substr(header.size()));
    return {before, run_of(text.substr(before), [](char c) { return c != '\n' && c != '\r' && c != '"'; })};
  }
  for (const std::string_view scheme : kSchemes) {
    constexpr std::size_t kLeastBytes = 12;  // "basic authentication" is no secret: 14 letters, but no digit
    if (!begins_with(text, scheme)) continue;
    const std::string_view value = text.substr(scheme.size());
    const std::size_t bytes = run_of(value, is_token_char);
    const bool has_digit = std::ranges::any_of(value.substr(0, bytes), [](char c) { return c >= '0' && c <= '9'; });
    return {scheme.size(), bytes >= kLeastBytes && has_digit ? bytes : 0};
  }
  return {};
}

/// scheme://user:PASSWORD@host; the text begins with "://".
Found find_userinfo(std::string_view text) noexcept {
  if (!text.starts_with("://")) return {};
  const std::string_view rest = text.substr(3);
  const std::size_t authority =
      run_of(rest, [](char c) { return c > ' ' && c != '/' && c != '?' && c != '#' && c != '"'; });
  const std::size_t at = rest.substr(0, authority).rfind('@');
  if (at == std::string_view::npos) return {};
  const std::size_t colon = rest.substr(0, at).find(':');
  if (colon == std::string_view::npos || colon + 1 == at) return {};
  return {3 + colon + 1, at - colon - 1};
}

/// name=value or "name": "value"; the text begins with the name.
Found find_assigned(std::string_view text) noexcept {
  const std::size_t name = run_of(text, is_name_char);
  if (name == 0 || name > kMaxNameBytes || !names_secret(text.substr(0, name))) return {};
  std::size_t at = name;
  // Escaped quotes: JSON within JSON.
  const auto skip_quote = [&] {
    if (text.substr(at).starts_with("\\\"")) return at += 2, std::string_view{"\\\""};
    if (at < text.size() && (text[at] == '"' || text[at] == '\'')) return ++at, text.substr(at - 1, 1);
    return std::string_view{};
  };
  const bool is_quoted = !skip_quote().empty();
  at += spaces(text.substr(at));
  if (at == text.size() || (text[at] != '=' && !(text[at] == ':' && is_quoted))) return {};
  ++at;
  at += spaces(text.substr(at));
  const std::string_view quote = skip_quote();
  const std::string_view value = text.substr(at);
  if (quote.size() == 2) return {at, std::min(value.find(quote), value.size())};
  if (quote.size() == 1) return {at, quoted(value, quote[0])};
  return {at,
          run_of(value, [](char c) { return c > ' ' && c != ',' && c != ';' && c != '&' && c != '}' && c != ')'; })};
}

}  // namespace

bool names_secret(std::string_view name) noexcept {
  std::array<char, kMaxNameBytes> plain{};
  std::size_t bytes = 0;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == '.') continue;
    if (bytes == plain.size()) return false;
    plain[bytes++] = lower(c);
  }
  const std::string_view text{plain.data(), bytes};
  // A count, a time or an id of a token is none.
  return std::ranges::any_of(kSecretWords, [&](std::string_view word) { return text.ends_with(word); });
}

std::string without_secrets(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool is_in_name = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    Found found;
    if (!is_in_name) {
      for (const auto& find : {find_own, find_reset_link, find_jwt, find_header, find_assigned})
        if (found.bytes == 0) found = find(rest);
    }
    if (found.bytes == 0) found = find_pem(rest);
    if (found.bytes == 0) found = find_userinfo(rest);
    if (found.bytes == 0) {
      is_in_name = is_name_char(rest[0]);
      out.push_back(rest[0]);
      ++i;
      continue;
    }
    out.append(rest.substr(0, found.before)).append(kSecretMark);
    i += found.before + found.bytes;
    is_in_name = false;
  }
  return out;
}

}  // namespace warder
