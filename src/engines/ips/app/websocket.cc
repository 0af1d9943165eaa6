#include "engines/ips/app/websocket.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/inflate.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t { SkipEndOfPayload, ReassemblyLimitReached, UnmaskedToServer, MaskedToClient };
constexpr std::array<std::string_view, 4> kEvents = {"skip_end_of_payload", "reassembly_limit_reached",
                                                     "unmasked_to_server", "masked_to_client"};

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kCompressed = 0x40;
constexpr std::uint8_t kContinuation = 0;
constexpr std::uint8_t kControl = 8;              // from this opcode on
constexpr std::size_t kMaxPayload = 48UL * 1024;  // of one frame: the rest is skipped
constexpr std::size_t kMaxMessage = 256UL * 1024;

class WebsocketParser final : public Parser {
 public:
  explicit WebsocketParser(const Limits& limits) : limits_(limits) {}

  Fed feed(Direction direction, ByteView bytes) override {
    Side& side = sides_[index(direction)];
    std::size_t consumed = 0;
    while (consumed < bytes.size()) {
      if (side.skip > 0) {
        const std::uint64_t part = std::min<std::uint64_t>(side.skip, bytes.size() - consumed);
        side.skip -= part;
        consumed += static_cast<std::size_t>(part);
        continue;
      }
      Cursor in{bytes.subspan(consumed)};
      const std::uint8_t first = in.u8();
      const std::uint8_t second = in.u8();
      const std::uint8_t short_size = second & 0x7fU;
      const std::uint64_t size = short_size == 127 ? in.u64() : short_size == 126 ? in.u16() : short_size;
      const bool is_masked = (second & 0x80U) != 0;
      const std::uint32_t mask = is_masked ? in.u32() : 0;
      if (!in.is_ok()) return Fed::ok(consumed, 2);
      const std::size_t kept = static_cast<std::size_t>(std::min<std::uint64_t>(size, kMaxPayload));
      const std::size_t header = in.offset();
      const ByteView payload = in.take(kept);
      if (!in.is_ok()) return Fed::ok(consumed, header + kept);
      Bytes plain(payload.begin(), payload.end());
      unmask(plain, mask);
      note_frame(FrameId::WebsocketHeader, direction, bytes.subspan(consumed, header));
      note_frame(FrameId::WebsocketPdu, direction, bytes.subspan(consumed, header + kept));
      note_frame(FrameId::WebsocketData, direction, plain);
      add(direction, first, is_masked, mask, std::move(plain), size > kept);
      side.skip = size - kept;
      consumed += header + kept;
    }
    return Fed::ok(consumed);
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  struct Side {
    std::uint64_t skip = 0;
    Bytes message;
    bool is_fragmented = false;
    bool is_compressed = false;
    std::unique_ptr<Inflater> inflater;
  };

  static void unmask(Bytes& payload, std::uint32_t mask) {
    if (mask == 0) return;
    for (std::size_t i = 0; i < payload.size(); ++i) {
      payload[i] = static_cast<std::uint8_t>(payload[i] ^ (mask >> (24U - 8U * (i % 4))));
    }
  }

  void add(Direction direction, std::uint8_t first, bool is_masked, std::uint32_t mask, Bytes payload, bool is_cut) {
    Side& side = sides_[index(direction)];
    const std::uint8_t opcode = first & 0x0fU;
    auto tx = std::make_unique<FieldTransaction>();
    tx->put(NumberId::WebsocketOpcode, direction, opcode);
    tx->put(NumberId::WebsocketFlags, direction, first & 0xf0U);
    if (is_masked) tx->put(NumberId::WebsocketMask, direction, mask);
    if (is_cut) tx->raise(SkipEndOfPayload, direction);
    if (opcode < kControl) {
      join(side, first, opcode, payload, *tx, direction);
    }
    if (!payload.empty()) tx->put(BufferId::WebsocketPayload, direction, payload);
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
  }

  // Leaves in `payload` what rules should see of this frame: the whole message when it is its last.
  void join(Side& side, std::uint8_t first, std::uint8_t opcode, Bytes& payload, Transaction& tx, Direction direction) {
    const bool is_final = (first & kFinal) != 0;
    if (opcode != kContinuation) {
      side.message.clear();
      side.is_compressed = (first & kCompressed) != 0;
    }
    if (!is_final || side.is_fragmented) {
      if (side.message.size() + payload.size() > kMaxMessage) {
        tx.raise(ReassemblyLimitReached, direction);
        side.message.clear();
      } else {
        append(side.message, payload);
      }
    }
    side.is_fragmented = !is_final;
    if (!is_final) return;
    if (!side.message.empty()) payload = std::exchange(side.message, {});
    if (side.is_compressed) payload = expand(side, std::move(payload));
  }

  // RFC 7692 §7.2.2: the sender leaves out the last four bytes of each message.
  Bytes expand(Side& side, Bytes payload) const {
    static constexpr std::array<std::uint8_t, 4> kTail = {0x00, 0x00, 0xff, 0xff};
    append(payload, kTail);
    if (side.inflater == nullptr)
      side.inflater = std::make_unique<Inflater>(Coding::RawDeflate, limits_.max_expansion_bytes);
    Bytes plain;
    static_cast<void>(side.inflater->push(payload, plain));
    return plain;
  }

  const Limits& limits_;
  Side sides_[2];
};

}  // namespace

const ParserInfo& websocket_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Websocket,
                                    true,
                                    false,
                                    nullptr,
                                    [](const Limits& limits, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<WebsocketParser>(limits);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
