#include "manager/fleet/commands.h"

#include "base/json.h"
#include "base/random.h"
#include "manager/fleet/visibility.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxArgumentsBytes = 64 << 10;
constexpr std::string_view kSelect =
    "SELECT id, agent_id, module, name, arguments, state, error, output, created, expires, finished "
    "FROM agent_commands WHERE ";

Result<CommandState> parse_command_state(std::string_view text) {
  for (const CommandState state :
       {CommandState::Queued, CommandState::Sent, CommandState::Succeeded, CommandState::Failed, CommandState::Expired})
    if (name(state) == text) return state;
  return fail(ErrorCode::Corrupt, "stored command: unknown state");
}

Result<Command> read_command(const Row& row) {
  Command command;
  command.id = WD_TRY(parse_id<CommandId>(row.text(0)));
  command.agent = WD_TRY(parse_id<AgentId>(row.text(1)));
  command.module = row.text(2);
  command.name = row.text(3);
  json::value arguments = WD_TRY(parse_json(row.text(4), kMaxArgumentsBytes));
  if (arguments.is_object()) command.arguments = std::move(arguments.as_object());
  command.state = WD_TRY(parse_command_state(row.text(5)));
  command.error = row.text(6);
  if (!row.is_null(7)) command.output = WD_TRY(parse_json(row.text(7), 2 * kMaxCommandOutputBytes));
  command.created = from_micros(row.integer(8));
  command.expires = from_micros(row.integer(9));
  command.finished = optional_time(row, 10);
  return command;
}

Result<std::int64_t> count(Db& db, std::string_view sql, const AgentId& agent) {
  const auto found = WD_TRY(
      select_one(db, sql, {agent.text()}, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  return found.value_or(0);
}

// A command that nobody took or answered in time.
Result<void> expire(Db& db, const AgentId& agent, Timestamp now) {
  WD_TRY(
      db.execute("UPDATE agent_commands SET state = 'expired', finished = ?2 "
                 "WHERE agent_id = ?1 AND state IN ('queued', 'sent') AND expires <= ?2",
                 {agent.text(), to_micros(now)}));
  return {};
}

}  // namespace

std::string_view name(CommandState state) noexcept {
  switch (state) {
    case CommandState::Queued:
      return "queued";
    case CommandState::Sent:
      return "sent";
    case CommandState::Succeeded:
      return "succeeded";
    case CommandState::Failed:
      return "failed";
    case CommandState::Expired:
      return "expired";
  }
  return "";
}

Commands::Commands(Tenants& tenants, AuditLog& audit, ChangeBus& bus, const host::Clock& clock)
    : tenants_(tenants), audit_(audit), bus_(bus), clock_(clock), ids_(fill_random) {}

Result<Command> Commands::create(const TenantScope& scope, const AgentId& agent, const CommandDraft& draft) {
  Command command;
  const std::string arguments = canonical_json(draft.arguments);
  if (arguments.size() > kMaxArgumentsBytes) return fail(ErrorCode::TooLarge, "/arguments: larger than 64 KiB");
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    WD_TRY(check_visible(*db, scope, agent));
    if (WD_TRY(count(*db, "SELECT COUNT(*) FROM agents WHERE id = ?1", agent)) == 0)
      return fail(ErrorCode::NotFound, "agent " + agent.text() + " does not exist");
    WD_TRY(expire(*db, agent, clock_.now()));
    if (WD_TRY(count(*db, "SELECT COUNT(*) FROM agent_commands WHERE agent_id = ?1 AND state = 'queued'", agent)) >=
        kMaxQueuedCommands)
      return fail(ErrorCode::TooMany, "too many commands wait for this agent");
    {
      const std::scoped_lock lock(mutex_);
      command.id = CommandId{ids_.next(clock_.now())};
    }
    command.agent = agent;
    command.module = draft.module;
    command.name = draft.name;
    command.arguments = draft.arguments;
    command.created = clock_.now();
    command.expires = command.created + kCommandLife;
    WD_TRY(
        db->execute("INSERT INTO agent_commands (id, agent_id, module, name, arguments, state, error, created, "
                    "expires) VALUES (?1, ?2, ?3, ?4, ?5, 'queued', '', ?6, ?7)",
                    {command.id.text(), agent.text(), command.module, command.name, arguments,
                     to_micros(command.created), to_micros(command.expires)}));
    WD_TRY(audit_.append_in(*db, scope,
                            {"command.create",
                             "agent:" + agent.text(),
                             AuditOutcome::Success,
                             {{"command", command.id.text()}, {"module", command.module}, {"name", command.name}}}));
    WD_TRY(tx.commit());
  }
  bus_.publish({scope.tenant(), agent});
  return command;
}

