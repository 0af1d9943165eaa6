#include "manager/trust/written_policies.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"
#include "manager/trust/assessment.h"
#include "model/ids.h"

namespace warder::manager {
namespace {

using std::chrono::days;

constexpr days kMostCadence{1100};  // three years
constexpr days kMostGrace{90};
constexpr std::size_t kMostRoles = 50;

constexpr std::string_view kVersionColumns =
    "id, number, title, owner, deputy, roles, cadence_days, grace_days, is_text, sha256, filed, filed_by, reviewer, "
    "reviewed, policy";

struct VersionRow {
  WrittenVersion version;
  std::string policy;
};

std::vector<std::string> read_roles(const std::string& text) {
  std::vector<std::string> roles;
  for (const std::string_view role : split(text, ','))
    if (!role.empty()) roles.emplace_back(role);
  return roles;
}

std::string join(const std::vector<std::string>& roles) {
  std::string text;
  for (const std::string& role : roles) text.append(text.empty() ? "" : ",").append(role);
  return text;
}

Result<VersionRow> read_version(const Row& row) {
  VersionRow read;
  WrittenVersion& version = read.version;
  version.id = row.text(0);
  version.number = row.integer(1);
  version.title = row.text(2);
  version.owner = row.text(3);
  version.deputy = row.text(4);
  version.roles = read_roles(row.text(5));
  version.cadence = days(row.integer(6));
  version.grace = days(row.integer(7));
  version.is_text = row.integer(8) != 0;
  version.sha256 = row.text(9);
  version.filed = from_micros(row.integer(10));
  version.filed_by = row.text(11);
  version.reviewer = row.text(12);
  version.reviewed = optional_time_at(row, 13);
  read.policy = row.text(14);
  return read;
}

Result<WrittenPolicy> read_policy(const Row& row) {
  WrittenPolicy policy;
  policy.id = row.text(0);
  policy.subject = row.text(1);
  policy.version = row.integer(2);
  return policy;
}

void take(WrittenPolicy& policy, WrittenVersion version) {
  if (version.reviewed && (!policy.held || version.number > policy.held->number)) policy.held = version;
  if (version.number > policy.newest.number) policy.newest = std::move(version);
}

Result<WrittenPolicy> find_in(Db& db, const std::string& id) {
  auto found = WD_TRY(read_row(db, "SELECT id, subject, version FROM trust_policies WHERE id = ?1", {id}, read_policy));
  if (!found) return fail(ErrorCode::NotFound, "no such policy");
  const std::string sql = "SELECT " + std::string(kVersionColumns) + " FROM trust_policy_versions WHERE policy = ?1";
  for (VersionRow& row : WD_TRY(read_rows(db, sql, {id}, read_version))) take(*found, std::move(row.version));
  return std::move(*found);
}

Result<std::int64_t> count_in(Db& db, std::string_view sql, std::initializer_list<DbValue> values) {
  const auto read = [](const Row& row) -> Result<std::int64_t> { return row.integer(0); };
  return WD_TRY(read_row(db, sql, values, read)).value_or(0);
}

AuditRecord entry_of(std::string_view action, const WrittenPolicy& policy, const WrittenVersion& version) {
  AuditRecord entry;
  entry.action = action;
  entry.object = "written-policy:" + policy.id;
  entry.detail = {{"version", version.number},
                  {"subject", json::string(policy.subject)},
                  {"sha256", json::string(version.sha256)},
                  {"roles", json::string(join(version.roles))},
                  {"cadence_days", version.cadence.count()},
                  {"grace_days", version.grace.count()}};
  return entry;
}

Result<void> check_audience(const WrittenDraft& draft) {
  if (draft.roles.size() > kMostRoles) return fail(ErrorCode::Invalid, "/roles: are too many");
  for (const std::string& role : draft.roles)
    if (role.empty() || role.size() > 100 || role.find(',') != std::string::npos)
      return fail(ErrorCode::Invalid, "/roles: '" + role + "' is no role");
  if (draft.cadence < days(0) || draft.cadence > kMostCadence)
    return fail(ErrorCode::Invalid, "/cadence_days: is not in 0..1100");
  if (draft.grace < days(1) || draft.grace > kMostGrace)
    return fail(ErrorCode::Invalid, "/grace_days: is not in 1..90");
  return {};
}

Result<void> check_draft(const WrittenDraft& draft) {
  if (trim(draft.title).empty()) return fail(ErrorCode::Invalid, "/title: is empty");
  if (trim(draft.owner).empty()) return fail(ErrorCode::Invalid, "/owner: somebody must answer for it");
  if (draft.deputy == draft.owner) return fail(ErrorCode::Invalid, "/deputy: is the owner");
  WD_TRY(check_audience(draft));
  if (trim(draft.document).empty()) return fail(ErrorCode::Invalid, "/document: there is nothing to acknowledge");
  if (draft.document.size() > kMaxPolicyBytes) return fail(ErrorCode::TooLarge, "/document: is too large");
  if (draft.is_text && !is_utf8(draft.document)) return fail(ErrorCode::Invalid, "/document: is no text");
  if (!draft.is_text && !draft.document.starts_with("%PDF-")) return fail(ErrorCode::Invalid, "/document: is no PDF");
  return {};
}

SealedPlace place_of(const WrittenVersion& version) {
  return {"trust_policy_versions", version.id, "document"};
}

/// When each of them acknowledged this version the last time.
Result<std::map<std::string, Timestamp>> acknowledged_in(Db& db, const std::string& policy, std::int64_t number) {
  struct Seen {
    std::string user;
    Timestamp time;
  };
  const auto read = [](const Row& row) -> Result<Seen> { return Seen{row.text(0), from_micros(row.integer(1))}; };
  std::map<std::string, Timestamp> times;
  for (const Seen& each : WD_TRY(read_rows(db,
                                           "SELECT user_id, MAX(time) FROM trust_acknowledgements WHERE policy = ?1 "
                                           "AND number = ?2 GROUP BY user_id",
                                           {policy, number}, read)))
    times.emplace(each.user, each.time);
  return times;
}

}  // namespace

Headcount count_readers(const std::vector<PolicyReader>& readers) {
  Headcount count;
  for (const PolicyReader& reader : readers) count.add(reader.standing.state);
  return count;
}

Result<WrittenPolicy> WrittenPolicies::add_version(Db& db, const TenantScope& scope, WrittenPolicy policy,
                                                   const WrittenDraft& draft, std::string_view by) {
  WrittenVersion version;
  version.filed = clock_.now();
  version.id = UuidGenerator{fill_random}.next(version.filed).text();
  version.number = policy.newest.number + 1;
  version.title = draft.title;
  version.owner = draft.owner;
  version.deputy = draft.deputy;
  version.roles = draft.roles;
  version.cadence = draft.cadence;
  version.grace = draft.grace;
  version.is_text = draft.is_text;
  version.sha256 = to_hex(crypto::sha256(as_bytes(draft.document)));
  version.filed_by = by;
  if (version.number > static_cast<std::int64_t>(kMaxPolicyVersions))
    return fail(ErrorCode::Conflict, "the policy has too many versions");
  WD_TRY(db.execute(
      "INSERT INTO trust_policy_versions (id, policy, number, title, owner, deputy, roles, cadence_days, "
      "grace_days, is_text, sha256, document, filed, filed_by, reviewer, reviewed) VALUES (?1, ?2, ?3, "
      "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, '', NULL)",
      {version.id, policy.id, version.number, version.title, version.owner, version.deputy, join(version.roles),
       std::int64_t{version.cadence.count()}, std::int64_t{version.grace.count()},
       std::int64_t{version.is_text ? 1 : 0}, version.sha256,
       tenants_.seal_text(scope, place_of(version), draft.document), to_micros(version.filed), version.filed_by}));
  WD_TRY(audit_.append_in(db, scope, entry_of("trust.policy.file", policy, version)));
  take(policy, std::move(version));
  return policy;
}

Result<WrittenPolicy> WrittenPolicies::file(const TenantScope& scope, std::string_view subject,
                                            const WrittenDraft& draft, std::string_view by) {
  if (std::ranges::find(kPolicySubjects, subject) == std::end(kPolicySubjects))
    return fail(ErrorCode::Invalid, "/subject: there is no subject '" + std::string(subject) + "'");
  WD_TRY(check_draft(draft));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  if (WD_TRY(count_in(*db, "SELECT COUNT(*) FROM trust_policies", {})) >=
      static_cast<std::int64_t>(kMaxWrittenPolicies))
    return fail(ErrorCode::Conflict, "there are too many policies; remove old ones");
  WrittenPolicy policy;
  policy.id = UuidGenerator{fill_random}.next(clock_.now()).text();
  policy.subject = subject;
  WD_TRY(db->execute("INSERT INTO trust_policies (id, subject, version) VALUES (?1, ?2, ?3)",
                     {policy.id, policy.subject, policy.version}));
  policy = WD_TRY(add_version(*db, scope, std::move(policy), draft, by));
  WD_TRY(tx.commit());
  return policy;
}

Result<WrittenPolicy> WrittenPolicies::file_version(const TenantScope& scope, std::string_view id,
                                                    const WrittenDraft& draft, std::string_view by) {
  WD_TRY(check_draft(draft));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WrittenPolicy policy = WD_TRY(find_in(*db, std::string(id)));
  ++policy.version;
  WD_TRY(db->execute("UPDATE trust_policies SET version = ?2 WHERE id = ?1", {policy.id, policy.version}));
  policy = WD_TRY(add_version(*db, scope, std::move(policy), draft, by));
  WD_TRY(tx.commit());
  return policy;
}

Result<WrittenPolicy> WrittenPolicies::review(const TenantScope& scope, std::string_view id, std::int64_t number,
                                              std::string_view reviewer) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WrittenPolicy policy = WD_TRY(find_in(*db, std::string(id)));
  WrittenVersion& version = policy.newest;
  if (version.number != number) return fail(ErrorCode::Conflict, "there is a newer version to review");
  if (version.reviewed) return fail(ErrorCode::Conflict, "it was reviewed already");
  if (reviewer.empty() || reviewer == version.owner || reviewer == version.deputy || reviewer == version.filed_by)
    return fail(ErrorCode::Forbidden, "somebody must review it who neither answers for it nor has filed it");
  version.reviewer = reviewer;
  version.reviewed = clock_.now();
  ++policy.version;
  policy.held = version;
  WD_TRY(db->execute("UPDATE trust_policy_versions SET reviewer = ?2, reviewed = ?3 WHERE id = ?1",
                     {version.id, version.reviewer, to_micros(*version.reviewed)}));
  WD_TRY(db->execute("UPDATE trust_policies SET version = ?2 WHERE id = ?1", {policy.id, policy.version}));
  WD_TRY(audit_.append_in(*db, scope, entry_of("trust.policy.review", policy, version)));
  WD_TRY(tx.commit());
  return policy;
}

