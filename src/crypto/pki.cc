#include "crypto/pki.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/ec.h>

#include <algorithm>
#include <array>

#include "base/random.h"
#include "crypto/openssl.h"

namespace warder::crypto {
namespace {

using openssl::must;

constexpr std::size_t kMaxCsrBytes = 16 << 10;
constexpr std::size_t kSerialBytes = 16;
constexpr std::size_t kMaxNames = 64;
constexpr std::size_t kMaxCommonName = 64;  // RFC 5280 ub-common-name

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 32> group{};
  std::size_t length = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1 &&
         std::string_view{group.data(), length} == "prime256v1";
}

Result<openssl::Pkey> read_p256(std::string_view pem) {
  openssl::Pkey key = WD_TRY(openssl::read_private_key(pem));
  if (!is_p256(key.get())) return fail(ErrorCode::Invalid, "private key: not an ECDSA P-256 key");
  return key;
}

Result<void> set_common_name(X509_NAME* name, std::string_view text) {
  if (text.empty() || text.size() > kMaxCommonName) {
    return fail(ErrorCode::Invalid, fmt::format("common name: {} bytes is not in 1..{}", text.size(), kMaxCommonName));
  }
  const ByteView bytes = as_bytes(text);
  if (X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, bytes.data(), static_cast<int>(bytes.size()), -1,
                                 0) == 1) {
    return {};
  }
  ERR_clear_error();
  return fail(ErrorCode::Invalid, "common name: not UTF-8");
}

void set_serial(X509* certificate) {
  Bytes serial = random_bytes(kSerialBytes);
  // RFC 5280 §4.1.2.2: positive; and never so small that it loses a byte in DER.
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7F) | 0x40);
  must(ASN1_STRING_set(X509_get_serialNumber(certificate), serial.data(), static_cast<int>(serial.size())) == 1);
}

Result<void> set_validity(X509* certificate, Timestamp not_before, Timestamp not_after) {
  if (not_before >= not_after) return fail(ErrorCode::Invalid, "certificate: ends before it begins");
  const auto seconds = [](Timestamp time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  };
  must(ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(not_before)) != nullptr);
  must(ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(not_after)) != nullptr);
  return {};
}

/// `value` is one of our own constants, never input: this is OpenSSL's configuration syntax.
void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const openssl::Extension extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value)};
  must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

Result<void> add_text_name(GENERAL_NAMES* names, int type, std::string_view text) {
  const bool is_printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (text.empty() || text.size() > 1024 || !is_printable) {
    return fail(ErrorCode::Invalid, "subjectAltName: a name is empty, too long or not printable ASCII");
  }
  openssl::GeneralName name{GENERAL_NAME_new()};
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  must(name != nullptr && value != nullptr);
  GENERAL_NAME_set0_value(name.get(), type, value);
  must(ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1);
  must(sk_GENERAL_NAME_push(names, name.release()) > 0);
  return {};
}

Result<void> add_ip_name(GENERAL_NAMES* names, const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  int size = 0;
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) size = 4;
  if (size == 0 && ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) size = 16;
  if (size == 0) return fail(ErrorCode::Invalid, fmt::format("subjectAltName: \"{}\" is not an IP address", text));
  openssl::GeneralName name{GENERAL_NAME_new()};
  ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
  must(name != nullptr && value != nullptr);
  GENERAL_NAME_set0_value(name.get(), GEN_IPADD, value);
  must(ASN1_OCTET_STRING_set(value, bytes.data(), size) == 1);
  must(sk_GENERAL_NAME_push(names, name.release()) > 0);
  return {};
}

Result<void> add_names(X509* certificate, const CertificateSpec& spec) {
  const openssl::GeneralNames names{GENERAL_NAMES_new()};
  must(names != nullptr);
  for (const auto& name : spec.dns_names) WD_TRY(add_text_name(names.get(), GEN_DNS, name));
  for (const auto& uri : spec.uris) WD_TRY(add_text_name(names.get(), GEN_URI, uri));
  for (const auto& address : spec.ip_addresses) WD_TRY(add_ip_name(names.get(), address));
  const auto count = static_cast<std::size_t>(sk_GENERAL_NAME_num(names.get()));
  if (count > kMaxNames)
    return fail(ErrorCode::TooLarge, fmt::format("subjectAltName: {} names, at most {}", count, kMaxNames));
  if (count == 0) return {};
  must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1);
  return {};
}

