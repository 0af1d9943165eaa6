#include "packet/conversation.h"

#include <gtest/gtest.h>

#include <functional>

#include "packet/decode.h"
#include "packet/testing.h"

namespace warder::packet {
namespace {

using namespace testing;   // NOLINT(google-build-using-namespace): the builders read as a language
using namespace tcp_flag;  // NOLINT(google-build-using-namespace): flags of one byte

constexpr std::uint32_t kClient = 0xfffffff0;  // soon to wrap
constexpr std::uint32_t kServer = 9000;

/// A connection, its packets sent by hand; what can be read is gathered.
class Line : public FlowObserver {
 public:
  explicit Line(TcpOptions tcp_options = {}, FlowLimits limits = {}) : conversations_({limits, tcp_options}, this) {}

  // Offsets are from the initial numbers: 1 is the first byte.
  Conversations::Seen client(std::uint8_t flags, std::uint32_t at, std::uint32_t ack, std::string_view text = {}) {
    return send(true, flags, kClient + at, (flags & kAck) != 0 ? kServer + ack : 0, text);
  }
  Conversations::Seen server(std::uint8_t flags, std::uint32_t at, std::uint32_t ack, std::string_view text = {}) {
    return send(false, flags, kServer + at, (flags & kAck) != 0 ? kClient + ack : 0, text);
  }
  void handshake() {
    client(kSyn, 0, 0);
    server(kSyn | kAck, 0, 1);
    client(kAck, 1, 1);
  }
  Conversations::Seen send(bool is_client, std::uint8_t flags, std::uint32_t sequence, std::uint32_t ack,
                           std::string_view text) {
    TcpSpec spec;
    spec.source_port = is_client ? 40'000 : 80;
    spec.destination_port = is_client ? 80 : 40'000;
    spec.sequence = sequence;
    spec.acknowledgment = ack;
    spec.flags = flags;
    spec.options = options;
    spec.payload = from_text(text);
    Ipv4Spec ip;
    if (!is_client) std::swap(ip.source, ip.destination);
    bytes_ = ipv4(ip, tcp(spec));
    packet_ = decoder_.decode(frame_of(bytes_, LinkType::Raw, now));
    const auto seen = conversations_.follow(packet_[0]);
    if (seen.flow != nullptr) gather(*seen.flow);
    now += 1000;
    return seen;
  }
  [[nodiscard]] bool has(PacketEvent event) const { return packet_[0].events.has(event); }
  [[nodiscard]] bool has_any() const { return !packet_[0].events.is_empty(); }
  Conversations& all() { return conversations_; }

  std::string to_server;
  std::string to_client;
  std::vector<FlowEnd> ends;
  std::int64_t now = 1'000'000;
  Bytes options;

