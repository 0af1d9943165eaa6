#include "manager/trust/trust_store.h"

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

constexpr std::string_view kResultColumns = "check_id, time, verdict, detail, good, whole, entry";
constexpr std::string_view kStateColumns = "commitment, time, state, reason, entry";
constexpr SealedPlace kKeyPlace{"trust_keys", "1", "private_key"};

Result<CheckResult> read_result(const Row& row) {
  CheckResult result;
  result.check = row.text(0);
  result.time = from_micros(row.integer(1));
  const auto verdict = parse_verdict(row.text(2));
  if (!verdict) return fail(ErrorCode::Corrupt, "trust_results: verdict '" + row.text(2) + "'");
  result.verdict = *verdict;
  result.detail = row.text(3);
  if (!row.is_null(5)) result.ratio = Ratio{row.integer(4), row.integer(5)};
  result.entry = row.integer(6);
  return result;
}

Result<StateChange> read_state(const Row& row) {
  StateChange change;
  change.commitment = row.text(0);
  change.time = from_micros(row.integer(1));
  const auto state = parse_trust_state(row.text(2));
  if (!state) return fail(ErrorCode::Corrupt, "trust_states: state '" + row.text(2) + "'");
  change.state = *state;
  change.reason = row.text(3);
  change.entry = row.integer(4);
  return change;
}

AuditOutcome outcome_of(Verdict verdict) {
  return verdict == Verdict::Pass ? AuditOutcome::Success : AuditOutcome::Failure;
}

Result<std::optional<Timestamp>> pending_since(Db& db, const std::string& check) {
  const auto read = [](const Row& row) -> Result<Timestamp> { return from_micros(row.integer(0)); };
  return read_row(db,
                  "SELECT MIN(time) FROM trust_results WHERE check_id = ?1 AND entry > (SELECT COALESCE(MAX(entry), 0) "
                  "FROM trust_results WHERE check_id = ?1 AND verdict <> ?2)",
                  {check, std::string(name(Verdict::Pending))}, read);
}

Result<void> forget_old_results(Db& db, const std::string& check) {
  WD_TRY(
      db.execute("DELETE FROM trust_results WHERE check_id = ?1 AND entry NOT IN (SELECT entry FROM trust_results "
                 "WHERE check_id = ?1 ORDER BY entry DESC LIMIT ?2)",
                 {check, kResultsKept}));
  return {};
}

}  // namespace

Result<CheckResult> TrustStore::add_result(const TenantScope& scope, std::string_view check,
                                           const CheckOutcome& outcome) {
  CheckResult result{std::string(check), clock_.now(), outcome.verdict, std::string(cut_utf8(outcome.detail, 2000)),
                     outcome.ratio};
  AuditRecord record;
  record.action = kTrustCheckAction;
  record.object = "check:" + result.check;
  record.outcome = outcome_of(result.verdict);
  record.detail = {{"verdict", json::string(name(result.verdict))}};
  if (const auto percent = result.ratio ? result.ratio->shown_percent() : std::nullopt)
    record.detail["percent"] = *percent;
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const AuditEntry entry = WD_TRY(audit_.append_in(*db, scope, std::move(record)));
  result.entry = entry.index;
  result.time = entry.time;
  WD_TRY(
      db->execute("INSERT INTO trust_results (check_id, time, verdict, detail, good, whole, entry) VALUES (?1, ?2, ?3, "
                  "?4, ?5, ?6, ?7)",
                  {result.check, to_micros(result.time), std::string(name(result.verdict)), result.detail,
                   result.ratio ? DbValue{result.ratio->good} : DbValue{nullptr},
                   result.ratio ? DbValue{result.ratio->all} : DbValue{nullptr}, result.entry}));
  WD_TRY(forget_old_results(*db, result.check));
  WD_TRY(tx.commit());
  return result;
}

