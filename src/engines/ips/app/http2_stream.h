// One stream of HTTP/2: its headers and bodies as rules ask for them.
#pragma once

#include <string>
#include <vector>

#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/hpack.h"
#include "engines/ips/app/inflate.h"
#include "engines/ips/app/parser.h"

namespace warder::ips::app {

/// Events of HTTP/2, in the order of ParserInfo::events.
enum class Http2Event : std::uint8_t {
  InvalidFrameHeader,
  InvalidClientMagic,
  InvalidFrameData,
  InvalidHeader,
  InvalidFrameLength,
  ExtraHeaderData,
  LongFrameData,
  StreamIdReuse,
  InvalidHttp1Settings,
  FailedDecompression,
  InvalidRange,
  HeaderIntegerOverflow,
  TooManyStreams,
  AuthorityHostMismatch,
  UserinfoInUri,
  ReassemblyLimitReached,
  DnsRequestTooLong,
  DnsResponseTooLong,
  DataStreamZero,
  TooManyFrames,
};

class Http2Stream final : public FieldTransaction {
 public:
  explicit Http2Stream(const Limits& limits) : limits_(limits) {}

  BufferView buffer(BufferId which, Direction direction, std::size_t instance) override;

  void take_headers(Direction direction, const std::vector<HeaderField>& fields);
  void take_data(Direction direction, ByteView bytes);
  /// END_STREAM, RST_STREAM or the end of the flow.
  void finish(Direction direction);
  [[nodiscard]] bool is_dns() const noexcept { return is_dns_; }

  std::uint32_t stream_id = 0;

 private:
  void take_header(Direction direction, const HeaderField& field);
  void take_path(const std::string& path);
  void take_dns(Direction direction, ByteView message);

  const Limits& limits_;
  std::string authority_;
  std::string host_;
  std::string uri_;
  std::string header_block_[2];
  Bytes dns_[2];
  std::unique_ptr<Inflater> inflater_[2];
  std::uint64_t body_bytes_[2] = {0, 0};
  bool has_headers_[2] = {false, false};
  bool is_dns_ = false;
};

}  // namespace warder::ips::app
