#include "engines/ips/transforms.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "engines/ips/app/inflate.h"
#include "engines/ips/base64.h"
#include "engines/ips/comparison.h"
#include "engines/ips/regex.h"
#include "engines/ips/rule_text.h"

namespace warder::ips {

namespace {

constexpr std::uint64_t kMaxInflated = 1 << 20;
constexpr std::uint64_t kDefaultInflated = 1024;

bool is_space(std::uint8_t c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

Bytes digest(const EVP_MD* algorithm, ByteView bytes) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr);
  return {out.begin(), out.begin() + size};
}
Bytes to_md5(const Transform& /*t*/, ByteView bytes) {
  return digest(EVP_md5(), bytes);
}
Bytes to_sha1(const Transform& /*t*/, ByteView bytes) {
  return digest(EVP_sha1(), bytes);
}
Bytes to_sha256(const Transform& /*t*/, ByteView bytes) {
  return digest(EVP_sha256(), bytes);
}

Bytes strip_whitespace(const Transform& /*t*/, ByteView bytes) {
  Bytes out;
  std::ranges::copy_if(bytes, std::back_inserter(out), [](std::uint8_t c) { return !is_space(c); });
  return out;
}

Bytes compress_whitespace(const Transform& /*t*/, ByteView bytes) {
  Bytes out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!is_space(bytes[i]) || i == 0 || !is_space(bytes[i - 1])) out.push_back(bytes[i]);
  }
  return out;
}

Bytes dotprefix(const Transform& /*t*/, ByteView bytes) {
  if (bytes.empty()) return {};
  Bytes out{'.'};
  append(out, bytes);
  return out;
}

Bytes to_lowercase(const Transform& /*t*/, ByteView bytes) {
  Bytes out(bytes.begin(), bytes.end());
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
  return out;
}

Bytes to_uppercase(const Transform& /*t*/, ByteView bytes) {
  Bytes out(bytes.begin(), bytes.end());
  for (auto& c : out) c = c >= 'a' && c <= 'z' ? static_cast<std::uint8_t>(c - 32) : c;
  return out;
}

/// Names of headers ("Name: value" lines) in lower case, values as they are.
Bytes header_lowercase(const Transform& /*t*/, ByteView bytes) {
  Bytes out(bytes.begin(), bytes.end());
  bool is_name = true;
  for (auto& c : out) {
    if (c == ':') is_name = false;
    if (c == '\n') is_name = true;
    if (is_name && c >= 'A' && c <= 'Z') c = static_cast<std::uint8_t>(c + 32);
  }
  return out;
}

/// Header lines whose name begins with ":" go.
Bytes strip_pseudo_headers(const Transform& /*t*/, ByteView bytes) {
  Bytes out;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto rest = bytes.subspan(at);
    const auto end = std::ranges::find(rest, std::uint8_t{'\n'});
    const auto length = static_cast<std::size_t>(end - rest.begin()) + (end == rest.end() ? 0 : 1);
    if (rest[0] != ':') append(out, rest.first(length));
    at += length;
  }
  return out;
}

int hex_digit(std::uint8_t c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const auto lower = static_cast<std::uint8_t>(c | 0x20U);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Bytes url_decode(const Transform& /*t*/, ByteView bytes) {
  Bytes out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '+') {
      out.push_back(' ');
    } else if (bytes[i] == '%' && i + 2 < bytes.size() && hex_digit(bytes[i + 1]) >= 0 &&
               hex_digit(bytes[i + 2]) >= 0) {
      out.push_back(static_cast<std::uint8_t>(hex_digit(bytes[i + 1]) * 16 + hex_digit(bytes[i + 2])));
      i += 2;
    } else {
      out.push_back(bytes[i]);
    }
  }
  return out;
}

/// A key in hexadecimal, or "[offset N,]extract SIZE PLACE": a key that stands in the buffer. Kept as where to begin,
/// size and place of the key (size 0: what follows is the key).
Result<void> parse_xor(Transform& transform, std::string_view argument) {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
  std::uint32_t place = 0;
  Bytes key;
  for (const auto part : split_arguments(argument)) {
    const auto words = split(part, ' ');
    const auto number = [&](std::size_t i) {
      return i < words.size() ? parse_integer<std::uint32_t>(trim(words[i])) : std::nullopt;
    };
    if (words[0] == "offset" && number(1)) {
      begin = *number(1);
    } else if (words[0] == "extract" && number(1) && number(2) && *number(1) > 0 && *number(1) <= 255) {
      size = *number(1);
      place = *number(2);
    } else if (auto read = from_hex(unquoted(part)); read && !read->empty() && read->size() <= 255) {
      key = std::move(*read);
    } else {
      return fail(ErrorCode::Invalid, "\"" + std::string(part) + "\" is no key in hexadecimal");
    }
  }
  if (key.empty() == (size == 0)) return fail(ErrorCode::Invalid, "takes one key");
  append_u32be(transform.bytes, begin);
  append_u32be(transform.bytes, size);
  append_u32be(transform.bytes, place);
  append(transform.bytes, key);
  return {};
}