Result<LatestResults> TrustStore::latest(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto rows = WD_TRY(read_rows(*db,
                                     "SELECT " + std::string(kResultColumns) +
                                         " FROM trust_results WHERE entry IN (SELECT MAX(entry) FROM trust_results "
                                         "GROUP BY check_id)",
                                     {}, read_result));
  LatestResults latest;
  for (const CheckResult& row : rows) {
    CheckResult& result = latest.emplace(row.check, row).first->second;
    if (result.verdict == Verdict::Pending) result.pending_since = WD_TRY(pending_since(*db, result.check));
  }
  return latest;
}

Result<std::set<std::string, std::less<>>> TrustStore::broken(const TenantScope& scope) {
  const auto read = [](const Row& row) -> Result<std::string> { return row.text(0); };
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto rows =
      WD_TRY(read_rows(*db,
                       "SELECT commitment FROM trust_states WHERE state = ?1 AND entry IN (SELECT "
                       "MAX(entry) FROM trust_states WHERE state IN (?1, ?2) GROUP BY commitment)",
                       {std::string(name(TrustState::Broken)), std::string(name(TrustState::Kept))}, read));
  return std::set<std::string, std::less<>>(rows.begin(), rows.end());
}

Result<std::vector<CheckResult>> TrustStore::results(const TenantScope& scope, std::string_view check,
                                                     std::size_t limit) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(
      *db,
      "SELECT " + std::string(kResultColumns) + " FROM trust_results WHERE check_id = ?1 ORDER BY entry DESC LIMIT ?2",
      {std::string(check), static_cast<std::int64_t>(limit)}, read_result);
}

Result<std::vector<StateChange>> TrustStore::states(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db,
                   "SELECT " + std::string(kStateColumns) +
                       " FROM trust_states WHERE entry IN (SELECT MAX(entry) FROM trust_states GROUP BY commitment)",
                   {}, read_state);
}

Result<StateChange> TrustStore::add_state(const TenantScope& scope, std::string_view commitment,
                                          const Assessment& assessment) {
  AuditRecord record;
  record.action = kTrustStateAction;
  record.object = "commitment:" + std::string(commitment);
  record.detail = {{"state", json::string(name(assessment.state))}, {"reason", json::string(assessment.reason)}};
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const AuditEntry entry = WD_TRY(audit_.append_in(*db, scope, std::move(record)));
  StateChange change{std::string(commitment), entry.time, assessment.state, std::string(assessment.reason),
                     entry.index};
  WD_TRY(db->execute(
      "INSERT INTO trust_states (commitment, time, state, reason, entry) VALUES (?1, ?2, ?3, ?4, ?5)",
      {change.commitment, to_micros(change.time), std::string(name(change.state)), change.reason, change.entry}));
  WD_TRY(tx.commit());
  return change;
}

Result<std::vector<StateChange>> TrustStore::history(const TenantScope& scope, std::size_t limit,
                                                     std::optional<std::int64_t> before) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(
      *db, "SELECT " + std::string(kStateColumns) + " FROM trust_states WHERE entry < ?1 ORDER BY entry DESC LIMIT ?2",
      {before.value_or(INT64_MAX), static_cast<std::int64_t>(limit)}, read_state);
}

Result<bool> TrustStore::hold(const TenantScope& scope, std::string_view holder, std::chrono::seconds longest) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute("INSERT INTO trust_lease (id, holder, held_until) VALUES (1, '', 0) ON CONFLICT (id) DO NOTHING"));
  const auto changed =
      WD_TRY(db->execute("UPDATE trust_lease SET holder = ?1, held_until = ?2 WHERE id = 1 AND "
                         "(holder = ?1 OR held_until < ?3 OR held_until > ?2)",
                         {std::string(holder), to_micros(now + longest), to_micros(now)}));
  return changed > 0;
}

Result<void> TrustStore::let_go(const TenantScope& scope, std::string_view holder) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute("UPDATE trust_lease SET holder = '', held_until = 0 WHERE holder = ?1", {std::string(holder)}));
  return {};
}

struct TrustStore::Versioned {
  std::string table;
  std::string_view action;
  std::string_view object;
};

