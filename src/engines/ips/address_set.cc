#include "engines/ips/address_set.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/text.h"

namespace warder::ips {

namespace {

using Value = AddressSet::Value;

constexpr Value filled(std::uint8_t byte) {
  Value value{};
  value.fill(byte);
  return value;
}

std::optional<Value> next(Value value) {
  for (std::size_t i = value.size(); i-- > 0;) {
    if (++value[i] != 0) return value;
  }
  return std::nullopt;
}

std::optional<Value> previous(Value value) {
  for (std::size_t i = value.size(); i-- > 0;) {
    if (value[i]-- != 0) return value;
  }
  return std::nullopt;
}

std::optional<std::uint16_t> next(std::uint16_t port) {
  if (port == std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(port + 1);
}
std::optional<std::uint16_t> previous(std::uint16_t port) {
  if (port == 0) return std::nullopt;
  return static_cast<std::uint16_t>(port - 1);
}

/// Sorts and joins ranges that overlap or touch.
template <class Range>
void join(std::vector<Range>& ranges) {
  std::ranges::sort(ranges, {}, &Range::first);
  std::vector<Range> joined;
  for (const auto& range : ranges) {
    if (!joined.empty()) {
      const auto after = next(joined.back().last);
      if (!after || range.first <= *after) {
        joined.back().last = std::max(joined.back().last, range.last);
        continue;
      }
    }
    joined.push_back(range);
  }
  ranges = std::move(joined);
}

/// What sorted, disjoint `ranges` leave of lowest..highest.
template <class Range, class Point>
std::vector<Range> rest_of(const std::vector<Range>& ranges, Point lowest, Point highest) {
  std::vector<Range> rest;
  std::optional<Point> from = lowest;
  for (const auto& range : ranges) {
    if (from && *from < range.first) rest.push_back({*from, *previous(range.first)});
    from = next(range.last);
  }
  if (from) rest.push_back({*from, highest});
  return rest;
}

template <class Range>
std::vector<Range> intersect(const std::vector<Range>& a, const std::vector<Range>& b) {
  std::vector<Range> common;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const auto first = std::max(a[i].first, b[j].first);
    const auto last = std::min(a[i].last, b[j].last);
    if (first <= last) common.push_back({first, last});
    (a[i].last < b[j].last) ? ++i : ++j;
  }
  return common;
}

template <class Range, class Point>
bool holds(const std::vector<Range>& ranges, const Point& point) noexcept {
  auto after = std::ranges::upper_bound(ranges, point, {}, &Range::first);
  return after != ranges.begin() && point <= std::prev(after)->last;
}

Value masked(const Value& base, unsigned bits, bool is_last) {
  Value value = base;
  for (unsigned bit = bits; bit < 128; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    auto& byte = value[bit / 8];
    byte = static_cast<std::uint8_t>(is_last ? byte | mask : byte & ~mask);
  }
  return value;
}

/// The length of a prefix in 16-byte form, from "24" or "255.255.255.0".
std::optional<unsigned> prefix_bits(std::string_view text, bool is_v4) {
  if (const auto bits = parse_integer<unsigned>(text)) {
    if (*bits > (is_v4 ? 32U : 128U)) return std::nullopt;
    return is_v4 ? *bits + 96 : *bits;
  }
  const auto mask = parse_ip(text);
  if (!mask || !mask->is_v4() || !is_v4) return std::nullopt;
  unsigned bits = 0;
  while (bits < 32 && (mask->bytes()[12 + bits / 8] & (0x80U >> (bits % 8))) != 0) ++bits;
  return bits + 96;
}

}  // namespace

AddressSet AddressSet::any() {
  AddressSet all;
  all.ranges_ = {{filled(0), filled(0xff)}};
  all.is_any_ = true;
  return all;
}

Result<AddressSet> AddressSet::parse(std::string_view text) {
  const auto bad = [&] { return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\" is not an address"); };
  AddressSet set;
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    const auto first = parse_ip(trim(text.substr(0, dash)));
    const auto last = parse_ip(trim(text.substr(dash + 1)));
    if (!first || !last || *last < *first) return bad();
    set.ranges_ = {{first->bytes(), last->bytes()}};
    return set;
  }
  const auto slash = text.find('/');
  const auto base = parse_ip(text.substr(0, slash));
  if (!base) return bad();
  unsigned bits = 128;
  if (slash != std::string_view::npos) {
    const auto given = prefix_bits(text.substr(slash + 1), base->is_v4());
    if (!given) return bad();
    bits = *given;
  }
  set.ranges_ = {{masked(base->bytes(), bits, false), masked(base->bytes(), bits, true)}};
  set.is_any_ = set == any();
  return set;
}

void AddressSet::normalise() {
  join(ranges_);
  is_any_ = ranges_.size() == 1 && ranges_[0].first == filled(0) && ranges_[0].last == filled(0xff);
}

void AddressSet::add(const AddressSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
  normalise();
}

void AddressSet::remove(const AddressSet& other) {
  ranges_ = intersect(ranges_, other.complement().ranges_);
  normalise();
}

AddressSet AddressSet::complement() const {
  AddressSet rest;
  rest.ranges_ = rest_of<Range>(ranges_, filled(0), filled(0xff));
  rest.normalise();
  return rest;
}

bool AddressSet::contains(const IpAddress& address) const noexcept {
  return is_any_ || holds(ranges_, address.bytes());
}

PortSet PortSet::any() {
  PortSet all;
  all.ranges_ = {{0, 65535}};
  all.is_any_ = true;
  return all;
}

Result<PortSet> PortSet::parse(std::string_view text) {
  const auto bad = [&] { return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\" is not a port"); };
  const auto colon = text.find(':');
  PortSet set;
  if (colon == std::string_view::npos) {
    const auto port = parse_integer<std::uint16_t>(trim(text));
    if (!port) return bad();
    set.ranges_ = {{*port, *port}};
    return set;
  }
  const auto low = trim(text.substr(0, colon));
  const auto high = trim(text.substr(colon + 1));
  const auto first = low.empty() ? std::uint16_t{0} : parse_integer<std::uint16_t>(low);
  const auto last = high.empty() ? std::uint16_t{65535} : parse_integer<std::uint16_t>(high);
  if (!first || !last || *last < *first) return bad();
  set.ranges_ = {{*first, *last}};
  set.normalise();
  return set;
}

void PortSet::normalise() {
  join(ranges_);
  is_any_ = ranges_.size() == 1 && ranges_[0].first == 0 && ranges_[0].last == 65535;
}

void PortSet::add(const PortSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
  normalise();
}

void PortSet::remove(const PortSet& other) {
  ranges_ = intersect(ranges_, other.complement().ranges_);
  normalise();
}

PortSet PortSet::complement() const {
  PortSet rest;
  rest.ranges_ = rest_of<Range>(ranges_, std::uint16_t{0}, std::uint16_t{65535});
  rest.normalise();
  return rest;
}

bool PortSet::contains(std::uint16_t port) const noexcept {
  return is_any_ || holds(ranges_, port);
}

}  // namespace warder::ips
