// Passkeys of users (WebAuthn), and the challenges they answer: each is of one purpose and one user or session, holds
// for five minutes, and is good for one proof.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"
#include "manager/webauthn/webauthn.h"
#include "model/ids.h"

namespace warder::manager {

using PasskeyId = Id<struct PasskeyTag>;

inline constexpr std::size_t kMaxPasskeys = 10;  // of a user
inline constexpr std::chrono::minutes kPasskeyTime{5};

struct Passkey {
  PasskeyId id;
  std::string name;  // the user's own
  Timestamp created;
  std::optional<Timestamp> last_used;
  Credential credential;
};

enum class PasskeyPurpose : std::uint8_t { LogIn, SecondFactor, Register, Confirm };

/// What a challenge is for. LogIn is of nobody yet.
struct PasskeyUse {
  PasskeyPurpose purpose;
  std::string owner{};  // "<tenant> <user>" or, where there is one, the session
  bool needs_user_verification = false;
};

/// What the browser is asked for.
struct PasskeyRequest {
  Bytes challenge;
  RelyingParty rp;
  std::vector<Bytes> credentials;  // of the user; empty at a login without a name
  bool needs_user_verification = false;
};

/// Who a passkey says it belongs to.
struct PasskeyOwner {
  TenantId tenant;
  UserId user;
};
/// What an authenticator keeps beside a passkey: 32 bytes that name nobody to others.
Bytes user_handle_of(const TenantId& tenant, const UserId& user);
Result<PasskeyOwner> owner_of_handle(ByteView handle);

/// Thread-safe. Every change is an audit entry of the same transaction.
class Passkeys {
 public:
  /// `rp`: nothing where the console has no name that browsers bind passkeys to.
  Passkeys(Tenants& tenants, AuditLog& audit, const host::Clock& clock, std::optional<RelyingParty> rp)
      : tenants_(tenants), audit_(audit), clock_(clock), rp_(std::move(rp)) {}

  [[nodiscard]] bool are_available() const noexcept { return rp_.has_value(); }
  /// The user's, oldest first.
  Result<std::vector<Passkey>> list(const TenantScope& scope, const UserId& user);
  /// `first`: the scope of the first tenant, whose key signs challenges. Conflict where there are no passkeys.
  Result<PasskeyRequest> request(const TenantScope& first, const PasskeyUse& use);
  /// Adds one to the user's inside of the caller's transaction. Invalid unless the answer holds; Conflict when the user
  /// has ten, or somebody has this one.
  Result<Passkey> add_in(Db& transaction, const TenantScope& scope, const UserId& user, std::string_view name,
                         const Credential& credential);
  Result<Credential> check_registration(const TenantScope& first, const PasskeyUse& use,
                                        const RegistrationAnswer& answer);
  /// Invalid, saying at what, unless one of the user's passkeys answers a challenge of this use that was not answered
  /// before. Keeps its counter.
  Result<void> prove(const TenantScope& first, const PasskeyUse& use, const TenantScope& scope, const UserId& user,
                     const AssertionAnswer& answer);
  /// Inside of the caller's transaction. NotFound.
  Result<void> remove_in(Db& transaction, const TenantScope& scope, const UserId& user, const PasskeyId& id);

 private:
  [[nodiscard]] Bytes sign(const TenantScope& first, const PasskeyUse& use, ByteView challenge) const;
  Result<Bytes> check_challenge(const TenantScope& first, const PasskeyUse& use, ByteView client_data) const;
  Result<void> use_up(ByteView challenge);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  std::optional<RelyingParty> rp_;
};

/// The table of control.db.
FeatureSchema passkey_challenges_schema();

}  // namespace warder::manager