Result<std::vector<NoticeVersion>> TrustStore::notice_versions(const TenantScope& scope, const std::string& digest) {
  return versions(scope, {"trust_notices", kTrustNoticeAction, "notice:"}, digest);
}

Result<std::vector<NoticeVersion>> TrustStore::measures_versions(const TenantScope& scope, const std::string& digest) {
  return versions(scope, {"trust_measures", kTrustMeasuresAction, "measures:"}, digest);
}

Result<std::vector<NoticeVersion>> TrustStore::versions(const TenantScope& scope, const Versioned& what,
                                                        const std::string& digest) {
  const auto read = [](const Row& row) -> Result<NoticeVersion> {
    return NoticeVersion{row.integer(0), from_micros(row.integer(1)), row.text(2)};
  };
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  auto versions =
      WD_TRY(read_rows(*db, "SELECT version, since, digest FROM " + what.table + " ORDER BY version DESC", {}, read));
  if (!versions.empty() && versions.front().digest == digest) return versions;
  const NoticeVersion next{versions.empty() ? 1 : versions.front().number + 1, clock_.now(), digest};
  WD_TRY(db->execute("INSERT INTO " + what.table + " (version, since, digest) VALUES (?1, ?2, ?3)",
                     {next.number, to_micros(next.since), next.digest}));
  WD_TRY(audit_.append_in(*db, scope,
                          {std::string(what.action),
                           std::string(what.object) + std::to_string(next.number),
                           AuditOutcome::Success,
                           {{"digest", digest}}}));
  WD_TRY(tx.commit());
  versions.insert(versions.begin(), next);
  return versions;
}

Result<crypto::SigningKey> TrustStore::signing_key(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto read = [](const Row& row) -> Result<Bytes> { return row.bytes(0); };
  const auto box = WD_TRY(read_row(*db, "SELECT private_key FROM trust_keys WHERE id = 1", {}, read));
  if (box) {
    const auto seed = from_base64(WD_TRY(tenants_.open_text(scope, kKeyPlace, *box)));
    if (!seed) return fail(ErrorCode::Corrupt, "trust_keys: no key");
    return crypto::SigningKey::from_seed(*seed);
  }
  crypto::SigningKey key = crypto::SigningKey::generate();
  WD_TRY(db->execute("INSERT INTO trust_keys (id, private_key) VALUES (1, ?1)",
                     {tenants_.seal_text(scope, kKeyPlace, to_base64(key.seed()))}));
  WD_TRY(tx.commit());
  return key;
}

