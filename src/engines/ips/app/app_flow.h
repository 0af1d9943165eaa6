// The application layer of one flow: finds out what is spoken by looking at content in both directions, feeds the
// parser, keeps incomplete messages, follows STARTTLS-like changes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

/// Anomalies of detection itself: `app-layer-event:applayer_…`.
enum class ApplayerEvent : std::uint8_t {
  MismatchProtocolBothDirections,
  WrongDirectionFirstData,
  DetectProtocolOnlyOneDirection,
  ProtoDetectionSkipped,
  NoTlsAfterStarttls,
  UnexpectedProtocol,
};

/// Single-threaded; Limits outlives it.
class AppFlow {
 public:
  AppFlow(const Limits& limits, FlowInfo flow);
  ~AppFlow();
  AppFlow(const AppFlow&) = delete;
  AppFlow& operator=(const AppFlow&) = delete;

  /// In-order stream bytes, or one datagram.
  void feed(Direction direction, ByteView bytes);
  void gap(Direction direction, std::uint64_t bytes);
  void end(Direction direction);
  /// The rest of this direction is beyond the depth.
  void stop(Direction direction);
  /// Sets the protocol without probing (an expectation).
  void expect(Protocol protocol);

  [[nodiscard]] Protocol protocol() const noexcept { return parser_ != nullptr ? parser_->protocol() : protocol_; }
  /// As seen in one direction alone; the two may differ.
  [[nodiscard]] Protocol protocol(Direction direction) const noexcept { return side_protocol_[index(direction)]; }
  /// True when probing has ended for the direction, found or not.
  [[nodiscard]] bool is_settled(Direction direction) const noexcept;
  /// No more bytes are wanted.
  [[nodiscard]] bool is_finished() const noexcept { return finished_; }
  /// The parser asked that the rest of the flow be left alone (encrypted).
  [[nodiscard]] bool wants_bypass() const noexcept { return bypass_; }
  /// A Reversed probe turned the flow round: who holds the flow swaps client and server.
  [[nodiscard]] bool is_reversed() const noexcept { return reversed_; }
  [[nodiscard]] Parser* parser() const noexcept { return parser_.get(); }
  /// All parsers of the flow: those from before a restart, whose transactions may still be open, and the present one.
  template <class Visit>
  void each_parser(const Visit& visit) const {
    for (const auto& parser : former_) visit(parser.get());
    if (parser_ != nullptr) visit(parser_.get());
  }
  [[nodiscard]] std::vector<Parser*> parsers() const;
  [[nodiscard]] std::vector<ApplayerEvent>& events() noexcept { return events_; }

 private:
  struct Side {
    Bytes pending;                 // while probing: all so far; afterwards: what the parser has not consumed
    std::size_t needed = 0;        // do not call the parser before there is this much
    std::uint64_t probed_out = 0;  // bit per parser that said No
    std::uint8_t chunks = 0;       // datagrams or pieces seen while probing
    bool has_given_up = false;
    bool has_ended = false;
  };
  struct Found {
    const ParserInfo* info;
    Probe answer;
  };
  Found probe_bytes(Side& side, Direction direction, ByteView bytes) const;
  void probe(Direction direction);
  void give_up(Direction direction);
  void check_other_side(Direction direction, ByteView bytes);
  void start(Protocol protocol, Direction seen);
  void parse(Direction direction, ByteView bytes);
  void restart(Direction direction, ByteView rest, Protocol next);

  const Limits& limits_;
  FlowInfo flow_;
  std::unique_ptr<Parser> parser_;
  std::vector<std::unique_ptr<Parser>> former_;  // before a restart: their transactions are still to be judged
  Protocol protocol_ = Protocol::Unknown;
  Protocol side_protocol_[2] = {Protocol::Unknown, Protocol::Unknown};
  Side sides_[2];
  std::vector<ApplayerEvent> events_;
  bool finished_ = false;
  bool bypass_ = false;
  bool reversed_ = false;
};

}  // namespace warder::ips::app
