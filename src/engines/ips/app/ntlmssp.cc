#include "engines/ips/app/ntlmssp.h"

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/wide_text.h"

namespace warder::ips::app {
namespace {

std::string field(ByteView message, std::size_t at, bool is_wide) {
  if (at + 8 > message.size()) return {};
  Cursor in{message.subspan(at)};
  const std::size_t size = in.le16();
  in.skip(2);
  const std::size_t offset = in.le32();
  if (offset > message.size() || size > message.size() - offset) return {};
  const ByteView bytes = message.subspan(offset, size);
  return is_wide ? from_utf16le(bytes) : std::string{as_text(bytes)};
}

}  // namespace

std::optional<NtlmsspUser> find_ntlmssp_user(ByteView blob) {
  constexpr std::string_view kSignature{"NTLMSSP\0", 8};
  const std::size_t at = as_text(blob).find(kSignature);
  if (at == std::string_view::npos) return std::nullopt;
  const ByteView message = blob.subspan(at);
  Cursor in{message};
  in.skip(8);
  if (in.le32() != 3) return std::nullopt;
  in.skip(48);
  const std::uint32_t flags = in.le32();
  if (!in.is_ok()) return std::nullopt;
  const bool is_wide = (flags & 1U) != 0;
  return NtlmsspUser{field(message, 36, is_wide), field(message, 28, is_wide)};
}

}  // namespace warder::ips::app
