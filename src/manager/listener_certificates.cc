#include "manager/listener_certificates.h"

#include <chrono>

#include "base/file.h"

namespace warder::manager {
namespace {

constexpr std::chrono::hours kBeforeTheEnd{30 * 24};

}  // namespace

Result<ListenerCertificates::Contexts> ListenerCertificates::make() {
  const Config& config = installation_.config;
  const ServerIdentity own =
      WD_TRY(installation_.authority.issue_server(server_names(config), installation_.clock.now()));
  crypto::TlsServerOptions api;
  api.certificate_chain_pem = own.certificate_chain_pem;
  api.private_key_pem = own.private_key_pem;
  crypto::TlsServerOptions gateway = api;
  gateway.client_ca_pem = installation_.authority.certificate_authority().certificate_pem();
  gateway.tls13_only = true;
  gateway.ticket_key = installation_.authority.ticket_key();
  api.asks_client_certificate = config.client_certificates;
  if (!config.tls_certificate.empty()) {
    api.certificate_chain_pem = WD_TRY(read_file(config.tls_certificate).in("tls_certificate"));
    api.private_key_pem = WD_TRY(read_file(config.tls_private_key).in("tls_private_key"));
  }
  const Contexts made{WD_TRY(crypto::TlsServerContext::create(api).in("certificate of the API")),
                      WD_TRY(crypto::TlsServerContext::create(gateway).in("certificate of the gateway"))};
  const std::scoped_lock lock(mutex_);
  renew_at_ = own.not_after - kBeforeTheEnd;
  shown_ = {{"api", api.certificate_chain_pem}, {"gateway", gateway.certificate_chain_pem}};
  return made;
}

bool ListenerCertificates::are_due() const {
  const std::scoped_lock lock(mutex_);
  return installation_.clock.now() >= renew_at_;
}

std::vector<ListenerCertificates::Shown> ListenerCertificates::shown() const {
  const std::scoped_lock lock(mutex_);
  return shown_;
}

}  // namespace warder::manager
