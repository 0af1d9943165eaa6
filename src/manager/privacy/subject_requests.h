// Requests of data subjects (GDPR Art. 15 to 21), with their clock.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/events/event_store.h"
#include "manager/privacy/person_data.h"
#include "manager/privacy/subject_clock.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

using SubjectRequestId = Id<struct SubjectRequestTag>;

enum class SubjectRight : std::uint8_t { Access, Rectification, Erasure, Restriction, Portability, Objection };
std::string_view name(SubjectRight right) noexcept;
Result<SubjectRight> parse_subject_right(std::string_view text);

/// What is done about a request; each with a note.
enum class SubjectStep : std::uint8_t { CheckIdentity, Extend, Complete, Refuse };
Result<SubjectStep> parse_subject_step(std::string_view text);

struct SubjectDraft {
  SubjectRight right = SubjectRight::Access;
  std::string person;                   // who asks, and how they are reached
  std::vector<std::string> values;      // what stands for the person in data: names of users, addresses
  std::optional<Timestamp> received{};  // absent: now
};

struct SubjectNote {
  Timestamp time;
  std::string by;
  std::string text;
};

struct SubjectRequest {
  SubjectRequestId id;
  SubjectDraft draft;
  SubjectTimes times;
  std::vector<SubjectNote> notes;
  std::int64_t version = 1;
};

inline constexpr std::size_t kMaxPersonValues = 5;

/// Thread-safe. Every change is an audit entry of the same transaction, without the person.
class SubjectRequests {
 public:
  SubjectRequests(Tenants& tenants, AuditLog& audit, EventStore& events, PersonData& data,
                  const host::Clock& clock) noexcept
      : tenants_(tenants), audit_(audit), events_(events), data_(data), clock_(clock) {}

  /// Newest first.
  Result<std::vector<SubjectRequest>> list(const TenantScope& scope);
  Result<SubjectRequest> find(const TenantScope& scope, const SubjectRequestId& id);
  /// Invalid with the pointer of the member; a time of reception that is to come is none.
  Result<SubjectRequest> open(const TenantScope& scope, const SubjectDraft& draft);
  /// Invalid without a note: how the identity was checked, the reason of the extension that the person was told, the
  /// answer, the reason of the refusal. Conflict when the request is not where the step leads on from.
  Result<SubjectRequest> step(const TenantScope& scope, const SubjectRequestId& id, SubjectStep step,
                              const std::string& note);

  /// What is kept of the person; Conflict before the identity was checked.
  Result<boost::json::object> data(const TenantScope& scope, const SubjectRequestId& id);
  /// The same, for an open request of erasure. The receipt is an entry of the audit log, too.
  Result<PersonErasure> erase(const TenantScope& scope, const SubjectRequestId& id);

  /// Stores the event `privacy.request.overdue` of each that is, once. Any number of managers may call it.
  Result<void> tell_overdue(const TenantScope& scope);

  [[nodiscard]] Timestamp now() const { return clock_.now(); }

 private:
  Result<void> record(Db& transaction, const TenantScope& scope, std::string_view action, const SubjectRequest& request,
                      boost::json::object detail);
  Result<void> write(Db& db, const TenantScope& scope, const SubjectRequest& request);
  Result<std::vector<SubjectRequest>> read(Db& db, const TenantScope& scope, std::string_view where,
                                           const std::vector<DbValue>& values);
  /// That it is overdue.
  Result<void> tell(const TenantScope& scope, const SubjectRequest& request, Timestamp now);
  Result<SubjectRequest> read_one(Db& db, const TenantScope& scope, const SubjectRequestId& id);

  Tenants& tenants_;
  AuditLog& audit_;
  EventStore& events_;
  PersonData& data_;
  const host::Clock& clock_;
};

/// The tables of config.db.
FeatureSchema subject_requests_schema();

}  // namespace warder::manager
