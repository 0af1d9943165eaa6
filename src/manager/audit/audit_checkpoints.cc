// Signing the list, and proofs from its tree.
#include "manager/audit/audit_chain.h"
#include "manager/audit/audit_log.h"
#include "manager/audit/audit_rows.h"

namespace warder::manager {
namespace {

constexpr SealedPlace kKeyPlace{"audit_key", "1", "sealed"};

Result<void> check_size(const AuditHead& head, std::int64_t size) {
  if (size <= head.entries) return {};
  return fail(ErrorCode::NotFound,
              "audit: the list has " + std::to_string(head.entries) + " entries, not " + std::to_string(size));
}

}  // namespace

Result<AuditHead> AuditLog::ready_head(Db& db, const TenantScope& scope) {
  const Bytes key = tenants_.derive_key(scope, "audit-head");
  AuditHead head = WD_TRY(read_audit_head(db, key));
  if (static_cast<std::int64_t>(head.edge.size()) == head.entries || !head.is_genuine) return head;
  Tx transaction = WD_TRY(Tx::begin(db));
  head = WD_TRY(read_audit_head(db, key));
  if (static_cast<std::int64_t>(head.edge.size()) < head.entries) {
    WD_TRY(build_tree(db, head));
    WD_TRY(write_audit_head(db, key, head));
  }
  WD_TRY(transaction.commit());
  return head;
}

Result<std::optional<crypto::SigningKey>> AuditLog::stored_key(Db& db, const TenantScope& scope) {
  const StmtHandle statement = WD_TRY(db.prepare("SELECT sealed FROM audit_key WHERE id = 1"));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return std::optional<crypto::SigningKey>{};
  const std::string seed = WD_TRY(tenants_.open_text(scope, kKeyPlace, row->bytes(0)).in("audit: the signing key"));
  return std::optional(WD_TRY(crypto::SigningKey::from_seed(WD_TRY(from_hex(seed)))));
}

Result<crypto::SigningKey> AuditLog::signing_key(Db& transaction, const TenantScope& scope, const AuditHead& head) {
  if (auto stored = WD_TRY(stored_key(transaction, scope))) return std::move(*stored);
  // Another key would sign whatever is there now, and those who know the old one could not tell why.
  if (head.checkpointed > 0) return fail(ErrorCode::Corrupt, "audit: the signing key was removed");
  crypto::SigningKey made = crypto::SigningKey::generate();
  WD_TRY(transaction.execute("INSERT INTO audit_key (id, sealed) VALUES (1, ?1)",
                             {tenants_.seal_text(scope, kKeyPlace, to_hex(made.seed()))}));
  return made;
}

Result<crypto::NoteKey> AuditLog::key(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  const AuditHead head = WD_TRY(read_audit_head(*db, tenants_.derive_key(scope, "audit-head")));
  const crypto::SigningKey key = WD_TRY(signing_key(*db, scope, head));
  WD_TRY(transaction.commit());
  return crypto::NoteKey{audit_origin(scope.tenant()), key.public_key()};
}

Result<std::string> AuditLog::sign_note(const TenantScope& scope, std::string_view text) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  const AuditHead head = WD_TRY(read_audit_head(*db, tenants_.derive_key(scope, "audit-head")));
  const crypto::SigningKey key = WD_TRY(signing_key(*db, scope, head));
  WD_TRY(transaction.commit());
  return crypto::sign_note(text, audit_origin(scope.tenant()), key);
}

Result<AuditCheckpoint> AuditLog::sign(Db& transaction, const TenantScope& scope, AuditHead& head) {
  const crypto::SigningKey key = WD_TRY(signing_key(transaction, scope, head));
  AuditCheckpoint checkpoint{head.entries, clock_.now(), {}};
  checkpoint.note = WD_TRY(crypto::sign_checkpoint(
      {audit_origin(scope.tenant()), {static_cast<std::uint64_t>(head.entries), head.edge.root()}}, key));
  WD_TRY(transaction.execute("INSERT INTO audit_checkpoints (entries, time, note) VALUES (?1, ?2, ?3)",
                             {checkpoint.entries, to_micros(checkpoint.time), checkpoint.note}));
  head.checkpointed = head.entries;
  return checkpoint;
}

