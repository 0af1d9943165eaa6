// The installation's own certificate authority and the secrets all nodes share. One CA issues both the servers'
// certificates and the agents': the extended key usage tells them apart, and one fingerprint pins both directions.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/pki.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

struct ServerIdentity {
  std::string certificate_chain_pem;
  std::string private_key_pem;
  Timestamp not_after;
};

class Authority {
 public:
  /// Loads it from control.db, or makes it on first use.
  static Result<Authority> open(Tenants& tenants, Timestamp now);

  [[nodiscard]] const crypto::CertificateAuthority& certificate_authority() const noexcept { return authority_; }
  /// 80 bytes for TlsServerOptions::ticket_key.
  [[nodiscard]] const Bytes& ticket_key() const noexcept { return ticket_key_; }
  /// A fresh key and its certificate for 90 days. `names`: DNS names and IP addresses that clients use. Nothing is
  /// stored: every start and every renewal makes a new one.
  [[nodiscard]] Result<ServerIdentity> issue_server(const std::vector<std::string>& names, Timestamp now) const;

 private:
  Authority(crypto::CertificateAuthority authority, Bytes ticket_key)
      : authority_(std::move(authority)), ticket_key_(std::move(ticket_key)) {}
  crypto::CertificateAuthority authority_;
  Bytes ticket_key_;
};

/// The table of control.db.
FeatureSchema authority_schema();

}  // namespace warder::manager
