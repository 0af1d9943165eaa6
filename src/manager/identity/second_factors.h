// A second proof beside the password: codes by time from an app, passkeys, and ten codes for who has lost them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/identity/passkeys.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

struct SecondFactorState {
  std::optional<Timestamp> since;  // of codes by time; nothing: none, or one that was not confirmed
  std::int64_t recovery_codes = 0;
  std::int64_t passkeys = 0;

  [[nodiscard]] bool has_any() const noexcept { return since.has_value() || passkeys > 0; }
};

struct AddedPasskey {
  Passkey passkey;
  std::vector<std::string> recovery_codes;  // of who had no second factor before; shown once
};

/// Shown once, while it is set up.
struct TotpSetup {
  std::string secret;  // base32
  std::string uri;     // otpauth://…, what a QR code holds
};

/// What a code is good for.
enum class CodeProof : std::uint8_t {
  NotNeeded,  // there is no second factor
  Missing,
  Wrong,
  Totp,
  RecoveryCode,
  Passkey,
};

/// Thread-safe. Every change is an audit entry.
class SecondFactors {
 public:
  SecondFactors(Tenants& tenants, AuditLog& audit, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  Result<SecondFactorState> state(const TenantScope& scope, const UserId& user);
  /// A new secret, in place of one that was not confirmed. Conflict when there is one in force.
  Result<TotpSetup> begin(const TenantScope& scope, const UserId& user, std::string_view label);
  /// Puts the secret in force by its first code; returns the recovery codes, which are not shown again either. Invalid
  /// for a wrong code, or when nothing was begun.
  Result<std::vector<std::string>> confirm(const TenantScope& scope, const UserId& user, std::string_view code);
  /// A code of the app or a recovery code: each is right once. Totp, RecoveryCode or Wrong.
  Result<CodeProof> prove(const TenantScope& scope, const UserId& user, std::string_view code);
  /// Codes by time. `is_demanded`: Forbidden when nothing would be left.
  Result<void> remove(const TenantScope& scope, const UserId& user, bool is_demanded);
  /// See Passkeys::add_in.
  Result<AddedPasskey> add_passkey(Passkeys& passkeys, const TenantScope& scope, const UserId& user,
                                   std::string_view name, const Credential& credential);
  /// NotFound; Forbidden as above.
  Result<void> remove_passkey(Passkeys& passkeys, const TenantScope& scope, const UserId& user, const PasskeyId& id,
                              bool is_demanded);
  /// In place of all before. Conflict when there is no second factor.
  Result<std::vector<std::string>> renew_recovery_codes(const TenantScope& scope, const UserId& user);
  /// Everything there is.
  Result<void> reset(const TenantScope& scope, const UserId& user);

 private:
  static Result<SecondFactorState> state_in(Db& db, const UserId& user);
  /// Recovery codes go with the last factor. Forbidden when that is gone and one is demanded.
  static Result<void> settle(Db& transaction, const UserId& user, bool is_demanded);
  Result<bool> prove_totp(Db& db, const TenantScope& scope, const UserId& user, std::string_view code);
  Result<std::vector<std::string>> make_recovery_codes(Db& db, const TenantScope& scope, const UserId& user);
  [[nodiscard]] Bytes hash_of(const TenantScope& scope, const UserId& user, std::string_view recovery_code) const;

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
};

/// The tables of config.db.
FeatureSchema second_factors_schema();

}  // namespace warder::manager
