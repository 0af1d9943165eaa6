// TLS contexts with one modern profile: TLS 1.3, and TLS 1.2 with ECDHE and AEAD only. What carries the bytes (Asio, a
// memory BIO) is the caller's.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/result.h"
#include "crypto/pki.h"

namespace warder::crypto {

struct TlsServerOptions {
  std::string certificate_chain_pem;  // leaf first; ends with the root where clients pin it (enrolment)
  std::string private_key_pem;
  std::string client_ca_pem;  // empty: no client certificates
  bool require_client_certificate = false;
  bool tls13_only = false;  // the agent gateway
  /// Asks every client for a certificate and lets in whoever shows none, or any: the handshake proves that it holds the
  /// key, and nobody has verified it (crypto/client_certificate.h). With a certificate no session resumes, so that what
  /// a connection shows was shown on it. Not together with client_ca_pem.
  bool asks_client_certificate = false;
  /// 80 random bytes shared by all nodes, so that a session resumes on any node; empty: own random ones. A session
  /// resumes only at a listener with the same client CA and the same demands, whatever key it shares.
  Bytes ticket_key;
};

/// Owns an SSL_CTX; shared by the connections of a listener.
class TlsServerContext {
 public:
  static Result<std::shared_ptr<const TlsServerContext>> create(const TlsServerOptions& options);
  ~TlsServerContext();
  TlsServerContext(const TlsServerContext&) = delete;
  TlsServerContext& operator=(const TlsServerContext&) = delete;
  [[nodiscard]] SSL_CTX* native() const noexcept { return context_; }

 private:
  explicit TlsServerContext(SSL_CTX* context) noexcept : context_(context) {}
  SSL_CTX* context_;
};

struct TlsClientOptions {
  std::string ca_pem;                 // trust exactly these; empty: the system's store
  std::string ca_fingerprint;         // instead of ca_pem: trust the chain whose root has this SHA-256, hex (enrolment)
  std::string certificate_chain_pem;  // own certificate; empty: none
  std::string private_key_pem;
  /// Checked against the certificate (DNS name or IP) and sent as SNI; empty: not checked, only with a pinned CA.
  std::string server_name;
  bool tls13_only = false;
};

/// Owns an SSL_CTX and the last session ticket it was given; outlives its connections. Thread-safe.
class TlsClientContext {
 public:
  static Result<std::shared_ptr<const TlsClientContext>> create(TlsClientOptions options);
  ~TlsClientContext();
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;
  [[nodiscard]] SSL_CTX* native() const noexcept { return context_; }
  [[nodiscard]] const TlsClientOptions& options() const noexcept;
  /// Call on each new SSL of this context before the handshake: sets SNI and offers the last session for resumption.
  void prepare(SSL* ssl) const;

 private:
  struct State;
  TlsClientContext(SSL_CTX* context, std::unique_ptr<State> state);
  SSL_CTX* context_;
  std::unique_ptr<State> state_;
};

/// The certificate the peer proved to hold, if it sent one and it was verified. On a resumed session this is the one of
/// the first handshake: callers compare not_after with their clock and look for revocation at each connection.
std::optional<PeerCertificate> peer_certificate(SSL* ssl);
/// "TLSv1.3 TLS_AES_256_GCM_SHA384": what was negotiated.
std::string negotiated(SSL* ssl);
/// The oldest errors of OpenSSL's queue as text; empties the queue.
std::string tls_errors();

}  // namespace warder::crypto
