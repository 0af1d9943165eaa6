#include "engines/ips/app/tls.h"

#include <array>

#include "engines/ips/app/ber.h"
#include "engines/ips/app/cursor.h"
#include "engines/ips/app/digest.h"
#include "engines/ips/app/memory.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t {
  InvalidSslv2Header,
  InvalidTlsHeader,
  InvalidRecordVersion,
  InvalidRecordType,
  InvalidRecordLength,
  InvalidHandshakeMessage,
  HeartbeatMessage,
  InvalidHeartbeatMessage,
  OverflowHeartbeatMessage,
  DataleakHeartbeatMismatch,
  HandshakeInvalidLength,
  MultipleSniExtensions,
  InvalidSniType,
  InvalidSniLength,
  TooManyRecordsInPacket,
  InvalidAlert,
  CertificateMissingElement,
  CertificateUnknownElement,
  CertificateInvalidLength,
  CertificateInvalidString,
  InvalidCertificate,
  ErrorMessageEncountered,
  InvalidSslRecord,
};

constexpr std::array<std::string_view, 23> kEvents = {"invalid_sslv2_header",
                                                      "invalid_tls_header",
                                                      "invalid_record_version",
                                                      "invalid_record_type",
                                                      "invalid_record_length",
                                                      "invalid_handshake_message",
                                                      "heartbeat_message",
                                                      "invalid_heartbeat_message",
                                                      "overflow_heartbeat_message",
                                                      "dataleak_heartbeat_mismatch",
                                                      "handshake_invalid_length",
                                                      "multiple_sni_extensions",
                                                      "invalid_sni_type",
                                                      "invalid_sni_length",
                                                      "too_many_records_in_packet",
                                                      "invalid_alert_message",
                                                      "certificate_missing_element",
                                                      "certificate_unknown_element",
                                                      "certificate_invalid_length",
                                                      "certificate_invalid_string",
                                                      "invalid_certificate",
                                                      "error_message_encountered",
                                                      "invalid_ssl_record"};

constexpr std::uint8_t kChangeCipherSpec = 20;
constexpr std::uint8_t kAlert = 21;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kApplicationData = 23;
constexpr std::uint8_t kHeartbeat = 24;

constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kServerHello = 2;
constexpr std::uint8_t kCertificate = 11;
constexpr std::uint8_t kClientKeyExchange = 16;
constexpr std::uint8_t kFinished = 20;

constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMaxRecord = 16384 + 2048;            // RFC 5246 §6.2.3
constexpr std::size_t kMaxHandshakeMessage = 256UL * 1024;  // with a chain of certificates
constexpr int kMaxCertificates = 16;
constexpr int kMaxRecordsInChunk = 255;

// The first field of the certificate claims more bytes for its length than the certificate has.
bool has_cut_length(ByteView der) {
  Cursor outer{der};
  const auto sequence = read_ber(outer);
  if (!sequence) return true;
  Cursor in{sequence->content};
  in.skip(1);
  const std::uint8_t size = in.u8();
  return (size & 0x80U) != 0 && (size & 0x7fU) > in.remaining();
}

bool is_record_start(ByteView bytes) {
  return bytes[0] >= kChangeCipherSpec && bytes[0] <= kHeartbeat && bytes[1] == 3 && bytes[2] <= 4;
}

// A hello in SSLv2's form: two-byte length with the high bit, message type 1 or 4, version.
bool is_sslv2_start(ByteView bytes) {
  return (bytes[0] & 0x80U) != 0 && (bytes[2] == 1 || bytes[2] == 4) && bytes.size() >= 5 &&
         ((bytes[3] == 3 && bytes[4] <= 4) || (bytes[3] == 0 && bytes[4] == 2) || bytes[2] == 4);
}

class TlsParser final : public Parser {
 public:
  explicit TlsParser(const Limits& limits) : limits_(limits) {}

