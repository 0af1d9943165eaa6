#include "engines/ips/app/tls_hello.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/digest.h"

namespace warder::ips::app {
namespace {

constexpr std::uint16_t kServerName = 0;
constexpr std::uint16_t kSupportedGroups = 10;
constexpr std::uint16_t kPointFormats = 11;
constexpr std::uint16_t kSignatureAlgorithms = 13;
constexpr std::uint16_t kAlpn = 16;
constexpr std::uint16_t kSessionTicket = 35;
constexpr std::uint16_t kSupportedVersions = 43;
constexpr std::size_t kMaxAlpn = 32;

std::vector<std::uint16_t> read_u16_list(Cursor in) {
  std::vector<std::uint16_t> values;
  values.reserve(in.remaining() / 2);
  while (in.remaining() >= 2) values.push_back(in.u16());
  return values;
}

void read_server_name(Cursor in, TlsHello& hello) {
  const auto note = [&](SniOddity oddity) { hello.sni_oddities |= static_cast<std::uint8_t>(oddity); };
  if (in.is_at_end()) return;  // a server's acknowledgement
  Cursor list = in.sub(in.u16());
  bool has_name = false;
  while (list.is_ok() && !list.is_at_end()) {
    const std::uint8_t type = list.u8();
    const ByteView name = list.take(list.u16());
    if (!list.is_ok()) break;
    if (type != 0) {
      note(SniOddity::BadType);
    } else if (has_name) {
      note(SniOddity::Multiple);
    } else if (name.empty()) {
      note(SniOddity::BadLength);
    } else {
      hello.sni = as_text(name);
      has_name = true;
    }
  }
  if (!in.is_ok() || !list.is_ok()) note(SniOddity::BadLength);
}

void read_alpn(Cursor in, TlsHello& hello) {
  Cursor list = in.sub(in.u16());
  while (list.is_ok() && !list.is_at_end() && hello.alpn.size() < kMaxAlpn) {
    const ByteView name = list.take(list.u8());
    if (list.is_ok()) hello.alpn.emplace_back(as_text(name));
  }
}

void read_versions(Cursor in, TlsHello& hello) {
  if (!hello.is_client) {
    const std::uint16_t chosen = in.u16();
    if (in.is_ok()) hello.version = chosen;
    return;
  }
  std::uint16_t best = 0;
  for (const std::uint16_t version : read_u16_list(in.sub(in.u8()))) {
    if (!is_grease(version)) best = std::max(best, version);
  }
  if (best != 0) hello.version = best;
}

void read_extension(std::uint16_t type, Cursor in, TlsHello& hello) {
  switch (type) {
    case kServerName:
      if (std::count(hello.extensions.begin(), hello.extensions.end(), kServerName) > 1) {
        hello.sni_oddities |= static_cast<std::uint8_t>(SniOddity::Multiple);
      } else {
        read_server_name(in, hello);
      }
      break;
    case kSupportedGroups:
      hello.groups = read_u16_list(in.sub(in.u16()));
      break;
    case kPointFormats: {
      const ByteView formats = in.take(in.u8());
      hello.point_formats.assign(formats.begin(), formats.end());
      break;
    }
    case kSignatureAlgorithms:
      hello.signature_algorithms = read_u16_list(in.sub(in.u16()));
      break;
    case kAlpn:
      read_alpn(in, hello);
      break;
    case kSessionTicket:
      hello.has_session_ticket = !in.is_at_end();
      break;
    case kSupportedVersions:
      read_versions(in, hello);
      break;
    default:
      break;
  }
}

Result<TlsHello> parse_hello(ByteView body, bool is_client) {
  Cursor in{body};
  TlsHello hello;
  hello.is_client = is_client;
  hello.legacy_version = in.u16();
  hello.version = hello.legacy_version;
  hello.random = in.take(32);
  hello.session_id = in.take(in.u8());
  if (is_client) {
    hello.ciphers = read_u16_list(in.sub(in.u16()));
    in.skip(in.u8());  // compression methods
  } else {
    hello.ciphers = {in.u16()};
    in.skip(1);
  }
  if (!in.is_ok()) return fail(ErrorCode::Corrupt, "tls: hello is shorter than its fields");
  if (in.remaining() < 2) return hello;  // no extensions
  Cursor extensions = in.sub(in.u16());
  if (!in.is_ok()) return fail(ErrorCode::Corrupt, "tls: extensions exceed the hello");
  while (extensions.remaining() >= 4) {
    const std::uint16_t type = extensions.u16();
    const Cursor content = extensions.sub(extensions.u16());
    if (!extensions.is_ok()) return fail(ErrorCode::Corrupt, "tls: an extension exceeds the hello");
    hello.extensions.push_back(type);
    read_extension(type, content, hello);
  }
  return hello;
}

template <class List>
std::string join(const List& values, const char* format, char separator) {
  std::string text;
  for (const auto value : values) {
    if (is_grease(value)) continue;
    if (!text.empty()) text += separator;
    text += fmt::format(fmt::runtime(format), value);
  }
  return text;
}

std::string_view ja4_version(std::uint16_t version) {
  switch (version) {
    case 0x0304:
      return "13";
    case 0x0303:
      return "12";
    case 0x0302:
      return "11";
    case 0x0301:
      return "10";
    case 0x0300:
      return "s3";
    case 0x0002:
      return "s2";
    case 0xfeff:
      return "d1";
    case 0xfefd:
      return "d2";
    case 0xfefc:
      return "d3";
    default:
      return "00";
  }
}

std::string ja4_alpn(const TlsHello& hello) {
  if (hello.alpn.empty() || hello.alpn.front().empty()) return "00";
  const std::string& first = hello.alpn.front();
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  if (is_plain(first.front()) && is_plain(first.back())) return {first.front(), first.back()};
  const std::string hex = to_hex(as_bytes(first));
  return {hex.front(), hex.back()};
}

std::size_t count_plain(const std::vector<std::uint16_t>& values) {
  return static_cast<std::size_t>(std::count_if(values.begin(), values.end(), [](auto v) { return !is_grease(v); }));
}

std::string ja4_hash(const std::string& text) {
  return text.empty() ? "000000000000" : digest_hex(DigestKind::Sha256, as_bytes(text)).substr(0, 12);
}

}  // namespace

Result<TlsHello> parse_client_hello(ByteView body) {
  return parse_hello(body, true);
}
Result<TlsHello> parse_server_hello(ByteView body) {
  return parse_hello(body, false);
}

std::string ja3_string(const TlsHello& hello) {
  std::string text =
      fmt::format("{},{},{}", hello.legacy_version, join(hello.ciphers, "{}", '-'), join(hello.extensions, "{}", '-'));
  if (hello.is_client) {
    std::string points;
    for (const std::uint8_t format : hello.point_formats)
      points += fmt::format("{}{}", points.empty() ? "" : "-", format);
    text += fmt::format(",{},{}", join(hello.groups, "{}", '-'), points);
  }
  return text;
}

// FoxIO's technical description of JA4: a_b_c, b over sorted ciphers, c over sorted extensions and signature
// algorithms.
std::string ja4(const TlsHello& hello, bool is_quic) {
  std::vector<std::uint16_t> ciphers = hello.ciphers;
  std::sort(ciphers.begin(), ciphers.end());
  std::vector<std::uint16_t> extensions;
  for (const std::uint16_t type : hello.extensions) {
    if (type != kServerName && type != kAlpn) extensions.push_back(type);
  }
  std::sort(extensions.begin(), extensions.end());
  const bool has_name =
      std::find(hello.extensions.begin(), hello.extensions.end(), kServerName) != hello.extensions.end();
  std::string third = join(extensions, "{:04x}", ',');
  if (!third.empty() && !hello.signature_algorithms.empty())
    third += '_' + join(hello.signature_algorithms, "{:04x}", ',');
  return fmt::format("{}{}{}{:02}{:02}{}_{}_{}", is_quic ? 'q' : 't', ja4_version(hello.version), has_name ? 'd' : 'i',
                     std::min<std::size_t>(count_plain(hello.ciphers), 99),
                     std::min<std::size_t>(count_plain(hello.extensions), 99), ja4_alpn(hello),
                     ja4_hash(join(ciphers, "{:04x}", ',')), ja4_hash(third));
}

}  // namespace warder::ips::app
