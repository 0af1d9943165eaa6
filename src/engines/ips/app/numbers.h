// Every number of the application layer that rules compare, with the names its values may have in rules. To add one,
// add an id here, a row in numbers.cc, and answer it in the transaction that has it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engines/ips/app/buffers.h"
#include "engines/ips/app/protocol.h"

namespace warder::ips::app {

enum class NumberId : std::uint16_t {
  HttpUriLength,
  HttpRawUriLength,
  HttpContentLength,
  Http2FrameType,
  Http2ErrorCode,
  Http2Priority,
  Http2Window,
  Http2SizeUpdate,
  Http2Settings,
  TlsVersion,
  TlsCertChainLength,
  DnsOpcode,
  DnsRcode,
  DnsRrtype,
  SnmpVersion,
  SnmpPduType,
  Krb5MsgType,
  Krb5ErrCode,
  NtpVersion,
  NtpMode,
  NtpStratum,
  MqttProtocolVersion,
  MqttReasonCode,
  MqttType,
  MqttQos,
  MqttFlags,
  MqttConnectFlags,
  RfbSecType,
  RfbSecResult,
  DcerpcOpnum,
  EnipCommand,
  EnipStatus,
  CipService,
  CipAttribute,
  CipClass,
  CipInstance,
  CipStatus,
  WebsocketOpcode,
  WebsocketMask,
  WebsocketFlags,
  FtpReplyReceived,
  FtpDynamicPort,
  FtpMode,
  ModbusFunction,
  ModbusUnit,
  Dnp3Function,
  Dnp3Indications,
  NfsProcedure,
  NfsVersion,
  IkeChosenSaEncryption,
  IkeExchangeType,
  IkeKeyExchangeLength,
  IkeNonceLength,
  SmbVersion,
  SmbNtStatus,
  DhcpLeasetime,
  DhcpRebindingTime,
  DhcpRenewalTime,
  LdapRequestOperation,
  LdapResponsesOperation,
  LdapResponsesCount,
  LdapResponsesResultCode,
  Count,
};

struct ValueName {
  std::string_view name;  // lower case
  std::uint64_t value;
};

struct NumberRow {
  NumberId id;
  std::array<std::string_view, 2> keywords;
  Protocol protocol;
  Sides sides;
  std::span<const ValueName> values;  // names that rules may use instead of digits
  std::string_view doc;
};

/// Indexed by id.
std::span<const NumberRow> numbers() noexcept;
const NumberRow& row(NumberId id) noexcept;
std::optional<NumberId> find_number(std::string_view keyword) noexcept;

}  // namespace warder::ips::app
