#include "manager/audit/audit_log.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/audit/audit_chain.h"

namespace warder::manager {
namespace {

constexpr std::string_view kColumns = "entry, time, actor, action, object, outcome, detail, hash";

struct Head {
  std::int64_t entries = 0;
  crypto::Digest last{};
  Bytes mac;  // empty: no entry yet
};

Result<crypto::Digest> read_digest(ByteView bytes) {
  crypto::Digest digest{};
  if (bytes.size() != digest.size()) return fail(ErrorCode::Corrupt, "audit: a hash of the wrong length");
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

Bytes to_bytes(const crypto::Digest& digest) {
  return {digest.begin(), digest.end()};
}

Result<AuditOutcome> parse_outcome(std::string_view text) {
  for (const AuditOutcome outcome : {AuditOutcome::Success, AuditOutcome::Denied, AuditOutcome::Failure}) {
    if (name(outcome) == text) return outcome;
  }
  return fail(ErrorCode::Corrupt, "audit: no such outcome");
}

Result<AuditEntry> read_entry(const Row& row) {
  AuditEntry entry;
  entry.index = row.integer(0);
  entry.time = from_micros(row.integer(1));
  entry.actor = row.text(2);
  entry.record.action = row.text(3);
  entry.record.object = row.text(4);
  entry.record.outcome = WD_TRY(parse_outcome(row.text(5)));
  json::value detail = WD_TRY(parse_json(row.text(6)));
  if (!detail.is_object()) return fail(ErrorCode::Corrupt, "audit: detail is not an object");
  entry.record.detail = std::move(detail.as_object());
  entry.hash = WD_TRY(read_digest(row.bytes(7)));
  return entry;
}

Result<Head> read_head(Db& db) {
  const StmtHandle statement = WD_TRY(db.prepare("SELECT entries, last_hash, mac FROM audit_head WHERE id = 1"));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return Head{};
  return Head{row->integer(0), WD_TRY(read_digest(row->bytes(1))), row->bytes(2)};
}

Result<void> write_entry(Db& db, const AuditEntry& entry) {
  WD_TRY(
      db.execute("INSERT INTO audit (entry, time, actor, action, object, outcome, detail, hash) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                 {entry.index, to_micros(entry.time), entry.actor, entry.record.action, entry.record.object,
                  std::string{name(entry.record.outcome)}, canonical_json(entry.record.detail), to_bytes(entry.hash)}));
  return {};
}

Result<void> write_head(Db& db, ByteView key, const AuditEntry& last) {
  WD_TRY(
      db.execute("INSERT INTO audit_head (id, entries, last_hash, mac) VALUES (1, ?1, ?2, ?3) "
                 "ON CONFLICT (id) DO UPDATE SET entries = excluded.entries, last_hash = excluded.last_hash, "
                 "mac = excluded.mac",
                 {last.index, to_bytes(last.hash), to_bytes(audit_head_mac(key, last.index, last.hash))}));
  return {};
}

AuditVerification broken(AuditVerification so_far, std::int64_t index, std::string detail) {
  so_far.intact = false;
  so_far.first_bad_index = index;
  so_far.detail = std::move(detail);
  return so_far;
}

/// The list's end against its head: entries cut off or added past the head are found here.
AuditVerification check_head(AuditVerification so_far, const Head& head, ByteView key) {
  const bool is_empty = so_far.entries == 0 && head.mac.empty();
  if (is_empty) return so_far;
  if (!crypto::equals_constant_time(audit_head_mac(key, head.entries, head.last), head.mac))
    return broken(so_far, so_far.entries + 1, "the head of the list was changed");
  if (head.entries > so_far.entries) return broken(so_far, so_far.entries + 1, "entries are missing at the end");
  if (head.entries < so_far.entries || head.last != so_far.root)
    return broken(so_far, head.entries + 1, "entries were added past the head");
  return so_far;
}

}  // namespace

Result<AuditEntry> AuditLog::append(const TenantScope& scope, std::string_view action, std::string_view object,
                                    AuditOutcome outcome, boost::json::object detail) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  AuditEntry entry =
      WD_TRY(append_in(*db, scope, {std::string{action}, std::string{object}, outcome, std::move(detail)}).in("audit"));
  WD_TRY(transaction.commit().in("audit"));
  return entry;
}

