#include "engines/ips/app/protocol.h"

namespace warder::ips::app {

namespace {

struct Row {
  Protocol protocol;
  std::string_view name;
};

// The first row of a protocol has the name that we print.
constexpr Row kNames[] = {
    {Protocol::Unknown, "unknown"},
    {Protocol::Failed, "failed"},
    {Protocol::Http1, "http1"},
    {Protocol::Http1, "http"},
    {Protocol::Http2, "http2"},
    {Protocol::Tls, "tls"},
    {Protocol::Tls, "ssl"},
    {Protocol::Dns, "dns"},
    {Protocol::Smtp, "smtp"},
    {Protocol::Ftp, "ftp"},
    {Protocol::FtpData, "ftp-data"},
    {Protocol::Ssh, "ssh"},
    {Protocol::Smb, "smb"},
    {Protocol::Smb, "netbios-ssn"},
    {Protocol::Dcerpc, "dcerpc"},
    {Protocol::Nfs, "nfs"},
    {Protocol::Tftp, "tftp"},
    {Protocol::Snmp, "snmp"},
    {Protocol::Krb5, "krb5"},
    {Protocol::Dhcp, "dhcp"},
    {Protocol::Sip, "sip"},
    {Protocol::Rfb, "rfb"},
    {Protocol::Mqtt, "mqtt"},
    {Protocol::Rdp, "rdp"},
    {Protocol::Ldap, "ldap"},
    {Protocol::Ike, "ike"},
    {Protocol::Ike, "ikev2"},
    {Protocol::Ike, "ikev1"},
    {Protocol::Ntp, "ntp"},
    {Protocol::Quic, "quic"},
    {Protocol::Modbus, "modbus"},
    {Protocol::Dnp3, "dnp3"},
    {Protocol::Enip, "enip"},
    {Protocol::Telnet, "telnet"},
    {Protocol::Websocket, "websocket"},
    {Protocol::Pgsql, "pgsql"},
    {Protocol::Pgsql, "postgresql"},
    {Protocol::Mysql, "mysql"},
    {Protocol::Redis, "redis"},
    {Protocol::Pop3, "pop3"},
    {Protocol::Imap, "imap"},
    {Protocol::Mdns, "mdns"},
    {Protocol::Doh2, "doh2"},
    {Protocol::BittorrentDht, "bittorrent-dht"},
};

}  // namespace

std::string_view name(Protocol protocol) noexcept {
  for (const auto& row : kNames) {
    if (row.protocol == protocol) return row.name;
  }
  return "unknown";
}

std::optional<Protocol> find_protocol(std::string_view name) noexcept {
  for (const auto& row : kNames) {
    if (row.name == name) return row.protocol;
  }
  return std::nullopt;
}

}  // namespace warder::ips::app
