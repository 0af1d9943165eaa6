// Evidence of an incident: what was taken, sealed; who took it and who had it; and a signed bundle of all of it.
#pragma once

#include <string>
#include <vector>

#include "manager/incidents/incidents.h"

namespace warder::manager {

struct EvidenceItem {
  std::string id;
  std::string name;  // of the file in a bundle
  std::string kind;  // "events", "audit", "agent", "file"
  std::string taken_by;
  Timestamp taken{};
  std::int64_t bytes = 0;
  std::string sha256;
};

/// Who had what, when; never changed. Each is bound to the one before it by `hash`, which is in the audit log, too.
struct CustodyEntry {
  Timestamp time{};
  std::string actor;
  std::string action;   // "taken", "bundled"
  std::string subject;  // id of the item, SHA-256 of the bundle
  std::string note;
  std::string hash{};  // of the one before, and of all of this one
};

struct EvidenceBundle {
  std::string text;
  std::string sha256;
};

inline constexpr std::size_t kMaxEvidenceItemBytes = 8 << 20;
inline constexpr std::int64_t kMaxEvidenceOfIncident = 32 << 20;
inline constexpr std::size_t kMaxEvidenceItems = 200;

/// Thread-safe. Each step is a line of the incident's timeline and an audit entry.
class EvidenceStore {
 public:
  EvidenceStore(Tenants& tenants, AuditLog& audit, Incidents& incidents, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), incidents_(incidents), clock_(clock) {}

  /// Keeps `content`, sealed. TooLarge beyond the limits; Invalid for a name that is no plain file name; Conflict when
  /// it is taken.
  Result<EvidenceItem> take(const TenantScope& scope, const IncidentId& id, const std::string& name,
                            const std::string& kind, const std::string& content);
  Result<std::vector<EvidenceItem>> list(const TenantScope& scope, const IncidentId& id);
  /// How many there are, each opened and compared with what was taken. Corrupt when one is not that.
  Result<std::int64_t> verify(const TenantScope& scope, const IncidentId& id);
  /// Corrupt, with the number of the first entry that is not as it was written, or when one is gone.
  Result<std::vector<CustodyEntry>> custody(const TenantScope& scope, const IncidentId& id);
  /// All of it, signed with the key that signs the tenant's audit log; `reason` stands in the chain of custody. Corrupt
  /// when an item is not what was taken.
  Result<EvidenceBundle> bundle(const TenantScope& scope, const IncidentId& id, const std::string& reason);

 private:
  Result<std::string> content(const TenantScope& scope, const EvidenceItem& item);
  Result<void> note(Db& db, const TenantScope& scope, const IncidentId& id, const CustodyEntry& entry) const;

  Tenants& tenants_;
  AuditLog& audit_;
  Incidents& incidents_;
  const host::Clock& clock_;
};

/// The tables of config.db.
FeatureSchema evidence_schema();

}  // namespace warder::manager
