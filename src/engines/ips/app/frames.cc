#include "engines/ips/app/frames.h"

#include <iterator>

namespace warder::ips::app {

namespace {

constexpr FrameRow kRows[] = {
    {FrameId::SipPdu, Protocol::Sip, "pdu"},
    {FrameId::SipRequestLine, Protocol::Sip, "request.line"},
    {FrameId::SipRequestHeaders, Protocol::Sip, "request.headers"},
    {FrameId::SipRequestBody, Protocol::Sip, "request.body"},
    {FrameId::SipResponseLine, Protocol::Sip, "response.line"},
    {FrameId::SipResponseHeaders, Protocol::Sip, "response.headers"},
    {FrameId::SipResponseBody, Protocol::Sip, "response.body"},
    {FrameId::WebsocketHeader, Protocol::Websocket, "header"},
    {FrameId::WebsocketPdu, Protocol::Websocket, "pdu"},
    {FrameId::WebsocketData, Protocol::Websocket, "data"},
    {FrameId::DcerpcPdu, Protocol::Dcerpc, "pdu"},
    {FrameId::DcerpcHeader, Protocol::Dcerpc, "hdr"},
    {FrameId::DcerpcData, Protocol::Dcerpc, "data"},
    {FrameId::HttpRequest, Protocol::Http1, "request"},
    {FrameId::HttpResponse, Protocol::Http1, "response"},
    {FrameId::TlsPdu, Protocol::Tls, "pdu"},
    {FrameId::TlsHeader, Protocol::Tls, "hdr"},
    {FrameId::TlsData, Protocol::Tls, "data"},
    {FrameId::TlsAlert, Protocol::Tls, "alert_data"},
    {FrameId::DnsPdu, Protocol::Dns, "pdu"},
    {FrameId::MqttPdu, Protocol::Mqtt, "pdu"},
    {FrameId::MqttHeader, Protocol::Mqtt, "header"},
    {FrameId::MqttData, Protocol::Mqtt, "data"},
    {FrameId::Http2Pdu, Protocol::Http2, "pdu"},
    {FrameId::Http2Header, Protocol::Http2, "hdr"},
    {FrameId::Http2Data, Protocol::Http2, "data"},
    {FrameId::NbssPdu, Protocol::Smb, "nbss.pdu"},
    {FrameId::NbssHeader, Protocol::Smb, "nbss.hdr"},
    {FrameId::NbssData, Protocol::Smb, "nbss.data"},
    {FrameId::Smb1Pdu, Protocol::Smb, "smb1.pdu"},
    {FrameId::Smb1Header, Protocol::Smb, "smb1.hdr"},
    {FrameId::Smb1Data, Protocol::Smb, "smb1.data"},
    {FrameId::Smb2Pdu, Protocol::Smb, "smb2.pdu"},
    {FrameId::Smb2Header, Protocol::Smb, "smb2.hdr"},
    {FrameId::Smb2Data, Protocol::Smb, "smb2.data"},
    {FrameId::Smb3Pdu, Protocol::Smb, "smb3.pdu"},
    {FrameId::Smb3Header, Protocol::Smb, "smb3.hdr"},
    {FrameId::Smb3Data, Protocol::Smb, "smb3.data"},
    {FrameId::SmtpCommandLine, Protocol::Smtp, "command_line"},
    {FrameId::SmtpResponseLine, Protocol::Smtp, "response_line"},
    {FrameId::SmtpData, Protocol::Smtp, "data"},
};

constexpr bool is_indexed_by_id() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<std::size_t>(kRows[i].id) != i) return false;
  }
  return std::size(kRows) == static_cast<std::size_t>(FrameId::Count);
}
static_assert(is_indexed_by_id(), "a row for each FrameId, in order");

}  // namespace

const FrameRow* find_frame(std::string_view name, std::uint64_t protocols) noexcept {
  if (const auto dot = name.find('.'); dot != std::string_view::npos) {
    const auto prefix = name.substr(0, dot);
    if (const auto protocol = find_protocol(prefix)) {
      for (const auto& candidate : kRows) {
        if (candidate.protocol == *protocol && candidate.name == name.substr(dot + 1)) return &candidate;
      }
    }
  }
  for (const auto& candidate : kRows) {
    if ((protocols >> static_cast<unsigned>(candidate.protocol) & 1U) != 0 && candidate.name == name) return &candidate;
  }
  return nullptr;
}

const FrameRow& row(FrameId id) noexcept {
  return kRows[static_cast<std::size_t>(id)];
}

}  // namespace warder::ips::app
