// Reading capture files: pcap (both byte orders, micro- and nanoseconds) and pcapng (sections, several interfaces of
// different link types, any time resolution).
//
// An own bounded reader and not libpcap's: libpcap gives up on a pcapng file with two link types, reads through stdio
// and copies each packet; this one is a function of bytes, gives views into them, and is fuzzed like any other parser.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "packet/packet.h"

namespace warder::packet {

/// Single-threaded. The bytes (usually a mapped file) outlive the reader and the frames.
class CaptureReader {
 public:
  /// Corrupt when the bytes do not begin with a header of either format.
  static Result<CaptureReader> open(ByteView bytes);

  /// The next frame; nullopt at the end; Corrupt when the file breaks off inside a record or a length is impossible
  /// (frames before that were good). Frames whose link type the decoder does not know are given all the same.
  Result<std::optional<Frame>> next();

 private:
  struct Interface {
    LinkType link = LinkType::Ethernet;
    std::uint32_t snap_length = 0;
    std::uint64_t units_per_second = 1'000'000;
    std::int64_t offset_seconds = 0;
  };
  enum class Format : std::uint8_t { Pcap, PcapNg };

  CaptureReader(ByteView bytes, Format format) : bytes_(bytes), format_(format) {}
  [[nodiscard]] std::uint16_t u16(std::size_t at) const noexcept;
  [[nodiscard]] std::uint32_t u32(std::size_t at) const noexcept;
  Result<void> read_pcap_header();
  Result<std::optional<Frame>> next_pcap();
  Result<std::optional<Frame>> next_block();
  Result<void> read_section(std::size_t at, std::size_t length);
  Result<void> read_interface(std::size_t at, std::size_t length);
  Result<Frame> read_enhanced(std::size_t at, std::size_t length);
  Result<Frame> read_simple(std::size_t at, std::size_t length);

  ByteView bytes_;
  Format format_;
  std::size_t at_ = 0;
  bool is_big_endian_ = false;
  std::uint64_t frames_ = 0;
  std::vector<Interface> interfaces_;
};

}  // namespace warder::packet