FeatureSchema trust_schema() {
  using enum PersonalData;
  return {
      .feature = "trust",
      .migrations =
          {{1,
            "create results, states, evidence",
            {"CREATE TABLE trust_results (check_id TEXT NOT NULL, time BIGINT NOT NULL, verdict TEXT NOT NULL, "
             "detail TEXT NOT NULL, good BIGINT, whole BIGINT, entry BIGINT NOT NULL, PRIMARY KEY (check_id, entry))",
             "CREATE TABLE trust_states (commitment TEXT NOT NULL, time BIGINT NOT NULL, state TEXT NOT NULL, "
             "reason TEXT NOT NULL, entry BIGINT NOT NULL, PRIMARY KEY (commitment, entry))",
             "CREATE TABLE trust_lease (id BIGINT NOT NULL, holder TEXT NOT NULL, held_until BIGINT NOT NULL, "
             "PRIMARY KEY (id))",
             "CREATE TABLE trust_keys (id BIGINT NOT NULL, private_key BLOB NOT NULL, PRIMARY KEY (id))",
             "CREATE TABLE trust_evidence (id TEXT NOT NULL, commitment TEXT NOT NULL, title TEXT NOT NULL, "
             "standard TEXT NOT NULL, issued BIGINT NOT NULL, expires BIGINT NOT NULL, owner TEXT NOT NULL, "
             "deputy TEXT NOT NULL, reviewer TEXT NOT NULL, reviewed BIGINT, filed BIGINT NOT NULL, "
             "filed_by TEXT NOT NULL, reminded BIGINT NOT NULL, sha256 TEXT NOT NULL, attachment BLOB, "
             "version BIGINT NOT NULL, PRIMARY KEY (id))"}},
           {2,
            "versions of the notice",
            {"CREATE TABLE trust_notices (version BIGINT NOT NULL, since BIGINT NOT NULL, digest TEXT NOT NULL, "
             "PRIMARY KEY (version))"}},
           {3, "public documents", {"ALTER TABLE trust_evidence ADD COLUMN is_public BIGINT NOT NULL DEFAULT 0"}},
           {4,
            "documents on request",
            {"ALTER TABLE trust_evidence ADD COLUMN is_on_request BIGINT NOT NULL DEFAULT 0"}},
           {5,
            "versions of the list of measures",
            {"CREATE TABLE trust_measures (version BIGINT NOT NULL, since BIGINT NOT NULL, digest TEXT NOT NULL, "
             "PRIMARY KEY (version))"}},
           {6,
            "whose the duties are",
            {"CREATE TABLE trust_duties (commitment TEXT NOT NULL, owner TEXT NOT NULL, deputy TEXT NOT NULL, "
             "reviewer TEXT NOT NULL, cadence_days BIGINT NOT NULL, assigned BIGINT NOT NULL, version BIGINT NOT NULL, "
             "PRIMARY KEY (commitment))",
             "CREATE TABLE trust_duty_reminders (commitment TEXT NOT NULL, due BIGINT NOT NULL, stage BIGINT NOT "
             "NULL, PRIMARY KEY (commitment))",
             "ALTER TABLE trust_evidence DROP COLUMN reminded"}}},
      .fields = {{"trust_results", "check_id", None},
                 {"trust_results", "time", None},
                 {"trust_results", "verdict", None},
                 {"trust_results", "detail", None},
                 {"trust_results", "good", None},
                 {"trust_results", "whole", None},
                 {"trust_results", "entry", None},
                 {"trust_states", "commitment", None},
                 {"trust_states", "time", None},
                 {"trust_states", "state", None},
                 {"trust_states", "reason", None},
                 {"trust_states", "entry", None},
                 {"trust_lease", "id", None},
                 {"trust_lease", "holder", None},
                 {"trust_lease", "held_until", None},
                 {"trust_keys", "id", None},
                 {"trust_keys", "private_key", Secret, "'1'"},
                 {"trust_evidence", "id", None},
                 {"trust_evidence", "commitment", None},
                 {"trust_evidence", "title", None},
                 {"trust_evidence", "standard", None},
                 {"trust_evidence", "issued", None},
                 {"trust_evidence", "expires", None},
                 {"trust_evidence", "owner", Identifier},
                 {"trust_evidence", "deputy", Identifier},
                 {"trust_evidence", "reviewer", Identifier},
                 {"trust_evidence", "reviewed", None},
                 {"trust_evidence", "filed", None},
                 {"trust_evidence", "filed_by", Identifier},
                 {"trust_evidence", "sha256", None},
                 {"trust_evidence", "attachment", Content, "id"},
                 {"trust_evidence", "version", None},
                 {"trust_evidence", "is_public", None},
                 {"trust_evidence", "is_on_request", None},
                 {"trust_duties", "commitment", None},
                 {"trust_duties", "owner", Identifier},
                 {"trust_duties", "deputy", Identifier},
                 {"trust_duties", "reviewer", Identifier},
                 {"trust_duties", "cadence_days", None},
                 {"trust_duties", "assigned", None},
                 {"trust_duties", "version", None},
                 {"trust_duty_reminders", "commitment", None},
                 {"trust_duty_reminders", "due", None},
                 {"trust_duty_reminders", "stage", None},
                 {"trust_notices", "version", None},
                 {"trust_notices", "since", None},
                 {"trust_notices", "digest", None},
                 {"trust_measures", "version", None},
                 {"trust_measures", "since", None},
                 {"trust_measures", "digest", None}}};
}

}  // namespace warder::manager
