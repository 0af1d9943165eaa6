#include "engines/ips/match_engine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

#include "engines/ips/asn1.h"
#include "engines/ips/base64.h"
#include "engines/ips/byte_fields.h"
#include "engines/ips/dataset.h"
#include "engines/ips/regex.h"

namespace warder::ips {

namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

std::uint8_t lower(std::uint8_t byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte + ('a' - 'A')) : byte;
}

std::uint8_t upper(std::uint8_t byte) noexcept {
  return byte >= 'a' && byte <= 'z' ? static_cast<std::uint8_t>(byte - ('a' - 'A')) : byte;
}

/// How common a byte is in what is searched, roughly.
constexpr std::array<std::uint8_t, 256> kCommonness = [] {
  std::array<std::uint8_t, 256> ranks{};
  const auto set = [&](std::string_view bytes, std::uint8_t rank) {
    for (const char c : bytes) ranks[static_cast<std::uint8_t>(c)] = rank;
  };
  set("0123456789_.=\"/<>-", 2);
  set("bcdfghjklmnpqrsuvwxyz", 3);
  set("etaoi \r\n", 4);
  ranks[0] = ranks[0xff] = 4;
  return ranks;
}();

bool equals_nocase(const std::uint8_t* text, ByteView needle) noexcept {
  for (std::size_t i = 0; i < needle.size(); ++i) {
    if (lower(text[i]) != needle[i]) return false;
  }
  return true;
}

/// One run over one buffer. Items call each other in order; the ones that may match in several places try each.
class Run {
 public:
  Run(std::span<const MatchItem> items, ByteView buffer, bool is_whole, MatchScratch& scratch, std::uint64_t origin = 0)
      : items_(items),
        buffer_(buffer),
        is_whole_(is_whole),
        scratch_(scratch),
        origin_(static_cast<std::int64_t>(std::min<std::uint64_t>(origin, INT64_MAX / 2))) {}

  bool from(std::size_t index, std::size_t cursor) {
    if (index == items_.size()) return true;
    if (scratch_.steps_left == 0) {
      ++scratch_.exhausted;
      return false;
    }
    --scratch_.steps_left;
    return std::visit([&](const auto& item) { return match(item, index, cursor); }, items_[index].item);
  }

 private:
  [[nodiscard]] std::int64_t value(const Operand& operand) const noexcept {
    if (!operand.is_variable()) return operand.value;
    return static_cast<std::int64_t>(scratch_.variables[static_cast<std::size_t>(operand.variable)]);
  }
  [[nodiscard]] std::int64_t size() const noexcept { return static_cast<std::int64_t>(buffer_.size()); }

  struct Window {
    std::int64_t from;
    std::int64_t to;
  };
  [[nodiscard]] Window window(const Content& content, std::size_t cursor) const noexcept {
    Window window{0, size()};
    if (content.is_relative()) {
      const auto here = static_cast<std::int64_t>(cursor);
      const auto distance = content.distance ? value(*content.distance) : 0;
      window.from = std::max<std::int64_t>(0, here + distance);
      if (content.within) window.to = std::min(window.to, here + distance + value(*content.within));
      if (content.depth) window.to = std::min(window.to, here + value(*content.depth));
    } else if (content.depth) {
      const auto offset = content.offset ? value(*content.offset) : 0;
      window.to = std::min(window.to, offset + value(*content.depth) - origin_);
    }
    if (content.offset) window.from = std::max(window.from, value(*content.offset) - origin_);
    if (content.ends_buffer) {
      window.from = std::max(window.from, size() - static_cast<std::int64_t>(content.bytes.size()));
      if (window.to < size()) window.to = window.from;
    }
    return window;
  }

