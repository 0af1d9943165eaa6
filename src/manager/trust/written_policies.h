// Written policies for people (not those that agents follow): what the operator's staff must know and acknowledge, in
// versions that somebody else has reviewed, and who has acknowledged which.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"
#include "manager/trust/acknowledgement.h"

namespace warder::manager {

inline constexpr std::size_t kMaxPolicyBytes = 700 << 10;  // as base64 it fits into a request
inline constexpr std::size_t kMaxWrittenPolicies = 200;
inline constexpr std::size_t kMaxPolicyVersions = 500;

/// What a policy is about; promises rest on some of them (checks_policies.cc).
inline constexpr std::string_view kPolicySubjects[] = {"acceptable-use", "consequences", "security", "other"};

/// One version as somebody files it; nothing of it changes afterwards.
struct WrittenDraft {
  std::string title;
  std::string owner;
  std::string deputy;
  std::vector<std::string> roles;  // the audience; none: everybody
  std::chrono::days cadence{365};
  std::chrono::days grace{14};
  std::string document;  // bytes
  bool is_text = true;   // UTF-8, otherwise PDF
};

struct WrittenVersion {
  std::string id;
  std::int64_t number = 0;
  std::string title;
  std::string owner;
  std::string deputy;
  std::vector<std::string> roles;
  std::chrono::days cadence{};
  std::chrono::days grace{};
  bool is_text = true;
  std::string sha256;  // of the document, hex
  Timestamp filed;
  std::string filed_by;
  std::string reviewer;  // empty: nobody yet
  std::optional<Timestamp> reviewed;

  [[nodiscard]] AcknowledgementTerms terms() const { return {reviewed.value_or(Timestamp{}), cadence, grace}; }
};

struct WrittenPolicy {
  std::string id;
  std::string subject;
  std::int64_t version = 1;            // of the record
  WrittenVersion newest;               // may wait for its review
  std::optional<WrittenVersion> held;  // in force: the last that was reviewed
};

/// Somebody who has an account and may log in.
struct PolicyPerson {
  std::string id;
  std::string username;
  std::vector<std::string> roles;
  Timestamp joined;
};
/// All of a tenant.
using PolicyPeople = std::function<Result<std::vector<PolicyPerson>>(const TenantScope&)>;

/// How one of the audience stands.
struct PolicyReader {
  PolicyPerson person;
  std::optional<Timestamp> acknowledged;  // the version in force, the last time
  Acknowledgement standing;
};
Headcount count_readers(const std::vector<PolicyReader>& readers);

/// Thread-safe; of the first tenant. Every change is an audit entry of the same transaction.
class WrittenPolicies {
 public:
  WrittenPolicies(Tenants& tenants, AuditLog& audit, const host::Clock& clock, PolicyPeople people)
      : tenants_(tenants), audit_(audit), clock_(clock), people_(std::move(people)) {}

  /// The first version of a new policy. Invalid, with a pointer: no such subject, a draft that cannot be; Conflict when
  /// there are too many.
  Result<WrittenPolicy> file(const TenantScope& scope, std::string_view subject, const WrittenDraft& draft,
                             std::string_view by);
  /// The next version; the one before stays in force until this one is reviewed.
  Result<WrittenPolicy> file_version(const TenantScope& scope, std::string_view id, const WrittenDraft& draft,
                                     std::string_view by);
  /// Puts the newest version in force: everybody must acknowledge anew. Forbidden for its owner, its deputy and who
  /// filed it; Conflict when it was reviewed already, or is not `number`.
  Result<WrittenPolicy> review(const TenantScope& scope, std::string_view id, std::int64_t number,
                               std::string_view reviewer);
  Result<void> remove(const TenantScope& scope, std::string_view id, std::string_view etag);

  /// By id.
  Result<std::vector<WrittenPolicy>> list(const TenantScope& scope);
  Result<WrittenPolicy> find(const TenantScope& scope, std::string_view id);
  /// Corrupt when it is not what was filed.
  Result<std::string> document(const TenantScope& scope, const WrittenVersion& version);

  /// The audience of the version in force, by name; nobody while none is.
  Result<std::vector<PolicyReader>> readers(const TenantScope& scope, const WrittenPolicy& policy);
  /// Whether somebody is of its audience.
  static bool is_for(const WrittenVersion& version, const PolicyPerson& person);
  /// Somebody who has an account and may log in; nothing: no such person.
  Result<std::optional<PolicyPerson>> person(const TenantScope& scope, std::string_view id);
  Result<std::vector<PolicyPerson>> people(const TenantScope& scope) const;
  /// NotFound when the policy is not for them, or none is in force; Conflict when `number` is not in force any more.
  Result<PolicyReader> acknowledge(const TenantScope& scope, std::string_view id, std::int64_t number,
                                   const PolicyPerson& person);

 private:
  Result<WrittenPolicy> add_version(Db& db, const TenantScope& scope, WrittenPolicy policy, const WrittenDraft& draft,
                                    std::string_view by);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  const PolicyPeople people_;
};

/// The tables of config.db, those of policy_reminders.h among them.
FeatureSchema written_policies_schema();

}  // namespace warder::manager
