#include "engines/ips/asn1.h"

namespace warder::ips {

namespace {

constexpr int kMaxElements = 256;
constexpr std::uint8_t kBitString = 3;
constexpr std::uint8_t kReal = 9;

struct Element {
  std::uint8_t tag = 0;
  bool is_constructed = false;
  std::uint64_t length = 0;
  std::size_t content = 0;
};

/// The element at `at`; nothing when its header is cut off.
std::optional<Element> read_element(ByteView bytes, std::size_t at) noexcept {
  if (at + 2 > bytes.size()) return std::nullopt;
  Element element;
  element.tag = bytes[at] & 0x1fU;
  element.is_constructed = (bytes[at] & 0x20U) != 0;
  ++at;
  if (element.tag == 0x1f) {
    while (at < bytes.size() && (bytes[at] & 0x80U) != 0) ++at;
    ++at;
  }
  if (at >= bytes.size()) return std::nullopt;
  const auto first = bytes[at++];
  if (first < 0x80) {
    element.length = first;
  } else {
    for (unsigned i = 0; i < (first & 0x7fU) && i < 8; ++i) {
      if (at >= bytes.size()) return std::nullopt;
      element.length = element.length << 8 | bytes[at++];
    }
  }
  element.content = at;
  return element;
}

bool is_suspicious(const Asn1& test, const Element& element, ByteView bytes) noexcept {
  if (test.oversize_length && element.length > *test.oversize_length) return true;
  const auto has_content = element.content < bytes.size();
  if (test.finds_bitstring_overflow && element.tag == kBitString && !element.is_constructed && has_content) {
    if (element.length > 0 && bytes[element.content] > 7) return true;
    if (element.length > 0 && bytes[element.content] / 8U > element.length - 1) return true;
  }
  if (test.finds_double_overflow && element.tag == kReal && !element.is_constructed && has_content) {
    const auto first = bytes[element.content];
    if (element.length > 256 && ((first & 0x80U) == 0) && (first & 0x40U) == 0) return true;
  }
  return false;
}

}  // namespace

bool asn1_matches(const Asn1& test, ByteView buffer, std::size_t cursor) noexcept {
  std::int64_t start = 0;
  if (test.absolute_offset) start = *test.absolute_offset;
  if (test.relative_offset) start = static_cast<std::int64_t>(cursor) + *test.relative_offset;
  if (start < 0 || start >= static_cast<std::int64_t>(buffer.size())) return false;
  auto at = static_cast<std::size_t>(start);
  for (int i = 0; i < kMaxElements; ++i) {
    const auto element = read_element(buffer, at);
    if (!element) return false;
    if (is_suspicious(test, *element, buffer)) return true;
    if (element->is_constructed) {
      at = element->content;
    } else if (element->length > buffer.size() - element->content) {
      return false;
    } else {
      at = element->content + static_cast<std::size_t>(element->length);
    }
  }
  return false;
}

}  // namespace warder::ips
