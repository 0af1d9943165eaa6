// TLS contexts with one modern profile (TLS 1.2 with ECDHE and AEAD only, TLS 1.3), and a blocking client connection.
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
  std::string certificate_chain_pem;
  std::string private_key_pem;
  std::string client_ca_pem;  // empty: no client certificates
  bool require_client_certificate = false;
  bool tls13_only = false;  // the agent gateway
  /// 80 random bytes shared by all nodes (name 16, AES 32, HMAC 32), so that a session resumes on any node; empty: own
  /// random ones.
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
  explicit TlsServerContext(SSL_CTX* context) : context_(context) {}
  SSL_CTX* context_;
};

struct TlsClientOptions {
  std::string ca_pem;                 // trust exactly these; empty: the system's store
  std::string ca_fingerprint;         // instead of ca_pem: trust the chain whose root has this SHA-256 (enrolment)
  std::string certificate_chain_pem;  // own certificate; empty: none
  std::string private_key_pem;
  std::string
      server_name;  // checked against the certificate (DNS name or IP); empty: not checked, only with a pinned CA
  bool tls13_only = false;
};

class TlsClientContext {
 public:
  static Result<std::shared_ptr<const TlsClientContext>> create(const TlsClientOptions& options);
  ~TlsClientContext();
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;
  [[nodiscard]] SSL_CTX* native() const noexcept { return context_; }
  [[nodiscard]] const TlsClientOptions& options() const noexcept { return options_; }

 private:
  TlsClientContext(SSL_CTX* context, TlsClientOptions options) : context_(context), options_(std::move(options)) {}
  SSL_CTX* context_;
  TlsClientOptions options_;
};

/// The certificate the peer proved to hold, if it sent one and it was verified.
std::optional<PeerCertificate> peer_certificate(SSL* ssl);
/// "TLSv1.3 TLS_AES_256_GCM_SHA384": what was negotiated.
std::string negotiated(SSL* ssl);
/// The oldest errors of OpenSSL's queue as text; empties the queue.
std::string tls_errors();

}  // namespace warder::crypto
