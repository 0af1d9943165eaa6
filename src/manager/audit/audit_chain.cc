#include "manager/audit/audit_chain.h"

#include "base/json.h"

namespace warder::manager {

std::string_view name(AuditOutcome outcome) noexcept {
  switch (outcome) {
    case AuditOutcome::Success:
      return "success";
    case AuditOutcome::Denied:
      return "denied";
    case AuditOutcome::Failure:
      return "failure";
  }
  return "failure";
}

std::string audit_leaf(const AuditEntry& entry) {
  return canonical_json(json::object{{"index", entry.index},
                                     {"time_us", to_micros(entry.time)},
                                     {"actor", entry.actor},
                                     {"action", entry.record.action},
                                     {"object", entry.record.object},
                                     {"outcome", name(entry.record.outcome)},
                                     {"detail", entry.record.detail}});
}

crypto::Digest audit_hash(const crypto::Digest& before, std::string_view leaf) {
  crypto::Sha256 digest;
  digest.update(before);
  digest.update(as_bytes(leaf));
  return digest.finish();
}

std::string audit_origin(const TenantId& tenant) {
  return "warder.audit/" + tenant.text();
}

}  // namespace warder::manager