/// A version 3 certificate with serial, validity, subject and key, not yet signed.
Result<openssl::Certificate> make_certificate(EVP_PKEY* key, std::string_view common_name, Timestamp not_before,
                                              Timestamp not_after) {
  openssl::Certificate certificate{X509_new()};
  must(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_serial(certificate.get());
  WD_TRY(set_validity(certificate.get(), not_before, not_after));
  WD_TRY(set_common_name(X509_get_subject_name(certificate.get()), common_name));
  must(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

Timestamp end_of(const X509* certificate) {
  const auto read = openssl::describe(certificate);
  return read ? read->not_after : Timestamp{};
}

Result<std::string> issue_for(const CertificateAuthority& authority, EVP_PKEY* subject_key,
                              const CertificateSpec& spec) {
  const openssl::Certificate issuer = WD_TRY(openssl::read_x509(authority.certificate_pem()));
  const openssl::Pkey issuer_key = WD_TRY(openssl::read_private_key(authority.private_pem()));
  const Timestamp not_after = std::min(spec.not_after, end_of(issuer.get()));
  const openssl::Certificate leaf = WD_TRY(make_certificate(subject_key, spec.common_name, spec.not_before, not_after));
  must(X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer.get())) == 1);
  add_extension(leaf.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(leaf.get(), issuer.get(), NID_ext_key_usage, spec.is_server ? "serverAuth" : "clientAuth");
  add_extension(leaf.get(), issuer.get(), NID_subject_key_identifier, "hash");
  add_extension(leaf.get(), issuer.get(), NID_authority_key_identifier, "keyid:always");
  WD_TRY(add_names(leaf.get(), spec));
  must(X509_sign(leaf.get(), issuer_key.get(), EVP_sha256()) > 0);
  return openssl::certificate_pem(leaf.get());
}

/// The request's public key, after its signature was checked with it: the sender holds the private key.
Result<openssl::Pkey> proven_key(ByteView csr_der) {
  if (csr_der.size() > kMaxCsrBytes) return fail(ErrorCode::TooLarge, "certificate request: over 16 KiB");
  const unsigned char* cursor = csr_der.data();
  const openssl::Request request{d2i_X509_REQ(nullptr, &cursor, static_cast<long>(csr_der.size()))};
  ERR_clear_error();
  if (request == nullptr || cursor != csr_der.data() + csr_der.size()) {
    return fail(ErrorCode::Invalid, "certificate request: not PKCS#10 in DER");
  }
  openssl::Pkey key{X509_REQ_get_pubkey(request.get())};
  // Other keys are refused before any arithmetic on them: a huge RSA modulus costs seconds.
  const bool is_usable = key != nullptr && is_p256(key.get());
  const bool is_proven = is_usable && X509_REQ_verify(request.get(), key.get()) == 1;
  ERR_clear_error();
  if (!is_usable) return fail(ErrorCode::Invalid, "certificate request: not an ECDSA P-256 key");
  if (!is_proven) return fail(ErrorCode::Invalid, "certificate request: the signature is not its key's");
  return key;
}

}  // namespace

KeyPair KeyPair::generate() {
  const openssl::Pkey key = openssl::make_ec_key("P-256");
  return {openssl::private_key_pem(key.get())};
}

Result<Bytes> make_csr(const KeyPair& key) {
  const openssl::Pkey pkey = WD_TRY(read_p256(key.private_pem));
  const openssl::Request request{X509_REQ_new()};
  must(request != nullptr && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  must(X509_REQ_set_pubkey(request.get(), pkey.get()) == 1);
  must(X509_REQ_sign(request.get(), pkey.get(), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int length = i2d_X509_REQ(request.get(), &der);
  must(length > 0);
  Bytes bytes{der, der + length};
  OPENSSL_free(der);
  return bytes;
}

Result<CertificateAuthority> CertificateAuthority::create(std::string_view common_name, Timestamp not_before,
                                                          Timestamp not_after) {
  const openssl::Pkey key = openssl::make_ec_key("P-256");
  const openssl::Certificate root = WD_TRY(make_certificate(key.get(), common_name, not_before, not_after));
  must(X509_set_issuer_name(root.get(), X509_get_subject_name(root.get())) == 1);
  add_extension(root.get(), root.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(root.get(), root.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(root.get(), root.get(), NID_subject_key_identifier, "hash");
  must(X509_sign(root.get(), key.get(), EVP_sha256()) > 0);
  return CertificateAuthority{openssl::certificate_pem(root.get()), openssl::private_key_pem(key.get())};
}

Result<CertificateAuthority> CertificateAuthority::load(std::string_view certificate_pem,
                                                        std::string_view private_pem) {
  const openssl::Certificate certificate = WD_TRY(openssl::read_x509(certificate_pem));
  const openssl::Pkey key = WD_TRY(read_p256(private_pem));
  if (X509_check_ca(certificate.get()) != 1) return fail(ErrorCode::Invalid, "certificate: not an authority's");
  const bool belongs = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!belongs) return fail(ErrorCode::Invalid, "private key: not the certificate's");
  return CertificateAuthority{openssl::certificate_pem(certificate.get()), openssl::private_key_pem(key.get())};
}

std::string CertificateAuthority::fingerprint() const {
  const auto certificate = openssl::read_x509(certificate_pem_);
  must(certificate.has_value());
  return openssl::fingerprint_of(certificate->get());
}

Result<std::string> CertificateAuthority::issue(ByteView csr_der, const CertificateSpec& spec) const {
  const openssl::Pkey key = WD_TRY(proven_key(csr_der));
  return issue_for(*this, key.get(), spec);
}

Result<std::string> CertificateAuthority::issue(const KeyPair& key, const CertificateSpec& spec) const {
  const openssl::Pkey pkey = WD_TRY(read_p256(key.private_pem));
  return issue_for(*this, pkey.get(), spec);
}

}  // namespace warder::crypto
