// The register of what stands behind organisational promises: who answers for it, until when it holds, who else has
// looked at it, and the document itself, sealed and with its hash.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/tenancy/tenants.h"
#include "manager/trust/assessment.h"
#include "model/ids.h"

namespace warder::manager {

inline constexpr std::size_t kMaxAttachmentBytes = 700 << 10;  // as base64 it fits into a request
inline constexpr std::size_t kMaxEvidence = 5000;

struct EvidenceDraft {
  std::string commitment;
  std::string title;
  std::string standard;  // "PCI DSS 4.0.1"; may be empty
  Timestamp issued;
  Timestamp expires;
  std::string owner;
  std::string deputy;
  std::string attachment;      // bytes; empty: none
  bool is_public = false;      // the document is for everybody, once somebody has reviewed it and while it holds
  bool is_on_request = false;  // likewise for those whom it is given to, with a watermark
};

struct EvidenceRecord {
  std::string id;
  std::string title;
  std::string deputy;
  std::string filed_by;
  Timestamp filed;
  std::string sha256;  // of the attachment, hex; empty: none
  bool is_public = false;
  bool is_on_request = false;
  std::int64_t version = 1;
  EvidenceFacts facts;
};

/// When a record ends to hold for its promise.
Timestamp end_of(const EvidenceFacts& facts, const Commitment& commitment);

/// Thread-safe; of the first tenant. Every change is an audit entry of the same transaction.
class EvidenceRegister {
 public:
  EvidenceRegister(Tenants& tenants, AuditLog& audit, const host::Clock& clock,
                   const std::vector<Commitment>& commitments)
      : tenants_(tenants), audit_(audit), clock_(clock), commitments_(commitments) {}

  /// `by`: who files it. Invalid, with a pointer: no such promise, or one that needs no evidence; issued in the future
  /// or not before it expires; no owner, or a deputy who is the owner; on request, and no PDF that takes a watermark.
  /// Conflict when there are too many.
  Result<EvidenceRecord> file(const TenantScope& scope, const EvidenceDraft& draft, std::string_view by);
  /// Forbidden for its owner, its deputy and who filed it, and for everybody but the duty's reviewer when it has one
  /// (duties.h); Conflict when it was reviewed already.
  Result<EvidenceRecord> review(const TenantScope& scope, std::string_view id, std::string_view reviewer);
  Result<void> remove(const TenantScope& scope, std::string_view id, std::string_view etag);

  /// The newest first.
  Result<std::vector<EvidenceRecord>> list(const TenantScope& scope);
  Result<EvidenceRecord> find(const TenantScope& scope, std::string_view id);
  /// Those whose documents everybody may have now: public, reviewed, and in force.
  Result<std::vector<EvidenceRecord>> published(const TenantScope& scope);
  /// Those that somebody may ask for now: on request, reviewed, and in force.
  Result<std::vector<EvidenceRecord>> on_request(const TenantScope& scope);
  Result<std::vector<EvidenceFacts>> facts(const TenantScope& scope);
  /// Corrupt when it is not what was filed; NotFound when there is none.
  Result<std::string> attachment(const TenantScope& scope, std::string_view id);

 private:
  [[nodiscard]] const Commitment* find_commitment(std::string_view id) const;
  Result<void> check(const EvidenceDraft& draft) const;
  [[nodiscard]] bool is_in_force(const EvidenceRecord& record) const;

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  const std::vector<Commitment>& commitments_;
};

}  // namespace warder::manager
