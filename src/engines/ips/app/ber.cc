#include "engines/ips/app/ber.h"

namespace warder::ips::app {

std::optional<BerElement> read_ber(Cursor& in) noexcept {
  BerElement element;
  element.tag = in.u8();
  std::size_t size = in.u8();
  if ((size & 0x80U) != 0) {
    const std::size_t bytes = size & 0x7fU;
    if (bytes == 0 || bytes > 4) in.fail();
    size = in.big(bytes);
  }
  element.content = in.take(size);
  if (!in.is_ok() || (element.tag & 0x1fU) == 0x1fU) {
    in.fail();
    return std::nullopt;
  }
  return element;
}

std::optional<BerElement> read_ber(Cursor& in, std::uint8_t tag) noexcept {
  const auto element = read_ber(in);
  if (element && element->tag == tag) return element;
  in.fail();
  return std::nullopt;
}

std::optional<ByteView> find_ber(ByteView content, std::uint8_t tag) noexcept {
  Cursor in{content};
  while (!in.is_at_end()) {
    const auto element = read_ber(in);
    if (!element) return std::nullopt;
    if (element->tag == tag) return element->content;
  }
  return std::nullopt;
}

std::optional<std::int64_t> ber_integer(ByteView content) noexcept {
  if (content.empty() || content.size() > 8) return std::nullopt;
  std::uint64_t value = (content[0] & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (const std::uint8_t byte : content) value = value << 8U | byte;
  return static_cast<std::int64_t>(value);
}

Result<std::size_t> ber_size(ByteView start) {
  if (start.size() < 2) return std::size_t{0};
  const std::size_t size = start[1];
  if ((size & 0x80U) == 0) return size + 2;
  const std::size_t bytes = size & 0x7fU;
  if (bytes == 0 || bytes > 4) return fail(ErrorCode::Corrupt, "ber: length form is not supported");
  if (start.size() < 2 + bytes) return std::size_t{0};
  Cursor in{start.subspan(2)};
  return in.big(bytes) + 2 + bytes;
}

}  // namespace warder::ips::app
