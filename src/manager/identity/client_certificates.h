// Client certificates of people: the authorities that a tenant trusts for them, with their revocation lists, and which
// certificate is whose, by its fingerprint (docs/access.md).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/client_certificate.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

using TrustedAuthorityId = Id<struct TrustedAuthorityTag>;
using UserCertificateId = Id<struct UserCertificateTag>;
using ShownCertificatePtr = std::shared_ptr<const crypto::ShownCertificate>;

inline constexpr std::size_t kMaxTrustedAuthorities = 20;  // of a tenant
inline constexpr std::size_t kMaxUserCertificates = 10;    // of a user

struct TrustedAuthority {
  TrustedAuthorityId id;
  std::string name;  // the administrators' own
  Timestamp added;
  std::string certificate_pem;
  std::string revocations_pem;  // empty: none
  // What these say:
  std::string subject;
  std::string fingerprint;
  Timestamp not_after;
  std::optional<crypto::ClientAuthority::Revocations> revocations;
};

/// Of the certificate itself only what it is recognised by: its subject is a person's name.
struct UserCertificate {
  UserCertificateId id;
  UserId user;
  std::string name;  // the administrators' own
  std::string fingerprint;
  Timestamp not_after;
  Timestamp added;
};

/// Thread-safe. Every change is an audit entry of the same transaction, and holds at once; on other managers within
/// 5 s where it is about authorities.
class ClientCertificates {
 public:
  ClientCertificates(Tenants& tenants, AuditLog& audit, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// By name.
  Result<std::vector<TrustedAuthority>> authorities(const TenantScope& scope);
  Result<TrustedAuthority> find_authority(const TenantScope& scope, const TrustedAuthorityId& id);
  /// Invalid when it is no certificate of a CA; Conflict when the tenant has it, the name, or twenty already.
  Result<TrustedAuthority> add_authority(const TenantScope& scope, std::string_view name, std::string_view pem);
  /// In place of all lists before; there is no way back to none. Invalid unless one is the authority's own and is not
  /// over; Conflict when that is older than the one before.
  Result<TrustedAuthority> set_revocations(const TenantScope& scope, const TrustedAuthorityId& id,
                                           std::string_view pem);
  /// Its certificates hold no more.
  Result<void> remove_authority(const TenantScope& scope, const TrustedAuthorityId& id);

  /// Of the tenant, or of one user; oldest first.
  Result<std::vector<UserCertificate>> list(const TenantScope& scope, const std::optional<UserId>& user);
  Result<UserCertificate> find(const TenantScope& scope, const UserCertificateId& id);
  /// Invalid, saying why, unless it holds now; Conflict when it is somebody's, or the user has ten.
  Result<UserCertificate> add(const TenantScope& scope, const UserId& user, std::string_view name,
                              std::string_view pem);
  Result<void> remove(const TenantScope& scope, const UserCertificateId& id);

  Result<std::optional<UserId>> owner_of(const TenantScope& scope, const crypto::ShownCertificate& shown);
  /// Empty when the certificate is the user's and holds now; otherwise why not: "not-bound", or a CertificateFault.
  Result<std::string_view> refusal(const TenantScope& scope, const UserId& user, const crypto::ShownCertificate& shown);

 private:
  using Judges = std::vector<crypto::ClientAuthority>;
  Result<std::shared_ptr<const Judges>> judges(const TenantScope& scope);
  Result<std::string_view> fault(const TenantScope& scope, const crypto::ShownCertificate& shown);
  void forget(const TenantScope& scope);

  struct Remembered {
    std::shared_ptr<const Judges> judges;
    std::chrono::steady_clock::time_point read;
  };
  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards remembered_
  std::map<TenantId, Remembered> remembered_;
};

/// The tables of config.db.
FeatureSchema client_certificates_schema();

}  // namespace warder::manager