Result<Page<Command>> Commands::list(const TenantScope& scope, const AgentId& agent, const PageRequest& page) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(check_visible(*db, scope, agent));
  if (WD_TRY(count(*db, "SELECT COUNT(*) FROM agents WHERE id = ?1", agent)) == 0)
    return fail(ErrorCode::NotFound, "agent " + agent.text() + " does not exist");
  std::string before = WD_TRY(read_cursor(page.cursor));
  if (before.empty()) before = "g";  // after every hexadecimal id
  Page<Command> result;
  result.items = WD_TRY(select(*db, std::string{kSelect} + "agent_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
                               {agent.text(), before, static_cast<std::int64_t>(page.limit) + 1}, read_command));
  for (Command& command : result.items)
    if (!command.finished && command.expires <= clock_.now()) command.state = CommandState::Expired;
  finish_page(result, page.limit, [](const Command& command) { return command.id.text(); });
  return result;
}

Result<std::vector<Command>> Commands::take(const TenantScope& scope, const AgentId& agent) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  // Nearly always there is nothing: found out without a write.
  if (WD_TRY(count(*db, "SELECT COUNT(*) FROM agent_commands WHERE agent_id = ?1 AND state = 'queued'", agent)) == 0)
    return std::vector<Command>{};
  Tx tx = WD_TRY(Tx::begin(*db));
  WD_TRY(expire(*db, agent, clock_.now()));
  auto commands = WD_TRY(select(*db, std::string{kSelect} + "agent_id = ?1 AND state = 'queued' ORDER BY id",
                                {agent.text()}, read_command));
  WD_TRY(
      db->execute("UPDATE agent_commands SET state = 'sent' WHERE agent_id = ?1 AND state = 'queued'", {agent.text()}));
  WD_TRY(tx.commit());
  for (Command& command : commands) command.state = CommandState::Sent;
  return commands;
}

Result<void> Commands::requeue(const TenantScope& scope, const AgentId& agent) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  if (WD_TRY(count(*db, "SELECT COUNT(*) FROM agent_commands WHERE agent_id = ?1 AND state = 'sent'", agent)) == 0)
    return {};
  WD_TRY(
      db->execute("UPDATE agent_commands SET state = 'queued' WHERE agent_id = ?1 AND state = 'sent'", {agent.text()}));
  return {};
}

Result<void> Commands::finish(const TenantScope& scope, const AgentId& agent, const CommandId& id,
                              std::string_view error, std::string_view output) {
  DbValue stored = nullptr;
  std::string problem{error};
  if (!output.empty()) {
    const auto parsed = parse_json(output, kMaxCommandOutputBytes);
    if (parsed)
      stored = canonical_json(*parsed);
    else if (problem.empty())
      problem = "its output cannot be kept: " + parsed.error().message;
  }
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const std::int64_t changed = WD_TRY(db->execute(
      "UPDATE agent_commands SET state = ?3, error = ?4, output = ?5, finished = ?6 "
      "WHERE id = ?1 AND agent_id = ?2 AND state = 'sent'",
      {id.text(), agent.text(), std::string{name(problem.empty() ? CommandState::Succeeded : CommandState::Failed)},
       problem, stored, to_micros(clock_.now())}));
  if (changed == 0) return fail(ErrorCode::NotFound, "command " + id.text() + " is not waiting for this agent");
  return {};
}

}  // namespace warder::manager
