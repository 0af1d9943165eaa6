#include "engines/loginspection/condition.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace warder::loginspection {

namespace {

using Bytes16 = std::array<std::uint8_t, 16>;

/// IPv4 as ::ffff:a.b.c.d, so that one comparison serves both.
std::optional<Bytes16> parse_address(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN + 1> terminated{};
  if (text.empty() || text.size() >= terminated.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated.begin());
  Bytes16 bytes{};
  if (inet_pton(AF_INET6, terminated.data(), bytes.data()) == 1) return bytes;
  if (inet_pton(AF_INET, terminated.data(), bytes.data() + 12) != 1) return std::nullopt;
  bytes[10] = 0xff;
  bytes[11] = 0xff;
  return bytes;
}

/// "192.0.2." stands for "192.0.2.0/24".
std::optional<std::pair<std::string, unsigned>> complete_prefix(std::string_view text) {
  const auto points = static_cast<unsigned>(std::count(text.begin(), text.end(), '.'));
  if (!text.ends_with('.') || points == 0 || points > 3) return std::nullopt;
  std::string whole(text);
  for (unsigned i = points; i < 4; ++i) whole += i == 3 ? "0" : "0.";
  return std::pair(whole, points * 8);
}

std::optional<unsigned> parse_mask(std::string_view text, bool is_v4) noexcept {
  if (const auto bits = parse_integer<unsigned>(text)) {
    if (*bits > (is_v4 ? 32U : 128U)) return std::nullopt;
    return *bits;
  }
  const auto mask = is_v4 ? parse_address(text) : std::nullopt;
  if (!mask) return std::nullopt;
  unsigned bits = 0;
  while (bits < 32 && ((*mask)[12 + bits / 8] >> (7 - bits % 8) & 1) != 0) ++bits;
  return bits;
}

bool has_prefix(const Bytes16& address, const Bytes16& network, unsigned bits) noexcept {
  const std::size_t whole = bits / 8;
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole), network.begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (address[whole] ^ network[whole]) >> (8 - rest) == 0;
}

}  // namespace

Result<void> AddressList::add(std::string_view text) {
  Network network;
  std::string_view rest = trim(text);
  network.is_excluded = rest.starts_with('!');
  if (network.is_excluded) rest.remove_prefix(1);
  if (rest == "any") {
    networks_.push_back(network);
    return {};
  }
  const std::size_t slash = rest.find('/');
  std::string address(rest.substr(0, slash));
  std::optional<unsigned> bits;
  if (const auto prefix = complete_prefix(address)) {
    address = prefix->first;
    bits = prefix->second;
  }
  const auto bytes = parse_address(address);
  const bool is_v4 = address.find(':') == std::string::npos;
  if (slash != std::string_view::npos) {
    bits = parse_mask(rest.substr(slash + 1), is_v4);
  } else if (!bits) {
    bits = is_v4 ? 32U : 128U;
  }
  if (!bytes || !bits) return fail(ErrorCode::Invalid, fmt::format("'{}' is no address or network", text));
  network.bytes = *bytes;
  network.bits = is_v4 ? *bits + 96 : *bits;
  networks_.push_back(network);
  return {};
}

bool AddressList::contains(std::string_view text) const noexcept {
  const auto address = parse_address(text);
  bool is_inside = true;
  for (const Network& network : networks_) {
    if (network.is_excluded) is_inside = false;
    if (address && has_prefix(*address, network.bytes, network.bits)) return is_inside;
  }
  return !is_inside;
}

bool Condition::holds(const Event& event, rules::Captures& captures) const {
  FieldId id = field;
  if (is_user) id = event.has(field::kDstUser) ? field::kDstUser : field::kSrcUser;
  if (!event.has(id)) return false;
  const std::string_view value = event.value(id);
  bool is_match = false;
  if (pattern) {
    is_match = pattern->match(value, captures);
  } else if (addresses) {
    is_match = addresses->contains(value);
  } else {
    is_match = value == text;
  }
  return is_match != is_negated;
}

}  // namespace warder::loginspection