  Fed feed(Direction direction, ByteView bytes) override {
    std::size_t consumed = 0;
    for (int records = 0; bytes.size() - consumed >= kRecordHeader; ++records) {
      const ByteView rest = bytes.subspan(consumed);
      if (records == kMaxRecordsInChunk) transaction().raise(TooManyRecordsInPacket, direction);
      if (!is_record_start(rest)) {
        if (!has_record_[index(direction)] && is_sslv2_start(rest)) {
          const std::size_t size = 2 + (static_cast<std::size_t>(rest[0] & 0x7fU) << 8U | rest[1]);
          if (rest.size() < size) return Fed::ok(consumed, size);
          take_sslv2(direction, rest.first(size));
          consumed += size;
          continue;
        }
        return bad_header(direction, rest);
      }
      const std::size_t size = static_cast<std::size_t>(rest[3] << 8U | rest[4]);
      if (size > kMaxRecord) {
        transaction().raise(InvalidRecordLength, direction);
        return fail_flow(direction);
      }
      if (rest.size() < kRecordHeader + size) return Fed::ok(consumed, kRecordHeader + size);
      has_record_[index(direction)] = true;
      note_frame(FrameId::TlsPdu, direction, rest.first(kRecordHeader + size));
      note_frame(FrameId::TlsHeader, direction, rest.first(kRecordHeader));
      note_frame(rest[0] == kAlert ? FrameId::TlsAlert : FrameId::TlsData, direction,
                 rest.subspan(kRecordHeader, size));
      if (!take_record(direction, rest[0], rest[2], rest.subspan(kRecordHeader, size))) return fail_flow(direction);
      consumed += kRecordHeader + size;
      if (is_over()) return finish();
    }
    return Fed::ok(consumed, kRecordHeader);
  }

  void end(Direction direction, ByteView /*rest*/) override {
    if (sole_.is_made()) transaction().complete(direction);
  }

 private:
  TlsTransaction& transaction() { return sole_.get(transactions_); }

  Fed bad_header(Direction direction, ByteView rest) {
    const bool has_type = rest[0] >= kChangeCipherSpec && rest[0] <= kHeartbeat;
    transaction().raise(InvalidTlsHeader, direction);
    if (!has_type) transaction().raise(InvalidRecordType, direction);
    if (has_type && rest[1] != 3) transaction().raise(InvalidRecordVersion, direction);
    transaction().raise(InvalidSslRecord, direction);
    return fail_flow(direction);
  }

  // What broke the protocol is the business of the side that sent it.
  Fed fail_flow(Direction direction) {
    transaction().set_only(direction);
    complete_all();
    return Fed::error();
  }

  Fed finish() {
    complete_all();
    return Fed::done();
  }

  void complete_all() {
    transaction().complete(Direction::ToServer);
    transaction().complete(Direction::ToClient);
  }

  [[nodiscard]] bool is_over() const noexcept { return is_encrypted_[0] && is_encrypted_[1]; }

  void take_sslv2(Direction direction, ByteView message) {
    TlsTransaction::Side& side = transaction().side(direction);
    has_record_[index(direction)] = true;
    Cursor in{message};
    in.skip(3);
    side.version = in.u16();
    side.has_hello = true;
    transaction().touch(direction);
  }

  // False when the flow cannot be followed any more.
  bool take_record(Direction direction, std::uint8_t type, std::uint8_t minor, ByteView body) {
    TlsTransaction::Side& side = transaction().side(direction);
    if (side.version == 0) side.version = static_cast<std::uint16_t>(0x300U | minor);
    switch (type) {
      case kChangeCipherSpec: {
        // TLS 1.3 sends one for the middleboxes' sake, of which nothing follows: application data tell there.
        const TlsTransaction::Side& chosen = transaction().side(Direction::ToClient);
        if (chosen.has_hello && chosen.version >= 0x304) break;
        is_encrypted_[index(direction)] = true;
        transaction().complete(direction);
        break;
      }
      case kAlert:
        break;
      case kHandshake:
        if (!is_encrypted_[index(direction)]) return take_handshake(direction, body);
        break;
      case kApplicationData:
        is_encrypted_[index(direction)] = true;
        transaction().complete(direction);
        break;
      case kHeartbeat:
        take_heartbeat(direction, body);
        break;
      default:
        break;
    }
    return true;
  }

