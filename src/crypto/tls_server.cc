#include <openssl/ssl.h>

#include "crypto/hash.h"
#include "crypto/tls.h"
#include "crypto/tls_profile.h"

namespace warder::crypto {
namespace {

constexpr std::size_t kTicketKeyBytes = 80;
constexpr long kSessionSeconds = 24 * 3600;
constexpr std::size_t kMaxShownBytes = 24 << 10;

Result<void> demand_client_certificates(SSL_CTX* context, const TlsServerOptions& options) {
  if (options.client_ca_pem.empty()) {
    if (!options.require_client_certificate) return {};
    return fail(ErrorCode::Invalid, "TLS: client certificates are required but no client CA is given");
  }
  WD_TRY(trust_only(context, options.client_ca_pem).in("client CA"));
  for (const auto& authority : WD_TRY(openssl::read_chain(options.client_ca_pem))) {
    openssl::must(SSL_CTX_add_client_CA(context, authority.get()) == 1);
  }
  SSL_CTX_set_verify(
      context, SSL_VERIFY_PEER | (options.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return {};
}

/// In place of a verification. The result makes peer_certificate() say nothing of it.
int put_off(X509_STORE_CTX* context, void* /*argument*/) {
  X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_UNTRUSTED);
  return 1;
}

/// A ticket keeps the certificate without the rest of its chain, and without the proof of who holds the key now.
SSL_TICKET_RETURN resume_nobody_with_certificate(SSL* /*ssl*/, SSL_SESSION* session, const unsigned char* /*name*/,
                                                 std::size_t /*bytes*/, SSL_TICKET_STATUS status, void* /*argument*/) {
  switch (status) {
    case SSL_TICKET_SUCCESS:
    case SSL_TICKET_SUCCESS_RENEW:
      if (SSL_SESSION_get0_peer(session) != nullptr) return SSL_TICKET_RETURN_IGNORE_RENEW;
      return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
    case SSL_TICKET_EMPTY:
    case SSL_TICKET_NO_DECRYPT:
      return SSL_TICKET_RETURN_IGNORE_RENEW;
    default:
      return SSL_TICKET_RETURN_ABORT;
  }
}

Result<void> ask_for_certificates(SSL_CTX* context, const TlsServerOptions& options) {
  if (!options.asks_client_certificate) return {};
  if (!options.client_ca_pem.empty())
    return fail(ErrorCode::Invalid, "TLS: a listener verifies client certificates or only asks for them, not both");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, put_off, nullptr);
  SSL_CTX_set_max_cert_list(context, static_cast<long>(kMaxShownBytes));
  openssl::must(SSL_CTX_set_session_ticket_cb(context, nullptr, resume_nobody_with_certificate, nullptr) == 1);
  return {};
}

/// Tickets of a listener that asks less of its clients must not resume at one that asks more, though both share a key.
void set_session_context(SSL_CTX* context, const TlsServerOptions& options) {
  Sha256 hash;
  hash.update(as_bytes(options.require_client_certificate ? "required|" : "optional|"));
  if (options.asks_client_certificate) hash.update(as_bytes("asks|"));
  hash.update(as_bytes(options.client_ca_pem));
  const Digest digest = hash.finish();
  static_assert(std::tuple_size_v<Digest> <= SSL_MAX_SID_CTX_LENGTH);
  openssl::must(SSL_CTX_set_session_id_context(context, digest.data(), digest.size()) == 1);
}

Result<void> set_tickets(SSL_CTX* context, const Bytes& ticket_key) {
  // Tickets only: a session cache would be memory that grows with every client.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, kSessionSeconds);
  openssl::must(SSL_CTX_set_num_tickets(context, 1) == 1);
  if (ticket_key.empty()) return {};
  if (ticket_key.size() != kTicketKeyBytes) return fail(ErrorCode::Invalid, "TLS: the ticket key is not 80 bytes");
  Bytes copy = ticket_key;
  openssl::must(SSL_CTX_set_tlsext_ticket_keys(context, copy.data(), static_cast<long>(copy.size())) == 1);
  OPENSSL_cleanse(copy.data(), copy.size());
  return {};
}

}  // namespace

Result<std::shared_ptr<const TlsServerContext>> TlsServerContext::create(const TlsServerOptions& options) {
  openssl::Context context = WD_TRY(make_context(TLS_server_method(), options.tls13_only));
  WD_TRY(use_certificate(context.get(), options.certificate_chain_pem, options.private_key_pem));
  WD_TRY(demand_client_certificates(context.get(), options));
  WD_TRY(ask_for_certificates(context.get(), options));
  set_session_context(context.get(), options);
  WD_TRY(set_tickets(context.get(), options.ticket_key));
  std::unique_ptr<TlsServerContext> made{
      new TlsServerContext(context.release())};  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  return std::shared_ptr<const TlsServerContext>{std::move(made)};
}

TlsServerContext::~TlsServerContext() {
  SSL_CTX_free(context_);
}

}  // namespace warder::crypto
