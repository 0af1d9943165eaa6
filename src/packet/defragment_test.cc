#include "packet/defragment.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "packet/decode.h"
#include "packet/testing.h"

namespace warder::packet {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the builders read as a language

constexpr std::uint16_t kMore = 0x2000;

// Fragments of one datagram; `units` and lengths in eight bytes, filled with `fill`.
Bytes piece(unsigned units, unsigned length, char fill, bool has_more) {
  return ipv4({.protocol = 17, .fragment = static_cast<std::uint16_t>(units | (has_more ? kMore : 0U))},
              Bytes(std::size_t{length} * 8, static_cast<std::uint8_t>(fill)));
}

std::string text_of(const Packet& packet) {
  return std::string(as_text(packet.network.subspan(20)));
}

TEST(Defragment, InAnyOrder) {
  const Bytes payload = udp(53, 5353, from_text("0123456789abcdefghijklmnopqrstuv"));
  const ByteView view(payload);
  std::vector<Bytes> parts;
  for (std::size_t at = 0; at < payload.size(); at += 8) {
    const ByteView part = view.subspan(at, std::min<std::size_t>(8, payload.size() - at));
    const bool has_more = at + 8 < payload.size();
    parts.push_back(ipv4({.protocol = 17, .fragment = static_cast<std::uint16_t>(at / 8 | (has_more ? kMore : 0U))},
                         {part.begin(), part.end()}));
  }
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), 0);
  do {
    Decoder decoder(DecodeOptions{.verify_checksums = true});
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto packets = decoder.decode(frame_of(parts[order[i]]));
      ASSERT_EQ(packets.size(), i + 1 == order.size() ? 2U : 1U);
      if (packets.size() == 1) continue;
      EXPECT_EQ(packets[1].origin, Origin::Reassembled);
      EXPECT_EQ(packets[1].ip_checksum, Checksum::Good);
      EXPECT_EQ(as_text(packets[1].payload), "0123456789abcdefghijklmnopqrstuv");
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Defragment, Ipv6) {
  const Bytes payload = with_checksum(ipv6("2001:db8::1", "2001:db8::2", 17, udp(1, 2, from_text("0123456789abcdef"))));
  const Bytes hop = {44, 0, 1, 4, 0, 0, 0, 0};
  const Bytes whole(payload.begin() + 40, payload.end());
  const Bytes first = Bytes{17, 0, 0, 1, 0, 0, 0, 5} + Bytes(whole.begin(), whole.begin() + 16);
  const Bytes second = Bytes{17, 0, 0, 16, 0, 0, 0, 5} + Bytes(whole.begin() + 16, whole.end());
  Decoder decoder(DecodeOptions{.verify_checksums = true});
  const Bytes b = ipv6("2001:db8::1", "2001:db8::2", 0, hop + second);
  const Bytes a = ipv6("2001:db8::1", "2001:db8::2", 0, hop + first);
  EXPECT_EQ(decoder.decode(frame_of(b)).size(), 1U);
  const auto packets = decoder.decode(frame_of(a));
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_TRUE(packets[1].is_udp());
  EXPECT_EQ(packets[1].transport_checksum, Checksum::Good);
  EXPECT_EQ(as_text(packets[1].payload), "0123456789abcdef");
}

// The overlaps of Novak's paper: which letters a host of each kind reads.
TEST(Defragment, OverlapsByPolicy) {
  struct Case {
    std::string name;
    std::vector<std::tuple<unsigned, unsigned, char>> pieces;  // the last has no more after it
    DefragmentPolicy policy;
    std::string expected;  // a letter for eight bytes
  };
  const std::vector<std::tuple<unsigned, unsigned, char>> same = {{0, 2, 'A'}, {0, 2, 'B'}, {2, 1, 'C'}};
  const std::vector<std::tuple<unsigned, unsigned, char>> before = {{1, 2, 'A'}, {0, 2, 'B'}, {3, 1, 'C'}};
  const std::vector<std::tuple<unsigned, unsigned, char>> after = {{0, 2, 'A'}, {1, 2, 'B'}, {3, 1, 'C'}};
  const std::vector<std::tuple<unsigned, unsigned, char>> around = {{1, 1, 'A'}, {0, 3, 'B'}, {3, 1, 'C'}};
  using enum DefragmentPolicy;
  const Case cases[] = {
      {"same", same, First, "AAC"},        {"same", same, Last, "BBC"},          {"same", same, Bsd, "AAC"},
      {"same", same, Linux, "BBC"},        {"same", same, Windows, "AAC"},       {"same", same, BsdRight, "BBC"},
      {"before", before, First, "BAAC"},   {"before", before, Last, "BBAC"},     {"before", before, Bsd, "BBAC"},
      {"before", before, Windows, "BAAC"}, {"before", before, BsdRight, "BAAC"}, {"after", after, First, "AABC"},
      {"after", after, Bsd, "AABC"},       {"after", after, BsdRight, "ABBC"},   {"after", after, Last, "ABBC"},
      {"around", around, Windows, "BBBC"}, {"around", around, Solaris, "BBBC"},  {"around", around, First, "BABC"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name + " " + std::to_string(static_cast<int>(c.policy)));
    Decoder decoder(DecodeOptions{.fragment_policy = c.policy});
    bool overlaps = false;
    std::string read;
    for (std::size_t i = 0; i < c.pieces.size(); ++i) {
      const auto& [at, length, fill] = c.pieces[i];
      const Bytes bytes = piece(at, length, fill, i + 1 < c.pieces.size());
      const auto packets = decoder.decode(frame_of(bytes));
      overlaps = overlaps || packets[0].events.has(PacketEvent::Ipv4FragOverlap);
      if (packets.size() < 2) continue;
      const std::string text = text_of(packets[1]);
      for (std::size_t b = 0; b < text.size(); b += 8) read += text[b];
    }
    EXPECT_EQ(read, c.expected);
    EXPECT_TRUE(overlaps);
  }
}

