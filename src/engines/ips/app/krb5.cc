#include "engines/ips/app/krb5.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engines/ips/app/ber.h"
#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t { MalformedData, WeakEncryption };
constexpr std::array<std::string_view, 2> kEvents = {"malformed_data", "weak_encryption"};

constexpr std::uint8_t kApplication = 0x60;
constexpr std::size_t kMaxMessage = 60UL * 1024;

constexpr int kAsReq = 10;
constexpr int kTgsRep = 13;
constexpr int kError = 30;

class Krb5Transaction final : public FieldTransaction {
 public:
  std::optional<std::int64_t> ticket_encryption;
};

// DES and RC4 kinds of the IANA registry, and those below the AES ones.
bool is_weak(std::int64_t type) {
  switch (type) {
    case 17:
    case 18:
    case 19:
    case 20:
    case 25:
    case 26:
      return false;
    default:
      return true;
  }
}

// PrincipalName ::= SEQUENCE { name-type [0], name-string [1] SEQUENCE OF KerberosString }
void put_principal(std::optional<ByteView> field, BufferId buffer, Direction direction, FieldTransaction& out) {
  if (!field) return;
  const auto sequence = find_ber(*field, kBerSequence);
  const auto strings = sequence ? find_ber(*sequence, ber_context(1)) : std::nullopt;
  const auto list = strings ? find_ber(*strings, kBerSequence) : std::nullopt;
  if (!list) return;
  Cursor in{*list};
  for (int i = 0; i < 16 && !in.is_at_end(); ++i) {
    const auto part = read_ber(in);
    if (!part) return;
    out.put(buffer, direction, part->content);
  }
}

std::optional<std::int64_t> find_integer(ByteView fields, std::uint8_t number) {
  const auto field = find_ber(fields, ber_context(number));
  const auto value = field ? find_ber(*field, kBerInteger) : std::nullopt;
  return value ? ber_integer(*value) : std::nullopt;
}

// EncryptedData ::= SEQUENCE { etype [0] …
std::optional<std::int64_t> encryption_of(std::optional<ByteView> field) {
  const auto sequence = field ? find_ber(*field, kBerSequence) : std::nullopt;
  return sequence ? find_integer(*sequence, 0) : std::nullopt;
}

void put_request(ByteView fields, Direction direction, FieldTransaction& out) {
  const auto field = find_ber(fields, ber_context(4));
  const auto body = field ? find_ber(*field, kBerSequence) : std::nullopt;
  if (!body) return;
  put_principal(find_ber(*body, ber_context(1)), BufferId::Krb5Cname, direction, out);
  put_principal(find_ber(*body, ber_context(3)), BufferId::Krb5Sname, direction, out);
}

void put_reply(ByteView fields, Direction direction, Krb5Transaction& out) {
  put_principal(find_ber(fields, ber_context(4)), BufferId::Krb5Cname, direction, out);
  if (const auto field = find_ber(fields, ber_context(5))) {
    const auto ticket = find_ber(*field, kApplication | 1U);
    const auto sequence = ticket ? find_ber(*ticket, kBerSequence) : std::nullopt;
    if (sequence) {
      put_principal(find_ber(*sequence, ber_context(2)), BufferId::Krb5Sname, direction, out);
      out.ticket_encryption = encryption_of(find_ber(*sequence, ber_context(3)));
    }
  }
  const auto chosen = encryption_of(find_ber(fields, ber_context(6)));
  if (chosen && is_weak(*chosen)) out.raise(WeakEncryption, direction);
}

class Krb5Parser final : public Parser {
 public:
  explicit Krb5Parser(const FlowInfo& flow) : is_stream_(flow.is_stream) {}