Result<void> WrittenPolicies::remove(const TenantScope& scope, std::string_view id, std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const WrittenPolicy policy = WD_TRY(find_in(*db, std::string(id)));
  WD_TRY(check_etag(etag, "\"" + std::to_string(policy.version) + "\""));
  WD_TRY(db->execute("DELETE FROM trust_acknowledgements WHERE policy = ?1", {policy.id}));
  WD_TRY(db->execute("DELETE FROM trust_policy_versions WHERE policy = ?1", {policy.id}));
  WD_TRY(db->execute("DELETE FROM trust_policies WHERE id = ?1", {policy.id}));
  WD_TRY(audit_.append_in(*db, scope, entry_of("trust.policy.delete", policy, policy.newest)));
  return tx.commit();
}

Result<std::vector<WrittenPolicy>> WrittenPolicies::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto policies =
      WD_TRY(read_rows(*db, "SELECT id, subject, version FROM trust_policies ORDER BY id", {}, read_policy));
  const std::string sql = "SELECT " + std::string(kVersionColumns) + " FROM trust_policy_versions";
  for (VersionRow& row : WD_TRY(read_rows(*db, sql, {}, read_version))) {
    const auto policy = std::ranges::find(policies, row.policy, &WrittenPolicy::id);
    if (policy != policies.end()) take(*policy, std::move(row.version));
  }
  return policies;
}

