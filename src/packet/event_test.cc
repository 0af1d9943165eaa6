#include "packet/event.h"

#include <gtest/gtest.h>

#include <set>

namespace warder::packet {
namespace {

TEST(PacketEvent, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kPacketEvents; ++i) {
    const auto event = static_cast<PacketEvent>(i);
    const std::string_view text = name(event);
    EXPECT_EQ(text.starts_with("stream."), event >= kFirstStreamEvent) << text;
    EXPECT_EQ(text.starts_with("decoder."), event < kFirstStreamEvent) << text;
    EXPECT_TRUE(names.insert(text).second) << text;
    EXPECT_EQ(find_packet_event(text), event) << text;
  }
}

TEST(PacketEvent, NamesAndEnumeratorsAreInTheSameOrder) {
  EXPECT_EQ(name(PacketEvent::Ipv4PktTooSmall), "decoder.ipv4.pkt_too_small");
  EXPECT_EQ(name(PacketEvent::Ipv6FragOverlap), "decoder.ipv6.frag_overlap");
  EXPECT_EQ(name(PacketEvent::TooManyLayers), "decoder.too_many_layers");
  EXPECT_EQ(name(PacketEvent::StreamPktInvalidAck), "stream.pkt_invalid_ack");
  EXPECT_EQ(name(PacketEvent::StreamReassemblyUrgentOobLimitReached), "stream.reassembly_urgent_oob_limit_reached");
}

TEST(PacketEvent, OlderSpellingsAreUnderstood) {
  EXPECT_EQ(find_packet_event("stream.3whs_synack_resend_with_different_ack"),
            PacketEvent::Stream3whsSynackResendWithDiffAck);
  EXPECT_FALSE(find_packet_event("stream.no_such_thing").has_value());
}

TEST(EventSet, HoldsWhatWasAdded) {
  EventSet set;
  EXPECT_TRUE(set.is_empty());
  set.add(PacketEvent::Ipv4PktTooSmall);
  set.add(PacketEvent::StreamReassemblyUrgentOobLimitReached);
  EXPECT_TRUE(set.has(PacketEvent::Ipv4PktTooSmall));
  EXPECT_TRUE(set.has(PacketEvent::StreamReassemblyUrgentOobLimitReached));
  EXPECT_FALSE(set.has(PacketEvent::TcpPktTooSmall));
  set.clear();
  EXPECT_TRUE(set.is_empty());
}

}  // namespace
}  // namespace warder::packet