  Fed feed(Direction direction, ByteView bytes) override {
    if (!is_stream_) {
      add(direction, bytes);
      return Fed::ok(bytes.size());
    }
    std::size_t consumed = 0;
    while (bytes.size() - consumed >= 4) {
      Cursor in{bytes.subspan(consumed)};
      const std::size_t size = in.u32();
      if (size > kMaxMessage) return Fed::error();
      const ByteView message = in.take(size);
      if (!in.is_ok()) return Fed::ok(consumed, 4 + size);
      add(direction, message);
      consumed += 4 + size;
    }
    return Fed::ok(consumed, 4);
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  void add(Direction direction, ByteView message) {
    auto tx = std::make_unique<Krb5Transaction>();
    if (!decode(direction, message, *tx)) tx->raise(MalformedData, direction);
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
  }

  static bool decode(Direction direction, ByteView message, Krb5Transaction& tx) {
    Cursor in{message};
    const auto outer = read_ber(in);
    if (!outer || (outer->tag & 0xe0U) != kApplication) return false;
    const int type = outer->tag & 0x1fU;
    tx.put(NumberId::Krb5MsgType, direction, static_cast<std::uint64_t>(type));
    const auto fields = find_ber(outer->content, kBerSequence);
    if (!fields) return false;
    if (type == kAsReq || type == kAsReq + 2) {
      put_request(*fields, direction, tx);
    } else if (type == kTgsRep || type == kTgsRep - 2) {
      put_reply(*fields, direction, tx);
    } else if (type == kError) {
      if (const auto code = find_integer(*fields, 6)) {
        tx.put(NumberId::Krb5ErrCode, direction, static_cast<std::uint64_t>(*code));
      }
      put_principal(find_ber(*fields, ber_context(8)), BufferId::Krb5Cname, direction, tx);
      put_principal(find_ber(*fields, ber_context(10)), BufferId::Krb5Sname, direction, tx);
    }
    return true;
  }

  bool is_stream_;
};

// [APPLICATION 10…30] SEQUENCE { [1] INTEGER 5 … } or, in answers, [0] INTEGER 5.
Probe probe_krb5(Direction /*direction*/, ByteView bytes, const ProbeHint& hint) {
  ByteView message = bytes;
  if (hint.is_stream) {
    if (bytes[0] != 0) return Probe::No;
    if (bytes.size() < 16) return Probe::More;
    Cursor in{bytes};
    const std::size_t size = in.u32();
    if (size < 10 || size > kMaxMessage) return Probe::No;
    message = bytes.subspan(4);
  }
  if (message.size() < 12 || (message[0] & 0xe0U) != kApplication) return Probe::No;
  const int type = message[0] & 0x1fU;
  if ((type < kAsReq || type > 15) && type != kError) return Probe::No;
  // Heads of the application tag and the sequence, then pvno: [0] or [1] holding INTEGER 5.
  std::size_t at = 1;
  for (int head = 0; head < 2; ++head) {
    if (head == 1 && (at >= message.size() || message[at++] != kBerSequence)) return Probe::No;
    if (at >= message.size()) return Probe::No;
    at += (message[at] & 0x80U) != 0 ? 1U + (message[at] & 0x7fU) : 1U;
  }
  if (at + 5 > message.size()) return Probe::No;
  const ByteView pvno = message.subspan(at, 5);
  const bool is_five =
      (pvno[0] == 0xa0 || pvno[0] == 0xa1) && pvno[1] == 3 && pvno[2] == kBerInteger && pvno[3] == 1 && pvno[4] == 5;
  return is_five ? Probe::Yes : Probe::No;
}

class EncryptionCondition final : public Condition {
 public:
  EncryptionCondition(std::optional<std::int64_t> type, bool is_negated) : type_(type), is_negated_(is_negated) {}
  [[nodiscard]] bool matches(Transaction& transaction, Direction /*direction*/, std::int64_t /*now*/) const override {
    const auto* krb5 = dynamic_cast<const Krb5Transaction*>(&transaction);
    if (krb5 == nullptr || !krb5->ticket_encryption) return false;
    const bool fits = type_ ? *krb5->ticket_encryption == *type_ : is_weak(*krb5->ticket_encryption);
    return fits != is_negated_;
  }

 private:
  std::optional<std::int64_t> type_;  // nothing: weak
  bool is_negated_;
};

struct EncryptionName {
  std::string_view name;
  std::int64_t type;
};
constexpr std::array<EncryptionName, 9> kEncryptions = {{{"des-cbc-crc", 1},
                                                         {"des-cbc-md4", 2},
                                                         {"des-cbc-md5", 3},
                                                         {"des3-cbc-sha1-kd", 16},
                                                         {"aes128-cts-hmac-sha1-96", 17},
                                                         {"aes256-cts-hmac-sha1-96", 18},
                                                         {"rc4-hmac", 23},
                                                         {"rc4-hmac-exp", 24},
                                                         {"camellia128-cts-cmac", 25}}};

Result<std::unique_ptr<const Condition>> parse_encryption(std::string_view argument) {
  std::string_view word = trim(argument);
  const bool is_negated = word.starts_with('!');
  if (is_negated) word = trim(word.substr(1));
  if (equals_ignoring_case(word, "weak")) return std::make_unique<const EncryptionCondition>(std::nullopt, is_negated);
  for (const EncryptionName& row : kEncryptions) {
    if (equals_ignoring_case(row.name, word)) return std::make_unique<const EncryptionCondition>(row.type, is_negated);
  }
  if (const auto number = find_decimal(word)) return std::make_unique<const EncryptionCondition>(*number, is_negated);
  return fail(ErrorCode::Invalid, fmt::format("{} is neither weak nor an encryption type", word));
}

}  // namespace

const ParserInfo& krb5_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Krb5,
                                    true,
                                    true,
                                    probe_krb5,
                                    [](const Limits& /*limits*/, const FlowInfo& flow) -> std::unique_ptr<Parser> {
                                      return std::make_unique<Krb5Parser>(flow);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

std::span<const ConditionRow> krb5_conditions() noexcept {
  static constexpr ConditionRow kRows[] = {
      {"krb5.ticket_encryption", "", Protocol::Krb5, Direction::ToClient, parse_encryption,
       "encryption of the ticket, or weak"},
  };
  return kRows;
}

}  // namespace warder::ips::app
