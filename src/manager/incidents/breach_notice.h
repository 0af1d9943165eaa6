// The notice of a breach of personal data to the authority, with what GDPR Art. 33(3) names, and the counts it stands
// on.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "manager/incidents/incidents.h"

namespace warder::manager {

inline constexpr std::size_t kMaxCountedEvents = 100'000;
inline constexpr std::int64_t kMaxNotices = 100;  // of an incident

/// What is counted: the tenant's stored events that match a filter in a stretch of time.
struct AffectedScope {
  std::string filter;  // of the filter language; empty: all
  Timestamp from{};
  Timestamp to{};
};

struct AffectedField {
  std::string personal_data;  // "identifier", "contact", "content"
  std::int64_t events = 0;    // that have it
  std::int64_t values = 0;    // different ones; of identifiers and contacts only
};

struct Affected {
  std::int64_t events = 0;
  std::int64_t with_personal_data = 0;          // at least one field of a class other than none
  std::map<std::string, AffectedField> fields;  // by key
  std::int64_t persons = 0;                     // different values of user.name, user.login_name and file.owner
  bool is_complete = true;                      // false: more than kMaxCountedEvents, and these are the newest
};

/// Adds one event's fields: a pure function of what came before.
class AffectedCount {
 public:
  void add(const Event& event);
  [[nodiscard]] Affected result() const;

 private:
  Affected affected_;
  std::map<std::string, std::set<std::string>> values_;
  std::set<std::string> persons_;
};

Result<Affected> count_affected(EventStore& events, const TenantScope& scope, const AffectedScope& asked);

/// What people write of it.
struct NoticeDraft {
  std::string nature;         // Art. 33(3)(a)
  std::string categories;     // (a): of data subjects and records
  std::int64_t subjects = 0;  // (a): approximate number
  std::int64_t records = 0;   // (a)
  std::string contact;        // (b): of the data protection officer or another
  std::string consequences;   // (c)
  std::string measures;       // (d)
};

struct BreachNotice {
  std::int64_t version = 0;  // from 1
  Timestamp made{};
  std::string made_by;
  NoticeDraft draft;
};

/// Art. 33(4) allows information in phases, so an empty field is said, not refused: the names of those that are
/// missing.
std::vector<std::string> missing_fields(const NoticeDraft& draft);

boost::json::object notice_json(const Incident& incident, const BreachNotice& notice);
std::string notice_text(const Incident& incident, const BreachNotice& notice);
std::string notice_html(const Incident& incident, const BreachNotice& notice);

/// Thread-safe. A version is never changed.
class BreachNotices {
 public:
  BreachNotices(Tenants& tenants, AuditLog& audit, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), clock_(clock) {}
  /// Conflict unless the incident is marked as a breach.
  Result<BreachNotice> add(const TenantScope& scope, const Incident& incident, const NoticeDraft& draft);
  /// The newest first.
  Result<std::vector<BreachNotice>> list(const TenantScope& scope, const IncidentId& id);

 private:
  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
};

/// The table of config.db.
FeatureSchema breach_notices_schema();

}  // namespace warder::manager
