// What people do with keys: see which there are, and rotate them. Whatever uses the root key takes two of its
// custodians and is an entry of the first tenant's audit log.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/identity/approvals.h"
#include "manager/identity/users.h"
#include "manager/tenancy/key_store.h"
#include "manager/tenancy/scope_maker.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// The action of approvals for `KeyOperations::rotate`; the object is `key_object`.
inline constexpr std::string_view kRotateKeys = "keys.rotate";

/// Which key gets a new epoch.
struct KeyTarget {
  std::string level;  // "root", "tenant", or a class: "contact"
  std::string owner;  // a tenant's id, or "control"; empty for the root key
};
/// "key:root", "key:<owner>/tenant".
std::string key_object(const KeyTarget& target);

struct RotatedKey {
  KeyTarget target;
  std::optional<std::uint32_t> epoch;  // absent for the root key
};

/// Thread-safe.
class KeyOperations {
 public:
  /// `custodians`: names of users of the first tenant who may use the root key.
  KeyOperations(Tenants& tenants, AuditLog& audit, Approvals& approvals, Users& users, const host::Clock& clock,
                std::vector<std::string> custodians);
  ~KeyOperations();
  KeyOperations(const KeyOperations&) = delete;
  KeyOperations& operator=(const KeyOperations&) = delete;

  /// Those of the scope's tenant; for the first tenant all of them.
  Result<std::vector<KeyState>> list(const TenantScope& scope) const;
  [[nodiscard]] const std::vector<std::string>& custodians() const noexcept { return custodians_; }

  /// A class key: of the own tenant, or of any for the first tenant. The root key and tenants' keys, which it wraps:
  /// Forbidden, unless who acts is a custodian of the first tenant with an approval (`kRotateKeys`, `key_object`) that
  /// another custodian has given. NotFound when there is no such owner, Invalid when there is no such level.
  Result<RotatedKey> rotate(const TenantScope& scope, const KeyTarget& target,
                            const std::optional<ApprovalId>& approval);
  /// The same by who is root on the manager's host, and so has the root key anyway. `scope`: a job's of the first
  /// tenant.
  Result<RotatedKey> rotate_offline(const TenantScope& scope, const KeyTarget& target);

  /// Writes what the root key was used for since the last call; before there is a first tenant, nothing. What cannot be
  /// written is tried again with the next.
  Result<void> note_uses(const std::string& actor);

 private:
  [[nodiscard]] bool is_first(const TenantScope& scope) const;
  Result<void> check_class(const TenantScope& scope, const KeyTarget& target) const;
  Result<void> check_custodians(const TenantScope& scope, const KeyTarget& target,
                                const std::optional<ApprovalId>& approval);
  Result<bool> is_custodian(const TenantScope& scope, const UserId& user) const;
  Result<RotatedKey> carry_out(const TenantScope& scope, const KeyTarget& target);
  Result<void> append_uses(const TenantScope& first, std::span<const RootUse> uses);

  Tenants& tenants_;
  AuditLog& audit_;
  Approvals& approvals_;
  Users& users_;
  const host::Clock& clock_;
  const std::vector<std::string> custodians_;
  std::mutex notes_mutex_;  // one who writes uses
};

}  // namespace warder::manager
