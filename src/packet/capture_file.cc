#include "packet/capture_file.h"

#include <bit>
#include <cstring>
#include <limits>
#include <string>

namespace warder::packet {
namespace {

// draft-ietf-opsawg-pcap
constexpr std::uint32_t kMicroMagic = 0xa1b2c3d4;
constexpr std::uint32_t kNanoMagic = 0xa1b23c4d;
constexpr std::size_t kPcapHeader = 24;
constexpr std::size_t kPcapRecord = 16;
// draft-ietf-opsawg-pcapng
constexpr std::uint32_t kSectionBlock = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceBlock = 1;
constexpr std::uint32_t kSimpleBlock = 3;
constexpr std::uint32_t kEnhancedBlock = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint16_t kOptionResolution = 9;
constexpr std::uint16_t kOptionOffset = 14;
constexpr std::size_t kBlockOverhead = 12;  // type, length, length again
constexpr std::size_t kMaxInterfaces = 4096;

constexpr std::uint64_t kMicrosPerSecond = 1'000'000;

LinkType link_of(std::uint32_t field) noexcept {
  return static_cast<LinkType>(field & 0xffff);
}

/// 10^n or 2^n units a second, as the option if_tsresol says; 0 for what does not fit.
std::uint64_t resolution_of(std::uint8_t option) noexcept {
  const unsigned exponent = option & 0x7f;
  if ((option & 0x80) != 0) return exponent < 63 ? std::uint64_t{1} << exponent : 0;
  if (exponent > 18) return 0;
  std::uint64_t units = 1;
  for (unsigned i = 0; i < exponent; ++i) units *= 10;
  return units;
}

Timestamp time_of(std::uint64_t seconds, std::uint64_t micros) noexcept {
  // Any 64-bit value may stand in a file; a time that cannot be said is the epoch.
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / kMicrosPerSecond - 1;
  if (seconds > kMost) return {};
  return from_micros(static_cast<std::int64_t>(seconds * kMicrosPerSecond + micros));
}

}  // namespace

Result<CaptureReader> CaptureReader::open(ByteView bytes) {
  std::uint32_t magic = 0;
  if (bytes.size() < sizeof magic) return fail(ErrorCode::Corrupt, "not a capture file: it is too short");
  std::memcpy(&magic, bytes.data(), sizeof magic);
  if (magic == kSectionBlock) return CaptureReader(bytes, Format::PcapNg);
  CaptureReader reader(bytes, Format::Pcap);
  WD_TRY(reader.read_pcap_header());
  return reader;
}

std::uint16_t CaptureReader::u16(std::size_t at) const noexcept {
  const unsigned a = bytes_[at];
  const unsigned b = bytes_[at + 1];
  return static_cast<std::uint16_t>(is_big_endian_ ? a << 8U | b : b << 8U | a);
}

std::uint32_t CaptureReader::u32(std::size_t at) const noexcept {
  const std::uint32_t first = u16(at);
  const std::uint32_t second = u16(at + 2);
  return is_big_endian_ ? first << 16U | second : second << 16U | first;
}

Result<void> CaptureReader::read_pcap_header() {
  if (bytes_.size() < kPcapHeader) return fail(ErrorCode::Corrupt, "not a capture file: it is too short");
  Interface interface;
  for (const bool is_big : {false, true}) {
    is_big_endian_ = is_big;
    const std::uint32_t magic = u32(0);
    if (magic != kMicroMagic && magic != kNanoMagic) continue;
    interface.units_per_second = magic == kNanoMagic ? 1'000 * kMicrosPerSecond : kMicrosPerSecond;
    interface.snap_length = u32(16);
    interface.link = link_of(u32(20));
    interfaces_.push_back(interface);
    at_ = kPcapHeader;
    return {};
  }
  return fail(ErrorCode::Corrupt, "not a capture file: it begins neither as pcap nor as pcapng");
}

Result<std::optional<Frame>> CaptureReader::next() {
  return format_ == Format::Pcap ? next_pcap() : next_block();
}

Result<std::optional<Frame>> CaptureReader::next_pcap() {
  if (at_ == bytes_.size()) return std::optional<Frame>();
  if (bytes_.size() - at_ < kPcapRecord) {
    return fail(ErrorCode::Corrupt, "frame " + std::to_string(frames_ + 1) + ": the file breaks off");
  }
  const std::size_t length = u32(at_ + 8);
  if (bytes_.size() - at_ - kPcapRecord < length) {
    return fail(ErrorCode::Corrupt, "frame " + std::to_string(frames_ + 1) + ": the file breaks off");
  }
  const Interface& interface = interfaces_.front();
  Frame frame;
  frame.time = time_of(u32(at_), u32(at_ + 4) / (interface.units_per_second / kMicrosPerSecond));
  frame.wire_length = u32(at_ + 12);
  frame.bytes = bytes_.subspan(at_ + kPcapRecord, length);
  frame.link = interface.link;
  frame.number = ++frames_;
  at_ += kPcapRecord + length;
  return std::optional<Frame>(frame);
}

Result<std::optional<Frame>> CaptureReader::next_block() {
  while (at_ != bytes_.size()) {
    const auto broken = [this](std::string_view why) {
      return fail(ErrorCode::Corrupt, "byte " + std::to_string(at_) + ": " + std::string(why));
    };
    if (bytes_.size() - at_ < kBlockOverhead) return broken("the file breaks off");
    // The section block says the byte order, and its type reads the same in both.
    const bool is_section = u32(at_) == kSectionBlock;
    if (is_section) {
      is_big_endian_ = false;
      if (u32(at_ + 8) != kByteOrderMagic) is_big_endian_ = true;
      if (u32(at_ + 8) != kByteOrderMagic) return broken("the section's byte order is unknown");
    }
    const std::size_t length = u32(at_ + 4);
    if (length < kBlockOverhead || length % 4 != 0) return broken("a block of " + std::to_string(length) + " bytes");
    if (bytes_.size() - at_ < length) return broken("the file breaks off");
    const std::size_t begin = at_;
    const std::size_t body = begin + 8;
    const std::size_t body_length = length - kBlockOverhead;
    at_ += length;
    switch (u32(begin)) {
      case kSectionBlock:
        interfaces_.clear();
        break;
      case kInterfaceBlock:
        WD_TRY(read_interface(body, body_length).in("byte " + std::to_string(begin)));
        break;
      case kEnhancedBlock:
        return std::optional<Frame>(WD_TRY(read_enhanced(body, body_length).in("byte " + std::to_string(begin))));
      case kSimpleBlock:
        return std::optional<Frame>(WD_TRY(read_simple(body, body_length).in("byte " + std::to_string(begin))));
      default:  // names, statistics, what others invent
        break;
    }
  }
  return std::optional<Frame>();
}

Result<void> CaptureReader::read_interface(std::size_t at, std::size_t length) {
  if (length < 8) return fail(ErrorCode::Corrupt, "an interface block of " + std::to_string(length) + " bytes");
  if (interfaces_.size() == kMaxInterfaces) return fail(ErrorCode::TooLarge, "more interfaces than a capture has");
  Interface interface;
  interface.link = link_of(u16(at));
  interface.snap_length = u32(at + 4);
  const std::size_t end = at + length;
  std::size_t option = at + 8;
  while (end - option >= 4) {
    const std::uint16_t code = u16(option);
    const std::size_t size = u16(option + 2);
    option += 4;
    if (code == 0) break;
    if (size > end - option) return fail(ErrorCode::Corrupt, "an option runs out of its block");
    if (code == kOptionResolution && size == 1) {
      interface.units_per_second = resolution_of(bytes_[option]);
      if (interface.units_per_second == 0) return fail(ErrorCode::Corrupt, "the time resolution cannot be said");
    }
    if (code == kOptionOffset && size == 8) {
      const std::size_t low = is_big_endian_ ? option + 4 : option;
      interface.offset_seconds = u32(low);
    }
    option += std::min((size + 3) & ~std::size_t{3}, end - option);
  }
  interfaces_.push_back(interface);
  return {};
}

Result<Frame> CaptureReader::read_enhanced(std::size_t at, std::size_t length) {
  if (length < 20) return fail(ErrorCode::Corrupt, "a packet block of " + std::to_string(length) + " bytes");
  const std::size_t index = u32(at);
  if (index >= interfaces_.size()) return fail(ErrorCode::Corrupt, "a packet of an interface that was not named");
  const Interface& interface = interfaces_[index];
  const std::size_t captured = u32(at + 12);
  if (captured > length - 20) return fail(ErrorCode::Corrupt, "a packet runs out of its block");
  const std::uint64_t units = std::uint64_t{u32(at + 4)} << 32U | u32(at + 8);
  const std::uint64_t part = units % interface.units_per_second;
  // part < units_per_second ≤ 2^62; a finer step than 10^-12 s would overflow the product, so divide first there.
  const std::uint64_t micros = interface.units_per_second > 1'000'000'000'000
                                   ? part / (interface.units_per_second / kMicrosPerSecond)
                                   : part * kMicrosPerSecond / interface.units_per_second;
  Frame frame;
  frame.time =
      time_of(units / interface.units_per_second + static_cast<std::uint64_t>(interface.offset_seconds), micros);
  frame.wire_length = u32(at + 16);
  frame.bytes = bytes_.subspan(at + 20, captured);
  frame.link = interface.link;
  frame.number = ++frames_;
  return frame;
}

Result<Frame> CaptureReader::read_simple(std::size_t at, std::size_t length) {
  if (length < 4) return fail(ErrorCode::Corrupt, "a packet block of " + std::to_string(length) + " bytes");
  if (interfaces_.empty()) return fail(ErrorCode::Corrupt, "a packet of an interface that was not named");
  Frame frame;
  frame.wire_length = u32(at);
  std::size_t captured = std::min<std::size_t>(frame.wire_length, length - 4);
  if (interfaces_.front().snap_length != 0) captured = std::min<std::size_t>(captured, interfaces_.front().snap_length);
  frame.bytes = bytes_.subspan(at + 4, captured);
  frame.link = interfaces_.front().link;
  frame.number = ++frames_;
  return frame;
}

}  // namespace warder::packet