Result<AuditEntry> AuditLog::append_in(Db& transaction, const TenantScope& scope, AuditRecord record) {
  const Head head = WD_TRY(read_head(transaction));
  AuditEntry entry{
      .index = head.entries + 1, .time = clock_.now(), .actor = scope.actor(), .record = std::move(record)};
  entry.hash = audit_hash(head.last, entry);
  WD_TRY(write_entry(transaction, entry));
  WD_TRY(write_head(transaction, tenants_.derive_key(scope, "audit-head"), entry));
  return entry;
}

Result<AuditPage> AuditLog::list(const TenantScope& scope, const AuditQuery& query) {
  std::int64_t before = INT64_MAX;
  if (!query.cursor.empty()) {
    const auto index = parse_integer<std::int64_t>(query.cursor);
    if (!index || *index < 1) return fail(ErrorCode::Invalid, "cursor: not one of this list");
    before = *index;
  }
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const StmtHandle statement =
      WD_TRY(db->prepare("SELECT " + std::string{kColumns} +
                         " FROM audit WHERE entry < ?1 AND (?2 = '' OR action = ?2) ORDER BY entry DESC LIMIT ?3"));
  WD_TRY(statement->bind({before, query.action, static_cast<std::int64_t>(query.limit) + 1}));
  AuditPage page;
  while (const Row* row = WD_TRY(statement->step())) page.items.push_back(WD_TRY(read_entry(*row)));
  if (page.items.size() > query.limit) {
    page.items.resize(query.limit);
    page.next_cursor = std::to_string(page.items.back().index);
  }
  return page;
}

Result<AuditVerification> AuditLog::verify(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const Tx snapshot = WD_TRY(Tx::begin(*db));  // the list and its head of one moment
  const StmtHandle statement = WD_TRY(db->prepare("SELECT " + std::string{kColumns} + " FROM audit ORDER BY entry"));
  AuditVerification result;
  while (const Row* row = WD_TRY(statement->step())) {
    const std::int64_t expected = result.entries + 1;
    if (row->integer(0) != expected) return broken(result, expected, "this entry is missing");
    const auto entry = read_entry(*row);
    if (!entry) return broken(result, expected, entry.error().message);
    if (audit_hash(result.root, *entry) != entry->hash)
      return broken(result, expected, "the entry does not match its hash");
    result.entries = expected;
    result.root = entry->hash;
  }
  return check_head(result, WD_TRY(read_head(*db)), tenants_.derive_key(scope, "audit-head"));
}

FeatureSchema audit_schema() {
  return {.feature = "audit",
          .migrations = {{1,
                          "create audit",
                          {"CREATE TABLE audit (entry BIGINT NOT NULL PRIMARY KEY, time BIGINT NOT NULL, "
                           "actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL, outcome TEXT NOT NULL, "
                           "detail TEXT NOT NULL, hash BLOB NOT NULL)",
                           "CREATE INDEX audit_by_action ON audit (action, entry)",
                           "CREATE TABLE audit_head (id BIGINT NOT NULL PRIMARY KEY, entries BIGINT NOT NULL, "
                           "last_hash BLOB NOT NULL, mac BLOB NOT NULL)"}}},
          .fields = {{"audit", "entry", PersonalData::None},
                     {"audit", "time", PersonalData::None},
                     {"audit", "actor", PersonalData::Identifier},
                     {"audit", "action", PersonalData::None},
                     {"audit", "object", PersonalData::Identifier},
                     {"audit", "outcome", PersonalData::None},
                     {"audit", "detail", PersonalData::Content},
                     {"audit", "hash", PersonalData::None},
                     {"audit_head", "id", PersonalData::None},
                     {"audit_head", "entries", PersonalData::None},
                     {"audit_head", "last_hash", PersonalData::None},
                     {"audit_head", "mac", PersonalData::None}}};
}

}  // namespace warder::manager
