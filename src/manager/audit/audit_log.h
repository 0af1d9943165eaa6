// Who did what, and how it ended: one append-only list per tenant. Each entry is bound to the one before by its hash,
// all of them by a Merkle tree (RFC 6962) whose root is signed from time to time: docs/audit.md says what that proves.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "crypto/signed_note.h"
#include "host/clock.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

enum class AuditOutcome : std::uint8_t { Success, Denied, Failure };
std::string_view name(AuditOutcome outcome) noexcept;

struct AuditRecord {
  std::string action;  // "policy.update"
  std::string object;  // "policy:<id>"
  AuditOutcome outcome = AuditOutcome::Success;
  boost::json::object detail;
};

struct AuditEntry {
  std::int64_t index = 0;  // from 1, without gaps
  Timestamp time;
  std::string actor;
  AuditRecord record;
  crypto::Digest hash{};  // SHA-256(hash before | canonical JSON of the entry)
};

struct AuditQuery {
  std::size_t limit = 100;
  std::string cursor;  // of the page before; empty: the newest
  std::string action;  // only these; empty: all
};

struct AuditPage {
  std::vector<AuditEntry> items;  // newest first
  std::optional<std::string> next_cursor;
};

struct AuditVerification {
  bool intact = true;
  std::int64_t entries = 0;
  crypto::Digest root{};         // of the tree of these entries
  std::int64_t checkpoints = 0;  // signed ones that were checked
  std::optional<std::int64_t> first_bad_index;
  std::string detail;
};

/// The list as it was at one moment, signed: "these are the first `entries` entries".
struct AuditCheckpoint {
  std::int64_t entries = 0;
  Timestamp time;
  std::string note;  // crypto/signed_note.h
};

/// What an agent says with a heartbeat (protocol/agent.proto).
struct AuditCosignature {
  std::string cosigner;      // crypto::WitnessKey, as text
  std::int64_t entries = 0;  // of the checkpoint that it is of
  std::string line;
};
/// The last that an agent has said.
struct AuditWitness {
  AgentId agent;
  crypto::WitnessKey key;
  std::int64_t entries = 0;
  Timestamp time;    // by the agent's clock
  std::string note;  // the checkpoint, with the line of this witness
};

/// That an entry is in the list of `size` entries.
struct AuditInclusion {
  AuditEntry entry;
  std::string leaf;  // what is hashed: canonical JSON of the entry
  std::vector<crypto::Digest> proof;
};

/// An entry and the text that is hashed, for exports.
struct AuditLeaf {
  std::int64_t index = 0;
  std::string leaf;
};

/// What was done in a stretch of time, in numbers.
struct AuditActivity {
  std::int64_t entries = 0;
  std::int64_t refused_logins = 0;
};

/// Called between the pages of a long verification; false ends it.
using AuditPause = std::function<bool()>;

/// What is signed at once, within the same transaction as the entry.
inline constexpr std::int64_t kAuditCheckpointEvery = 1000;

struct AuditHead;

/// Thread-safe. Entries are in the tenant's config.db, so that a change and its entry can be one transaction. The
/// list's head (count, last hash, edge of the tree) has a MAC under the tenant's key: cutting off the end is found as
/// well. What was changed by other hands is never signed: a head whose MAC is wrong stays so.
class AuditLog {
 public:
  AuditLog(Tenants& tenants, const host::Clock& clock) noexcept : tenants_(tenants), clock_(clock) {}

  Result<AuditEntry> append(const TenantScope& scope, std::string_view action, std::string_view object,
                            AuditOutcome outcome, boost::json::object detail = {});
  /// The same inside the caller's transaction on the tenant's config.db.
  Result<AuditEntry> append_in(Db& transaction, const TenantScope& scope, AuditRecord record);

  Result<AuditPage> list(const TenantScope& scope, const AuditQuery& query);
  Result<AuditEntry> find(const TenantScope& scope, std::int64_t index);
  /// Of [from, to), found by halving: entries are in the order of their times, but for clocks that were set back.
  Result<AuditActivity> activity(const TenantScope& scope, Timestamp from, Timestamp to);
  /// Those after entry `after`, oldest first, at most `limit`.
  Result<std::vector<AuditLeaf>> leaves(const TenantScope& scope, std::int64_t after, std::size_t limit);
  /// Recomputes the whole chain and tree from the entries and compares them with what is stored, with the head and with
  /// every checkpoint that was signed. A thousand entries at a time, none of the database in between; Unavailable when
  /// `pause` ended it.
  Result<AuditVerification> verify(const TenantScope& scope, const AuditPause& pause = {});

  /// The public key that checkpoints are signed with; made on first use, the same ever after.
  Result<crypto::NoteKey> key(const TenantScope& scope);
  /// A note (crypto/signed_note.h) of any text under that key: for what belongs to the log, e.g. evidence of an
  /// incident.
  Result<std::string> sign_note(const TenantScope& scope, std::string_view text);
  /// Signs the list as it is; the latest one when nothing is new. NotFound for an empty list, Corrupt when the head was
  /// changed by other hands.
  Result<AuditCheckpoint> make_checkpoint(const TenantScope& scope);
  /// The one of exactly so many entries, or the latest; NotFound.
  Result<AuditCheckpoint> checkpoint(const TenantScope& scope, std::optional<std::int64_t> entries = std::nullopt);
  /// Those of more than `after` and at most `until` entries, ascending.
  Result<std::vector<AuditCheckpoint>> checkpoints(const TenantScope& scope, std::int64_t after, std::int64_t until);
  /// NotFound when there is no such entry or fewer than `size`; Invalid unless index <= size.
  Result<AuditInclusion> prove_inclusion(const TenantScope& scope, std::int64_t index, std::int64_t size);
  /// That the first `from` entries are the beginning of the first `to`. NotFound when there are fewer than `to`.
  Result<std::vector<crypto::Digest>> prove_consistency(const TenantScope& scope, std::int64_t from, std::int64_t to);

  /// Keeps what an agent says of a checkpoint that was signed here, in place of what it said before. NotFound when no
  /// checkpoint of so many entries was; Forbidden when the cosignature is not right, or of another key than the agent's
  /// first.
  Result<void> take_cosignature(const TenantScope& scope, const AgentId& agent, const AuditCosignature& said);
  /// By agent, those after agent `after`.
  Result<std::vector<AuditWitness>> witnesses(const TenantScope& scope, std::size_t limit, std::string_view after = {});
  /// Of the longest lists first.
  Result<std::vector<AuditWitness>> last_witnesses(const TenantScope& scope, std::size_t limit);

  /// Tenants with entries since the last call, maybe none that was committed.
  std::set<TenantId> take_changed();

 private:
  /// The head, its tree made when the entries are older than trees. Writes only inside its own transaction.
  Result<AuditHead> ready_head(Db& db, const TenantScope& scope);
  /// Absent while nothing was signed.
  Result<std::optional<crypto::SigningKey>> stored_key(Db& db, const TenantScope& scope);
  Result<crypto::SigningKey> signing_key(Db& transaction, const TenantScope& scope, const AuditHead& head);
  Result<AuditCheckpoint> sign(Db& transaction, const TenantScope& scope, AuditHead& head);

  Tenants& tenants_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards changed_
  std::set<TenantId> changed_;
};

/// The name that a tenant's list has in its checkpoints.
std::string audit_origin(const TenantId& tenant);
/// The name that an agent's key has in cosignatures.
std::string audit_witness_name(const AgentId& agent);

/// The tables of config.db.
FeatureSchema audit_schema();

}  // namespace warder::manager