  bool take_handshake(Direction direction, ByteView body) {
    Bytes& pending = handshake_[index(direction)];
    append(pending, body);
    std::size_t consumed = 0;
    while (pending.size() - consumed >= 4) {
      Cursor in{ByteView{pending}.subspan(consumed)};
      const std::uint8_t type = in.u8();
      const std::size_t size = in.u24();
      if (size > kMaxHandshakeMessage) {
        transaction().raise(HandshakeInvalidLength, direction);
        return false;
      }
      const ByteView message = in.take(size);
      if (!in.is_ok()) break;
      take_message(direction, type, message);
      if (is_broken_) return false;
      consumed += 4 + size;
    }
    pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(consumed));
    return true;
  }

  void take_message(Direction direction, std::uint8_t type, ByteView message) {
    switch (type) {
      case kClientHello:
        take_hello(direction, parse_client_hello(message));
        break;
      case kServerHello:
        take_hello(direction, parse_server_hello(message));
        break;
      case kCertificate:
        take_certificates(direction, message);
        break;
      case kClientKeyExchange:
        transaction().has_client_key_exchange = true;
        break;
      case kFinished:
        break;
      default:
        if (type > 26 && type != 67 && type != 254) transaction().raise(InvalidHandshakeMessage, direction);
        break;
    }
  }

  void take_hello(Direction direction, const Result<TlsHello>& hello) {
    TlsTransaction& tx = transaction();
    if (!hello) {
      tx.raise(HandshakeInvalidLength, direction);
      tx.raise(InvalidHandshakeMessage, direction);
      return;
    }
    TlsTransaction::Side& side = tx.side(direction);
    if (side.has_hello) {  // a second one after HelloRetryRequest: the first stands
      tx.touch(direction);
      return;
    }
    side.has_hello = true;
    side.version = hello->version;
    put_hello(*hello, false, limits_.wants_fingerprints, direction, tx);
    const auto odd = [&](SniOddity oddity) { return (hello->sni_oddities & static_cast<std::uint8_t>(oddity)) != 0; };
    if (odd(SniOddity::Multiple)) tx.raise(MultipleSniExtensions, direction);
    if (odd(SniOddity::BadType)) tx.raise(InvalidSniType, direction);
    if (odd(SniOddity::BadLength)) tx.raise(InvalidSniLength, direction);
    if (!hello->is_client) {
      tx.put(NumberId::TlsVersion, direction, hello->version);
      // What was agreed is what both spoke.
      tx.side(opposite(direction)).version = hello->version;
    }
    tx.set_progress(direction, 1);
  }

  void take_certificates(Direction direction, ByteView message) {
    TlsTransaction& tx = transaction();
    TlsTransaction::Side& side = tx.side(direction);
    if (side.has_certificates) return;
    Cursor in{message};
    Cursor list = in.sub(in.u24());
    if (!in.is_ok()) {
      tx.raise(InvalidCertificate, direction);
      tx.raise(CertificateInvalidLength, direction);
      return;
    }
    side.has_certificates = true;
    int count = 0;
    while (!list.is_at_end() && count < kMaxCertificates) {
      const ByteView der = list.take(list.u24());
      if (!list.is_ok()) {
        tx.raise(CertificateInvalidLength, direction);
        break;
      }
      tx.put(BufferId::TlsCerts, direction, der);
      if (count++ == 0) take_leaf(direction, der, side);
    }
    tx.put(NumberId::TlsCertChainLength, direction, static_cast<std::uint64_t>(count));
    tx.set_progress(direction, 2);
  }

  void take_leaf(Direction direction, ByteView der, TlsTransaction::Side& side) {
    TlsTransaction& tx = transaction();
    auto facts = limits_.memory != nullptr ? limits_.memory->certificates.read(der) : parse_certificate(der);
    if (!facts) {
      tx.raise(InvalidCertificate, direction);
      tx.raise(InvalidHandshakeMessage, direction);
      if (has_cut_length(der)) tx.raise(CertificateInvalidLength, direction);
      is_broken_ = true;
      return;
    }
    side.leaf = std::move(*facts);
    tx.put(BufferId::TlsCertSubject, direction, side.leaf.subject);
    tx.put_if_any(BufferId::TlsCertIssuer, direction, side.leaf.issuer);
    tx.put(BufferId::TlsCertSerial, direction, side.leaf.serial);
    tx.put(BufferId::TlsCertFingerprint, direction, side.leaf.fingerprint);
    for (const std::string& name : side.leaf.alternative_names) tx.put(BufferId::TlsSubjectAltName, direction, name);
  }

  // RFC 6520. What Heartbleed does is a request whose payload length exceeds the record.
  void take_heartbeat(Direction direction, ByteView body) {
    TlsTransaction& tx = transaction();
    tx.raise(HeartbeatMessage, direction);
    if (is_encrypted_[index(direction)]) {
      // An encrypted answer larger than its request leaks what the request did not bring.
      std::size_t& asked = heartbeat_request_[index(opposite(direction))];
      if (asked != 0 && body.size() > asked + 64) tx.raise(DataleakHeartbeatMismatch, direction);
      asked = 0;
      heartbeat_request_[index(direction)] = body.size();
      return;
    }
    Cursor in{body};
    const std::uint8_t type = in.u8();
    const std::size_t size = in.u16();
    if (!in.is_ok() || size == 0 || (type != 1 && type != 2)) {
      tx.raise(InvalidHeartbeatMessage, direction);
    } else if (type == 1) {
      if (size > in.remaining() || in.remaining() - size < 16) tx.raise(OverflowHeartbeatMessage, direction);
      if (size > in.remaining()) tx.raise(InvalidHeartbeatMessage, direction);
    }
  }

  const Limits& limits_;
  SoleTransaction<TlsTransaction> sole_;
  Bytes handshake_[2];
  std::size_t heartbeat_request_[2] = {0, 0};
  bool has_record_[2] = {false, false};
  bool is_encrypted_[2] = {false, false};
  bool is_broken_ = false;
};

