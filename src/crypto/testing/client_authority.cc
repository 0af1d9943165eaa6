#include "crypto/testing/client_authority.h"

#include <atomic>

#include "crypto/openssl.h"

namespace warder::crypto::testing {

using openssl::must;

struct TestClientAuthority::Parts {
  openssl::Certificate certificate;
  openssl::Pkey key;
};

namespace {

long next_serial() {
  static std::atomic<long> last{1000};
  return ++last;
}

std::time_t seconds(Timestamp time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

openssl::Pkey make_key(unsigned rsa_bits) {
  if (rsa_bits == 0) return openssl::make_ec_key("P-256");
  openssl::Pkey key{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits))};
  must(key != nullptr);
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const openssl::Extension extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value)};
  must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

openssl::Certificate make(const std::string& name, const openssl::Pkey& key, X509* issuer, Timestamp from,
                          Timestamp to) {
  openssl::Certificate made{X509_new()};
  must(made != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1);
  must(ASN1_INTEGER_set(X509_get_serialNumber(made.get()), next_serial()) == 1);
  X509_NAME* const subject = X509_get_subject_name(made.get());
  const auto* const bytes = static_cast<const unsigned char*>(static_cast<const void*>(name.data()));
  must(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, bytes, static_cast<int>(name.size()), -1,
                                  0) == 1);
  must(X509_set_issuer_name(made.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer)) == 1);
  must(ASN1_TIME_set(X509_getm_notBefore(made.get()), seconds(from)) != nullptr);
  must(ASN1_TIME_set(X509_getm_notAfter(made.get()), seconds(to)) != nullptr);
  must(X509_set_pubkey(made.get(), key.get()) == 1);
  return made;
}

void make_authority(X509* made, X509* issuer) {
  add_extension(made, issuer, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(made, issuer, NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign");
  add_extension(made, issuer, NID_subject_key_identifier, "hash");
}

}  // namespace

TestClientAuthority::TestClientAuthority(const std::string& name, Timestamp not_before, Timestamp not_after)
    : not_before_(not_before), not_after_(not_after) {
  auto key = make_key(0);
  auto made = make(name, key, nullptr, not_before, not_after);
  make_authority(made.get(), made.get());
  must(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);
  pem_ = openssl::certificate_pem(made.get());
  key_pem_ = openssl::private_key_pem(key.get());
  parts_ = std::make_shared<const Parts>(Parts{std::move(made), std::move(key)});
}

TestClientAuthority TestClientAuthority::below(const std::string& name, const std::string& purpose) const {
  TestClientAuthority lower;
  lower.not_before_ = not_before_;
  lower.not_after_ = not_after_;
  auto key = make_key(0);
  auto made = make(name, key, parts_->certificate.get(), not_before_, not_after_);
  make_authority(made.get(), parts_->certificate.get());
  if (!purpose.empty()) add_extension(made.get(), parts_->certificate.get(), NID_ext_key_usage, purpose.c_str());
  must(X509_sign(made.get(), parts_->key.get(), EVP_sha256()) > 0);
  lower.pem_ = openssl::certificate_pem(made.get());
  lower.key_pem_ = openssl::private_key_pem(key.get());
  lower.parts_ = std::make_shared<const Parts>(Parts{std::move(made), std::move(key)});
  return lower;
}

long TestClientAuthority::serial() const {
  return ASN1_INTEGER_get(X509_get0_serialNumber(parts_->certificate.get()));
}

TestCertificate TestClientAuthority::issue(const TestCertificateSpec& spec) const {
  const auto key = make_key(spec.rsa_bits);
  const bool has_time = spec.not_after != Timestamp{};
  const auto made = make(spec.name, key, parts_->certificate.get(), has_time ? spec.not_before : not_before_,
                         has_time ? spec.not_after : not_after_);
  add_extension(made.get(), parts_->certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  if (!spec.purpose.empty())
    add_extension(made.get(), parts_->certificate.get(), NID_ext_key_usage, spec.purpose.c_str());
  must(X509_sign(made.get(), parts_->key.get(), spec.with_sha1 ? EVP_sha1() : EVP_sha256()) > 0);
  return {openssl::certificate_pem(made.get()), openssl::private_key_pem(key.get()),
          ASN1_INTEGER_get(X509_get0_serialNumber(made.get()))};
}

std::string TestClientAuthority::revoke(const std::vector<long>& serials, Timestamp issued, Timestamp next) const {
  const std::unique_ptr<X509_CRL, openssl::Free<X509_CRL_free>> list{X509_CRL_new()};
  must(list != nullptr && X509_CRL_set_version(list.get(), 1) == 1);
  must(X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(parts_->certificate.get())) == 1);
  using Time = std::unique_ptr<ASN1_TIME, openssl::Free<ASN1_TIME_free>>;
  const Time from{ASN1_TIME_set(nullptr, seconds(issued))};
  const Time to{ASN1_TIME_set(nullptr, seconds(next))};
  must(X509_CRL_set1_lastUpdate(list.get(), from.get()) == 1 && X509_CRL_set1_nextUpdate(list.get(), to.get()) == 1);
  for (const long serial : serials) {
    X509_REVOKED* const revoked = X509_REVOKED_new();
    using Number = std::unique_ptr<ASN1_INTEGER, openssl::Free<ASN1_INTEGER_free>>;
    const Number number{ASN1_INTEGER_new()};
    must(revoked != nullptr && ASN1_INTEGER_set(number.get(), serial) == 1);
    must(X509_REVOKED_set_serialNumber(revoked, number.get()) == 1 &&
         X509_REVOKED_set_revocationDate(revoked, from.get()) == 1);
    must(X509_CRL_add0_revoked(list.get(), revoked) == 1);
  }
  must(X509_CRL_sort(list.get()) == 1 && X509_CRL_sign(list.get(), parts_->key.get(), EVP_sha256()) > 0);
  const openssl::Bio bio{BIO_new(BIO_s_mem())};
  must(PEM_write_bio_X509_CRL(bio.get(), list.get()) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace warder::crypto::testing
