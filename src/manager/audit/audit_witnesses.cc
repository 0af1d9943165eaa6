// What the tenant's agents say of the list: that they saw a checkpoint, and nothing that contradicts it.
#include "manager/audit/audit_log.h"
#include "manager/audit/audit_rows.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxLine = 1000;
// The note is kept here, too: it says what it says when the list is another one later.
constexpr std::string_view kColumns = "agent, cosigner, entries, time, note FROM audit_witnesses";

Result<AuditWitness> read_witness(const Row& row) {
  AuditWitness witness;
  witness.agent = WD_TRY(parse_id<AgentId>(row.text(0)));
  witness.key = WD_TRY(crypto::WitnessKey::parse(row.text(1)));
  witness.entries = row.integer(2);
  witness.time = from_micros(row.integer(3));
  witness.note = row.text(4);
  return witness;
}

Result<std::vector<AuditWitness>> read_witnesses(Db& db, std::string_view rest, std::span<const DbValue> values) {
  const StmtHandle statement = WD_TRY(db.prepare("SELECT " + std::string{kColumns}.append(rest)));
  WD_TRY(statement->bind(values));
  std::vector<AuditWitness> found;
  while (const Row* row = WD_TRY(statement->step())) found.push_back(WD_TRY(read_witness(*row)));
  return found;
}

/// The key that the agent was first heard with; Forbidden when it is another one.
Result<void> check_pinned(Db& db, const AgentId& agent, const std::string& cosigner) {
  const StmtHandle statement = WD_TRY(db.prepare("SELECT cosigner FROM audit_witnesses WHERE agent = ?1"));
  WD_TRY(statement->bind({agent.text()}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr || row->text(0) == cosigner) return {};
  return fail(ErrorCode::Forbidden, "the agent cosigned with another key before");
}

}  // namespace

Result<void> AuditLog::take_cosignature(const TenantScope& scope, const AgentId& agent, const AuditCosignature& said) {
  const auto key = WD_TRY(crypto::WitnessKey::parse(said.cosigner));
  if (key.name != audit_witness_name(agent)) return fail(ErrorCode::Forbidden, "the key is another agent's");
  if (said.line.empty() || said.line.size() > kMaxLine || said.line.find('\n') != said.line.size() - 1)
    return fail(ErrorCode::Invalid, "the cosignature is not one line");
  const AuditCheckpoint signed_here = WD_TRY(checkpoint(scope, said.entries));
  const std::string note = signed_here.note + said.line;
  const Timestamp time = WD_TRY(crypto::open_cosignature(note, key));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  WD_TRY(check_pinned(*db, agent, said.cosigner));
  WD_TRY(
      db->execute("INSERT INTO audit_witnesses (agent, cosigner, entries, time, note) VALUES (?1, ?2, ?3, ?4, ?5) "
                  "ON CONFLICT (agent) DO UPDATE SET entries = excluded.entries, time = excluded.time, "
                  "note = excluded.note",
                  {agent.text(), said.cosigner, said.entries, to_micros(time), note}));
  return transaction.commit();
}

Result<std::vector<AuditWitness>> AuditLog::witnesses(const TenantScope& scope, std::size_t limit,
                                                      std::string_view after) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const DbValue values[] = {std::string{after}, static_cast<std::int64_t>(limit)};
  return read_witnesses(*db, " WHERE agent > ?1 ORDER BY agent LIMIT ?2", values);
}

Result<std::vector<AuditWitness>> AuditLog::last_witnesses(const TenantScope& scope, std::size_t limit) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const DbValue values[] = {static_cast<std::int64_t>(limit)};
  return read_witnesses(*db, " ORDER BY entries DESC, time DESC LIMIT ?1", values);
}

std::string audit_witness_name(const AgentId& agent) {
  return "warder.agent/" + agent.text();
}

}  // namespace warder::manager