Bytes exclusive_or(const Transform& transform, ByteView bytes) {
  Reader reader(transform.bytes);
  const auto begin = reader.u32be().value_or(0);
  const auto size = reader.u32be().value_or(0);
  const auto place = reader.u32be().value_or(0);
  Bytes out(bytes.begin(), bytes.end());
  auto key = ByteView(transform.bytes).subspan(12);
  if (size != 0) {
    if (place > bytes.size() || size > bytes.size() - place) return out;
    key = bytes.subspan(place, size);
  }
  for (std::size_t i = begin; i < out.size(); ++i) out[i] ^= key[(i - begin) % key.size()];
  return out;
}

Result<void> parse_pcrexform(Transform& transform, std::string_view argument) {
  transform.regex = WD_TRY(Regex::compile(unquoted(argument), {}));
  return {};
}

Bytes pcrexform(const Transform& transform, ByteView bytes) {
  Regex::Memory memory;  // few rules have this transform
  const auto found = transform.regex->search(bytes, memory, 1);
  if (!found) return {bytes.begin(), bytes.end()};
  const auto part = bytes.subspan(found->begin, found->end - found->begin);
  return {part.begin(), part.end()};
}

/// mode, count, offset: kept as three words in `bytes`.
Result<void> parse_from_base64(Transform& transform, std::string_view argument) {
  std::uint8_t mode = 0;
  std::uint64_t count = 0;
  std::uint64_t offset = 0;
  for (const auto part : split_arguments(argument)) {
    if (part.empty()) continue;
    const auto space = part.find(' ');
    const auto name = part.substr(0, space);
    const auto value = space == std::string_view::npos ? std::string_view{} : trim(part.substr(space));
    if (name == "bytes" && parse_number(value)) {
      count = *parse_number(value);
    } else if (name == "offset" && parse_number(value)) {
      offset = *parse_number(value);
    } else if (name == "mode" && (value == "rfc2045" || value == "rfc4648" || value == "strict")) {
      mode = value == "rfc2045" ? 1 : value == "strict" ? 2 : 0;
    } else {
      return fail(ErrorCode::Invalid, "from_base64 has no \"" + std::string(part) + "\"");
    }
  }
  if (count > 65535 || offset > 65535) return fail(ErrorCode::Invalid, "from_base64: bytes and offset go to 65535");
  transform.bytes.push_back(mode);
  append_u32be(transform.bytes, static_cast<std::uint32_t>(count));
  append_u32be(transform.bytes, static_cast<std::uint32_t>(offset));
  return {};
}

Bytes from_base64(const Transform& transform, ByteView bytes) {
  Reader reader(transform.bytes);
  const auto mode = reader.u8();
  const auto count = reader.u32be();
  const auto offset = reader.u32be();
  if (!mode || !count || !offset || *offset > bytes.size()) return {bytes.begin(), bytes.end()};
  auto out = decode_base64(bytes.subspan(*offset), static_cast<Base64Mode>(*mode), *count);
  if (out.empty()) return {bytes.begin(), bytes.end()};
  return out;
}

/// "max-size 8": as a word in `bytes`.
Result<void> parse_inflate(Transform& transform, std::string_view argument) {
  std::uint64_t limit = kDefaultInflated;
  constexpr std::string_view kName = "max-size ";
  if (!argument.empty()) {
    const auto number = argument.starts_with(kName) ? parse_size(argument.substr(kName.size())) : std::nullopt;
    if (!number || *number == 0 || *number > kMaxInflated) {
      return fail(ErrorCode::Invalid, "takes \"max-size\" with 1 to " + std::to_string(kMaxInflated));
    }
    limit = *number;
  }
  append_u32be(transform.bytes, static_cast<std::uint32_t>(limit));
  return {};
}
Bytes expand(const Transform& transform, app::Coding coding, ByteView bytes) {
  Reader reader(transform.bytes);
  return app::inflate(coding, bytes, reader.u32be().value_or(0));
}
Bytes gunzip(const Transform& transform, ByteView bytes) {
  return expand(transform, app::Coding::Gzip, bytes);
}
Bytes zlib_deflate(const Transform& transform, ByteView bytes) {
  return expand(transform, app::Coding::Zlib, bytes);
}

