// TLS up to the end of the handshake: versions, hellos, certificates, anomalies. One transaction for each flow; when
// both sides have begun to encrypt there is nothing left to read and the flow may be left alone.
#pragma once

#include "engines/ips/app/certificate_facts.h"
#include "engines/ips/app/conditions.h"
#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/parser.h"
#include "engines/ips/app/tls_hello.h"

namespace warder::ips::app {

/// What rules on TLS judge: what FieldTransaction stores and what the conditions below ask for.
class TlsTransaction final : public FieldTransaction {
 public:
  /// Fields of a hello are final once it has been seen, long before its side is complete.
  BufferView buffer(BufferId which, Direction direction, std::size_t instance) override;

  struct Side {
    bool has_hello = false;
    bool has_certificates = false;
    std::uint16_t version = 0;
    CertificateFacts leaf;
  };
  [[nodiscard]] Side& side(Direction direction) noexcept { return sides_[index(direction)]; }
  bool has_client_key_exchange = false;

 private:
  Side sides_[2];
};

const ParserInfo& tls_info() noexcept;

/// tls.version, ssl_version, ssl_state, tls.subject, tls.issuerdn, tls.fingerprint, tls_cert_valid …
std::span<const ConditionRow> tls_conditions() noexcept;

/// Puts what a client's or server's hello says into `transaction`; QUIC carries the same messages.
void put_hello(const TlsHello& hello, bool is_quic, bool wants_fingerprints, Direction direction,
               FieldTransaction& transaction);

}  // namespace warder::ips::app
