#include "engines/ips/app/ldap.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/ber.h"
#include "engines/ips/app/field_transaction.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t { TooManyTransactions, InvalidData, RequestNotFound, IncompleteData };
constexpr std::array<std::string_view, 4> kEvents = {"too_many_transactions", "invalid_data", "request_not_found",
                                                     "incomplete_data"};

constexpr std::uint8_t kApplication = 0x60;
constexpr std::uint8_t kEnumerated = 0x0a;
constexpr std::size_t kMaxMessage = 60UL * 1024;
constexpr std::string_view kStartTls = "1.3.6.1.4.1.1466.20037";

// Attributes as SEQUENCE OF { type, … } or as a plain list of names.
void put_attributes(ByteView list, BufferId buffer, Direction direction, FieldTransaction& tx) {
  Cursor in{list};
  for (int i = 0; i < 256 && !in.is_at_end(); ++i) {
    const auto element = read_ber(in);
    if (!element) return;
    if (element->tag == kBerOctets) {
      tx.put(buffer, direction, element->content);
    } else if (const auto name = find_ber(element->content, kBerOctets)) {
      tx.put(buffer, direction, *name);
    }
  }
}

class LdapParser final : public Parser {
 public:
  Fed feed(Direction direction, ByteView bytes) override {
    std::size_t consumed = 0;
    while (consumed < bytes.size()) {
      const ByteView rest = bytes.subspan(consumed);
      const auto size = ber_size(rest);
      if (!size || rest[0] != kBerSequence || *size > kMaxMessage) return Fed::error();
      if (*size == 0 || rest.size() < *size) return Fed::ok(consumed, std::max<std::size_t>(*size, 2));
      take(direction, rest.first(*size));
      consumed += *size;
      if (std::exchange(starts_tls_, false)) return Fed::restart(consumed, Protocol::Tls);
    }
    return Fed::ok(consumed);
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  void take(Direction direction, ByteView message) {
    auto tx = std::make_unique<FieldTransaction>();
    Cursor outer{message};
    const auto sequence = read_ber(outer, kBerSequence);
    Cursor in{sequence ? sequence->content : ByteView{}};
    static_cast<void>(read_ber(in, kBerInteger));
    const auto operation = read_ber(in);
    if (!operation || (operation->tag & 0xc0U) != 0x40U) {
      tx->raise(InvalidData, direction);
    } else {
      take_operation(direction, operation->tag & 0x1fU, operation->content, *tx);
    }
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
  }

  void take_operation(Direction direction, unsigned number, ByteView content, FieldTransaction& tx) {
    const bool is_request = direction == Direction::ToServer;
    tx.put(is_request ? NumberId::LdapRequestOperation : NumberId::LdapResponsesOperation, direction, number);
    if (!is_request) tx.put(NumberId::LdapResponsesCount, direction, 1);
    if (is_request) {
      take_request(direction, number, content, tx);
    } else {
      take_response(direction, number, content, tx);
    }
  }

  void take_request(Direction direction, unsigned number, ByteView content, FieldTransaction& tx) {
    Cursor in{content};
    switch (number) {
      case 0: {  // bind: version, name
        static_cast<void>(read_ber(in, kBerInteger));
        if (const auto dn = read_ber(in, kBerOctets)) tx.put(BufferId::LdapRequestDn, direction, dn->content);
        break;
      }
      case 3: {  // search: base, scope, aliases, limits, filter, attributes
        if (const auto dn = read_ber(in, kBerOctets)) tx.put(BufferId::LdapRequestDn, direction, dn->content);
        for (int i = 0; i < 6; ++i) static_cast<void>(read_ber(in));
        if (const auto list = read_ber(in, kBerSequence))
          put_attributes(list->content, BufferId::LdapRequestAttribute, direction, tx);
        break;
      }
      case 6:
      case 8:
      case 12:
      case 14: {  // modify, add, rename, compare: the entry, then attributes
        if (const auto dn = read_ber(in, kBerOctets)) tx.put(BufferId::LdapRequestDn, direction, dn->content);
        if (const auto list = read_ber(in, kBerSequence))
          put_attributes(list->content, BufferId::LdapRequestAttribute, direction, tx);
        break;
      }
      case 10:
        tx.put(BufferId::LdapRequestDn, direction, content);
        break;  // delete
      case 23:
        if (const auto name = find_ber(content, 0x80)) wants_tls_ = as_text(*name) == kStartTls;
        break;
      default:
        break;
    }
  }

  void take_response(Direction direction, unsigned number, ByteView content, FieldTransaction& tx) {
    Cursor in{content};
    if (number == 4) {  // an entry found
      if (const auto dn = read_ber(in, kBerOctets)) tx.put(BufferId::LdapResponsesDn, direction, dn->content);
      if (const auto list = read_ber(in, kBerSequence))
        put_attributes(list->content, BufferId::LdapResponsesAttribute, direction, tx);
      return;
    }
    const auto result = read_ber(in, kEnumerated);
    if (!result) return;
    const auto code = ber_integer(result->content).value_or(0);
    tx.put(NumberId::LdapResponsesResultCode, direction, static_cast<std::uint64_t>(code));
    if (const auto dn = read_ber(in, kBerOctets)) tx.put(BufferId::LdapResponsesDn, direction, dn->content);
    if (const auto text = read_ber(in, kBerOctets)) tx.put(BufferId::LdapResponsesMessage, direction, text->content);
    if (number == 24 && std::exchange(wants_tls_, false)) starts_tls_ = code == 0;
  }

  bool wants_tls_ = false;
  bool starts_tls_ = false;
};

// SEQUENCE { INTEGER id, [APPLICATION n] … }
Probe probe_ldap(Direction direction, ByteView bytes, const ProbeHint& /*hint*/) {
  if (bytes[0] != kBerSequence) return Probe::No;
  if (bytes.size() < 12) return Probe::More;
  const auto size = ber_size(bytes);
  if (!size || *size > kMaxMessage) return Probe::No;
  std::size_t at = (bytes[1] & 0x80U) != 0 ? 2U + (bytes[1] & 0x7fU) : 2U;
  if (at + 2 >= bytes.size() || bytes[at] != kBerInteger || bytes[at + 1] == 0 || bytes[at + 1] > 4) return Probe::No;
  at += 2U + bytes[at + 1];
  if (at >= bytes.size() ||
      ((bytes[at] & 0xe0U) != kApplication && bytes[at] != 0x42 && bytes[at] != 0x4a && bytes[at] != 0x50))
    return Probe::No;
  const unsigned number = bytes[at] & 0x1fU;
  const bool is_answer = number == 1 || number == 4 || number == 5 || number == 7 || number == 9 || number == 11 ||
                         number == 13 || number == 15 || number == 19 || number == 24;
  if (number > 25) return Probe::No;
  return is_answer == (direction == Direction::ToClient) ? Probe::Yes : Probe::No;
}

}  // namespace

const ParserInfo& ldap_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Ldap,
                                    true,
                                    false,
                                    probe_ldap,
                                    [](const Limits& /*limits*/, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<LdapParser>();
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
