// warder incident
#include "base/bytes.h"
#include "base/file.h"
#include "cli/commands.h"
#include "pack/evidence.h"

namespace warder::cli {
namespace {

constexpr std::uint64_t kMaxAttachment = 2 << 20;

constexpr Column kQueue[] = {{"NO.", "/number"},  {"SEVERITY", "/severity"}, {"STATE", "/state"},
                             {"TITLE", "/title"}, {"DECLARED", "/declared"}, {"ASSIGNEE", "/assignee"},
                             {"ID", "/id"}};
constexpr Column kDetails[] = {{"ID", "/id"},
                               {"NO.", "/number"},
                               {"TITLE", "/title"},
                               {"SEVERITY", "/severity"},
                               {"STATE", "/state"},
                               {"DECLARED", "/declared"},
                               {"BY", "/declared_by"},
                               {"ASSIGNEE", "/assignee"},
                               {"SKILL", "/skill"},
                               {"TOLD AFTER (S)", "/seconds/notify"},
                               {"ACKNOWLEDGED AFTER (S)", "/seconds/acknowledge"},
                               {"CONTAINED AFTER (S)", "/seconds/contain"},
                               {"CLOSED AFTER (S)", "/seconds/close"},
                               {"ROOT CAUSE", "/root_cause"},
                               {"CORRECTIVE ACTION", "/corrective_action"},
                               {"PLAN REVIEW", "/plan_review"},
                               {"BREACH", "/breach/clock"},
                               {"NOTICE DUE", "/breach/due"}};
constexpr Column kTimeline[] = {
    {"TIME", "/time"}, {"ACTOR", "/actor"}, {"WHAT", "/kind"}, {"TEXT", "/text"}, {"DETAIL", "/detail"}};
constexpr Column kIsolations[] = {
    {"AGENT", "/agent_id"}, {"ACTION", "/action"}, {"STATE", "/state"}, {"ERROR", "/error"}};
constexpr Column kEvidence[] = {{"NAME", "/name"},      {"KIND", "/kind"},   {"BYTES", "/bytes"},
                                {"SHA-256", "/sha256"}, {"TAKEN", "/taken"}, {"BY", "/taken_by"}};

constexpr Column kAffected[] = {{"EVENTS", "/events"},
                                {"WITH PERSONAL DATA", "/with_personal_data"},
                                {"PERSONS", "/persons"},
                                {"COMPLETE", "/complete"}};
constexpr Column kAffectedTenants[] = {
    {"TENANT", "/name"},     {"EVENTS", "/events"},     {"WITH PERSONAL DATA", "/with_personal_data"},
    {"PERSONS", "/persons"}, {"COMPLETE", "/complete"}, {"ERROR", "/error"}};

struct IncidentArguments {
  std::string id;
  std::string title;
  std::string description;
  std::string impact = "medium";
  std::string urgency = "medium";
  std::vector<std::string> events;
  std::string state;
  std::string note;
  std::string assignee;
  std::string root_cause;
  std::string corrective_action;
  std::string plan_review;
  std::string skill;
  std::string rota;
  std::string agent;
  std::string approval;
  bool is_release = false;
  std::string kind;
  std::string name;
  std::string filter;
  std::string file;
  std::string key;
  std::string from;
  std::string to;
  bool is_all_tenants = false;
  std::string reason;
};
using Arguments = std::shared_ptr<IncidentArguments>;

std::string path_of(const Arguments& arguments, const std::string& rest = {}) {
  return "/incidents/" + arguments->id + rest;
}

Result<ExitCode> declare(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::array events;
  for (const std::string& each : arguments->events) events.push_back(json::string(each));
  const json::object body = {
      {"title", json::string(arguments->title)},   {"description", json::string(arguments->description)},
      {"impact", json::string(arguments->impact)}, {"urgency", json::string(arguments->urgency)},
      {"skill", json::string(arguments->skill)},   {"events", std::move(events)}};
  print_object(session, WD_TRY(client->send("POST", "/incidents", body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> assign(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body;
  if (!arguments->skill.empty()) body["skill"] = json::string(arguments->skill);
  if (!arguments->rota.empty()) body["rota"] = json::string(arguments->rota);
  print_object(session, WD_TRY(client->send("POST", path_of(arguments, "/assignment"), body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> count_affected(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body;
  const auto take = [&body](const char* key, const std::string& text) {
    if (!text.empty()) body[key] = json::string(text);
  };
  take("from", arguments->from);
  take("to", arguments->to);
  if (arguments->is_all_tenants) {
    body["incident"] = json::string(arguments->id);
    const json::value answer = WD_TRY(client->send("POST", "/tenant-affected", body));
    print_list(session, answer.at("tenants").as_array(), kAffectedTenants);
    return ExitCode::Ok;
  }
  take("filter", arguments->filter);
  print_object(session, WD_TRY(client->send("POST", path_of(arguments, "/affected"), body)), kAffected);
  return ExitCode::Ok;
}

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/incidents")), kQueue);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(path_of(arguments))), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> timeline(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list(path_of(arguments, "/timeline"))), kTimeline);
  return ExitCode::Ok;
}

Result<ExitCode> set(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body;
  const auto take = [&body](const char* key, const std::string& text) {
    if (!text.empty()) body[key] = json::string(text);
  };
  take("assignee", arguments->assignee);
  take("root_cause", arguments->root_cause);
  take("corrective_action", arguments->corrective_action);
  take("plan_review", arguments->plan_review);
  if (body.empty()) return fail(ErrorCode::Invalid, "nothing to change");
  print_object(session, WD_TRY(change(*client, "PATCH", path_of(arguments), body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> move(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body = {{"state", json::string(arguments->state)}, {"note", json::string(arguments->note)}};
  print_object(session, WD_TRY(client->send("POST", path_of(arguments, "/state"), body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> note(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(client->send("POST", path_of(arguments, "/notes"), json::object{{"text", json::string(arguments->note)}}));
  print_note(session, "Noted.");
  return ExitCode::Ok;
}

Result<ExitCode> isolate(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body = {{"agent_id", json::string(arguments->agent)},
                             {"action", arguments->is_release ? "release" : "isolate"}};
  const std::string query = arguments->approval.empty() ? "" : "?approval_id=" + arguments->approval;
  print_object(session, WD_TRY(client->send("POST", path_of(arguments, "/isolations" + query), body)), kIsolations);
  return ExitCode::Ok;
}

Result<ExitCode> list_evidence(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list(path_of(arguments, "/evidence"))), kEvidence);
  return ExitCode::Ok;
}

Result<ExitCode> take_evidence(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body = {{"kind", json::string(arguments->kind)}, {"name", json::string(arguments->name)}};
  if (!arguments->filter.empty()) body["filter"] = json::string(arguments->filter);
  if (!arguments->agent.empty()) body["agent_id"] = json::string(arguments->agent);
  if (!arguments->file.empty())
    body["content"] = json::string(to_base64(as_bytes(WD_TRY(read_file(arguments->file, kMaxAttachment)))));
  print_object(session, WD_TRY(client->send("POST", path_of(arguments, "/evidence"), body)), kEvidence);
  return ExitCode::Ok;
}

Result<ExitCode> bundle_evidence(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body = {{"reason", json::string(arguments->reason)}};
  const json::value bundle = WD_TRY(client->send("POST", path_of(arguments, "/bundles"), body));
  WD_TRY(write_file_atomically(arguments->file, json::serialize(bundle)));
  print_note(session, arguments->file + " written.");
  return ExitCode::Ok;
}

/// Without a manager.
Result<ExitCode> verify_evidence(Session& session, const Arguments& arguments) {
  const std::string bundle = WD_TRY(read_file(arguments->file, pack::kMaxEvidenceBytes));
  std::optional<crypto::NoteKey> key;
  if (!arguments->key.empty()) key = WD_TRY(crypto::NoteKey::parse(arguments->key).in("--key"));
  const pack::EvidenceCheck check = WD_TRY(pack::check_evidence(bundle, key ? &*key : nullptr));
  constexpr Column kCheck[] = {{"FILES", "/files"}, {"KEY", "/key"}, {"KEY IS TRUSTED", "/trusted"}};
  print_object(session,
               json::object{{"files", static_cast<std::int64_t>(check.files)},
                            {"key", json::string(check.key)},
                            {"trusted", key.has_value()}},
               kCheck);
  if (!key)
    print_note(session,
               "The key came with the bundle: compare it with that of `warder audit key`, or give it as --key.");
  return ExitCode::Ok;
}

void add_evidence(Tree& tree, CLI::App& group, const Arguments& arguments) {
  CLI::App& evidence = *group.add_subcommand("evidence", "What was kept of an incident");
  evidence.require_subcommand(1);
  const auto of = [&](CLI::App& app) -> CLI::App& {
    app.add_option("incident", arguments->id, "Id of the incident")->required();
    return app;
  };
  of(add(tree, evidence, "list", "What was taken", arguments, list_evidence));
  CLI::App& takes =
      of(add(tree, evidence, "take", "Keep something, sealed and with its SHA-256", arguments, take_evidence));
  takes.add_option("--kind", arguments->kind, "events, audit, agent or file")->required();
  takes.add_option("--name", arguments->name, "What to call the file")->required();
  takes.add_option("--filter", arguments->filter, "Of events");
  takes.add_option("--agent", arguments->agent, "Id of the agent");
  takes.add_option("--file", arguments->file, "The file");
  CLI::App& bundles = of(add(tree, evidence, "bundle", "All of it in one signed file; noted in the chain of custody",
                             arguments, bundle_evidence));
  bundles.add_option("--reason", arguments->reason, "Who gets it, and why")->required();
  bundles.add_option("--output", arguments->file, "Where to")->required();
  CLI::App& verifies = add(tree, evidence, "verify", "Check a bundle without a manager", arguments, verify_evidence);
  verifies.add_option("file", arguments->file, "The bundle")->required();
  verifies.add_option("--key", arguments->key, "The key that must have signed it, as `warder audit key` shows it");
}

}  // namespace

void add_incident(Tree& tree) {
  const auto arguments = std::make_shared<IncidentArguments>();
  CLI::App& group = add_group(tree, "incident", "Incidents: declare one, work on it, close it");
  const auto of = [&](CLI::App& app) -> CLI::App& {
    app.add_option("incident", arguments->id, "Id of the incident")->required();
    return app;
  };
  CLI::App& declares = add(tree, group, "declare", "Declare an incident; InfoSec is told at once", arguments, declare);
  declares.add_option("title", arguments->title, "What happened, in a line")->required();
  declares.add_option("--description", arguments->description, "More of it");
  declares.add_option("--impact", arguments->impact, "low, medium, high");
  declares.add_option("--urgency", arguments->urgency, "low, medium, high");
  declares.add_option("--event", arguments->events, "Id of an event it is about; may be given again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  declares.add_option("--skill", arguments->skill, "That whoever gets it must have");
  add(tree, group, "list", "The queue", arguments, list);
  of(add(tree, group, "show", "One incident and its times", arguments, show));
  of(add(tree, group, "timeline", "What happened", arguments, timeline));
  CLI::App& sets = of(add(tree, group, "set", "Who works on it, and what closing takes", arguments, set));
  sets.add_option("--assignee", arguments->assignee, "Id of a user");
  sets.add_option("--root-cause", arguments->root_cause, "Why it happened");
  sets.add_option("--corrective-action", arguments->corrective_action, "What keeps it from happening again");
  sets.add_option("--plan-review", arguments->plan_review,
                  "What it means for the response plan; you are noted as its reviewer");
  CLI::App& assigns = of(add(tree, group, "assign", "Give it to who is on call and has the skill", arguments, assign));
  assigns.add_option("--skill", arguments->skill, "Else the one of the incident");
  assigns.add_option("--rota", arguments->rota, "Id of a rota, else the one of the settings");
  CLI::App& moves = of(add(tree, group, "move", "Bring it to another state", arguments, move));
  moves.add_option("state", arguments->state, "triaged, contained, eradicated, recovered, closed")->required();
  moves.add_option("--note", arguments->note, "Why");
  of(add(tree, group, "note", "Write into its timeline", arguments, note))
      .add_option("text", arguments->note, "What")
      ->required();
  CLI::App& isolates = of(add(tree, group, "isolate", "Cut a host off from all but its manager", arguments, isolate));
  isolates.add_option("agent", arguments->agent, "Id of the agent")->required();
  isolates.add_flag("--release", arguments->is_release, "Let it go again");
  isolates.add_option("--approval", arguments->approval, "Number of the approval, where you need one");
  CLI::App& counts =
      of(add(tree, group, "affected", "Count stored events with personal data", arguments, count_affected));
  counts.add_option("--from", arguments->from, "Since when; else since it happened");
  counts.add_option("--to", arguments->to, "Until when; else until now");
  counts.add_option("--filter", arguments->filter, "Of events; not over all tenants");
  counts.add_flag("--all-tenants", arguments->is_all_tenants, "Tenant by tenant; for operators of the service");
  add_evidence(tree, group, arguments);
}

}  // namespace warder::cli
