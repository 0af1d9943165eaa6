#include "crypto/tls_profile.h"

#include "crypto/tls.h"

namespace warder::crypto {

bool set_groups(SSL_CTX* context, std::string groups) {
  return SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0, groups.data()) == 1;
}

bool set_signature_algorithms(SSL_CTX* context, std::string algorithms) {
  return SSL_CTX_ctrl(context, SSL_CTRL_SET_SIGALGS_LIST, 0, algorithms.data()) == 1;
}

Result<openssl::Context> make_context(const SSL_METHOD* method, bool tls13_only) {
  openssl::Context context{SSL_CTX_new(method)};
  if (context == nullptr) return fail(ErrorCode::Internal, "TLS: " + tls_errors());
  SSL_CTX* const raw = context.get();
  const bool done =
      SSL_CTX_set_min_proto_version(raw, tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) == 1 &&
      SSL_CTX_set_ciphersuites(raw, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256") ==
          1 &&
      SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20:!PSK:!aNULL") == 1 && set_groups(raw, "X25519:P-256") &&
      set_signature_algorithms(raw,
                               "ECDSA+SHA256:ECDSA+SHA384:ed25519:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
                               "RSA+SHA256:RSA+SHA384:RSA+SHA512");
  if (!done) return fail(ErrorCode::Internal, "TLS profile: " + tls_errors());
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA);
  // Thousands of idle connections: their 16 KiB buffers go back between records.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify_depth(raw, 4);
  return context;
}

Result<void> use_certificate(SSL_CTX* context, std::string_view chain_pem, std::string_view key_pem) {
  auto chain = WD_TRY(openssl::read_chain(chain_pem));
  const openssl::Pkey key = WD_TRY(openssl::read_private_key(key_pem));
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
    return fail(ErrorCode::Invalid, "certificate: " + tls_errors());
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) return fail(ErrorCode::Invalid, "private key: " + tls_errors());
  if (SSL_CTX_check_private_key(context) != 1) return fail(ErrorCode::Invalid, "private key: " + tls_errors());
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
      return fail(ErrorCode::Invalid, "certificate chain: " + tls_errors());
  }
  return {};
}

Result<void> trust_only(SSL_CTX* context, std::string_view ca_pem) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const auto& authority : WD_TRY(openssl::read_chain(ca_pem))) {
    if (X509_STORE_add_cert(store, authority.get()) != 1) return fail(ErrorCode::Invalid, "CA: " + tls_errors());
  }
  return {};
}

std::optional<PeerCertificate> peer_certificate(SSL* ssl) {
  X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return std::nullopt;
  // Not asked for: then nobody verified it either, and the result above is the default.
  if ((SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) == 0) return std::nullopt;
  auto peer = openssl::describe(certificate);
  return peer ? std::optional{std::move(*peer)} : std::nullopt;
}

std::string negotiated(SSL* ssl) {
  return std::string{SSL_get_version(ssl)} + " " + SSL_get_cipher_name(ssl);
}

std::string tls_errors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* const reason = ERR_reason_error_string(code);
    if (!text.empty()) text += "; ";
    text += reason != nullptr ? reason : "error " + std::to_string(code);
  }
  return text.empty() ? "no error reported" : text;
}

}  // namespace warder::crypto