  bool match(const Content& content, std::size_t index, std::size_t cursor) {
    const auto [from_place, to] = window(content, cursor);
    std::size_t at = kNowhere;
    const bool is_searchable = from_place <= to && from_place <= size() && to >= 0;
    if (is_searchable) {
      at = find_bytes(buffer_, static_cast<std::size_t>(from_place), static_cast<std::size_t>(to), content.bytes,
                      content.is_nocase);
    }
    if (content.is_negated) return at == kNowhere && from(index + 1, cursor);
    while (at != kNowhere) {
      if (from(index + 1, at + content.bytes.size())) return true;
      if (!items_[index].has_relative_next || scratch_.steps_left == 0) return false;
      at = find_bytes(buffer_, at + 1, static_cast<std::size_t>(to), content.bytes, content.is_nocase);
    }
    return false;
  }

  bool match(const Pcre& pcre, std::size_t index, std::size_t cursor) {
    std::size_t start = pcre.is_relative ? cursor : 0;
    while (true) {
      if (start > buffer_.size()) return pcre.is_negated && from(index + 1, cursor);
      const auto found = pcre.regex->search(buffer_.subspan(start), scratch_.regex);
      if (pcre.is_negated) return !found && from(index + 1, cursor);
      if (!found) return false;
      if (from(index + 1, start + found->end)) return true;
      if (!items_[index].has_relative_next || scratch_.steps_left == 0) return false;
      start += found->begin + 1;
    }
  }

  bool match(const IsDataAt& test, std::size_t index, std::size_t cursor) {
    const auto position = value(test.position);
    const bool is_there = test.is_relative ? static_cast<std::int64_t>(cursor) + position <= size() &&
                                                 static_cast<std::int64_t>(cursor) + position >= 0
                                           : position < size();
    return is_there != test.is_negated && from(index + 1, cursor);
  }

  std::optional<FieldValue> read(const NumberField& field, std::size_t cursor) {
    const ResolvedField resolved{value(field.bytes),
                                 value(field.offset) + (field.is_relative ? static_cast<std::int64_t>(cursor) : 0),
                                 field.text, field.is_dce ? scratch_.is_little_endian_dce : field.is_little_endian};
    auto found = read_field(buffer_, resolved);
    if (found && field.mask != 0) found->value = apply_mask(found->value, field.mask);
    return found;
  }

  bool match(const ByteTest& test, std::size_t index, std::size_t cursor) {
    const auto found = read(test.field, cursor);
    if (!found) return false;
    return compare(test.op, found->value, static_cast<std::uint64_t>(value(test.value))) != test.is_negated &&
           from(index + 1, cursor);
  }

  bool match(const ByteJump& jump, std::size_t index, std::size_t cursor) {
    const auto found = read(jump.field, cursor);
    if (!found) return false;
    auto distance = static_cast<std::int64_t>(found->value * static_cast<std::uint64_t>(value(jump.multiplier)));
    if (jump.aligns) distance = (distance + jump.alignment - 1) / jump.alignment * jump.alignment;
    distance += value(jump.post_offset);
    std::int64_t target = distance;
    switch (jump.from) {
      case ByteJump::From::Here:
        target += static_cast<std::int64_t>(found->end);
        break;
      case ByteJump::From::Beginning:
        break;
      case ByteJump::From::End:
        target += size();
        break;
    }
    if (target > size()) return false;
    return from(index + 1, static_cast<std::size_t>(std::max<std::int64_t>(target, 0)));
  }

  bool match(const ByteExtract& extract, std::size_t index, std::size_t cursor) {
    const auto found = read(extract.field, cursor);
    if (!found) return false;
    auto number = found->value * extract.multiplier;
    if (extract.alignment != 0) number = (number + extract.alignment - 1) / extract.alignment * extract.alignment;
    scratch_.variables[static_cast<std::size_t>(extract.variable)] = number;
    return from(index + 1, found->end);
  }

  bool match(const ByteMath& math, std::size_t index, std::size_t cursor) {
    const auto found = read(math.field, cursor);
    if (!found) return false;
    auto number = calculate(math.op, found->value, static_cast<std::uint64_t>(value(math.right)));
    if (!number) return false;
    if (math.field.mask != 0) number = apply_mask(*number, math.field.mask);
    scratch_.variables[static_cast<std::size_t>(math.variable)] = *number;
    return from(index + 1, found->end);
  }

