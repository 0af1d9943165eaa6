// Frames: pieces of a protocol's messages as they stand on the wire, for `frame:`. A parser notes them while it reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "engines/ips/app/protocol.h"

namespace warder::ips::app {

enum class FrameId : std::uint8_t {
  SipPdu,
  SipRequestLine,
  SipRequestHeaders,
  SipRequestBody,
  SipResponseLine,
  SipResponseHeaders,
  SipResponseBody,
  WebsocketHeader,
  WebsocketPdu,
  WebsocketData,
  DcerpcPdu,
  DcerpcHeader,
  DcerpcData,
  HttpRequest,
  HttpResponse,
  TlsPdu,
  TlsHeader,
  TlsData,
  TlsAlert,
  DnsPdu,
  MqttPdu,
  MqttHeader,
  MqttData,
  Http2Pdu,
  Http2Header,
  Http2Data,
  NbssPdu,
  NbssHeader,
  NbssData,
  Smb1Pdu,
  Smb1Header,
  Smb1Data,
  Smb2Pdu,
  Smb2Header,
  Smb2Data,
  Smb3Pdu,
  Smb3Header,
  Smb3Data,
  SmtpCommandLine,
  SmtpResponseLine,
  SmtpData,
  Count,
};

struct FrameRow {
  FrameId id;
  Protocol protocol;
  std::string_view name;
};
/// "websocket.pdu", or "pdu" with the protocol of the rule.
const FrameRow* find_frame(std::string_view name, std::uint64_t protocols) noexcept;
const FrameRow& row(FrameId id) noexcept;

/// One that was seen.
struct NotedFrame {
  FrameId id;
  Direction direction;
  Bytes bytes;
};

}  // namespace warder::ips::app
