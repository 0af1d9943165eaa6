#include "engines/ips/app/rdp.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/field_transaction.h"

namespace warder::ips::app {
namespace {

constexpr std::size_t kTpkt = 4;
constexpr std::size_t kMaxTpkt = 8192;
constexpr std::string_view kCookie = "Cookie: mstshash=";
constexpr std::uint8_t kConnectRequest = 0xe0;
constexpr std::uint8_t kConnectConfirm = 0xd0;
constexpr std::uint8_t kNegotiationResponse = 2;

class RdpParser final : public Parser {
 public:
  Fed feed(Direction direction, ByteView bytes) override {
    std::size_t consumed = 0;
    while (bytes.size() - consumed >= kTpkt) {
      Cursor in{bytes.subspan(consumed)};
      const std::uint8_t version = in.u8();
      in.skip(1);
      const std::size_t size = in.u16();
      if (version != 3 || size < 7 || size > kMaxTpkt) return Fed::done();
      const ByteView packet = bytes.subspan(consumed, std::min(size, bytes.size() - consumed));
      if (packet.size() < size) return Fed::ok(consumed, size);
      consumed += size;
      if (take(direction, packet.subspan(kTpkt))) return Fed::restart(consumed, Protocol::Tls);
    }
    return Fed::ok(consumed, kTpkt);
  }

  void end(Direction direction, ByteView /*rest*/) override {
    if (sole_.is_made()) sole_.get(transactions_).complete(direction);
  }

 private:
  // True when TLS comes next.
  bool take(Direction direction, ByteView packet) {
    FieldTransaction& tx = sole_.get(transactions_);
    const std::uint8_t type = packet[1] & 0xf0U;
    if (type == kConnectRequest) {
      const std::string_view text = as_text(packet);
      const std::size_t at = text.find(kCookie);
      if (at != std::string_view::npos) {
        const std::string_view value = text.substr(at + kCookie.size());
        tx.put(BufferId::RdpCookie, direction, value.substr(0, value.find("\r\n")));
      }
      tx.complete(direction);
    } else if (type == kConnectConfirm) {
      tx.complete(direction);
      Cursor in{packet};
      in.skip(7);
      const std::uint8_t answer = in.u8();
      in.skip(3);
      const std::uint32_t chosen = in.le32();
      return in.is_ok() && answer == kNegotiationResponse && chosen != 0;
    }
    return false;
  }

  SoleTransaction<FieldTransaction> sole_;
};

Probe probe_rdp(Direction direction, ByteView bytes, const ProbeHint& /*hint*/) {
  if (bytes[0] != 3 || (bytes.size() > 1 && bytes[1] != 0)) return Probe::No;
  if (bytes.size() < 7) return Probe::More;
  Cursor in{bytes};
  in.skip(2);
  const std::size_t size = in.u16();
  const std::size_t inner = in.u8();
  const std::uint8_t type = in.u8() & 0xf0U;
  const std::uint8_t wanted = direction == Direction::ToServer ? kConnectRequest : kConnectConfirm;
  return size == inner + 5 && type == wanted ? Probe::Yes : Probe::No;
}

}  // namespace

const ParserInfo& rdp_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Rdp,
                                    true,
                                    false,
                                    probe_rdp,
                                    [](const Limits& /*limits*/, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<RdpParser>();
                                    },
                                    {},
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