Result<WrittenPolicy> WrittenPolicies::find(const TenantScope& scope, std::string_view id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, std::string(id));
}

Result<std::string> WrittenPolicies::document(const TenantScope& scope, const WrittenVersion& version) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto read = [](const Row& row) -> Result<Bytes> { return row.bytes(0); };
  const auto box =
      WD_TRY(read_row(*db, "SELECT document FROM trust_policy_versions WHERE id = ?1", {version.id}, read));
  if (!box) return fail(ErrorCode::NotFound, "no such version of the policy");
  std::string content = WD_TRY(tenants_.open_text(scope, place_of(version), *box));
  if (to_hex(crypto::sha256(as_bytes(content))) != version.sha256)
    return fail(ErrorCode::Corrupt, "the document is not the one that was filed");
  return content;
}

bool WrittenPolicies::is_for(const WrittenVersion& version, const PolicyPerson& person) {
  if (version.roles.empty()) return true;
  return std::ranges::any_of(person.roles, [&](const std::string& role) {
    return std::ranges::find(version.roles, role) != version.roles.end();
  });
}

Result<std::vector<PolicyPerson>> WrittenPolicies::people(const TenantScope& scope) const {
  return people_ ? people_(scope) : Result<std::vector<PolicyPerson>>(std::vector<PolicyPerson>{});
}

