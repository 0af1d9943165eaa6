// Owners for OpenSSL's objects; private to this folder.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/pki.h"

namespace warder::crypto::openssl {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};

using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Request = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;
using Name = std::unique_ptr<X509_NAME, Free<X509_NAME_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using GeneralName = std::unique_ptr<GENERAL_NAME, Free<GENERAL_NAME_free>>;
using GeneralNames = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;

/// For calls that fail only when memory or the library itself does: there is no way on.
inline void must(bool done) noexcept {
  if (!done) std::abort();
}

/// Reads `text`, which outlives it.
inline Bio view(std::string_view text) {
  must(text.size() <= std::size_t{std::numeric_limits<int>::max()});
  Bio bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  must(bio != nullptr);
  return bio;
}

/// "P-256". Not the macro EVP_EC_gen, whose cast drops a const.
inline Pkey make_ec_key(const char* group) {
  Pkey key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group)};
  must(key != nullptr);
  return key;
}

Result<Pkey> read_private_key(std::string_view pem);
std::string private_key_pem(const EVP_PKEY* key);
/// The first certificate; Invalid when there is none or it does not parse.
Result<Certificate> read_x509(std::string_view pem);
/// All certificates of the text, in order; at least one, at most 16.
Result<std::vector<Certificate>> read_chain(std::string_view pem);
std::string certificate_pem(X509* certificate);
/// SHA-256 of the DER, lower-case hex.
std::string fingerprint_of(const X509* certificate);
Result<PeerCertificate> describe(const X509* certificate);

}  // namespace warder::crypto::openssl