/// offset[, length[, truncate]]: a negative offset counts from the end, a negative length stops so many bytes before
/// it.
Result<void> parse_subslice(Transform& transform, std::string_view argument) {
  auto parts = split_arguments(argument);
  const bool truncates = parts.size() > 1 && parts.back() == "truncate";
  if (truncates) parts.pop_back();
  const auto offset = parse_integer<std::int32_t>(parts[0]);
  const auto length = parts.size() > 1 ? parse_integer<std::int32_t>(parts[1]) : std::optional<std::int32_t>(0);
  if (!offset || !length || parts.size() > 2 || (parts.size() > 1 && *length == 0)) {
    return fail(ErrorCode::Invalid, "subslice needs an offset and may have a length");
  }
  append_u32be(transform.bytes, static_cast<std::uint32_t>(*offset));
  append_u32be(transform.bytes, static_cast<std::uint32_t>(*length));
  transform.bytes.push_back(static_cast<std::uint8_t>(parts.size() > 1 ? 1 : 0));
  transform.bytes.push_back(static_cast<std::uint8_t>(truncates ? 1 : 0));
  return {};
}

Bytes subslice(const Transform& transform, ByteView bytes) {
  Reader reader(transform.bytes);
  std::int64_t from = static_cast<std::int32_t>(reader.u32be().value_or(0));
  const std::int64_t length = static_cast<std::int32_t>(reader.u32be().value_or(0));
  const bool has_length = reader.u8().value_or(0) != 0;
  const bool truncates = reader.u8().value_or(0) != 0;
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (from < 0) from += size;
  if (from < 0 && truncates) from = 0;
  auto to = size;
  if (has_length) to = length < 0 ? size + length : from + length;
  if (to > size && truncates) to = size;
  if (from < 0 || from >= size || to > size || to <= from) return {};
  return {bytes.begin() + from, bytes.begin() + to};
}

/// The last two labels of a host name; without the public suffix list this is an approximation.
Bytes domain(const Transform& /*t*/, ByteView bytes) {
  const auto text = as_text(bytes);
  auto dot = text.rfind('.');
  if (dot != std::string_view::npos && dot > 0) dot = text.rfind('.', dot - 1);
  const auto from = dot == std::string_view::npos ? 0 : dot + 1;
  return {bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end()};
}

Bytes top_level(const Transform& /*t*/, ByteView bytes) {
  const auto dot = as_text(bytes).rfind('.');
  const auto from = dot == std::string_view::npos ? 0 : dot + 1;
  return {bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end()};
}

constexpr TransformRow kRows[] = {
    {"strip_whitespace", nullptr, strip_whitespace, "without white space"},
    {"compress_whitespace", nullptr, compress_whitespace, "runs of white space as one"},
    {"dotprefix", nullptr, dotprefix, "with a dot in front"},
    {"to_md5", nullptr, to_md5, "its MD5, 16 bytes"},
    {"to_sha1", nullptr, to_sha1, "its SHA-1, 20 bytes"},
    {"to_sha256", nullptr, to_sha256, "its SHA-256, 32 bytes"},
    {"to_lowercase", nullptr, to_lowercase, "in lower case"},
    {"to_uppercase", nullptr, to_uppercase, "in upper case"},
    {"header_lowercase", nullptr, header_lowercase, "header names in lower case"},
    {"strip_pseudo_headers", nullptr, strip_pseudo_headers, "without HTTP/2 pseudo headers"},
    {"url_decode", nullptr, url_decode, "percent and plus decoded"},
    {"xor", parse_xor, exclusive_or, "xor-ed with a key"},
    {"pcrexform", parse_pcrexform, pcrexform, "the first group of an expression"},
    {"from_base64", parse_from_base64, from_base64, "base64 decoded"},
    {"gunzip", parse_inflate, gunzip, "gzip expanded"},
    {"zlib_deflate", parse_inflate, zlib_deflate, "zlib expanded"},
    {"subslice", parse_subslice, subslice, "a piece of it: offset and length"},
    {"domain", nullptr, domain, "registered domain of a host name"},
    {"tld", nullptr, top_level, "top-level domain of a host name"},
};

}  // namespace

const TransformRow* find_transform(std::string_view name) noexcept {
  const auto* const row = std::ranges::find(kRows, name, &TransformRow::name);
  return row == std::end(kRows) ? nullptr : row;
}

std::vector<std::string_view> transform_names() {
  std::vector<std::string_view> names;
  for (const auto& row : kRows) names.push_back(row.name);
  return names;
}

Result<Transform> make_transform(const TransformRow& row, std::string_view argument) {
  Transform transform;
  transform.row = &row;
  transform.argument = argument;
  if (row.parse != nullptr) {
    if (auto parsed = row.parse(transform, argument); !parsed) return fail(std::move(parsed).error());
  } else if (!argument.empty()) {
    return fail(ErrorCode::Invalid, std::string(row.name) + " takes no argument");
  }
  return transform;
}

Bytes apply(const std::vector<Transform>& transforms, ByteView bytes) {
  Bytes current(bytes.begin(), bytes.end());
  for (const auto& transform : transforms) current = transform.row->apply(transform, current);
  return current;
}

}  // namespace warder::ips