Result<std::optional<PolicyPerson>> WrittenPolicies::person(const TenantScope& scope, std::string_view id) {
  for (PolicyPerson& each : WD_TRY(people(scope)))
    if (each.id == id) return std::optional(std::move(each));
  return std::optional<PolicyPerson>{};
}

Result<std::vector<PolicyReader>> WrittenPolicies::readers(const TenantScope& scope, const WrittenPolicy& policy) {
  std::vector<PolicyReader> readers;
  if (!policy.held) return readers;
  std::map<std::string, Timestamp> times;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    times = WD_TRY(acknowledged_in(*db, policy.id, policy.held->number));
  }
  const Timestamp now = clock_.now();
  for (PolicyPerson& person : WD_TRY(people(scope))) {
    if (!is_for(*policy.held, person)) continue;
    const auto time = times.find(person.id);
    PolicyReader reader;
    if (time != times.end()) reader.acknowledged = time->second;
    reader.standing = assess_acknowledgement(policy.held->terms(), {person.joined, reader.acknowledged}, now);
    reader.person = std::move(person);
    readers.push_back(std::move(reader));
  }
  std::ranges::sort(readers, {}, [](const PolicyReader& reader) { return reader.person.username; });
  return readers;
}

Result<PolicyReader> WrittenPolicies::acknowledge(const TenantScope& scope, std::string_view id, std::int64_t number,
                                                  const PolicyPerson& person) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const WrittenPolicy policy = WD_TRY(find_in(*db, std::string(id)));
  if (!policy.held || !is_for(*policy.held, person)) return fail(ErrorCode::NotFound, "no such policy");
  if (policy.held->number != number)
    return fail(ErrorCode::Conflict, "that version is not in force; read the one that is");
  const Timestamp now = clock_.now();
  // The same person within the same microsecond has said the same.
  WD_TRY(
      db->execute("INSERT INTO trust_acknowledgements (policy, number, user_id, username, time) VALUES (?1, ?2, ?3, "
                  "?4, ?5) ON CONFLICT DO NOTHING",
                  {policy.id, number, person.id, person.username, to_micros(now)}));
  AuditRecord entry = entry_of("trust.policy.acknowledge", policy, *policy.held);
  WD_TRY(audit_.append_in(*db, scope, entry));
  WD_TRY(tx.commit());
  PolicyReader reader;
  reader.person = person;
  reader.acknowledged = now;
  reader.standing = assess_acknowledgement(policy.held->terms(), {person.joined, now}, now);
  return reader;
}

