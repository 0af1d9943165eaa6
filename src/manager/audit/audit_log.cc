#include "manager/audit/audit_log.h"

#include "base/text.h"
#include "manager/audit/audit_chain.h"
#include "manager/audit/audit_rows.h"

namespace warder::manager {

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
  const Bytes key = tenants_.derive_key(scope, "audit-head");
  AuditHead head = WD_TRY(read_audit_head(transaction, key));
  if (static_cast<std::int64_t>(head.edge.size()) < head.entries) WD_TRY(build_tree(transaction, head));
  AuditEntry entry{
      .index = head.entries + 1, .time = clock_.now(), .actor = scope.actor(), .record = std::move(record)};
  const std::string leaf = audit_leaf(entry);
  entry.hash = audit_hash(head.last, leaf);
  WD_TRY(write_audit_entry(transaction, entry));
  WD_TRY(append_to_tree(transaction, head.edge, leaf));
  head.entries = entry.index;
  head.last = entry.hash;
  if (head.is_genuine && head.entries - head.checkpointed >= kAuditCheckpointEvery)
    WD_TRY(sign(transaction, scope, head));
  WD_TRY(write_audit_head(transaction, key, head));
  const std::scoped_lock lock(mutex_);
  changed_.insert(scope.tenant());
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
      WD_TRY(db->prepare("SELECT " + std::string{kAuditColumns} +
                         " FROM audit WHERE entry < ?1 AND (?2 = '' OR action = ?2) ORDER BY entry DESC LIMIT ?3"));
  WD_TRY(statement->bind({before, query.action, static_cast<std::int64_t>(query.limit) + 1}));
  AuditPage page;
  while (const Row* row = WD_TRY(statement->step())) page.items.push_back(WD_TRY(read_audit_entry(*row)));
  if (page.items.size() > query.limit) {
    page.items.resize(query.limit);
    page.next_cursor = std::to_string(page.items.back().index);
  }
  return page;
}

Result<AuditEntry> AuditLog::find(const TenantScope& scope, std::int64_t index) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const StmtHandle statement =
      WD_TRY(db->prepare("SELECT " + std::string{kAuditColumns} + " FROM audit WHERE entry = ?1"));
  WD_TRY(statement->bind({index}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return fail(ErrorCode::NotFound, "audit: there is no entry " + std::to_string(index));
  return read_audit_entry(*row);
}

Result<std::vector<AuditLeaf>> AuditLog::leaves(const TenantScope& scope, std::int64_t after, std::size_t limit) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const StmtHandle statement = WD_TRY(
      db->prepare("SELECT " + std::string{kAuditColumns} + " FROM audit WHERE entry > ?1 ORDER BY entry LIMIT ?2"));
  WD_TRY(statement->bind({after, static_cast<std::int64_t>(limit)}));
  std::vector<AuditLeaf> leaves;
  while (const Row* row = WD_TRY(statement->step())) {
    const AuditEntry entry = WD_TRY(read_audit_entry(*row));
    leaves.push_back({entry.index, audit_leaf(entry)});
  }
  return leaves;
}

std::set<TenantId> AuditLog::take_changed() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(changed_, {});
}

FeatureSchema audit_schema() {
  using enum PersonalData;
  return {.feature = "audit",
          .migrations = {{1,
                          "create audit",
                          {"CREATE TABLE audit (entry BIGINT NOT NULL PRIMARY KEY, time BIGINT NOT NULL, "
                           "actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL, outcome TEXT NOT NULL, "
                           "detail TEXT NOT NULL, hash BLOB NOT NULL)",
                           "CREATE INDEX audit_by_action ON audit (action, entry)",
                           "CREATE TABLE audit_head (id BIGINT NOT NULL PRIMARY KEY, entries BIGINT NOT NULL, "
                           "last_hash BLOB NOT NULL, mac BLOB NOT NULL)"}},
                         // The tree of entries that are there already is made with the next entry or checkpoint.
                         {2,
                          "add tree and checkpoints",
                          {"ALTER TABLE audit_head ADD COLUMN checkpointed BIGINT NOT NULL DEFAULT 0",
                           "ALTER TABLE audit_head ADD COLUMN peaks BLOB",
                           "CREATE TABLE audit_nodes (leaf BIGINT NOT NULL, level BIGINT NOT NULL, hash BLOB NOT NULL, "
                           "PRIMARY KEY (leaf, level)) WITHOUT ROWID",
                           "CREATE TABLE audit_checkpoints (entries BIGINT NOT NULL PRIMARY KEY, time BIGINT NOT NULL, "
                           "note TEXT NOT NULL)",
                           "CREATE TABLE audit_key (id BIGINT NOT NULL PRIMARY KEY, sealed BLOB NOT NULL)"}},
                         {3,
                          "add witnesses",
                          {"CREATE TABLE audit_witnesses (agent TEXT NOT NULL PRIMARY KEY, cosigner TEXT NOT NULL, "
                           "entries BIGINT NOT NULL, time BIGINT NOT NULL, note TEXT NOT NULL)",
                           "CREATE INDEX audit_witnesses_by_entries ON audit_witnesses (entries, time)"}}},
          .fields = {{"audit", "entry", None},
                     {"audit", "time", None},
                     {"audit", "actor", Identifier},
                     {"audit", "action", None},
                     {"audit", "object", Identifier},
                     {"audit", "outcome", None},
                     {"audit", "detail", Content},
                     {"audit", "hash", None},
                     {"audit_head", "id", None},
                     {"audit_head", "entries", None},
                     {"audit_head", "last_hash", None},
                     {"audit_head", "mac", None},
                     {"audit_head", "checkpointed", None},
                     {"audit_head", "peaks", None},
                     {"audit_nodes", "leaf", None},
                     {"audit_nodes", "level", None},
                     {"audit_nodes", "hash", None},
                     {"audit_checkpoints", "entries", None},
                     {"audit_checkpoints", "time", None},
                     {"audit_checkpoints", "note", None},
                     {"audit_witnesses", "agent", Identifier},
                     {"audit_witnesses", "cosigner", None},
                     {"audit_witnesses", "entries", None},
                     {"audit_witnesses", "time", None},
                     {"audit_witnesses", "note", None},
                     {"audit_key", "id", None},
                     {"audit_key", "sealed", Secret, "'1'"}}};
}

}  // namespace warder::manager
