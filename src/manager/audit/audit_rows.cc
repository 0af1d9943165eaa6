#include "manager/audit/audit_rows.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "manager/audit/audit_chain.h"

namespace warder::manager {
namespace {

Bytes to_bytes(const crypto::Digest& digest) {
  return {digest.begin(), digest.end()};
}

Bytes join(const std::vector<crypto::Digest>& digests) {
  Bytes joined;
  for (const crypto::Digest& digest : digests) append(joined, digest);
  return joined;
}

Result<std::vector<crypto::Digest>> divide(const Bytes& joined) {
  constexpr std::size_t kBytes = std::tuple_size_v<crypto::Digest>;
  std::vector<crypto::Digest> digests;
  for (ByteView rest = joined; !rest.empty(); rest = rest.subspan(std::min(kBytes, rest.size())))
    digests.push_back(WD_TRY(read_digest(rest.first(std::min(kBytes, rest.size())))));
  return digests;
}

Result<AuditOutcome> parse_outcome(std::string_view text) {
  for (const AuditOutcome outcome : {AuditOutcome::Success, AuditOutcome::Denied, AuditOutcome::Failure}) {
    if (name(outcome) == text) return outcome;
  }
  return fail(ErrorCode::Corrupt, "audit: no such outcome");
}

/// Lists older than trees have a MAC over count and hash alone.
crypto::Digest head_mac(ByteView key, const AuditHead& head, bool has_tree) {
  Bytes text;
  append_u64be(text, static_cast<std::uint64_t>(head.entries));
  append(text, head.last);
  if (has_tree) {
    append_u64be(text, static_cast<std::uint64_t>(head.checkpointed));
    append(text, join(head.edge.peaks()));
  }
  return crypto::hmac_sha256(key, text);
}

Result<void> insert_node(Db& db, const AuditNode& node) {
  WD_TRY(db.execute("INSERT INTO audit_nodes (leaf, level, hash) VALUES (?1, ?2, ?3)",
                    {node.leaf, node.level, to_bytes(node.hash)}));
  return {};
}

}  // namespace

Result<crypto::Digest> read_digest(ByteView bytes) {
  crypto::Digest digest{};
  if (bytes.size() != digest.size()) return fail(ErrorCode::Corrupt, "audit: a hash of the wrong length");
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

Result<AuditEntry> read_audit_entry(const Row& row) {
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

Result<void> write_audit_entry(Db& db, const AuditEntry& entry) {
  WD_TRY(
      db.execute("INSERT INTO audit (entry, time, actor, action, object, outcome, detail, hash) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                 {entry.index, to_micros(entry.time), entry.actor, entry.record.action, entry.record.object,
                  std::string{name(entry.record.outcome)}, canonical_json(entry.record.detail), to_bytes(entry.hash)}));
  return {};
}

Result<AuditHead> read_audit_head(Db& db, ByteView key) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT entries, last_hash, mac, checkpointed, peaks FROM audit_head WHERE id = 1"));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return AuditHead{};
  AuditHead head;
  head.is_stored = true;
  head.entries = row->integer(0);
  const Bytes mac = row->bytes(2);
  head.checkpointed = row->integer(3);
  const bool has_tree = !row->is_null(4);
  auto last = read_digest(row->bytes(1));
  auto peaks = has_tree ? divide(row->bytes(4)) : std::vector<crypto::Digest>{};
  auto edge = last && peaks && has_tree
                  ? crypto::MerkleEdge::restore(static_cast<std::uint64_t>(head.entries), std::move(*peaks))
                  : Result<crypto::MerkleEdge>{crypto::MerkleEdge{}};
  head.is_genuine = last && peaks && edge;
  if (!head.is_genuine) return head;
  head.last = *last;
  head.edge = std::move(*edge);
  head.is_genuine = crypto::equals_constant_time(head_mac(key, head, has_tree), mac);
  return head;
}

Result<void> write_audit_head(Db& db, ByteView key, const AuditHead& head) {
  const Bytes mac = head.is_genuine ? to_bytes(head_mac(key, head, true)) : Bytes(std::tuple_size_v<crypto::Digest>);
  WD_TRY(db.execute(
      "INSERT INTO audit_head (id, entries, last_hash, mac, checkpointed, peaks) VALUES (1, ?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT (id) DO UPDATE SET entries = excluded.entries, last_hash = excluded.last_hash, "
      "mac = excluded.mac, checkpointed = excluded.checkpointed, peaks = excluded.peaks",
      {head.entries, to_bytes(head.last), mac, head.checkpointed, join(head.edge.peaks())}));
  return {};
}

AuditNode to_stored(const crypto::MerkleEdge::Completed& completed) {
  return {static_cast<std::int64_t>(completed.node.end()) - 1, completed.node.level, completed.hash};
}

Result<void> append_to_tree(Db& db, crypto::MerkleEdge& edge, std::string_view leaf) {
  for (const auto& completed : edge.append(crypto::merkle_leaf(as_bytes(leaf))))
    WD_TRY(insert_node(db, to_stored(completed)));
  return {};
}

Result<void> build_tree(Db& db, AuditHead& head) {
  constexpr std::int64_t kPage = 1000;
  while (static_cast<std::int64_t>(head.edge.size()) < head.entries) {
    const auto after = static_cast<std::int64_t>(head.edge.size());
    std::map<std::int64_t, std::string> leaves;
    const StmtHandle statement = WD_TRY(db.prepare("SELECT " + std::string{kAuditColumns} +
                                                   " FROM audit WHERE entry > ?1 AND entry <= ?2 ORDER BY entry"));
    WD_TRY(statement->bind({after, std::min(after + kPage, head.entries)}));
    while (const Row* row = WD_TRY(statement->step())) {
      const auto entry = read_audit_entry(*row);
      if (entry) leaves[entry->index] = audit_leaf(*entry);
    }
    // An entry that is gone or unreadable leaves an empty leaf: the chain of hashes tells it.
    for (std::int64_t index = after + 1; index <= std::min(after + kPage, head.entries); ++index)
      WD_TRY(append_to_tree(db, head.edge, leaves[index]));
  }
  return {};
}

crypto::MerkleReader audit_nodes(Db& db) {
  return [&db](const crypto::MerkleNode& node) -> Result<crypto::Digest> {
    const StmtHandle statement = WD_TRY(db.prepare("SELECT hash FROM audit_nodes WHERE leaf = ?1 AND level = ?2"));
    WD_TRY(statement->bind({static_cast<std::int64_t>(node.end()) - 1, static_cast<std::int64_t>(node.level)}));
    const Row* row = WD_TRY(statement->step());
    if (row == nullptr) return fail(ErrorCode::Corrupt, "audit: a part of the tree is missing");
    return read_digest(row->bytes(0));
  };
}

Result<AuditCheckpoint> read_audit_checkpoint(const Row& row) {
  return AuditCheckpoint{row.integer(0), from_micros(row.integer(1)), row.text(2)};
}

}  // namespace warder::manager
