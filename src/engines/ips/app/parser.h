// What an application-layer parser is. A protocol is one row of ParserInfo (parsers.cc) and one Parser per flow;
// AppFlow (app_flow.h) probes, feeds, buffers incomplete messages and handles gaps, so that a parser sees whole
// messages only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "engines/ips/app/frames.h"
#include "engines/ips/app/protocol.h"
#include "engines/ips/app/transaction.h"

namespace warder::ips::app {

struct Memory;

/// Bounds and switches of all parsers; one immutable object for all flows.
struct Limits {
  std::size_t max_pending_bytes = 64 * 1024;  // of an incomplete message; more is the event/error of the parser
  std::size_t max_transactions = 512;         // open ones in a flow
  std::uint64_t request_body_bytes = 100 * 1024;
  std::uint64_t response_body_bytes = 100 * 1024;
  std::uint64_t file_bytes = 1024 * 1024;  // kept of a file in protocols other than HTTP
  std::uint32_t decompression_layers = 3;
  std::uint64_t max_expansion_bytes = 8 * 1024 * 1024;  // decompressed from one body
  bool wants_fingerprints = true;                       // JA3, JA4, HASSH: some rule asks for them
  bool wants_md5 = false;                               // digests of files: some rule asks for them
  bool wants_sha1 = false;
  bool wants_sha256 = false;
  bool wants_frames = false;  // some rule has `frame`
  Memory* memory = nullptr;   // shared by all parsers of an engine; null: each for itself
};

/// What a probe says of the first bytes of one direction.
enum class Probe : std::uint8_t {
  No,
  More,      // can't tell yet
  Yes,       // this protocol, in the direction given
  Reversed,  // this protocol, but these bytes come from the other side: the flow was seen the wrong way round
};

/// Ports help only to break a tie or to believe a weak signature.
struct ProbeHint {
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  bool is_stream = true;  // TCP
};

/// A connection that is about to open for another (FTP data, TFTP). Port 0 of the peer matches any.
struct Expectation {
  IpAddress server;
  std::uint16_t port = 0;
  Protocol protocol = Protocol::FtpData;
  Direction data = Direction::ToServer;  // where the payload goes in the coming flow
  std::shared_ptr<const void> context;   // given to the parser that `protocol` makes (file name …)
};

/// What `feed` did with what it was given.
struct Fed {
  enum class Status : std::uint8_t {
    Ok,
    Error,    // these bytes break the protocol: no more feeding in this flow
    Done,     // the rest of the flow is of no interest (encrypted): stop feeding, the flow may be bypassed
    Restart,  // from the unconsumed bytes on the flow speaks `next` (STARTTLS, CONNECT, upgrade); Unknown: probe again
  };
  std::size_t consumed = 0;  // the rest is given again, together with what follows it
  std::size_t needed = 0;    // at least so many bytes (of the rest and beyond) before it is worth another call; 0: any
  Status status = Status::Ok;
  Protocol next = Protocol::Unknown;

  static Fed ok(std::size_t consumed, std::size_t needed = 0) noexcept { return {consumed, needed, Status::Ok, {}}; }
  static Fed error() noexcept { return {0, 0, Status::Error, {}}; }
  static Fed done() noexcept { return {0, 0, Status::Done, {}}; }
  static Fed restart(std::size_t consumed, Protocol next) noexcept { return {consumed, 0, Status::Restart, next}; }
};

/// What a parser may know of the flow beside its bytes.
struct FlowInfo {
  IpAddress client;
  IpAddress server;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  bool is_stream = true;
  std::shared_ptr<const void> context;  // from the Expectation that announced this flow
};

/// The state of one protocol in one flow. Never throws, never looks beyond `bytes`, bounded by Limits; all bytes are
/// hostile.
class Parser {
 public:
  Parser() = default;
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  virtual ~Parser() = default;

  /// The next bytes of one direction of a stream, in order, or one whole datagram (then `consumed` does not matter).
  /// Called again with the unconsumed rest in front when more has come. Not called with nothing.
  virtual Fed feed(Direction direction, ByteView bytes) = 0;

  /// `bytes` of the stream are lost at this place; what was unconsumed is dropped. Returning false ends the parsing.
  virtual bool gap(Direction /*direction*/, std::uint64_t /*bytes*/) { return false; }

  /// This direction has ended (FIN, RST, timeout); `rest` is what was never consumed. Open transactions of the side are
  /// completed here.
  virtual void end(Direction direction, ByteView rest) = 0;

  /// Of this direction nothing more will be given (it is beyond the depth), while the other goes on.
  virtual void stop(Direction /*direction*/) {}

  [[nodiscard]] TransactionList& transactions() noexcept { return transactions_; }
  /// Which it parses; AppFlow sets it.
  [[nodiscard]] Protocol protocol() const noexcept { return protocol_; }
  void set_protocol(Protocol protocol) noexcept { protocol_ = protocol; }

  /// Anomalies before there is a transaction are raised here; numbers as in Transaction::raise.
  [[nodiscard]] std::vector<std::uint8_t>& flow_events() noexcept { return flow_events_; }
  /// Connections announced since last asked.
  [[nodiscard]] std::vector<Expectation>& expectations() noexcept { return expectations_; }

  /// Frames seen since last taken; only kept when asked for.
  [[nodiscard]] std::vector<NotedFrame>& frames() noexcept { return frames_; }
  void want_frames(bool wants) noexcept { wants_frames_ = wants; }

  /// A number or buffer of the flow rather than of a transaction (`ssl_version`, `ssh.proto` …) is offered by every
  /// transaction of it.

 private:
  static constexpr std::size_t kMaxFrames = 512;
  static constexpr std::size_t kMaxFrameBytes = 16UL * 1024;
  Protocol protocol_ = Protocol::Unknown;
  bool wants_frames_ = false;
  std::vector<NotedFrame> frames_;

 protected:
  void note_frame(FrameId id, Direction direction, ByteView bytes) {
    if (wants_frames_ && frames_.size() < kMaxFrames) {
      bytes = bytes.first(bytes.size() < kMaxFrameBytes ? bytes.size() : kMaxFrameBytes);
      frames_.push_back({id, direction, {bytes.begin(), bytes.end()}});
    }
  }
  [[nodiscard]] bool wants_frames() const noexcept { return wants_frames_; }

  TransactionList transactions_;
  std::vector<std::uint8_t> flow_events_;
  std::vector<Expectation> expectations_;
};

/// One protocol. `events` are the names after "app-layer-event:<name>."; at most 128.
struct ParserInfo {
  Protocol protocol;
  bool over_stream;
  bool over_datagram;
  Probe (*probe)(Direction direction, ByteView first_bytes,
                 const ProbeHint& hint);  // null: only by restart, expectation
  std::unique_ptr<Parser> (*make)(const Limits& limits, const FlowInfo& flow);
  std::span<const std::string_view> events;
  std::uint8_t max_probe_packets = 0;  // 0: until kMaxProbeBytes
};

/// All parsers, in the order in which they are asked.
std::span<const ParserInfo> parsers() noexcept;
const ParserInfo* find_parser(Protocol protocol) noexcept;

}  // namespace warder::ips::app