TEST(Defragment, IsBounded) {
  Decoder decoder(DecodeOptions{.fragments = {.max_datagrams = 2}});
  for (std::uint16_t id = 1; id <= 3; ++id) {
    const Bytes bytes = ipv4({.protocol = 17, .id = id, .fragment = kMore}, Bytes(16));
    EXPECT_EQ(decoder.decode(frame_of(bytes)).size(), 1U);
  }
  EXPECT_EQ(decoder.fragments().evicted, 1U);
  const Bytes late = ipv4({.protocol = 17, .id = 3, .fragment = 2}, Bytes(8));
  EXPECT_EQ(decoder.decode(frame_of(late, LinkType::Raw, 61'000'000)).size(), 1U);
  EXPECT_EQ(decoder.fragments().timeouts, 2U);
  const Bytes beyond = ipv4({.protocol = 17, .fragment = 0x1fff}, Bytes(16));
  EXPECT_TRUE(decoder.decode(frame_of(beyond))[0].events.has(PacketEvent::Ipv4FragPktTooLarge));
}

RC_GTEST_PROP(Defragment, AnyCuttingAndOrderGivesTheDatagram, ()) {
  const auto units = *rc::gen::inRange<std::size_t>(1, 60);
  Bytes payload(units * 8 - *rc::gen::inRange<std::size_t>(0, 8));
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::uint8_t>(i * 7);
  RC_PRE(!payload.empty());
  std::vector<std::pair<std::size_t, std::size_t>> cuts;
  for (std::size_t at = 0; at < units;) {
    const auto length = *rc::gen::inRange<std::size_t>(1, 9);
    cuts.emplace_back(at, std::min(units, at + length));
    at += length;
  }
  RC_PRE(cuts.size() > 1U);
  // Some again: saying the same twice changes nothing, whatever the policy.
  const auto again = *rc::gen::inRange<std::size_t>(0, cuts.size());
  cuts.push_back(cuts[again]);
  const auto order = *rc::gen::exec([&] {
    std::vector<std::size_t> indices(cuts.size());
    std::iota(indices.begin(), indices.end(), 0);
    for (std::size_t i = indices.size(); i > 1; --i)
      std::swap(indices[i - 1], indices[*rc::gen::inRange<std::size_t>(0, i)]);
    return indices;
  });
  const auto policy = static_cast<DefragmentPolicy>(*rc::gen::inRange(0, 7));
  Decoder decoder(DecodeOptions{.fragment_policy = policy});
  std::size_t found = 0;
  for (const std::size_t index : order) {
    const auto [begin, end] = cuts[index];
    const bool has_more = end < units;
    const Bytes part(payload.begin() + static_cast<std::ptrdiff_t>(begin * 8),
                     payload.begin() + static_cast<std::ptrdiff_t>(std::min(end * 8, payload.size())));
    const Bytes bytes =
        ipv4({.protocol = 253, .fragment = static_cast<std::uint16_t>(begin | (has_more ? kMore : 0U))}, part);
    const auto packets = decoder.decode(frame_of(bytes));
    if (packets.size() < 2) continue;
    ++found;
    RC_ASSERT(std::equal(packets[1].payload.begin(), packets[1].payload.end(), payload.begin(), payload.end()));
  }
  RC_ASSERT(found >= 1U);
}

}  // namespace
}  // namespace warder::packet
