// Application protocols as rules name them, and the two directions of a flow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace warder::ips::app {

/// The first packet of a flow goes to the server, unless a parser says that it saw the flow the wrong way round.
enum class Direction : std::uint8_t { ToServer = 0, ToClient = 1 };
constexpr Direction opposite(Direction direction) noexcept {
  return direction == Direction::ToServer ? Direction::ToClient : Direction::ToServer;
}
constexpr std::size_t index(Direction direction) noexcept {
  return static_cast<std::size_t>(direction);
}

enum class Protocol : std::uint8_t {
  Unknown,  // not known yet
  Failed,   // probed in both directions, none fits
  Http1,
  Http2,
  Tls,
  Dns,
  Smtp,
  Ftp,
  FtpData,
  Ssh,
  Smb,
  Dcerpc,
  Nfs,
  Tftp,
  Snmp,
  Krb5,
  Dhcp,
  Sip,
  Rfb,
  Mqtt,
  Rdp,
  Ldap,
  Ike,
  Ntp,
  Quic,
  Modbus,
  Dnp3,
  Enip,
  Telnet,
  Websocket,
  Pgsql,
  Mysql,
  Redis,
  Pop3,
  Imap,
  Mdns,
  Doh2,
  BittorrentDht,
  Count,
};

/// "http1", "tls" …: the name in alerts and in `app-layer-protocol`.
std::string_view name(Protocol protocol) noexcept;
/// The protocol of a rule's header or keyword, with the old names ("ikev2", "ssl"). "http" is Http1 here: who asks for
/// both versions treats it first.
std::optional<Protocol> find_protocol(std::string_view name) noexcept;

}  // namespace warder::ips::app
