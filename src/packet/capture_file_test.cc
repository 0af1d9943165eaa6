#include "packet/capture_file.h"

#include <gtest/gtest.h>

#include "packet/testing.h"

namespace warder::packet {
namespace {

using testing::operator+;

/// Writes in either byte order.
struct Writer {
  bool is_big = false;
  Bytes bytes;
  void u16(unsigned value) {
    const auto high = static_cast<std::uint8_t>(value >> 8U);
    const auto low = static_cast<std::uint8_t>(value);
    bytes.push_back(is_big ? high : low);
    bytes.push_back(is_big ? low : high);
  }
  void u32(std::uint32_t value) {
    u16(is_big ? value >> 16U : value & 0xffffU);
    u16(is_big ? value & 0xffffU : value >> 16U);
  }
  void block(std::uint32_t type, Bytes body) {
    while (body.size() % 4 != 0) body.push_back(0);
    const auto length = static_cast<std::uint32_t>(body.size() + 12);
    u32(type);
    u32(length);
    bytes = bytes + body;
    u32(length);
  }
};

Bytes pcap(bool is_big, std::uint32_t magic, std::uint32_t fraction) {
  Writer w{is_big, {}};
  w.u32(magic);
  w.u16(2);
  w.u16(4);
  w.u32(0);
  w.u32(0);
  w.u32(65'535);
  w.u32(101);
  w.u32(1'700'000'000);
  w.u32(fraction);
  w.u32(3);
  w.u32(90);
  w.bytes = w.bytes + Bytes{1, 2, 3};
  return w.bytes;
}

TEST(CaptureFile, PcapInBothOrdersAndUnits) {
  for (const bool is_big : {false, true}) {
    for (const bool is_nano : {false, true}) {
      const Bytes bytes = pcap(is_big, is_nano ? 0xa1b23c4d : 0xa1b2c3d4, is_nano ? 5'000 : 5);
      auto reader = CaptureReader::open(bytes);
      ASSERT_TRUE(reader);
      const auto frame = reader->next();
      ASSERT_TRUE(frame && *frame);
      EXPECT_EQ(to_micros((*frame)->time), 1'700'000'000'000'005);
      EXPECT_EQ((*frame)->link, LinkType::Raw);
      EXPECT_EQ((*frame)->wire_length, 90U);
      EXPECT_EQ((*frame)->number, 1U);
      EXPECT_EQ((*frame)->bytes.size(), 3U);
      const auto end = reader->next();
      ASSERT_TRUE(end);
      EXPECT_FALSE(*end);
    }
  }
}

TEST(CaptureFile, SaysWhereAFileBreaksOff) {
  Bytes bytes = pcap(false, 0xa1b2c3d4, 5);
  bytes.pop_back();
  auto reader = CaptureReader::open(bytes);
  ASSERT_TRUE(reader);
  const auto frame = reader->next();
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().message, "frame 1: the file breaks off");
  EXPECT_FALSE(CaptureReader::open(Bytes(100)));
  EXPECT_FALSE(CaptureReader::open(Bytes(3)));
}

Bytes interface_block(Writer w, unsigned link, const Bytes& options) {
  w.bytes.clear();
  w.u16(link);
  w.u16(0);
  w.u32(0);
  return w.bytes + options;
}

Bytes packet_block(Writer w, std::uint32_t interface, std::uint64_t units, const Bytes& payload) {
  w.bytes.clear();
  w.u32(interface);
  w.u32(static_cast<std::uint32_t>(units >> 32U));
  w.u32(static_cast<std::uint32_t>(units));
  w.u32(static_cast<std::uint32_t>(payload.size()));
  w.u32(static_cast<std::uint32_t>(payload.size()));
  return w.bytes + payload;
}

TEST(CaptureFile, PcapngWithInterfacesOfTheirOwn) {
  for (const bool is_big : {false, true}) {
    Writer w{is_big, {}};
    Writer section{is_big, {}};
    section.u32(0x1a2b3c4d);
    section.u16(1);
    section.u16(0);
    section.u32(0xffffffff);
    section.u32(0xffffffff);
    w.block(0x0a0d0d0a, section.bytes);
    Writer option{is_big, {}};
    option.u16(9);
    option.u16(1);
    option.bytes = option.bytes + Bytes{9, 0, 0, 0};
    w.block(1, interface_block(w, 1, {}));
    w.block(1, interface_block(w, 113, option.bytes));
    w.block(5, Bytes(8));
    w.block(6, packet_block(w, 1, 1'500'000'000'000'000'000, {1, 2, 3, 4, 5}));
    w.block(6, packet_block(w, 0, 1'500'000'000'000'007, {9}));
    auto reader = CaptureReader::open(w.bytes);
    ASSERT_TRUE(reader);
    const auto first = reader->next();
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->link, LinkType::LinuxSll);
    EXPECT_EQ(to_micros((*first)->time), 1'500'000'000'000'000);
    EXPECT_EQ((*first)->bytes.size(), 5U);
    const auto second = reader->next();
    ASSERT_TRUE(second && *second);
    EXPECT_EQ((*second)->link, LinkType::Ethernet);
    EXPECT_EQ(to_micros((*second)->time), 1'500'000'000'000'007);
    EXPECT_EQ((*second)->number, 2U);
    const auto end = reader->next();
    ASSERT_TRUE(end);
    EXPECT_FALSE(*end);
  }
}

TEST(CaptureFile, RefusesImpossibleBlocks) {
  Writer w;
  Writer section;
  section.u32(0x1a2b3c4d);
  section.bytes.resize(16);
  w.block(0x0a0d0d0a, section.bytes);
  w.block(6, packet_block(w, 7, 0, {1}));
  auto reader = CaptureReader::open(w.bytes);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->next().error().code, ErrorCode::Corrupt);
  Writer zero;
  zero.block(0x0a0d0d0a, section.bytes);
  zero.u32(6);
  zero.u32(0);
  zero.u32(0);
  auto other = CaptureReader::open(zero.bytes);
  EXPECT_EQ(other->next().error().code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace warder::packet
