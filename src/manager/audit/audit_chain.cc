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

crypto::Digest audit_hash(const crypto::Digest& before, const AuditEntry& entry) {
  const json::object hashed = {{"index", entry.index},          {"time_us", to_micros(entry.time)},
                               {"actor", entry.actor},          {"action", entry.record.action},
                               {"object", entry.record.object}, {"outcome", name(entry.record.outcome)},
                               {"detail", entry.record.detail}};
  crypto::Sha256 digest;
  digest.update(before);
  digest.update(as_bytes(canonical_json(hashed)));
  return digest.finish();
}

crypto::Digest audit_head_mac(ByteView key, std::int64_t entries, const crypto::Digest& last) {
  Bytes head;
  append_u64be(head, static_cast<std::uint64_t>(entries));
  append(head, last);
  return crypto::hmac_sha256(key, head);
}

}  // namespace warder::manager