 private:
  void on_flow_end(Flow& flow, FlowEnd why) override {
    gather(flow);
    ends.push_back(why);
  }
  void gather(Flow& flow) {
    for (const Direction direction : {Direction::ToServer, Direction::ToClient}) {
      ByteStream& stream = flow.tcp.stream(direction);
      std::string& text = direction == Direction::ToServer ? to_server : to_client;
      while (true) {
        const StreamView view = stream.read(StreamReader::App);
        if (view.bytes.empty() && view.gap == 0) break;
        text.append(view.gap, '_');
        text += as_text(view.bytes);
        stream.advance(StreamReader::App, view.offset + view.bytes.size(), conversations_.pool());
        stream.advance(StreamReader::Raw, view.offset + view.bytes.size(), conversations_.pool());
      }
    }
  }
  Decoder decoder_;
  Conversations conversations_;
  Bytes bytes_;
  std::span<Packet> packet_;
};

TEST(Conversation, AConnectionFromBeginningToEnd) {
  Line line;
  line.handshake();
  auto seen = line.client(kAck | kPsh, 1, 1, "GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(seen.tcp.is_accepted);
  EXPECT_TRUE(seen.tcp.was_added);
  EXPECT_EQ(line.to_server, "");
  line.server(kAck, 1, 19);
  EXPECT_EQ(line.to_server, "GET / HTTP/1.0\r\n\r\n");
  line.server(kAck | kPsh, 1, 19, "HTTP/1.0 200 OK\r\n\r\n");
  line.client(kAck, 19, 20);
  EXPECT_EQ(line.to_client, "HTTP/1.0 200 OK\r\n\r\n");
  line.server(kAck | kFin, 20, 19);
  line.client(kAck, 19, 21);
  line.client(kAck | kFin, 19, 21);
  seen = line.server(kAck, 21, 20);
  EXPECT_FALSE(line.has_any());
  EXPECT_EQ(seen.flow->tcp.state, TcpState::Closed);
  EXPECT_TRUE(seen.tcp.is_end);
  EXPECT_EQ(line.all().pool().in_use(), 0U);
}

TEST(Conversation, TheClientMayCloseFirst) {
  Line line;
  line.handshake();
  line.client(kAck | kFin, 1, 1, "bye");
  line.server(kAck, 1, 5);
  EXPECT_EQ(line.to_server, "bye");
  line.server(kAck | kFin, 1, 5, "ok");
  const auto seen = line.client(kAck, 5, 4);
  EXPECT_EQ(line.to_client, "ok");
  EXPECT_FALSE(line.has_any());
  EXPECT_EQ(seen.flow->tcp.state, TcpState::Closed);
}

TEST(Conversation, InlineNeedsNoAcknowledgment) {
  Line line(TcpOptions{.is_inline = true});
  line.handshake();
  line.client(kAck, 4, 1, "def");
  EXPECT_EQ(line.to_server, "");
  line.client(kAck, 1, 1, "abc");
  EXPECT_EQ(line.to_server, "abcdef");
  const auto seen = line.client(kAck, 1, 1, "aXc");
  EXPECT_TRUE(seen.tcp.is_conflicting);
  EXPECT_TRUE(line.has(PacketEvent::StreamReassemblyOverlapDifferentData));
}

TEST(Conversation, LostBytesAreAGap) {
  Line line;
  line.handshake();
  line.client(kAck, 1, 1, "abc");
  line.client(kAck, 7, 1, "ghi");
  line.server(kAck, 1, 10);
  EXPECT_EQ(line.to_server, "abc___ghi");
  EXPECT_TRUE(line.has(PacketEvent::StreamReassemblySeqGap));
}

TEST(Conversation, WhatTheHostRefusesIsNotRead) {
  struct Case {
    std::string name;
    std::function<Conversations::Seen(Line&)> send;
    PacketEvent event;
  };
  const Case cases[] = {
      {"beyond the window", [](Line& l) { return l.client(kAck, 200'000, 1, "evil"); },
       PacketEvent::StreamEstPacketOutOfWindow},
      {"acknowledges what was not sent", [](Line& l) { return l.client(kAck, 1, 900'000, "evil"); },
       PacketEvent::StreamPktInvalidAck},
      {"a second SYN+ACK", [](Line& l) { return l.server(kSyn | kAck, 77, 1); },
       PacketEvent::StreamEstSynackResendWithDiffSeq},
      {"a SYN of the server", [](Line& l) { return l.server(kSyn, 0, 0); }, PacketEvent::StreamEstSynToclient},
      {"a FIN beyond the window", [](Line& l) { return l.client(kFin | kAck, 200'000, 1); },
       PacketEvent::StreamFinOutOfWindow},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Line line(TcpOptions{.is_inline = true});
    line.handshake();
    const auto seen = c.send(line);
    EXPECT_TRUE(line.has(c.event));
    EXPECT_FALSE(seen.tcp.is_accepted);
    line.client(kAck, 1, 1, "good");
    EXPECT_EQ(line.to_server, "good");
  }
}

TEST(Conversation, AResetThatTheHostIgnoresEndsNothing) {
  Line line(TcpOptions{.is_inline = true});
  line.handshake();
  line.client(kRst, 5, 0);  // not the next number
  line.client(kAck, 1, 1, "one");
  EXPECT_EQ(line.to_server, "one");
  line.client(kRst, 4, 0);
  line.client(kAck, 4, 1, "two");  // so it was not the client's own
  EXPECT_TRUE(line.has(PacketEvent::StreamSuspectedRstInject));
}

TEST(Conversation, OldTimestampsAreRefused) {
  Line line(TcpOptions{.is_inline = true});
  const auto stamp = [&line](std::uint8_t value) { line.options = {1, 1, 8, 10, 0, 0, 9, value, 0, 0, 0, 1}; };
  stamp(100);
  line.handshake();
  stamp(50);
  EXPECT_FALSE(line.client(kAck, 1, 1, "evil").tcp.is_accepted);
  EXPECT_TRUE(line.has(PacketEvent::StreamPktInvalidTimestamp));
  stamp(101);
  line.client(kAck, 1, 1, "good");
  EXPECT_EQ(line.to_server, "good");
}

TEST(Conversation, MidstreamAndOneSidedOnlyWhenAsked) {
  Line strict;
  const auto seen = strict.client(kAck, 1, 1, "abc");
  EXPECT_TRUE(seen.tcp.is_midstream);
  EXPECT_FALSE(seen.tcp.is_accepted);
  Line midstream(TcpOptions{.picks_up_midstream = true});
  EXPECT_TRUE(midstream.client(kAck, 1, 1, "abc").tcp.is_accepted);
  midstream.server(kAck, 1, 4);
  EXPECT_EQ(midstream.to_server, "abc");
  Line turned(TcpOptions{.picks_up_midstream = true});
  EXPECT_EQ(turned.server(kSyn | kAck, 0, 1).direction, Direction::ToClient);
  turned.client(kAck, 1, 1, "abc");
  turned.server(kAck, 1, 4);
  EXPECT_EQ(turned.to_server, "abc");
  Line async(TcpOptions{.allows_async = true});
  async.client(kSyn, 0, 0);
  async.client(kAck, 1, 1);
  async.client(kAck, 1, 1, "abc");
  EXPECT_EQ(async.to_server, "abc");
}

TEST(Conversation, PortsAreUsedAgain) {
  Line line;
  line.handshake();
  const auto first = line.client(kRst | kAck, 1, 1);
  const std::uint32_t generation = first.flow->generation;
  const auto seen = line.send(true, kSyn, 77, 0, {});
  EXPECT_TRUE(seen.is_new);
  EXPECT_NE(seen.flow->generation, generation);
  ASSERT_EQ(line.ends.size(), 1U);
  EXPECT_EQ(line.ends[0], FlowEnd::Reused);
}

TEST(Conversation, FlowsEndByTimeAndForWantOfRoom) {
  Line line;
  line.handshake();
  line.client(kAck, 1, 1, "left");
  line.now += 700'000'000;
  line.send(true, kSyn, 5, 0, {});
  ASSERT_EQ(line.ends.size(), 1U);
  EXPECT_EQ(line.ends[0], FlowEnd::Timeout);
  EXPECT_EQ(line.to_server, "left");

  FlowTable table(FlowLimits{.max_flows = 2});
  Decoder decoder;
  for (std::uint16_t port = 1; port <= 5; ++port) {
    const Bytes bytes = ipv4({.protocol = 17}, udp(port, 53, {}));
    EXPECT_TRUE(table.find_or_make(decoder.decode(frame_of(bytes))[0]).is_new);
  }
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.counters().evicted, 3U);
}

TEST(FlowTable, AnswersAndErrorsBelongToTheirFlow) {
  FlowTable table;
  Decoder decoder;
  const Bytes query = ipv4({.protocol = 17}, udp(4000, 53, from_text("q")));
  const Bytes answer = ipv4({.source = "198.51.100.2", .destination = "192.0.2.1", .protocol = 17}, udp(53, 4000, {}));
  const Flow* const flow = table.find_or_make(decoder.decode(frame_of(query))[0]).flow;
  EXPECT_EQ(flow->state, FlowState::New);
  const auto found = table.find_or_make(decoder.decode(frame_of(answer))[0]);
  EXPECT_EQ(found.flow, flow);
  EXPECT_EQ(found.direction, Direction::ToClient);
  EXPECT_EQ(flow->state, FlowState::Established);
  Bytes icmp(8);
  icmp[0] = 3;
  const Bytes error = ipv4({.source = "203.0.113.1", .destination = "192.0.2.1", .protocol = 1}, icmp + query);
  const auto quoted = table.find_or_make(decoder.decode(frame_of(error))[0]);
  EXPECT_EQ(quoted.flow, flow);
  EXPECT_EQ(quoted.direction, Direction::ToClient);
  EXPECT_EQ(table.size(), 1U);
}

}  // namespace
}  // namespace warder::packet
