#include <openssl/ssl.h>

#include <algorithm>
#include <mutex>

#include "base/address.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/tls.h"
#include "crypto/tls_profile.h"

namespace warder::crypto {

struct TlsClientContext::State {
  TlsClientOptions options;
  std::mutex mutex;
  openssl::Session session;  // guarded by mutex
};

namespace {

/// Where a context keeps its State. Not SSL_CTX_set_app_data: Asio deletes what it finds there.
int state_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

/// Verifies the chain against the one certificate in it that has the pinned fingerprint: the enrolment token names the
/// manager's CA, and the manager sends it at the end of its chain.
int verify_pinned(X509_STORE_CTX* store, void* pinned) {
  const auto& fingerprint = *static_cast<const std::string*>(pinned);
  STACK_OF(X509)* const sent = X509_STORE_CTX_get0_untrusted(store);
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> trusted{
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }};
  openssl::must(trusted != nullptr);
  for (int i = 0; i < sk_X509_num(sent); ++i) {
    X509* const certificate = sk_X509_value(sent, i);
    const bool is_pinned = equals_constant_time(as_bytes(openssl::fingerprint_of(certificate)), as_bytes(fingerprint));
    if (is_pinned) openssl::must(sk_X509_push(trusted.get(), certificate) > 0);
  }
  if (sk_X509_num(trusted.get()) == 0) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    return 0;
  }
  X509_STORE_CTX_set0_trusted_stack(store, trusted.get());
  const int verified = X509_verify_cert(store);
  X509_STORE_CTX_set0_trusted_stack(store, nullptr);
  return verified;
}

Result<void> check_server_name(SSL_CTX* context, const TlsClientOptions& options) {
  if (options.server_name.empty()) {
    if (!options.ca_pem.empty() || !options.ca_fingerprint.empty()) return {};
    return fail(ErrorCode::Invalid, "TLS: without a pinned CA the server's name must be checked");
  }
  X509_VERIFY_PARAM* const parameters = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const bool done =
      parse_ip(options.server_name)
          ? X509_VERIFY_PARAM_set1_ip_asc(parameters, options.server_name.c_str()) == 1
          : X509_VERIFY_PARAM_set1_host(parameters, options.server_name.data(), options.server_name.size()) == 1;
  if (!done) return fail(ErrorCode::Invalid, "TLS: bad server name: " + tls_errors());
  return {};
}

Result<void> set_trust(SSL_CTX* context, TlsClientOptions& options) {
  if (!options.ca_pem.empty() && !options.ca_fingerprint.empty()) {
    return fail(ErrorCode::Invalid, "TLS: give either the CA or its fingerprint");
  }
  if (!options.ca_pem.empty()) return trust_only(context, options.ca_pem).in("CA");
  if (options.ca_fingerprint.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
    return fail(ErrorCode::Unavailable, "TLS: the system's CA store: " + tls_errors());
  }
  options.ca_fingerprint = to_lower_ascii(options.ca_fingerprint);
  const auto digest = from_hex(options.ca_fingerprint);
  if (!digest || digest->size() != std::tuple_size_v<Digest>) {
    return fail(ErrorCode::Invalid, "TLS: the CA's fingerprint is not 64 hex digits");
  }
  SSL_CTX_set_cert_verify_callback(context, verify_pinned, &options.ca_fingerprint);
  return {};
}

}  // namespace

TlsClientContext::TlsClientContext(SSL_CTX* context, std::unique_ptr<State> state)
    : context_(context), state_(std::move(state)) {
  openssl::must(SSL_CTX_set_ex_data(context_, state_index(), state_.get()) == 1);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
    auto* const kept = static_cast<State*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), state_index()));
    const std::lock_guard lock{kept->mutex};
    // A copy: OpenSSL marks the original as not resumable when its connection is lost without a goodbye, which is just
    // when an agent wants to resume.
    kept->session.reset(SSL_SESSION_dup(session));
    return 0;
  });
}

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::create(TlsClientOptions options) {
  openssl::Context context = WD_TRY(make_context(TLS_client_method(), options.tls13_only));
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  TlsClientOptions& kept = state->options;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  WD_TRY(set_trust(context.get(), kept));
  WD_TRY(check_server_name(context.get(), kept));
  if (!kept.certificate_chain_pem.empty()) {
    WD_TRY(use_certificate(context.get(), kept.certificate_chain_pem, kept.private_key_pem));
  }
  std::unique_ptr<TlsClientContext> made{new TlsClientContext(
      context.release(), std::move(state))};  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  return std::shared_ptr<const TlsClientContext>{std::move(made)};
}

TlsClientContext::~TlsClientContext() {
  SSL_CTX_free(context_);
}

const TlsClientOptions& TlsClientContext::options() const noexcept {
  return state_->options;
}

void TlsClientContext::prepare(SSL* ssl) const {
  std::string name = state_->options.server_name;
  if (!name.empty() && !parse_ip(name)) {
    // What the macro SSL_set_tlsext_host_name does, without its C cast.
    openssl::must(SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1);
  }
  const std::lock_guard lock{state_->mutex};
  if (state_->session == nullptr) return;
  // A TLS 1.3 ticket is for one use (RFC 8446 appendix C.4); the server sends a new one.
  const openssl::Session once = std::move(state_->session);
  if (SSL_set_session(ssl, once.get()) != 1) ERR_clear_error();
}

}  // namespace warder::crypto
