#include "crypto/client_certificate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "crypto/openssl.h"

namespace warder::crypto {

namespace {

using Crl = std::unique_ptr<X509_CRL, openssl::Free<X509_CRL_free>>;
using Store = std::unique_ptr<X509_STORE, openssl::Free<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, openssl::Free<X509_STORE_CTX_free>>;

constexpr std::size_t kMaxLists = 8;
constexpr int kAuthLevel = 2;  // 112 bits

/// Does not own what is in it.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};
using Borrowed = std::unique_ptr<STACK_OF(X509), FreeStack>;

openssl::Certificate from_der(ByteView der) {
  const unsigned char* at = der.data();
  openssl::Certificate certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  ERR_clear_error();
  return certificate;
}

Bytes der_of(const X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  openssl::must(size > 0);
  Bytes der(bytes, bytes + size);
  OPENSSL_free(bytes);
  return der;
}

Result<ShownCertificate> shown_of(const X509* certificate) {
  return ShownCertificate{der_of(certificate), {}, WD_TRY(openssl::describe(certificate))};
}

std::string text_of(const X509_NAME* name) {
  const openssl::Bio bio{BIO_new(BIO_s_mem())};
  openssl::must(bio != nullptr);
  X509_NAME_print_ex(bio.get(), name, 0, (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_ESC_CTRL);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Result<Timestamp> time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1)
    return fail(ErrorCode::Invalid, "revocation list: without a time, or with an unreadable one");
  return Timestamp{std::chrono::seconds{::timegm(&fields)}};
}

Result<std::vector<Crl>> read_lists(std::string_view pem) {
  std::vector<Crl> lists;
  if (pem.empty()) return lists;
  if (pem.size() > kMaxRevocationBytes) return fail(ErrorCode::TooLarge, "revocation lists: more than 1 MB");
  const openssl::Bio bio = openssl::view(pem);
  while (X509_CRL* next = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
    lists.emplace_back(next);
    if (lists.size() > kMaxLists) return fail(ErrorCode::TooLarge, "revocation lists: more than 8");
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (lists.empty() || !ended) return fail(ErrorCode::Invalid, "revocation lists: not X.509 CRLs in PEM");
  return lists;
}

/// The trusted authority's own revocation is its issuer's business, whose list nobody has.
int without_list_of_anchor(int is_good, X509_STORE_CTX* context) {
  if (is_good == 1 || X509_STORE_CTX_get_error(context) != X509_V_ERR_UNABLE_TO_GET_CRL) return is_good;
  STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(context);
  return X509_STORE_CTX_get_error_depth(context) == sk_X509_num(chain) - 1 ? 1 : 0;
}

CertificateFault fault_of(int error) noexcept {
  switch (error) {
    case X509_V_OK:
      return CertificateFault::None;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return CertificateFault::Expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return CertificateFault::NotYetValid;
    case X509_V_ERR_INVALID_PURPOSE:
      return CertificateFault::WrongPurpose;
    case X509_V_ERR_CERT_REVOKED:
      return CertificateFault::Revoked;
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      return CertificateFault::StaleRevocations;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      return CertificateFault::ChainTooLong;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return CertificateFault::Weak;
    default:
      return CertificateFault::UnknownAuthority;
  }
}

/// OpenSSL takes a certificate without the extension for every purpose; we do not.
bool is_of_a_person(X509* certificate) {
  if (X509_check_ca(certificate) != 0) return false;
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  return (flags & EXFLAG_XKUSAGE) != 0 && (X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT) != 0;
}

}  // namespace

std::string_view name(CertificateFault fault) noexcept {
  switch (fault) {
    case CertificateFault::None:
      return "none";
    case CertificateFault::Expired:
      return "expired";
    case CertificateFault::NotYetValid:
      return "not-yet-valid";
    case CertificateFault::UnknownAuthority:
      return "unknown-authority";
    case CertificateFault::WrongPurpose:
      return "wrong-purpose";
    case CertificateFault::Revoked:
      return "revoked";
    case CertificateFault::StaleRevocations:
      return "stale-revocations";
    case CertificateFault::ChainTooLong:
      return "chain-too-long";
    case CertificateFault::Weak:
      return "weak";
  }
  return "unknown";
}

std::shared_ptr<const ShownCertificate> shown_certificate(SSL* ssl) {
  const X509* const own = SSL_get0_peer_certificate(ssl);
  if (own == nullptr || SSL_get_verify_result(ssl) == X509_V_OK) return nullptr;
  auto shown = shown_of(own);
  if (!shown) return nullptr;
  // At a server the chain is without the peer's own one.
  const STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(ssl);
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i)
    shown->others.push_back(der_of(sk_X509_value(chain, i)));
  return std::make_shared<const ShownCertificate>(std::move(*shown));
}

Result<ShownCertificate> read_shown_certificate(std::string_view pem) {
  const auto chain = WD_TRY(openssl::read_chain(pem));
  ShownCertificate shown = WD_TRY(shown_of(chain.front().get()));
  for (std::size_t i = 1; i < chain.size(); ++i) shown.others.push_back(der_of(chain[i].get()));
  return shown;
}

struct ClientAuthority::Parts {
  openssl::Certificate certificate;
  std::vector<Crl> lists;
  Store store;
  PeerCertificate says;
  std::string subject;
};

ClientAuthority::ClientAuthority(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ClientAuthority::~ClientAuthority() = default;
ClientAuthority::ClientAuthority(ClientAuthority&&) noexcept = default;
ClientAuthority& ClientAuthority::operator=(ClientAuthority&&) noexcept = default;

Result<ClientAuthority> ClientAuthority::load(std::string_view certificate_pem, std::string_view revocations_pem) {
  auto chain = WD_TRY(openssl::read_chain(certificate_pem));
  if (chain.size() != 1) return fail(ErrorCode::Invalid, "client authority: one certificate, please");
  auto parts = std::make_unique<Parts>();
  parts->certificate = std::move(chain.front());
  parts->says = WD_TRY(openssl::describe(parts->certificate.get()));
  parts->subject = text_of(X509_get_subject_name(parts->certificate.get()));
  // 1: by its basicConstraints; others are guesses about old ones.
  if (X509_check_ca(parts->certificate.get()) != 1)
    return fail(ErrorCode::Invalid, "client authority: this is no certificate of a CA (basicConstraints CA:TRUE)");
  parts->lists = WD_TRY(read_lists(revocations_pem));
  parts->store.reset(X509_STORE_new());
  openssl::must(parts->store != nullptr && X509_STORE_add_cert(parts->store.get(), parts->certificate.get()) == 1);
  for (const Crl& list : parts->lists) openssl::must(X509_STORE_add_crl(parts->store.get(), list.get()) == 1);
  return ClientAuthority(std::move(parts));
}

const PeerCertificate& ClientAuthority::says() const noexcept {
  return parts_->says;
}

const std::string& ClientAuthority::subject() const noexcept {
  return parts_->subject;
}

Result<ClientAuthority::Revocations> ClientAuthority::own_revocations() const {
  EVP_PKEY* const key = X509_get0_pubkey(parts_->certificate.get());
  std::optional<Revocations> newest;
  for (const Crl& list : parts_->lists) {
    const X509_NAME* const issuer = X509_CRL_get_issuer(list.get());
    if (X509_NAME_cmp(issuer, X509_get_subject_name(parts_->certificate.get())) != 0) continue;
    const bool is_signed = key != nullptr && X509_CRL_verify(list.get(), key) == 1;
    ERR_clear_error();
    if (!is_signed) return fail(ErrorCode::Invalid, "revocation list: not signed by this authority");
    const STACK_OF(X509_REVOKED)* const revoked = X509_CRL_get_REVOKED(list.get());
    const Revocations found{WD_TRY(time_of(X509_CRL_get0_lastUpdate(list.get()))),
                            WD_TRY(time_of(X509_CRL_get0_nextUpdate(list.get()))),
                            static_cast<std::size_t>(std::max(0, sk_X509_REVOKED_num(revoked)))};
    if (!newest || newest->issued < found.issued) newest = found;
  }
  if (!newest) return fail(ErrorCode::Invalid, "revocation list: none of this authority");
  return *newest;
}

CertificateFault ClientAuthority::check(const ShownCertificate& shown, Timestamp now) const {
  if (shown.others.size() >= kMaxShownCertificates) return CertificateFault::ChainTooLong;
  const openssl::Certificate own = from_der(shown.certificate);
  if (own == nullptr) return CertificateFault::UnknownAuthority;
  if (!is_of_a_person(own.get())) return CertificateFault::WrongPurpose;
  std::vector<openssl::Certificate> others;
  const Borrowed untrusted{sk_X509_new_null()};
  openssl::must(untrusted != nullptr);
  for (const Bytes& der : shown.others) {
    others.push_back(from_der(der));
    if (others.back() != nullptr) openssl::must(sk_X509_push(untrusted.get(), others.back().get()) > 0);
  }
  const StoreContext context{X509_STORE_CTX_new()};
  openssl::must(context != nullptr &&
                X509_STORE_CTX_init(context.get(), parts_->store.get(), own.get(), untrusted.get()) == 1);
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(rules, std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  X509_VERIFY_PARAM_set_depth(rules, kMaxCertificateDepth);
  X509_VERIFY_PARAM_set_auth_level(rules, kAuthLevel);
  // The trusted authority may itself be below another.
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
  if (!parts_->lists.empty()) flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  openssl::must(X509_VERIFY_PARAM_set_flags(rules, flags) == 1 &&
                X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT) == 1);
  X509_STORE_CTX_set_verify_cb(context.get(), without_list_of_anchor);
  const bool is_good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (is_good) return CertificateFault::None;
  const CertificateFault fault = fault_of(X509_STORE_CTX_get_error(context.get()));
  return fault == CertificateFault::None ? CertificateFault::UnknownAuthority : fault;
}

}  // namespace warder::crypto
