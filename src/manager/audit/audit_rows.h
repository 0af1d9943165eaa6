// The rows of an audit list: entries, the head, the nodes of the tree. For this folder only.
#pragma once

#include "manager/audit/audit_log.h"
#include "manager/store/db.h"

namespace warder::manager {

inline constexpr std::string_view kAuditColumns = "entry, time, actor, action, object, outcome, detail, hash";
/// Of a row with these columns. Corrupt when it holds what was never written.
Result<AuditEntry> read_audit_entry(const Row& row);
Result<void> write_audit_entry(Db& db, const AuditEntry& entry);

/// The end of the list.
struct AuditHead {
  std::int64_t entries = 0;
  crypto::Digest last{};  // hash of the last entry
  crypto::MerkleEdge edge;
  std::int64_t checkpointed = 0;  // entries of the last checkpoint
  bool is_stored = false;         // false: nothing was ever appended
  bool is_genuine = true;         // its MAC is right
};
/// `key`: the tenant's for heads. Of a list that is older than trees, the edge is empty while there are entries.
Result<AuditHead> read_audit_head(Db& db, ByteView key);
/// A head that is not genuine is stored without a MAC, so that it never becomes genuine again.
Result<void> write_audit_head(Db& db, ByteView key, const AuditHead& head);

/// A node as it is stored: by the last leaf (from 0) under it, so that reading in this order is the order of appending.
struct AuditNode {
  std::int64_t leaf = 0;
  std::int64_t level = 0;
  crypto::Digest hash{};
  friend bool operator==(const AuditNode&, const AuditNode&) = default;
};
AuditNode to_stored(const crypto::MerkleEdge::Completed& completed);
Result<void> append_to_tree(Db& db, crypto::MerkleEdge& edge, std::string_view leaf);
/// Makes the tree of a list that has none, from its entries. Which of them were changed is for verification to say.
Result<void> build_tree(Db& db, AuditHead& head);
crypto::MerkleReader audit_nodes(Db& db);

Result<AuditCheckpoint> read_audit_checkpoint(const Row& row);
inline constexpr std::string_view kCheckpointColumns = "entries, time, note";
Result<crypto::Digest> read_digest(ByteView bytes);

}  // namespace warder::manager
