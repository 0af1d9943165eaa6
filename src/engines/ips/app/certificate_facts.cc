#include "engines/ips/app/certificate_facts.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>

#include "engines/ips/app/digest.h"

namespace warder::ips::app {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;

constexpr int kMaxNames = 64;

std::string_view text_of(const ASN1_STRING* string) {
  if (string == nullptr || ASN1_STRING_length(string) <= 0) return {};
  return as_text({ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))});
}

std::string utf8_of(const ASN1_STRING* string) {
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, string);
  if (size < 0) return std::string{text_of(string)};
  std::string out{as_text({text, static_cast<std::size_t>(size)})};
  OPENSSL_free(text);
  return out;
}

std::string attribute_name(const ASN1_OBJECT* object) {
  const int nid = OBJ_obj2nid(object);
  if (nid != NID_undef) return OBJ_nid2sn(nid);
  char dotted[128] = {};
  const int size = OBJ_obj2txt(dotted, sizeof dotted, object, 1);
  return size > 0 ? std::string{dotted} : std::string{"?"};
}

std::string name_of(const X509_NAME* name) {
  std::string text;
  int last_set = -1;
  for (int i = 0; i < X509_NAME_entry_count(name) && i < kMaxNames; ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const int set = X509_NAME_ENTRY_set(entry);
    if (!text.empty()) text += set == last_set ? " + " : ", ";
    last_set = set;
    text += attribute_name(X509_NAME_ENTRY_get_object(entry));
    text += '=';
    text += utf8_of(X509_NAME_ENTRY_get_data(entry));
  }
  return text;
}

std::string with_colons(ByteView bytes, bool is_upper) {
  static constexpr char kLower[] = "0123456789abcdef";
  static constexpr char kUpper[] = "0123456789ABCDEF";
  const char* digits = is_upper ? kUpper : kLower;
  std::string text;
  text.reserve(bytes.size() * 3);
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text += ':';
    text += digits[byte >> 4U];
    text += digits[byte & 0xfU];
  }
  return text;
}

// The number's bytes as they stand in the certificate, with the zero byte that keeps a number positive.
std::string serial_of(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &der);
  if (size < 2) return {};
  const ByteView encoded{der, static_cast<std::size_t>(size)};
  const std::size_t length_bytes = (encoded[1] & 0x80U) != 0 ? encoded[1] & 0x7fU : 0U;
  std::string text = with_colons(encoded.subspan(std::min(encoded.size(), 2 + length_bytes)), true);
  OPENSSL_free(der);
  return text;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

std::vector<std::string> alternative_names_of(const X509* certificate) {
  const Names names{static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  std::vector<std::string> out;
  if (names == nullptr) return out;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()) && i < kMaxNames; ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI) {
      out.emplace_back(text_of(static_cast<const ASN1_STRING*>(value)));
    }
  }
  return out;
}

}  // namespace

Result<CertificateFacts> parse_certificate(ByteView der) {
  if (der.empty() || der.size() > kMaxCertificateBytes)
    return fail(ErrorCode::Corrupt, "certificate: empty or too large");
  const unsigned char* at = der.data();
  const Certificate certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  if (certificate == nullptr) {
    ERR_clear_error();
    return fail(ErrorCode::Corrupt, "certificate: not DER of X.509");
  }
  CertificateFacts facts;
  facts.subject = name_of(X509_get_subject_name(certificate.get()));
  facts.issuer = name_of(X509_get_issuer_name(certificate.get()));
  facts.serial = serial_of(certificate.get());
  facts.fingerprint = with_colons(digest(DigestKind::Sha1, der), false);
  facts.alternative_names = alternative_names_of(certificate.get());
  facts.not_before = seconds_of(X509_get0_notBefore(certificate.get()));
  facts.not_after = seconds_of(X509_get0_notAfter(certificate.get()));
  return facts;
}

}  // namespace warder::ips::app