FeatureSchema written_policies_schema() {
  using enum PersonalData;
  return {.feature = "trust_policies",
          .migrations =
              {{1,
                "create policies, versions, acknowledgements",
                {"CREATE TABLE trust_policies (id TEXT NOT NULL, subject TEXT NOT NULL, version BIGINT NOT NULL, "
                 "PRIMARY KEY (id))",
                 "CREATE TABLE trust_policy_versions (id TEXT NOT NULL, policy TEXT NOT NULL, number BIGINT NOT NULL, "
                 "title TEXT NOT NULL, owner TEXT NOT NULL, deputy TEXT NOT NULL, roles TEXT NOT NULL, "
                 "cadence_days BIGINT NOT NULL, grace_days BIGINT NOT NULL, is_text BIGINT NOT NULL, "
                 "sha256 TEXT NOT NULL, document BLOB NOT NULL, filed BIGINT NOT NULL, filed_by TEXT NOT NULL, "
                 "reviewer TEXT NOT NULL, reviewed BIGINT, PRIMARY KEY (id))",
                 "CREATE UNIQUE INDEX trust_policy_numbers ON trust_policy_versions (policy, number)",
                 "CREATE TABLE trust_acknowledgements (policy TEXT NOT NULL, number BIGINT NOT NULL, "
                 "user_id TEXT NOT NULL, username TEXT NOT NULL, time BIGINT NOT NULL, "
                 "PRIMARY KEY (policy, number, user_id, time))",
                 "CREATE TABLE trust_policy_reminders (policy TEXT NOT NULL, user_id TEXT NOT NULL, "
                 "deadline BIGINT NOT NULL, stage BIGINT NOT NULL, PRIMARY KEY (policy, user_id))"}}},
          .fields = {{"trust_policies", "id", None},
                     {"trust_policies", "subject", None},
                     {"trust_policies", "version", None},
                     {"trust_policy_versions", "id", None},
                     {"trust_policy_versions", "policy", None},
                     {"trust_policy_versions", "number", None},
                     {"trust_policy_versions", "title", None},
                     {"trust_policy_versions", "owner", Identifier},
                     {"trust_policy_versions", "deputy", Identifier},
                     {"trust_policy_versions", "roles", None},
                     {"trust_policy_versions", "cadence_days", None},
                     {"trust_policy_versions", "grace_days", None},
                     {"trust_policy_versions", "is_text", None},
                     {"trust_policy_versions", "sha256", None},
                     {"trust_policy_versions", "document", Content, "id"},
                     {"trust_policy_versions", "filed", None},
                     {"trust_policy_versions", "filed_by", Identifier},
                     {"trust_policy_versions", "reviewer", Identifier},
                     {"trust_policy_versions", "reviewed", None},
                     {"trust_acknowledgements", "policy", None},
                     {"trust_acknowledgements", "number", None},
                     {"trust_acknowledgements", "user_id", Identifier},
                     {"trust_acknowledgements", "username", Identifier},
                     {"trust_acknowledgements", "time", None},
                     {"trust_policy_reminders", "policy", None},
                     {"trust_policy_reminders", "user_id", Identifier},
                     {"trust_policy_reminders", "deadline", None},
                     {"trust_policy_reminders", "stage", None}}};
}

}  // namespace warder::manager
