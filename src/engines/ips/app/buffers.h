// Every named buffer of the application layer: its id for code, its names for rules. To add one, add an id here, a row
// in buffers.cc, and answer it in the transaction that has it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engines/ips/app/protocol.h"

namespace warder::ips::app {

enum class BufferId : std::uint16_t {
  HttpUri,
  HttpUriRaw,
  HttpMethod,
  HttpProtocol,
  HttpRequestLine,
  HttpRequestBody,
  HttpHeader,
  HttpHeaderRaw,
  HttpHeaderNames,
  HttpCookie,
  HttpUserAgent,
  HttpHost,
  HttpHostRaw,
  HttpAccept,
  HttpAcceptEncoding,
  HttpAcceptLanguage,
  HttpReferer,
  HttpConnection,
  HttpContentLength,
  HttpContentType,
  HttpStart,
  HttpStatCode,
  HttpStatMsg,
  HttpResponseLine,
  HttpResponseBody,
  HttpServer,
  HttpLocation,
  HttpRequestHeader,
  HttpResponseHeader,
  FileData,
  FileName,
  FileMagic,
  Http2HeaderName,
  Http2Header,
  TlsSni,
  TlsCertSubject,
  TlsCertIssuer,
  TlsCertSerial,
  TlsCertFingerprint,
  TlsCerts,
  TlsSubjectAltName,
  TlsAlpn,
  TlsRandom,
  TlsRandomTime,
  TlsRandomBytes,
  Ja3Hash,
  Ja3String,
  Ja3sHash,
  Ja3sString,
  Ja4Hash,
  DnsQuery,
  DnsQueryName,
  DnsAnswerName,
  DnsAuthorityName,
  DnsAdditionalName,
  DnsResponseName,
  MdnsQueryName,
  MdnsAnswerName,
  MdnsAuthorityName,
  MdnsAdditionalName,
  MdnsResponseName,
  SshProto,
  SshSoftware,
  SshHassh,
  SshHasshString,
  SshHasshServer,
  SshHasshServerString,
  SmtpHelo,
  SmtpMailFrom,
  SmtpRcptTo,
  EmailFrom,
  EmailTo,
  EmailCc,
  EmailSubject,
  EmailDate,
  EmailMessageId,
  EmailXMailer,
  EmailUrl,
  EmailReceived,
  EmailCommand,
  EmailBodyMd5,
  FtpCommand,
  FtpCommandData,
  FtpReply,
  FtpCompletionCode,
  SmbNamedPipe,
  SmbShare,
  SmbNtlmsspUser,
  SmbNtlmsspDomain,
  DceStubData,
  Krb5Cname,
  Krb5Sname,
  SnmpCommunity,
  SnmpUsm,
  SipMethod,
  SipUri,
  SipRequestLine,
  SipStatCode,
  SipStatMsg,
  SipResponseLine,
  SipProtocol,
  SipFrom,
  SipTo,
  SipVia,
  SipUserAgent,
  SipContentType,
  SipContentLength,
  SdpOrigin,
  SdpSessionName,
  SdpSessionInfo,
  SdpUri,
  SdpEmail,
  SdpPhoneNumber,
  SdpConnectionData,
  SdpBandwidth,
  SdpTime,
  SdpRepeatTime,
  SdpTimezone,
  SdpEncryptionKey,
  SdpAttribute,
  SdpMediaMedia,
  SdpMediaInfo,
  SdpMediaConnectionData,
  SdpMediaEncryptionKey,
  MqttConnectClientId,
  MqttConnectUsername,
  MqttConnectPassword,
  MqttConnectWillTopic,
  MqttConnectWillMessage,
  MqttConnectProtocol,
  MqttPublishTopic,
  MqttPublishMessage,
  MqttSubscribeTopic,
  MqttUnsubscribeTopic,
  RfbName,
  IkeInitSpi,
  IkeRespSpi,
  IkeNoncePayload,
  IkeKeyExchangePayload,
  IkeVendor,
  QuicVersion,
  QuicSni,
  QuicUserAgent,
  QuicCyuHash,
  QuicCyuString,
  EnipProductName,
  EnipServiceName,
  WebsocketPayload,
  LdapRequestDn,
  LdapResponsesDn,
  LdapResponsesMessage,
  LdapRequestAttribute,
  LdapResponsesAttribute,
  PgsqlQuery,
  Dnp3Data,
  Pop3Command,
  RdpCookie,
  MysqlQuery,
  RedisCommand,
  Count,
};

/// On which sides of a transaction a buffer exists.
enum class Sides : std::uint8_t { ToServer = 1, ToClient = 2, Both = 3 };
constexpr bool has_side(Sides sides, Direction direction) noexcept {
  return (static_cast<unsigned>(sides) >> static_cast<unsigned>(direction) & 1U) != 0;
}

struct BufferRow {
  BufferId id;
  std::array<std::string_view, 3> names;  // the first is the one we print; the others are older spellings
  Protocol protocol;                      // Unknown: several (file.data); Http1 stands for Http2 too
  Sides sides;
  bool is_stream;    // grows: inspected piece by piece
  bool is_multiple;  // more than one instance
  std::string_view doc;
};

/// Indexed by id.
std::span<const BufferRow> buffers() noexcept;
const BufferRow& row(BufferId id) noexcept;
std::optional<BufferId> find_buffer(std::string_view name) noexcept;

}  // namespace warder::ips::app
