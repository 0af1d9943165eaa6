// The one TLS profile of both sides; private to this folder.
#pragma once

#include <openssl/types.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/openssl.h"

namespace warder::crypto {

/// TLS 1.3, and unless `tls13_only` 1.2 with ECDHE and AEAD; X25519 and P-256; no compression, no renegotiation.
Result<openssl::Context> make_context(const SSL_METHOD* method, bool tls13_only);
/// "X25519:P-256". Not the macro SSL_CTX_set1_groups_list, whose cast drops a const; nor below.
bool set_groups(SSL_CTX* context, std::string groups);
bool set_signature_algorithms(SSL_CTX* context, std::string algorithms);
/// The chain and key that this side shows.
Result<void> use_certificate(SSL_CTX* context, std::string_view chain_pem, std::string_view key_pem);
/// Trusts exactly the authorities of the PEM.
Result<void> trust_only(SSL_CTX* context, std::string_view ca_pem);

}  // namespace warder::crypto
