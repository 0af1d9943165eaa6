#include "engines/ips/app/http2.h"

#include <algorithm>
#include <array>
#include <map>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/http2_stream.h"

namespace warder::ips::app {
namespace {

constexpr std::array<std::string_view, 20> kEvents = {
    "invalid_frame_header",   "invalid_client_magic",    "invalid_frame_data", "invalid_header",
    "invalid_frame_length",   "extra_header_data",       "long_frame_data",    "stream_id_reuse",
    "invalid_http1_settings", "failed_decompression",    "invalid_range",      "header_integer_overflow",
    "too_many_streams",       "authority_host_mismatch", "userinfo_in_uri",    "reassembly_limit_reached",
    "dns_request_too_long",   "dns_response_too_long",   "data_stream_zero",   "too_many_frames"};

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kFrameHeader = 9;
constexpr std::size_t kMaxWholeFrame = 48UL * 1024;  // of frames other than DATA
constexpr std::size_t kMaxHeaderBlock = 64UL * 1024;

enum FrameType : std::uint8_t {
  Data,
  Headers,
  Priority,
  ResetStream,
  Settings,
  PushPromise,
  Ping,
  GoAway,
  WindowUpdate,
  Continuation,
};

constexpr std::uint8_t kEndStream = 0x1;
constexpr std::uint8_t kEndHeaders = 0x4;
constexpr std::uint8_t kPadded = 0x8;
constexpr std::uint8_t kHasPriority = 0x20;

struct Frame {
  std::size_t size = 0;
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
};

Frame read_frame(ByteView bytes) {
  Cursor in{bytes};
  Frame frame;
  frame.size = in.u24();
  frame.type = in.u8();
  frame.flags = in.u8();
  frame.stream = in.u32() & 0x7fffffffU;
  return frame;
}

class Http2Parser final : public Parser {
 public:
  explicit Http2Parser(const Limits& limits) : limits_(limits) {}

  Fed feed(Direction direction, ByteView bytes) override {
    Side& side = sides_[index(direction)];
    std::size_t consumed = 0;
    if (direction == Direction::ToServer && !side.has_preface) {
      if (bytes.size() < kPreface.size()) return Fed::ok(0, kPreface.size());
      side.has_preface = true;
      if (as_text(bytes).starts_with(kPreface)) consumed = kPreface.size();
    }
    while (consumed < bytes.size()) {
      const ByteView rest = bytes.subspan(consumed);
      if (side.left > 0) {
        const std::size_t part = std::min(side.left, rest.size());
        take_part(direction, rest.first(part));
        consumed += part;
        continue;
      }
      if (rest.size() < kFrameHeader) return Fed::ok(consumed, kFrameHeader);
      const Frame frame = read_frame(rest);
      if (frame.type != Data && frame.size <= kMaxWholeFrame && rest.size() < kFrameHeader + frame.size) {
        return Fed::ok(consumed, kFrameHeader + frame.size);
      }
      consumed += kFrameHeader;
      start_frame(direction, frame);
      if (frame.type == Data || frame.size > kMaxWholeFrame) continue;
      note_frame(FrameId::Http2Pdu, direction, rest.first(kFrameHeader + frame.size));
      note_frame(FrameId::Http2Header, direction, rest.first(kFrameHeader));
      note_frame(FrameId::Http2Data, direction, rest.subspan(kFrameHeader, frame.size));
      take_frame(direction, frame, rest.subspan(kFrameHeader, frame.size));
      consumed += frame.size;
    }
    return Fed::ok(consumed);
  }

  void end(Direction direction, ByteView /*rest*/) override {
    for (std::size_t i = 0; i < transactions_.size(); ++i) {
      if (auto* stream = dynamic_cast<Http2Stream*>(&transactions_[i])) stream->finish(direction);
    }
  }

 private:
  struct Side {
    bool has_preface = false;
    Frame frame;  // a DATA frame, or one too large to be read whole, of which `left` bytes are to come
    std::size_t left = 0;
    std::size_t padding = 0;
    Bytes block;  // of headers, until END_HEADERS
    std::uint32_t block_stream = 0;
    bool ends_stream = false;
    HeaderInflater inflater;
  };

  Http2Stream& stream(std::uint32_t id) {
    const auto found = streams_.find(id);
    if (found != streams_.end()) {
      for (std::size_t i = 0; i < transactions_.size(); ++i) {
        if (transactions_[i].id == found->second) return static_cast<Http2Stream&>(transactions_[i]);
      }
    }
    if (streams_.size() >= limits_.max_transactions) streams_.erase(streams_.begin());
    auto made = std::make_unique<Http2Stream>(limits_);
    made->stream_id = id;
    Http2Stream& added = static_cast<Http2Stream&>(transactions_.add(std::move(made)));
    streams_[id] = added.id;
    return added;
  }

  void start_frame(Direction direction, const Frame& frame) {
    Side& side = sides_[index(direction)];
    if (frame.type != Data && frame.size <= kMaxWholeFrame) return;
    side.frame = frame;
    side.left = frame.size;
    side.padding = 0;
    if (frame.type != Data) {
      raise(Http2Event::LongFrameData, direction, frame);
      return;
    }
    if (frame.stream == 0) {
      raise(Http2Event::DataStreamZero, direction, frame);
      return;
    }
    stream(frame.stream).put(NumberId::Http2FrameType, direction, frame.type);
    if (frame.size == 0) finish_data(direction);
  }

