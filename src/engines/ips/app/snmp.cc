#include "engines/ips/app/snmp.h"

#include <array>

#include "engines/ips/app/ber.h"
#include "engines/ips/app/field_transaction.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t { MalformedData, UnknownSecurityModel, VersionMismatch };
constexpr std::array<std::string_view, 3> kEvents = {"malformed_data", "unknown_security_model", "version_mismatch"};

constexpr std::int64_t kVersion3 = 3;

// The user name in USM's parameters (RFC 3414 §2.4): the fourth of their fields.
void put_user(ByteView parameters, Direction direction, FieldTransaction& tx) {
  const auto sequence = find_ber(parameters, kBerSequence);
  if (!sequence) return;
  Cursor in{*sequence};
  static_cast<void>(read_ber(in, kBerOctets));
  static_cast<void>(read_ber(in, kBerInteger));
  static_cast<void>(read_ber(in, kBerInteger));
  if (const auto user = read_ber(in, kBerOctets)) tx.put(BufferId::SnmpUsm, direction, user->content);
}

bool decode(ByteView message, Direction direction, FieldTransaction& tx) {
  Cursor outer{message};
  const auto sequence = read_ber(outer, kBerSequence);
  if (!sequence) return false;
  Cursor in{sequence->content};
  const auto number = read_ber(in, kBerInteger);
  const auto version = number ? ber_integer(number->content) : std::nullopt;
  if (!version || *version < 0 || *version > 3) return false;
  // On the wire 0 is version 1 and 1 is version 2c; 3 is 3.
  tx.put(NumberId::SnmpVersion, direction, static_cast<std::uint64_t>(*version == kVersion3 ? 3 : *version + 1));
  if (*version == kVersion3) {
    static_cast<void>(read_ber(in, kBerSequence));
    const auto parameters = read_ber(in, kBerOctets);
    if (!parameters) return false;
    put_user(parameters->content, direction, tx);
    const auto scoped = read_ber(in);
    if (!scoped || scoped->tag != kBerSequence) return scoped.has_value();  // encrypted
    in = Cursor{scoped->content};
    static_cast<void>(read_ber(in, kBerOctets));  // engine, context
    static_cast<void>(read_ber(in, kBerOctets));
  } else {
    const auto community = read_ber(in, kBerOctets);
    if (!community) return false;
    tx.put(BufferId::SnmpCommunity, direction, community->content);
  }
  const auto pdu = read_ber(in);
  if (!pdu || (pdu->tag & 0xe0U) != 0xa0U) return false;
  tx.put(NumberId::SnmpPduType, direction, pdu->tag & 0x1fU);
  return true;
}

class SnmpParser final : public Parser {
 public:
  Fed feed(Direction direction, ByteView bytes) override {
    auto tx = std::make_unique<FieldTransaction>();
    if (!decode(bytes, direction, *tx)) tx->raise(MalformedData, direction);
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
    return Fed::ok(bytes.size());
  }
  void end(Direction /*direction*/, ByteView /*rest*/) override {}
};

Probe probe_snmp(Direction direction, ByteView bytes, const ProbeHint& /*hint*/) {
  if (bytes[0] != kBerSequence || bytes.size() < 8) return Probe::No;
  FieldTransaction scratch;
  return decode(bytes, direction, scratch) ? Probe::Yes : Probe::No;
}

}  // namespace

const ParserInfo& snmp_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Snmp,
                                    false,
                                    true,
                                    probe_snmp,
                                    [](const Limits& /*limits*/, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<SnmpParser>();
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
