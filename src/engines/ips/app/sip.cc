#include "engines/ips/app/sip.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/sip_message.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t { IncompleteData, InvalidData };
constexpr std::array<std::string_view, 2> kEvents = {"incomplete_data", "invalid_data"};

struct HeaderBuffer {
  std::string_view name;
  BufferId buffer;
};
constexpr std::array<HeaderBuffer, 6> kHeaders = {{{"From", BufferId::SipFrom},
                                                   {"To", BufferId::SipTo},
                                                   {"Via", BufferId::SipVia},
                                                   {"User-Agent", BufferId::SipUserAgent},
                                                   {"Content-Type", BufferId::SipContentType},
                                                   {"Content-Length", BufferId::SipContentLength}}};

void put_all(BufferId id, Direction direction, const std::vector<std::string_view>& values, FieldTransaction& out) {
  for (const std::string_view value : values) out.put(id, direction, value);
}

void put_sdp(const SdpSession& sdp, Direction direction, FieldTransaction& out) {
  const std::array<std::pair<BufferId, std::string_view>, 10> singles = {{{BufferId::SdpOrigin, sdp.origin},
                                                                          {BufferId::SdpSessionName, sdp.name},
                                                                          {BufferId::SdpSessionInfo, sdp.info},
                                                                          {BufferId::SdpUri, sdp.uri},
                                                                          {BufferId::SdpEmail, sdp.email},
                                                                          {BufferId::SdpPhoneNumber, sdp.phone},
                                                                          {BufferId::SdpConnectionData, sdp.connection},
                                                                          {BufferId::SdpTime, sdp.time},
                                                                          {BufferId::SdpTimezone, sdp.timezone},
                                                                          {BufferId::SdpEncryptionKey, sdp.key}}};
  for (const auto& [id, value] : singles) out.put_if_any(id, direction, value);
  put_all(BufferId::SdpBandwidth, direction, sdp.bandwidths, out);
  put_all(BufferId::SdpRepeatTime, direction, sdp.repeats, out);
  put_all(BufferId::SdpAttribute, direction, sdp.attributes, out);
  for (const SdpMedia& media : sdp.media) {
    out.put(BufferId::SdpMediaMedia, direction, media.media);
    out.put_if_any(BufferId::SdpMediaInfo, direction, media.info);
    put_all(BufferId::SdpMediaConnectionData, direction, media.connections, out);
    out.put_if_any(BufferId::SdpMediaEncryptionKey, direction, media.key);
  }
}

class SipParser final : public Parser {
 public:
  explicit SipParser(const FlowInfo& flow) : is_stream_(flow.is_stream) {}

  Fed feed(Direction direction, ByteView bytes) override {
    std::string_view left = as_text(bytes);
    while (!left.empty()) {
      // Keep-alives between messages (RFC 5626 §4.4.1).
      if (left.front() == '\r' || left.front() == '\n' || left.front() == '\0') {
        left.remove_prefix(1);
        continue;
      }
      const auto progress = parse_sip(left, is_stream_);
      if (!progress) {
        raise(InvalidData, direction);
        return is_stream_ ? Fed::error() : Fed::ok(bytes.size());
      }
      if (!progress->is_complete) break;
      note(direction, left.substr(0, progress->message.size), progress->message.is_request);
      add(direction, progress->message);
      left.remove_prefix(progress->message.size);
    }
    return Fed::ok(bytes.size() - left.size());
  }

  void end(Direction direction, ByteView rest) override {
    if (!rest.empty()) raise(IncompleteData, direction);
  }

 private:
  void note(Direction direction, std::string_view whole, bool is_request) {
    if (!wants_frames()) return;
    const auto line = std::min(whole.size(), whole.find('\n') == std::string_view::npos ? 0 : whole.find('\n') + 1);
    const auto blank = whole.find("\r\n\r\n");
    const auto head = blank == std::string_view::npos ? whole.size() : blank + 2;
    const auto body = std::min(whole.size(), head + 2);
    note_frame(FrameId::SipPdu, direction, as_bytes(whole));
    note_frame(is_request ? FrameId::SipRequestLine : FrameId::SipResponseLine, direction,
               as_bytes(whole.substr(0, line)));
    note_frame(is_request ? FrameId::SipRequestHeaders : FrameId::SipResponseHeaders, direction,
               as_bytes(whole.substr(line, head > line ? head - line : 0)));
    if (body < whole.size()) {
      note_frame(is_request ? FrameId::SipRequestBody : FrameId::SipResponseBody, direction,
                 as_bytes(whole.substr(body)));
    }
  }

  void add(Direction direction, const SipMessage& message) {
    auto tx = std::make_unique<FieldTransaction>();
    if (message.is_request) {
      tx->put(BufferId::SipMethod, direction, message.method);
      tx->put(BufferId::SipUri, direction, message.uri);
      tx->put(BufferId::SipRequestLine, direction, message.first_line);
    } else {
      tx->put(BufferId::SipStatCode, direction, message.status_code);
      tx->put(BufferId::SipStatMsg, direction, message.status_message);
      tx->put(BufferId::SipResponseLine, direction, message.first_line);
    }
    tx->put(BufferId::SipProtocol, direction, message.protocol);
    for (const HeaderBuffer& header : kHeaders) {
      for (const std::string_view value : message.values(header.name)) tx->put(header.buffer, direction, value);
    }
    const auto types = message.values("Content-Type");
    if (!types.empty() && types[0].starts_with("application/sdp")) {
      if (const auto sdp = parse_sdp(message.body)) put_sdp(*sdp, direction, *tx);
    }
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
  }

  void raise(Event event, Direction direction) {
    auto tx = std::make_unique<FieldTransaction>();
    tx->raise(event, direction);
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
  }

  bool is_stream_;
};

Probe probe_sip(Direction /*direction*/, ByteView bytes, const ProbeHint& hint) {
  const std::string_view text = as_text(bytes);
  if (is_probably_sip(text)) return Probe::Yes;
  // The longest start is "SUBSCRIBE "; on a stream the first line may still be coming.
  if (hint.is_stream && text.size() < 256 && text.find('\n') == std::string_view::npos &&
      std::string_view{"SIROABCUNPM"}.find(text[0]) != std::string_view::npos) {
    return Probe::More;
  }
  return Probe::No;
}

}  // namespace

const ParserInfo& sip_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Sip,
                                    true,
                                    true,
                                    probe_sip,
                                    [](const Limits& /*limits*/, const FlowInfo& flow) -> std::unique_ptr<Parser> {
                                      return std::make_unique<SipParser>(flow);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
