// Verification: everything anew from the entries, page by page, against what is stored and signed.
#include <algorithm>
#include <map>

#include "manager/audit/audit_chain.h"
#include "manager/audit/audit_log.h"
#include "manager/audit/audit_rows.h"

namespace warder::manager {
namespace {

constexpr std::int64_t kPage = 1000;

/// A broken list is a finding, not an error: the first one ends the walk.
struct Finding {
  std::int64_t index = 0;
  std::string detail;
};
using Step = Result<std::optional<Finding>>;

class Verifier {
 public:
  Verifier(Pool& pool, const crypto::NoteKey* key) : pool_(pool), key_(key) {}

  /// Entries up to `end`.
  Step walk(std::int64_t end, const AuditPause& pause) {
    while (entries() < end) {
      if (auto found = WD_TRY(walk_page(std::min(entries() + kPage, end)))) return found;
      if (entries() < end && pause && !pause()) return fail(ErrorCode::Unavailable, "audit: verification was ended");
    }
    return std::optional<Finding>{};
  }

  [[nodiscard]] std::optional<Finding> compare(const AuditHead& head) const {
    if (entries() == 0 && !head.is_stored) return {};
    if (!head.is_genuine || !head.is_stored) return Finding{entries() + 1, "the head of the list was changed"};
    if (head.entries < entries()) return Finding{head.entries + 1, "entries were added past the head"};
    if (head.last != last_ || head.edge.peaks() != edge_.peaks())
      return Finding{entries(), "the head is of another list"};
    // More may have been signed since the head was read.
    if (head.checkpointed > last_checkpoint_) return Finding{head.checkpointed, "its last checkpoint is missing"};
    return {};
  }

  [[nodiscard]] std::int64_t entries() const { return static_cast<std::int64_t>(edge_.size()); }
  [[nodiscard]] crypto::Digest root() const { return edge_.root(); }
  [[nodiscard]] std::int64_t checkpoints() const { return checkpoints_; }

 private:
  Step walk_page(std::int64_t until) {
    const auto db = WD_TRY(pool_.acquire());
    WD_TRY(read_page(*db, until));
    const StmtHandle statement = WD_TRY(db->prepare("SELECT " + std::string{kAuditColumns} +
                                                    " FROM audit WHERE entry > ?1 AND entry <= ?2 ORDER BY entry"));
    WD_TRY(statement->bind({entries(), until}));
    while (const Row* row = WD_TRY(statement->step())) {
      if (auto found = look_at(*row)) return found;
    }
    if (entries() < until) return Finding{entries() + 1, "this entry is missing"};
    if (next_node_ < nodes_.size()) return Finding{entries(), "the stored tree has more than its entries"};
    return std::optional<Finding>{};
  }

  Result<void> read_page(Db& db, std::int64_t until) {
    nodes_.clear();
    next_node_ = 0;
    const StmtHandle nodes = WD_TRY(
        db.prepare("SELECT leaf, level, hash FROM audit_nodes WHERE leaf >= ?1 AND leaf < ?2 ORDER BY leaf, level"));
    WD_TRY(nodes->bind({entries(), until}));
    while (const Row* row = WD_TRY(nodes->step()))
      nodes_.push_back({row->integer(0), row->integer(1), read_digest(row->bytes(2)).value_or(crypto::Digest{})});
    signed_.clear();
    const StmtHandle statement =
        WD_TRY(db.prepare("SELECT " + std::string{kCheckpointColumns} +
                          " FROM audit_checkpoints WHERE entries > ?1 AND entries <= ?2 ORDER BY entries"));
    WD_TRY(statement->bind({entries(), until}));
    while (const Row* row = WD_TRY(statement->step())) signed_[row->integer(0)] = row->text(2);
    return {};
  }

  std::optional<Finding> look_at(const Row& row) {
    const std::int64_t expected = entries() + 1;
    if (row.integer(0) != expected) return Finding{expected, "this entry is missing"};
    const auto entry = read_audit_entry(row);
    if (!entry) return Finding{expected, entry.error().message};
    const std::string leaf = audit_leaf(*entry);
    if (audit_hash(last_, leaf) != entry->hash) return Finding{expected, "the entry does not match its hash"};
    last_ = entry->hash;
    for (const auto& completed : edge_.append(crypto::merkle_leaf(as_bytes(leaf)))) {
      if (next_node_ == nodes_.size() || nodes_[next_node_++] != to_stored(completed))
        return Finding{expected, "the stored tree does not match the entry"};
    }
    return look_at_checkpoint(expected);
  }

  std::optional<Finding> look_at_checkpoint(std::int64_t index) {
    const auto found = signed_.find(index);
    if (found == signed_.end()) return {};
    if (key_ == nullptr) return Finding{index, "there is a checkpoint and no key that opens"};
    const auto checkpoint = crypto::open_checkpoint(found->second, *key_);
    if (!checkpoint) return Finding{index, checkpoint.error().message};
    if (checkpoint->head != crypto::MerkleHead{edge_.size(), edge_.root()})
      return Finding{index, "the entries are not those that the checkpoint was signed for"};
    ++checkpoints_;
    last_checkpoint_ = index;
    return {};
  }

  Pool& pool_;
  const crypto::NoteKey* key_;
  crypto::Digest last_{};
  crypto::MerkleEdge edge_;
  std::int64_t checkpoints_ = 0;
  std::int64_t last_checkpoint_ = 0;
  std::vector<AuditNode> nodes_;  // of the page
  std::size_t next_node_ = 0;
  std::map<std::int64_t, std::string> signed_;  // of the page
};

/// The highest number that rows of any kind speak of.
Result<std::int64_t> last_row(Db& db) {
  std::int64_t last = 0;
  for (const std::string_view sql :
       {"SELECT coalesce(max(entry), 0) FROM audit", "SELECT coalesce(max(leaf) + 1, 0) FROM audit_nodes",
        "SELECT coalesce(max(entries), 0) FROM audit_checkpoints"}) {
    const StmtHandle statement = WD_TRY(db.prepare(sql));
    if (const Row* row = WD_TRY(statement->step())) last = std::max(last, std::get<std::int64_t>(row->value(0)));
  }
  return last;
}

}  // namespace

Result<AuditVerification> AuditLog::verify(const TenantScope& scope, const AuditPause& pause) {
  std::optional<crypto::NoteKey> public_key;
  Pool& pool = tenants_.config(scope);
  // No transaction: writers need not wait, for what is below the head never changes. The rows first, then the head: it
  // is never behind them.
  std::int64_t last = 0;
  AuditHead head;
  {
    const auto db = WD_TRY(pool.acquire());
    // One that does not open is found with the first checkpoint.
    if (const auto known = stored_key(*db, scope); known && *known)
      public_key = crypto::NoteKey{audit_origin(scope.tenant()), (*known)->public_key()};
    last = WD_TRY(last_row(*db));
    head = WD_TRY(ready_head(*db, scope));
  }
  Verifier verifier(pool, public_key ? &*public_key : nullptr);
  auto finding = WD_TRY(verifier.walk(std::max(last, head.entries), pause));
  if (!finding) finding = verifier.compare(head);
  AuditVerification result{.intact = !finding,
                           .entries = verifier.entries(),
                           .root = verifier.root(),
                           .checkpoints = verifier.checkpoints(),
                           .first_bad_index = std::nullopt,
                           .detail = {}};
  if (!finding) return result;
  result.first_bad_index = finding->index;
  result.detail = std::move(finding->detail);
  return result;
}

}  // namespace warder::manager
