// Reading keys and certificates: PEM in, what they say out.
#include <fmt/format.h>
#include <openssl/asn1.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

#include "crypto/hash.h"
#include "crypto/openssl.h"
#include "crypto/pki.h"

namespace warder::crypto {
namespace openssl {
namespace {

constexpr std::size_t kMaxPemBytes = 256 << 10;
constexpr std::size_t kMaxChain = 16;

/// Without it OpenSSL would ask for an encrypted key's passphrase on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*is_writing*/, void* /*user*/) {
  return -1;
}

Result<void> check_size(std::string_view pem) {
  if (pem.size() <= kMaxPemBytes) return {};
  return fail(ErrorCode::TooLarge, fmt::format("PEM: {} bytes, at most {}", pem.size(), kMaxPemBytes));
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Bio memory() {
  Bio bio{BIO_new(BIO_s_mem())};
  must(bio != nullptr);
  return bio;
}

}  // namespace

Result<Pkey> read_private_key(std::string_view pem) {
  WD_TRY(check_size(pem));
  Pkey key{PEM_read_bio_PrivateKey(view(pem).get(), nullptr, no_passphrase, nullptr)};
  ERR_clear_error();
  if (key == nullptr) return fail(ErrorCode::Invalid, "private key: not an unencrypted key in PEM");
  return key;
}

std::string private_key_pem(const EVP_PKEY* key) {
  const Bio bio = memory();
  must(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio.get());
}

Result<Certificate> read_x509(std::string_view pem) {
  WD_TRY(check_size(pem));
  Certificate certificate{PEM_read_bio_X509(view(pem).get(), nullptr, no_passphrase, nullptr)};
  ERR_clear_error();
  if (certificate == nullptr) return fail(ErrorCode::Invalid, "certificate: not an X.509 certificate in PEM");
  return certificate;
}

Result<std::vector<Certificate>> read_chain(std::string_view pem) {
  WD_TRY(check_size(pem));
  const Bio bio = view(pem);
  std::vector<Certificate> chain;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    chain.emplace_back(next);
    if (chain.size() > kMaxChain) return fail(ErrorCode::TooLarge, "certificate chain: more than 16 certificates");
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (chain.empty() || !ended) {
    return fail(ErrorCode::Invalid,
                fmt::format("certificate {} of the PEM: not an X.509 certificate", chain.size() + 1));
  }
  return chain;
}

std::string certificate_pem(X509* certificate) {
  const Bio bio = memory();
  must(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return text_of(bio.get());
}

std::string fingerprint_of(const X509* certificate) {
  Digest digest;
  must(X509_digest(certificate, EVP_sha256(), digest.data(), nullptr) == 1);
  return to_hex(digest);
}

}  // namespace openssl

namespace {

Result<Timestamp> timestamp_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return fail(ErrorCode::Invalid, "certificate: unreadable validity");
  return Timestamp{std::chrono::seconds{::timegm(&fields)}};
}

/// A NUL inside a name is how "good.example\0.evil" passes for "good.example".
Result<std::string> name_text(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos) return fail(ErrorCode::Invalid, "certificate: NUL in a name");
  return std::string{bytes};
}

Result<std::string> common_name_of(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return std::string{};
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
  if (length < 0) {
    ERR_clear_error();
    return fail(ErrorCode::Invalid, "certificate: unreadable common name");
  }
  auto text = name_text(as_text(ByteView{utf8, static_cast<std::size_t>(length)}));
  OPENSSL_free(utf8);
  return text;
}

Result<std::vector<std::string>> uris_of(const X509* certificate) {
  int critical = 0;
  const openssl::GeneralNames names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr))};
  ERR_clear_error();
  std::vector<std::string> uris;
  // -1: absent. Otherwise the extension is there twice or does not parse.
  if (names == nullptr && critical != -1) return fail(ErrorCode::Invalid, "certificate: unreadable subjectAltName");
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_URI) continue;
    const auto* uri = static_cast<const ASN1_IA5STRING*>(value);
    const ByteView bytes{ASN1_STRING_get0_data(uri), static_cast<std::size_t>(ASN1_STRING_length(uri))};
    uris.push_back(WD_TRY(name_text(as_text(bytes))));
  }
  return uris;
}

std::string serial_of(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return to_hex({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

}  // namespace

Result<PeerCertificate> read_certificate(std::string_view pem) {
  const openssl::Certificate certificate = WD_TRY(openssl::read_x509(pem));
  return openssl::describe(certificate.get());
}

namespace openssl {

Result<PeerCertificate> describe(const X509* certificate) {
  PeerCertificate peer;
  peer.common_name = WD_TRY(common_name_of(certificate));
  peer.uris = WD_TRY(uris_of(certificate));
  peer.serial = serial_of(certificate);
  peer.fingerprint = fingerprint_of(certificate);
  peer.not_before = WD_TRY(timestamp_of(X509_get0_notBefore(certificate)));
  peer.not_after = WD_TRY(timestamp_of(X509_get0_notAfter(certificate)));
  return peer;
}

}  // namespace openssl
}  // namespace warder::crypto
