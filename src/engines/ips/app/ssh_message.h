// SSH's two readable parts: the identification line and the key exchange offer (RFC 4253 §4.2, §7.1), and HASSH of it.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace warder::ips::app {

struct SshBanner {
  std::string_view protocol;  // "2.0"
  std::string_view software;  // "OpenSSH_9.2p1", without comments
};

/// A line without its end. Corrupt unless it is "SSH-protocol-software".
Result<SshBanner> parse_ssh_banner(std::string_view line);

struct SshKeyExchange {
  std::string client_algorithms;  // "kex;encryption;mac;compression" as HASSH joins them, of the client's direction
  std::string server_algorithms;
};

inline constexpr std::uint8_t kSshKeyExchangeInit = 20;
inline constexpr std::uint8_t kSshNewKeys = 21;

/// The payload of an SSH_MSG_KEXINIT packet, from its message number on.
Result<SshKeyExchange> parse_ssh_key_exchange(ByteView payload);

}  // namespace warder::ips::app