Result<AuditCheckpoint> AuditLog::make_checkpoint(const TenantScope& scope) {
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    const Bytes key = tenants_.derive_key(scope, "audit-head");
    Tx transaction = WD_TRY(Tx::begin(*db));
    AuditHead head = WD_TRY(read_audit_head(*db, key));
    if (!head.is_genuine)
      return fail(ErrorCode::Corrupt, "audit: the head of the list was changed by other hands; it is not signed");
    if (head.entries == 0) return fail(ErrorCode::NotFound, "audit: the list is empty");
    if (head.checkpointed < head.entries) {
      if (static_cast<std::int64_t>(head.edge.size()) < head.entries) WD_TRY(build_tree(*db, head));
      AuditCheckpoint checkpoint = WD_TRY(sign(*db, scope, head));
      WD_TRY(write_audit_head(*db, key, head));
      WD_TRY(transaction.commit());
      return checkpoint;
    }
  }
  return checkpoint(scope);
}

Result<AuditCheckpoint> AuditLog::checkpoint(const TenantScope& scope, std::optional<std::int64_t> entries) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const StmtHandle statement =
      WD_TRY(db->prepare("SELECT " + std::string{kCheckpointColumns} +
                         " FROM audit_checkpoints WHERE entries <= ?1 ORDER BY entries DESC LIMIT 1"));
  WD_TRY(statement->bind({entries.value_or(INT64_MAX)}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr || (entries && row->integer(0) != *entries))
    return fail(ErrorCode::NotFound, entries ? "audit: no checkpoint of " + std::to_string(*entries) + " entries"
                                             : std::string{"audit: no checkpoint yet"});
  return read_audit_checkpoint(*row);
}

Result<std::vector<AuditCheckpoint>> AuditLog::checkpoints(const TenantScope& scope, std::int64_t after,
                                                           std::int64_t until) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const StmtHandle statement =
      WD_TRY(db->prepare("SELECT " + std::string{kCheckpointColumns} +
                         " FROM audit_checkpoints WHERE entries > ?1 AND entries <= ?2 ORDER BY entries"));
  WD_TRY(statement->bind({after, until}));
  std::vector<AuditCheckpoint> found;
  while (const Row* row = WD_TRY(statement->step())) found.push_back(WD_TRY(read_audit_checkpoint(*row)));
  return found;
}

Result<AuditInclusion> AuditLog::prove_inclusion(const TenantScope& scope, std::int64_t index, std::int64_t size) {
  if (index < 1 || index > size)
    return fail(ErrorCode::Invalid, "index: not among the first " + std::to_string(size) + " entries");
  AuditInclusion inclusion;
  inclusion.entry = WD_TRY(find(scope, index));
  inclusion.leaf = audit_leaf(inclusion.entry);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(check_size(WD_TRY(ready_head(*db, scope)), size));
  inclusion.proof = WD_TRY(crypto::prove_inclusion(static_cast<std::uint64_t>(index) - 1,
                                                   static_cast<std::uint64_t>(size), audit_nodes(*db)));
  return inclusion;
}

Result<std::vector<crypto::Digest>> AuditLog::prove_consistency(const TenantScope& scope, std::int64_t from,
                                                                std::int64_t to) {
  if (from < 0 || from > to) return fail(ErrorCode::Invalid, "from: not between 0 and " + std::to_string(to));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(check_size(WD_TRY(ready_head(*db, scope)), to));
  return crypto::prove_consistency(static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(to), audit_nodes(*db));
}

}  // namespace warder::manager