  bool match(const BufferSize& test, std::size_t index, std::size_t cursor) {
    return is_whole_ && test.size.matches(buffer_.size()) && from(index + 1, cursor);
  }

  bool match(const Base64Decode& decode, std::size_t index, std::size_t cursor) {
    const auto start = decode.offset + (decode.is_relative ? cursor : 0);
    if (start >= buffer_.size()) return false;
    Bytes decoded = decode_base64_leniently(buffer_.subspan(start), decode.bytes);
    if (decoded.empty()) return false;
    if (!decode.items.empty() && !Run(decode.items, decoded, true, scratch_).from(0, 0)) return false;
    return from(index + 1, cursor);
  }

  bool match(const DatasetTest& test, std::size_t index, std::size_t cursor) {
    if (!is_whole_) return false;
    return run_dataset(test, buffer_) && from(index + 1, cursor);
  }

  bool match(const Entropy& test, std::size_t index, std::size_t cursor) {
    if (test.offset > buffer_.size()) return false;
    auto bytes = buffer_.subspan(test.offset);
    if (test.bytes != 0) bytes = bytes.first(std::min<std::size_t>(bytes.size(), test.bytes));
    const double bits = entropy(bytes);
    const bool is_inside = bits >= test.low && bits <= test.high;
    return is_inside != test.is_negated && from(index + 1, cursor);
  }

  bool match(const Asn1& test, std::size_t index, std::size_t cursor) {
    return asn1_matches(test, buffer_, cursor) && from(index + 1, cursor);
  }

  static double entropy(ByteView bytes) noexcept {
    if (bytes.empty()) return 0;
    std::array<std::uint32_t, 256> counts{};
    for (const auto byte : bytes) ++counts[byte];
    double bits = 0;
    for (const auto count : counts) {
      if (count == 0) continue;
      const double share = static_cast<double>(count) / static_cast<double>(bytes.size());
      bits -= share * std::log2(share);
    }
    return bits;
  }

  std::span<const MatchItem> items_;
  ByteView buffer_;
  bool is_whole_;
  MatchScratch& scratch_;
  std::int64_t origin_;
};

}  // namespace

std::size_t find_bytes(ByteView haystack, std::size_t from, std::size_t to, ByteView needle, bool is_nocase) noexcept {
  to = std::min(to, haystack.size());
  if (from > to || needle.size() > to - from || needle.empty()) return kNowhere;
  const auto* const begin = haystack.data();
  if (!is_nocase) {
    const auto* const found =
        static_cast<const std::uint8_t*>(memmem(begin + from, to - from, needle.data(), needle.size()));
    return found == nullptr ? kNowhere : static_cast<std::size_t>(found - begin);
  }
  // By the rarest byte, in both of its cases.
  std::size_t rarest = 0;
  for (std::size_t i = 1; i < needle.size(); ++i) {
    if (kCommonness[needle[i]] < kCommonness[needle[rarest]]) rarest = i;
  }
  const auto* const end = begin + to - needle.size() + rarest + 1;
  const auto next = [&](const std::uint8_t* at, std::uint8_t byte) {
    const auto* const found = at == end ? nullptr : std::memchr(at, byte, static_cast<std::size_t>(end - at));
    return found == nullptr ? end : static_cast<const std::uint8_t*>(found);
  };
  const auto small = needle[rarest];
  const auto large = upper(small);
  const auto* of_small = next(begin + from + rarest, small);
  const auto* of_large = large == small ? end : next(begin + from + rarest, large);
  while (true) {
    const auto* const at = std::min(of_small, of_large);
    if (at == end) return kNowhere;
    if (equals_nocase(at - rarest, needle)) return static_cast<std::size_t>(at - rarest - begin);
    (at == of_small ? of_small : of_large) = next(at + 1, at == of_small ? small : large);
  }
}

bool match_items(std::span<const MatchItem> items, ByteView buffer, bool is_whole, MatchScratch& scratch,
                 std::uint64_t origin) {
  scratch.steps_left = kMaxSteps;
  return Run(items, buffer, is_whole, scratch, origin).from(0, 0);
}

}  // namespace warder::ips
