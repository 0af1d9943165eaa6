#include "engines/ips/app/ike.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/field_transaction.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t {
  MalformedData,
  NoEncryption,
  WeakCryptoEnc,
  WeakCryptoPrf,
  WeakCryptoDh,
  WeakCryptoAuth,
  WeakCryptoNoDh,
  WeakCryptoNoAuth,
  InvalidProposal,
  UnknownProposal,
  PayloadExtraData,
  MultipleServerProposal,
};
constexpr std::array<std::string_view, 12> kEvents = {
    "malformed_data",   "no_encryption",    "weak_crypto_enc",    "weak_crypto_prf",
    "weak_crypto_dh",   "weak_crypto_auth", "weak_crypto_nodh",   "weak_crypto_noauth",
    "invalid_proposal", "unknown_proposal", "payload_extra_data", "multiple_server_proposal"};

constexpr std::size_t kHeader = 28;
constexpr int kMaxPayloads = 64;

// Payload types of version 2 (RFC 7296 §3.2) and of version 1 (RFC 2408 §3.1).
struct Payloads {
  std::uint8_t sa;
  std::uint8_t key_exchange;
  std::uint8_t nonce;
  std::uint8_t vendor;
};
constexpr Payloads kPayloads1 = {1, 4, 10, 13};
constexpr Payloads kPayloads2 = {33, 34, 40, 43};

constexpr std::uint8_t kEncrypted1 = 0x01;  // a flag
constexpr std::uint8_t kEncrypted2 = 46;    // a payload

// Transforms of version 2 that RFC 8247 forbids or that were broken before.
void judge_transform(std::uint8_t type, std::uint16_t id, Direction direction, FieldTransaction& tx) {
  switch (type) {
    case 1:
      if (id == 11) tx.raise(NoEncryption, direction);
      if (id >= 1 && id <= 9) tx.raise(WeakCryptoEnc, direction);
      break;
    case 2:
      if (id == 1 || id == 3) tx.raise(WeakCryptoPrf, direction);
      break;
    case 3:
      if (id == 0) tx.raise(WeakCryptoNoAuth, direction);
      if (id == 1 || id == 3 || id == 4) tx.raise(WeakCryptoAuth, direction);
      break;
    case 4:
      if (id == 0) tx.raise(WeakCryptoNoDh, direction);
      if (id == 1 || id == 2 || id == 5 || id == 22) tx.raise(WeakCryptoDh, direction);
      break;
    default:
      break;
  }
}

// Proposals with their transforms (RFC 7296 §3.3).
void read_proposals(Cursor in, Direction direction, FieldTransaction& tx) {
  for (int i = 0; i < kMaxPayloads && !in.is_at_end(); ++i) {
    in.skip(2);
    const std::size_t size = in.u16();
    Cursor proposal = in.sub(size < 4 ? 0 : size - 4);
    proposal.skip(2);
    const std::size_t spi = proposal.u8();
    const std::size_t count = proposal.u8();
    proposal.skip(spi);
    for (std::size_t t = 0; t < count && proposal.is_ok(); ++t) {
      proposal.skip(2);
      const std::size_t length = proposal.u16();
      Cursor transform = proposal.sub(length < 4 ? 0 : length - 4);
      const std::uint8_t type = transform.u8();
      transform.skip(1);
      const std::uint16_t id = transform.u16();
      if (transform.is_ok()) judge_transform(type, id, direction, tx);
      if (transform.is_ok() && type == 1) tx.put(NumberId::IkeChosenSaEncryption, direction, id);
    }
    if (!in.is_ok() || !proposal.is_ok()) {
      tx.raise(InvalidProposal, direction);
      return;
    }
  }
}

bool decode(ByteView message, Direction direction, FieldTransaction& tx) {
  Cursor in{message};
  const ByteView initiator = in.take(8);
  const ByteView responder = in.take(8);
  std::uint8_t next = in.u8();
  const std::uint8_t version = in.u8() >> 4U;
  const std::uint8_t exchange = in.u8();
  const std::uint8_t flags = in.u8();
  in.skip(4);
  const std::size_t size = in.u32();
  if (!in.is_ok() || version < 1 || version > 2 || size < kHeader || size > message.size()) return false;
  tx.put(BufferId::IkeInitSpi, direction, to_hex(initiator));
  tx.put(BufferId::IkeRespSpi, direction, to_hex(responder));
  tx.put(NumberId::IkeExchangeType, direction, exchange);
  if (version == 1 && (flags & kEncrypted1) != 0) return true;
  const Payloads& types = version == 1 ? kPayloads1 : kPayloads2;
  for (int i = 0; i < kMaxPayloads && next != 0 && next != kEncrypted2; ++i) {
    const std::uint8_t type = next;
    next = in.u8();
    in.skip(1);
    const std::size_t length = in.u16();
    Cursor payload = in.sub(length < 4 ? 0 : length - 4);
    if (!in.is_ok()) return false;
    if (type == types.sa && version == 2) read_proposals(payload, direction, tx);
    if (type == types.key_exchange) {
      if (version == 2) payload.skip(4);
      tx.put(NumberId::IkeKeyExchangeLength, direction, payload.remaining());
      tx.put(BufferId::IkeKeyExchangePayload, direction, payload.rest());
    } else if (type == types.nonce) {
      tx.put(NumberId::IkeNonceLength, direction, payload.remaining());
      tx.put(BufferId::IkeNoncePayload, direction, payload.rest());
    } else if (type == types.vendor) {
      tx.put(BufferId::IkeVendor, direction, to_hex(payload.rest()));
    }
  }
  return true;
}

// On port 4500 four zero bytes come first (RFC 3948).
ByteView without_marker(ByteView bytes) {
  const bool has_marker = bytes.size() > 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 0;
  return has_marker ? bytes.subspan(4) : bytes;
}

class IkeParser final : public Parser {
 public:
  Fed feed(Direction direction, ByteView bytes) override {
    auto tx = std::make_unique<FieldTransaction>();
    if (!decode(without_marker(bytes), direction, *tx)) tx->raise(MalformedData, direction);
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
    return Fed::ok(bytes.size());
  }
  void end(Direction /*direction*/, ByteView /*rest*/) override {}
};

Probe probe_ike(Direction /*direction*/, ByteView bytes, const ProbeHint& /*hint*/) {
  const ByteView message = without_marker(bytes);
  if (message.size() < kHeader) return Probe::No;
  Cursor in{message};
  const std::uint64_t initiator = in.u64();
  in.skip(9);
  const std::uint8_t version = in.u8();
  const std::uint8_t exchange = in.u8();
  in.skip(5);
  const std::size_t size = in.u32();
  const bool is_known =
      version == 0x10 ? exchange >= 1 && exchange <= 34 : version == 0x20 && exchange >= 34 && exchange <= 43;
  return initiator != 0 && is_known && size == message.size() ? Probe::Yes : Probe::No;
}

}  // namespace

const ParserInfo& ike_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Ike,
                                    false,
                                    true,
                                    probe_ike,
                                    [](const Limits& /*limits*/, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<IkeParser>();
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