  // Bytes of a frame that is read piece by piece.
  void take_part(Direction direction, ByteView part) {
    Side& side = sides_[index(direction)];
    const std::size_t at = side.frame.size - side.left;
    side.left -= part.size();
    if (side.frame.type != Data || side.frame.stream == 0) return;
    if ((side.frame.flags & kPadded) != 0 && at == 0 && !part.empty()) {
      side.padding = part[0];
      part = part.subspan(1);
    }
    // What remains of the frame behind these bytes may be padding only, and so may be their end.
    const std::size_t padding_here = side.padding > side.left ? side.padding - side.left : 0;
    part = part.first(part.size() - std::min(part.size(), padding_here));
    if (!part.empty()) stream(side.frame.stream).take_data(direction, part);
    if (side.left == 0) finish_data(direction);
  }

  void finish_data(Direction direction) {
    const Frame& frame = sides_[index(direction)].frame;
    if ((frame.flags & kEndStream) != 0) stream(frame.stream).finish(direction);
  }

  void take_frame(Direction direction, const Frame& frame, ByteView body) {
    switch (frame.type) {
      case Headers:
      case PushPromise:
      case Continuation:
        take_block(direction, frame, body);
        break;
      default:
        take_other(direction, frame, body);
        break;
    }
  }

  void take_block(Direction direction, const Frame& frame, ByteView body) {
    Side& side = sides_[index(direction)];
    Cursor in{body};
    if (frame.type != Continuation) {
      const std::size_t padding = (frame.flags & kPadded) != 0 ? in.u8() : 0U;
      if (frame.type == PushPromise) in.skip(4);
      if (frame.type == Headers && (frame.flags & kHasPriority) != 0) {
        in.skip(4);
        stream(frame.stream).put(NumberId::Http2Priority, direction, in.u8());
      }
      if (!in.is_ok() || padding > in.remaining()) {
        raise(Http2Event::InvalidFrameData, direction, frame);
        return;
      }
      side.block.clear();
      side.block_stream = frame.stream;
      side.ends_stream = (frame.flags & kEndStream) != 0 && frame.type == Headers;
      append(side.block, in.take(in.remaining() - padding));
    } else {
      append(side.block, in.take_rest());
    }
    stream(side.block_stream).put(NumberId::Http2FrameType, direction, frame.type);
    if (side.block.size() > kMaxHeaderBlock) {
      side.block.clear();
      raise(Http2Event::ReassemblyLimitReached, direction, frame);
    } else if ((frame.flags & kEndHeaders) != 0) {
      finish_block(direction);
    }
  }

  void finish_block(Direction direction) {
    Side& side = sides_[index(direction)];
    Http2Stream& target = stream(side.block_stream);
    const auto fields = side.inflater.inflate(side.block);
    side.block.clear();
    if (fields) {
      target.take_headers(direction, *fields);
    } else {
      target.raise(static_cast<std::uint8_t>(Http2Event::InvalidHeader), direction);
    }
    if (target.is_dns()) set_protocol(Protocol::Doh2);
    if (side.ends_stream) target.finish(direction);
  }

  void take_other(Direction direction, const Frame& frame, ByteView body) {
    FieldTransaction& target = frame.stream != 0 ? stream(frame.stream) : connection_transaction();
    target.put(NumberId::Http2FrameType, direction, frame.type);
    Cursor in{body};
    switch (frame.type) {
      case ResetStream:
        target.put(NumberId::Http2ErrorCode, direction, in.u32());
        if (frame.stream != 0) {
          stream(frame.stream).finish(Direction::ToServer);
          stream(frame.stream).finish(Direction::ToClient);
        }
        break;
      case GoAway:
        in.skip(4);
        target.put(NumberId::Http2ErrorCode, direction, in.u32());
        break;
      case WindowUpdate:
        target.put(NumberId::Http2Window, direction, in.u32() & 0x7fffffffU);
        break;
      case Priority:
        in.skip(4);
        target.put(NumberId::Http2Priority, direction, in.u8());
        break;
      default:
        if (frame.type > Continuation)
          target.raise(static_cast<std::uint8_t>(Http2Event::InvalidFrameHeader), direction);
        break;
    }
    if (!in.is_ok()) target.raise(static_cast<std::uint8_t>(Http2Event::InvalidFrameLength), direction);
    if (frame.stream == 0) target.complete_only(direction);
  }

  FieldTransaction& connection_transaction() {
    return static_cast<FieldTransaction&>(transactions_.add(std::make_unique<FieldTransaction>()));
  }

  void raise(Http2Event event, Direction direction, const Frame& frame) {
    if (frame.stream != 0) {
      stream(frame.stream).raise(static_cast<std::uint8_t>(event), direction);
      return;
    }
    FieldTransaction& alone = connection_transaction();
    alone.raise(static_cast<std::uint8_t>(event), direction);
    alone.complete_only(direction);
  }

  const Limits& limits_;
  Side sides_[2];
  std::map<std::uint32_t, std::uint64_t> streams_;
};

Probe probe_http2(Direction direction, ByteView bytes, const ProbeHint& /*hint*/) {
  if (direction == Direction::ToServer) {
    const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kPreface.size())));
    if (!kPreface.starts_with(text)) return Probe::No;
    return text.size() >= 16 ? Probe::Yes : Probe::More;
  }
  // A server opens with SETTINGS on stream 0.
  if (bytes.size() < kFrameHeader) return bytes[0] == 0 ? Probe::More : Probe::No;
  const Frame frame = read_frame(bytes);
  return frame.type == Settings && frame.stream == 0 && frame.size % 6 == 0 && frame.size <= 600 && frame.flags <= 1
             ? Probe::Yes
             : Probe::No;
}

}  // namespace

const ParserInfo& http2_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Http2,
                                    true,
                                    false,
                                    probe_http2,
                                    [](const Limits& limits, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<Http2Parser>(limits);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
