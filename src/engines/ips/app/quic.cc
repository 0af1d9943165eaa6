#include "engines/ips/app/quic.h"

#include <algorithm>
#include <array>
#include <map>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/quic_packet.h"
#include "engines/ips/app/tls.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t { FailedDecrypt, ErrorOnData, ErrorOnHeader, CryptoFragTooLong };
constexpr std::array<std::string_view, 4> kEvents = {"failed_decrypt", "error_on_data", "error_on_header",
                                                     "crypto_frag_too_long"};

constexpr std::size_t kMaxCrypto = 32UL * 1024;
constexpr std::size_t kMaxFragments = 64;

std::uint64_t read_varint(Cursor& in) {
  const std::uint8_t first = in.u8();
  std::uint64_t value = first & 0x3fU;
  const unsigned more = (1U << (first >> 6U)) - 1;
  for (unsigned i = 0; i < more; ++i) value = value << 8U | in.u8();
  return value;
}

class QuicParser final : public Parser {
 public:
  explicit QuicParser(const Limits& limits) : limits_(limits) {}

  Fed feed(Direction direction, ByteView bytes) override {
    ByteView left = bytes;
    for (int packets = 0; packets < 8 && !left.empty() && (left[0] & 0x80U) != 0; ++packets) {
      const auto header = parse_quic_long_header(left);
      if (!header) break;
      take(direction, *header, left);
      left = left.subspan(std::min(header->size, left.size()));
    }
    // A short header from the client: the handshake is over, and the rest is sealed with keys that nobody else has.
    const bool is_over = direction == Direction::ToServer && !left.empty() && (left[0] & 0x80U) == 0;
    return is_over && has_hello_ ? Fed::done() : Fed::ok(bytes.size());
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  void take(Direction direction, const QuicLongHeader& header, ByteView datagram) {
    // The hello was the last of interest that this side can say before keys that nobody else has.
    if (!header.is_initial || (direction == Direction::ToServer && has_hello_)) return;
    auto tx = std::make_unique<FieldTransaction>();
    Bytes version(4);
    for (std::size_t i = 0; i < 4; ++i) version[i] = static_cast<std::uint8_t>(header.version >> (24 - 8 * i) & 0xffU);
    tx->put(BufferId::QuicVersion, direction, version);
    if (direction == Direction::ToServer) {
      if (first_destination_.empty()) first_destination_.assign(header.destination.begin(), header.destination.end());
      const auto frames = open_quic_initial(header, datagram, first_destination_);
      if (!frames) {
        tx->raise(FailedDecrypt, direction);
      } else if (!take_frames(*frames, *tx)) {
        tx->raise(ErrorOnData, direction);
      }
    }
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
  }

  bool take_frames(ByteView frames, FieldTransaction& tx) {
    Cursor in{frames};
    while (in.is_ok() && !in.is_at_end()) {
      const std::uint64_t type = read_varint(in);
      if (type == 0 || type == 1) continue;  // padding, ping
      if (type == 2 || type == 3) {          // acknowledgement
        static_cast<void>(read_varint(in));
        static_cast<void>(read_varint(in));
        const std::uint64_t ranges = read_varint(in);
        static_cast<void>(read_varint(in));
        for (std::uint64_t i = 0; i < 2 * ranges && in.is_ok(); ++i) static_cast<void>(read_varint(in));
      } else if (type == 6) {
        const std::uint64_t offset = read_varint(in);
        const std::uint64_t size = read_varint(in);
        if (size > in.remaining()) return false;
        keep(offset, in.take(static_cast<std::size_t>(size)));
      } else {
        break;  // a close, or what has no place in an Initial packet
      }
    }
    take_hello(tx);
    return in.is_ok();
  }

  void keep(std::uint64_t offset, ByteView bytes) {
    if (offset + bytes.size() > kMaxCrypto || fragments_.size() >= kMaxFragments) return;
    fragments_[offset].assign(bytes.begin(), bytes.end());
  }

  void take_hello(FieldTransaction& tx) {
    Bytes message;
    for (const auto& [offset, bytes] : fragments_) {
      if (offset > message.size()) break;
      const std::size_t known = message.size() - offset;
      if (known < bytes.size()) append(message, ByteView{bytes}.subspan(known));
    }
    Cursor in{message};
    const std::uint8_t type = in.u8();
    const ByteView body = in.take(in.u24());
    if (!in.is_ok() || type != 1 || has_hello_) return;
    const auto hello = parse_client_hello(body);
    if (!hello) return;
    has_hello_ = true;
    tx.put_if_any(BufferId::QuicSni, Direction::ToServer, hello->sni);
    put_hello(*hello, true, limits_.wants_fingerprints, Direction::ToServer, tx);
  }

  const Limits& limits_;
  Bytes first_destination_;
  std::map<std::uint64_t, Bytes> fragments_;
  bool has_hello_ = false;
};

Probe probe_quic(Direction direction, ByteView bytes, const ProbeHint& /*hint*/) {
  if (direction == Direction::ToClient || bytes.size() < 40) return Probe::No;
  const auto header = parse_quic_long_header(bytes);
  if (!header || (bytes[0] & 0x40U) == 0 || !header->is_initial || header->destination.size() < 8) return Probe::No;
  const bool is_draft = header->version >= 0xff00001d && header->version <= 0xff000022;
  return header->version == kQuicVersion1 || header->version == kQuicVersion2 || is_draft ? Probe::Yes : Probe::No;
}

}  // namespace

const ParserInfo& quic_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Quic,
                                    false,
                                    true,
                                    probe_quic,
                                    [](const Limits& limits, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<QuicParser>(limits);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
