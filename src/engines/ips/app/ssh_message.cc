#include "engines/ips/app/ssh_message.h"

#include <array>

#include "engines/ips/app/cursor.h"

namespace warder::ips::app {

Result<SshBanner> parse_ssh_banner(std::string_view line) {
  if (!line.starts_with("SSH-")) return fail(ErrorCode::Corrupt, "ssh: no identification line");
  const std::size_t dash = line.find('-', 4);
  if (dash == std::string_view::npos) return fail(ErrorCode::Corrupt, "ssh: identification line without software");
  SshBanner banner;
  banner.protocol = line.substr(4, dash - 4);
  const std::string_view software = line.substr(dash + 1);
  banner.software = software.substr(0, software.find_first_of(" \r\n"));
  return banner;
}

Result<SshKeyExchange> parse_ssh_key_exchange(ByteView payload) {
  Cursor in{payload};
  if (in.u8() != kSshKeyExchangeInit) return fail(ErrorCode::Corrupt, "ssh: not a key exchange offer");
  in.skip(16);  // cookie
  // kex, host keys, encryption, MAC and compression, the latter three for each direction
  std::array<std::string_view, 8> lists;
  for (std::string_view& list : lists) list = as_text(in.take(in.u32()));
  if (!in.is_ok()) return fail(ErrorCode::Corrupt, "ssh: key exchange offer is cut");
  const auto join = [&](std::size_t encryption, std::size_t mac, std::size_t compression) {
    std::string text{lists[0]};
    for (const std::size_t index : {encryption, mac, compression}) {
      text += ';';
      text += lists[index];
    }
    return text;
  };
  return SshKeyExchange{join(2, 4, 6), join(3, 5, 7)};
}

}  // namespace warder::ips::app