Probe probe_tls(Direction /*direction*/, ByteView bytes, const ProbeHint& /*hint*/) {
  if (bytes.size() < 6) {
    const bool may_be_record =
        bytes[0] >= kChangeCipherSpec && bytes[0] <= kHeartbeat && (bytes.size() < 2 || bytes[1] == 3);
    const bool may_be_sslv2 = (bytes[0] & 0x80U) != 0 && (bytes.size() < 3 || bytes[2] == 1 || bytes[2] == 4);
    return may_be_record || may_be_sslv2 ? Probe::More : Probe::No;
  }
  if (bytes[0] == kHandshake && is_record_start(bytes)) {
    return bytes[5] == kClientHello || bytes[5] == kServerHello || bytes[5] == 0 ? Probe::Yes : Probe::No;
  }
  if (is_record_start(bytes) && bytes[0] != kHandshake) {
    const std::size_t size = static_cast<std::size_t>(bytes[3] << 8U | bytes[4]);
    if (bytes[0] == kAlert && size == 2 && (bytes[5] == 1 || bytes[5] == 2)) return Probe::Yes;
    if (bytes[0] == kHeartbeat && size >= 3 && size <= kMaxRecord) return Probe::Yes;
    return Probe::No;
  }
  if (!is_sslv2_start(bytes)) return Probe::No;
  // SSLv2 hello: session, cipher and challenge lengths must fill the record.
  Cursor in{bytes};
  const std::size_t size = in.u16() & 0x7fffU;
  in.skip(3);
  const std::size_t parts = static_cast<std::size_t>(in.u16()) + in.u16() + in.u16();
  return in.is_ok() && bytes[2] == 1 && size == parts + 9 ? Probe::Yes : Probe::No;
}

}  // namespace

BufferView TlsTransaction::buffer(BufferId which, Direction direction, std::size_t instance) {
  const BufferView view = FieldTransaction::buffer(which, direction, instance);
  if (view.state != BufferState::Pending) return view;
  const bool is_of_certificate = which == BufferId::TlsCertSubject || which == BufferId::TlsCertIssuer ||
                                 which == BufferId::TlsCertSerial || which == BufferId::TlsCertFingerprint ||
                                 which == BufferId::TlsCerts || which == BufferId::TlsSubjectAltName;
  const Side& own = sides_[index(direction)];
  return (is_of_certificate ? own.has_certificates : own.has_hello) ? BufferView::absent() : view;
}

void put_hello(const TlsHello& hello, bool is_quic, bool wants_fingerprints, Direction direction,
               FieldTransaction& transaction) {
  transaction.put_if_any(BufferId::TlsSni, direction, hello.sni);
  for (const std::string& name : hello.alpn) transaction.put(BufferId::TlsAlpn, direction, name);
  transaction.put(BufferId::TlsRandom, direction, hello.random);
  transaction.put(BufferId::TlsRandomTime, direction, hello.random.first(4));
  transaction.put(BufferId::TlsRandomBytes, direction, hello.random.subspan(4));
  if (!wants_fingerprints) return;
  const std::string text = ja3_string(hello);
  transaction.put(hello.is_client ? BufferId::Ja3String : BufferId::Ja3sString, direction, text);
  transaction.put(hello.is_client ? BufferId::Ja3Hash : BufferId::Ja3sHash, direction,
                  digest_hex(DigestKind::Md5, as_bytes(text)));
  if (hello.is_client) transaction.put(BufferId::Ja4Hash, direction, ja4(hello, is_quic));
}

const ParserInfo& tls_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Tls,
                                    true,
                                    false,
                                    probe_tls,
                                    [](const Limits& limits, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<TlsParser>(limits);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
