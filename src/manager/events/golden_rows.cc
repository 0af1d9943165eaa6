#include "manager/events/golden_rows.h"

#include "manager/events/event_rows.h"

namespace warder::manager {
namespace {

using enum PersonalData;

Result<GoldenHost> read_golden(const Row& row) {
  return GoldenHost{AgentId{WD_TRY(parse_id<AgentId>(row.text(0)))}, row.text(1), from_micros(row.integer(2)),
                    row.text(3), 0};
}

// It had this state, and by the time of the change had not become anything else.
Result<bool> has_been(Db& db, const PolicyId& policy, const std::string& path, std::string_view state, Timestamp time) {
  const StmtHandle statement = WD_TRY(
      db.prepare("SELECT 1 FROM golden_states s WHERE policy_id = ?1 AND path = ?2 AND state = ?3 AND NOT EXISTS "
                 "(SELECT 1 FROM golden_states n WHERE n.policy_id = ?1 AND n.path = ?2 AND n.time <= ?4 AND "
                 "(n.time, n.id) > (s.time, s.id)) LIMIT 1"));
  WD_TRY(statement->bind({policy.text(), path, std::string(state), to_micros(time)}));
  return WD_TRY(statement->step()) != nullptr;
}

Result<void> add_state(Db& db, const PolicyId& policy, const GoldenChange& change, const std::string& path,
                       std::string_view state) {
  WD_TRY(
      db.execute("INSERT INTO golden_states (policy_id, path, time, id, state) VALUES (?1, ?2, ?3, ?4, ?5) "
                 "ON CONFLICT (policy_id, path, time, id) DO NOTHING",
                 {policy.text(), path, to_micros(change.time), bytes_of(change.id), std::string(state)}));
  return {};
}

}  // namespace

Result<bool> has_golden(Db& db) {
  const StmtHandle statement = WD_TRY(db.prepare("SELECT 1 FROM golden_hosts LIMIT 1"));
  WD_TRY(statement->bind({}));
  return WD_TRY(statement->step()) != nullptr;
}

Result<std::optional<GoldenHost>> find_golden(Db& db, const PolicyId& policy) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT agent_id, hostname, named, named_by FROM golden_hosts WHERE policy_id = ?1"));
  WD_TRY(statement->bind({policy.text()}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return std::optional<GoldenHost>{};
  return std::optional{WD_TRY(read_golden(*row))};
}

Result<void> rename_golden(Db& db, const PolicyId& policy, const std::string& hostname) {
  WD_TRY(db.execute("UPDATE golden_hosts SET hostname = ?2 WHERE policy_id = ?1", {policy.text(), hostname}));
  return {};
}

Result<std::int64_t> count_golden_states(Db& db, const PolicyId& policy) {
  const StmtHandle statement = WD_TRY(db.prepare("SELECT count(*) FROM golden_states WHERE policy_id = ?1"));
  WD_TRY(statement->bind({policy.text()}));
  const Row* row = WD_TRY(statement->step());
  return row == nullptr ? 0 : row->integer(0);
}

Result<void> add_golden_state(Db& db, const PolicyId& policy, const GoldenChange& change, std::int64_t kept) {
  std::vector<std::pair<std::string, std::string_view>> states{{change.path, change.state}};
  if (!change.old_path.empty()) states.emplace_back(change.old_path, kAbsentState);
  for (const auto& [path, state] : states) {
    WD_TRY(add_state(db, policy, change, path, state));
    WD_TRY(
        db.execute("DELETE FROM golden_states WHERE policy_id = ?1 AND path = ?2 AND (time, id) < (SELECT time, id "
                   "FROM golden_states WHERE policy_id = ?1 AND path = ?2 ORDER BY time DESC, id DESC LIMIT 1 "
                   "OFFSET ?3)",
                   {policy.text(), path, kept - 1}));
  }
  return {};
}

Result<void> add_golden_change(Db& db, const PolicyId& policy, const GoldenChange& change, bool is_explained) {
  WD_TRY(
      db.execute("INSERT INTO golden_changes (policy_id, time, id, path, old_path, state, explained) VALUES (?1, ?2, "
                 "?3, ?4, ?5, ?6, ?7) ON CONFLICT (policy_id, time, id) DO NOTHING",
                 {policy.text(), to_micros(change.time), bytes_of(change.id), change.path, change.old_path,
                  change.state, std::int64_t{is_explained}}));
  return {};
}

Result<void> settle_golden_change(Db& db, const PolicyId& policy, const GoldenVerdict& verdict) {
  WD_TRY(
      db.execute("UPDATE golden_changes SET explained = ?4 WHERE policy_id = ?1 AND time = ?2 AND id = ?3",
                 {policy.text(), to_micros(verdict.time), bytes_of(verdict.id), std::int64_t{verdict.is_explained}}));
  return {};
}

Result<bool> is_as_golden_host(Db& db, const PolicyId& policy, const GoldenChange& change) {
  if (!WD_TRY(has_been(db, policy, change.path, change.state, change.time))) return false;
  return change.old_path.empty() || WD_TRY(has_been(db, policy, change.old_path, kAbsentState, change.time));
}

Result<void> judge_path(Db& db, const PolicyId& policy, const std::string& path, std::int64_t limit,
                        std::vector<GoldenVerdict>& verdicts) {
  const StmtHandle statement = WD_TRY(
      db.prepare("SELECT time, id, path, old_path, state, explained FROM golden_changes WHERE policy_id = ?1 AND "
                 "path = ?2 UNION SELECT time, id, path, old_path, state, explained FROM golden_changes WHERE "
                 "policy_id = ?1 AND old_path = ?2 ORDER BY time DESC, id DESC LIMIT ?3"));
  WD_TRY(statement->bind({policy.text(), path, limit}));
  while (const Row* row = WD_TRY(statement->step())) {
    const GoldenChange change{from_micros(row->integer(0)), EventId{WD_TRY(uuid_from_bytes(row->bytes(1)))},
                              row->text(2), row->text(3), row->text(4)};
    const bool is_explained = WD_TRY(is_as_golden_host(db, policy, change));
    if (is_explained != (row->integer(5) != 0)) verdicts.push_back({change.time, change.id, is_explained});
  }
  return {};
}

FeatureSchema golden_schema() {
  constexpr std::string_view kHosts =
      "CREATE TABLE golden_hosts (policy_id TEXT NOT NULL PRIMARY KEY REFERENCES policies (id) ON DELETE CASCADE, "
      "agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE, hostname TEXT NOT NULL, named BIGINT NOT NULL, "
      "named_by TEXT NOT NULL)";
  constexpr std::string_view kStates =
      "CREATE TABLE golden_states (policy_id TEXT NOT NULL REFERENCES golden_hosts (policy_id) ON DELETE CASCADE, "
      "path TEXT NOT NULL, time BIGINT NOT NULL, id BLOB NOT NULL, state TEXT NOT NULL, "
      "PRIMARY KEY (policy_id, path, time, id))";
  constexpr std::string_view kChanges =
      "CREATE TABLE golden_changes (policy_id TEXT NOT NULL REFERENCES golden_hosts (policy_id) ON DELETE CASCADE, "
      "time BIGINT NOT NULL, id BLOB NOT NULL, path TEXT NOT NULL, old_path TEXT NOT NULL, state TEXT NOT NULL, "
      "explained BIGINT NOT NULL, PRIMARY KEY (policy_id, time, id))";
  FeatureSchema schema{
      "golden",
      {{1,
        "golden hosts and what is compared with them",
        {kHosts, kStates, "CREATE INDEX golden_states_time ON golden_states (policy_id, time, id, path)", kChanges,
         "CREATE INDEX golden_changes_path ON golden_changes (policy_id, path)",
         "CREATE INDEX golden_changes_old_path ON golden_changes (policy_id, old_path)"}}},
      {}};
  for (const std::string_view column : {"policy_id", "agent_id", "named"})
    schema.fields.push_back({"golden_hosts", column, None});
  for (const std::string_view column : {"hostname", "named_by"})
    schema.fields.push_back({"golden_hosts", column, Identifier});
  for (const std::string_view column : {"policy_id", "time", "id", "state"})
    schema.fields.push_back({"golden_states", column, None});
  for (const std::string_view column : {"policy_id", "time", "id", "state", "explained"})
    schema.fields.push_back({"golden_changes", column, None});
  schema.fields.push_back({"golden_states", "path", Content});
  for (const std::string_view column : {"path", "old_path"})
    schema.fields.push_back({"golden_changes", column, Content});
  return schema;
}

}  // namespace warder::manager
