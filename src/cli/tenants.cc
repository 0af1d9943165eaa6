// warder tenants, warder grants
#include "base/bytes.h"
#include "base/file.h"
#include "base/time.h"
#include "base/uri.h"
#include "cli/commands.h"
#include "cli/reset_link.h"
#include "crypto/hash.h"

namespace warder::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "/id"},
                               {"NAME", "/name"},
                               {"STATUS", "/status"},
                               {"DELETED AT", "/deletion_due"},
                               {"AGENTS", "/limits/max_agents"},
                               {"USERS", "/limits/max_users"},
                               {"EVENTS A DAY", "/limits/max_events_per_day"}};
constexpr Column kCreatedColumns[] = {{"ID", "/tenant/id"},
                                      {"NAME", "/tenant/name"},
                                      {"ADMINISTRATOR", "/username"},
                                      {"LINK", "/link"},
                                      {"UNTIL", "/link_expires"}};
constexpr Column kDayColumns[] = {
    {"DAY", "/day"}, {"AGENTS", "/agents"}, {"USERS", "/users"}, {"EVENTS", "/events"}, {"BYTES", "/bytes"}};

struct Arguments {
  std::string tenant;
  std::string reason;
  std::string database_server;
  std::string administrator;
  std::string display_name;
  std::string email;
  std::string partition;
  std::string max_agents;
  std::string max_users;
  std::string max_events;
  std::string file;
  std::int64_t days = 31;
  bool is_sure = false;
};
using Shared = std::shared_ptr<Arguments>;

Result<std::string> path_of(client::Client& client, const Shared& arguments) {
  return "/tenants/" + WD_TRY(find_id(client, "/tenants", "name", arguments->tenant));
}

Result<void> set_limit(json::object& limits, const char* member, const std::string& text, const char* option) {
  if (text.empty()) return {};
  if (text == "none") {
    limits[member] = nullptr;
    return {};
  }
  const bool is_number = text.size() <= 12 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number) return fail(ErrorCode::Invalid, std::string{option} + ": a number, or none");
  limits[member] = std::stoll(text);
  return {};
}

Result<void> set_members(const Shared& arguments, json::object& body) {
  json::object limits;
  WD_TRY(set_limit(limits, "max_agents", arguments->max_agents, "--max-agents"));
  WD_TRY(set_limit(limits, "max_users", arguments->max_users, "--max-users"));
  WD_TRY(set_limit(limits, "max_events_per_day", arguments->max_events, "--max-events-per-day"));
  if (!limits.empty()) body["limits"] = std::move(limits);
  if (!arguments->partition.empty())
    body["event_partition"] = arguments->partition == "auto" ? "" : arguments->partition;
  return {};
}

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/tenants")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(WD_TRY(path_of(*client, arguments)))), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> create(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"name", arguments->tenant}};
  WD_TRY(set_members(arguments, body));
  if (!arguments->database_server.empty()) body["database_server"] = arguments->database_server;
  json::object administrator;
  if (!arguments->administrator.empty()) administrator["username"] = arguments->administrator;
  if (!arguments->display_name.empty()) administrator["display_name"] = arguments->display_name;
  if (!arguments->email.empty()) administrator["email"] = arguments->email;
  if (!administrator.empty()) body["administrator"] = std::move(administrator);
  json::value made = WD_TRY(client->send("POST", "/tenants", body));
  WD_TRY(write_out_link(session, made));
  print_object(session, made, kCreatedColumns);
  return ExitCode::Ok;
}

Result<ExitCode> set(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body;
  WD_TRY(set_members(arguments, body));
  if (body.empty()) return fail(ErrorCode::Invalid, "nothing to change: give an option");
  print_object(session, WD_TRY(client->send("PATCH", WD_TRY(path_of(*client, arguments)), body)), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> set_status(Session& session, const Shared& arguments, const char* status) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"status", status}};
  if (!arguments->reason.empty()) body["reason"] = arguments->reason;
  const std::string path = WD_TRY(path_of(*client, arguments)) + "/status";
  print_object(session, WD_TRY(client->send("POST", path, body)), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> suspend(Session& session, const Shared& arguments) {
  return set_status(session, arguments, "suspended");
}

Result<ExitCode> remove(Session& session, const Shared& arguments) {
  WD_TRY(confirm(session, arguments->is_sure,
                 "Suspend tenant " + arguments->tenant + " and destroy its keys and data after the wait?"));
  return set_status(session, arguments, "deleting");
}

Result<ExitCode> resume(Session& session, const Shared& arguments) {
  return set_status(session, arguments, "active");
}

Result<ExitCode> usage(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = arguments->tenant.empty() ? "/tenant" : WD_TRY(path_of(*client, arguments)) + "/usage";
  const json::value answer = WD_TRY(client->get(path, {{"days", std::to_string(arguments->days)}}));
  json::array days{answer.at("today")};
  for (const json::value& day : answer.at("days").as_array())
    if (day.at("day") != answer.at("today").at("day")) days.push_back(day);
  print_list(session, days, kDayColumns);
  return ExitCode::Ok;
}

/// The lines as they come; the last one, the receipt, is held against the others.
Result<ExitCode> export_tenant(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  std::ostream& out = session.environment().out;
  crypto::Sha256 hash;
  std::string line;  // not yet ended, or the last one
  WD_TRY(client->stream("/tenant/export", {}, [&](std::string_view bytes) {
    out << bytes;
    for (const char c : bytes) {
      if (line.ends_with('\n')) {
        hash.update(as_bytes(line));
        line.clear();
      }
      line.push_back(c);
    }
    return out.good();
  }));
  if (!out.flush()) return fail(ErrorCode::Unavailable, "writing the export failed");
  const auto last = parse_json(line);
  const json::object empty;
  const json::object& object = last && last->is_object() ? last->get_object() : empty;
  if (const json::value* problem = find(object, "problem"); problem != nullptr && problem->is_string())
    return fail(ErrorCode::Unavailable, std::string{std::string_view{problem->get_string()}});
  const json::value* end = find(object, "end");
  if (end == nullptr || !end->is_object() ||
      get_string(end->get_object(), "sha256").value_or("") != to_hex(hash.finish()))
    return fail(ErrorCode::Corrupt, "the export is not complete");
  return ExitCode::Ok;
}

Result<ExitCode> show_template(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  const json::value answer = WD_TRY(client->get("/tenant-template"));
  session.environment().out << json::serialize(session.is_json() ? answer : answer.at("template")) << "\n";
  return ExitCode::Ok;
}

Result<ExitCode> set_template(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::value body =
      WD_TRY(parse_json(WD_TRY(read_file(arguments->file)), std::size_t{4} << 20).in(arguments->file));
  WD_TRY(change(*client, "PUT", "/tenant-template", body));
  print_note(session, "New tenants begin with this template from now on.");
  return ExitCode::Ok;
}

constexpr Column kIsolationColumns[] = {{"TIME", "/time"},
                                        {"PASSED", "/passed"},
                                        {"TENANTS", "/tenants"},
                                        {"ATTEMPTS", "/attempts"},
                                        {"FINDINGS", "/findings"}};

Result<ExitCode> check_isolation(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  const json::value result = WD_TRY(client->send("POST", "/tenant-isolation", nullptr));
  print_object(session, result, kIsolationColumns);
  return result.at("passed").as_bool() ? ExitCode::Ok : ExitCode::Findings;
}

constexpr Column kGrantColumns[] = {
    {"ID", "/id"},     {"STATE", "/state"},   {"TENANT", "/tenant_id"}, {"OPERATOR", "/operator_name"},
    {"ROLE", "/role"}, {"REASON", "/reason"}, {"EXPIRES", "/expires"}};

struct GrantArguments {
  std::string id;
  std::string tenant;
  std::string role = "auditor";
  std::string reason;
  std::string lifetime = "4h";
};
using SharedGrant = std::shared_ptr<GrantArguments>;

Result<ExitCode> list_grants(Session& session, const SharedGrant&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/access-grants")), kGrantColumns);
  return ExitCode::Ok;
}

Result<ExitCode> request_grant(Session& session, const SharedGrant& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const auto lifetime = WD_TRY(parse_duration(arguments->lifetime).in("--expires"));
  const json::object body{{"tenant_id", WD_TRY(find_id(*client, "/tenants", "name", arguments->tenant))},
                          {"role", arguments->role},
                          {"reason", arguments->reason},
                          {"expires_in_s", lifetime.count()}};
  print_object(session, WD_TRY(client->send("POST", "/access-grants", body)), kGrantColumns);
  return ExitCode::Ok;
}

Result<ExitCode> post_grant(Session& session, const SharedGrant& arguments, const char* what,
                            const json::object& body) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/access-grants/" + percent_encode(arguments->id) + what;
  print_object(session, WD_TRY(client->send("POST", path, body)), kGrantColumns);
  return ExitCode::Ok;
}

Result<ExitCode> agree(Session& session, const SharedGrant& arguments) {
  return post_grant(session, arguments, "/decision", {{"agree", true}, {"comment", arguments->reason}});
}

Result<ExitCode> refuse(Session& session, const SharedGrant& arguments) {
  return post_grant(session, arguments, "/decision", {{"agree", false}, {"comment", arguments->reason}});
}

Result<ExitCode> end(Session& session, const SharedGrant& arguments) {
  return post_grant(session, arguments, "/end", {{"reason", arguments->reason}});
}

}  // namespace

void add_tenants(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "tenants", "The tenants of this installation");
  const auto named = [&](CLI::App& app) -> CLI::App& {
    app.add_option("tenant", arguments->tenant, "Id or name")->required();
    return app;
  };
  const auto members = [&](CLI::App& app) {
    app.add_option("--max-agents", arguments->max_agents, "A number, or none");
    app.add_option("--max-users", arguments->max_users, "A number, or none");
    app.add_option("--max-events-per-day", arguments->max_events,
                   "A number, or none; when passed it is told, and nothing is dropped");
    app.add_option("--event-partition", arguments->partition, "How much time a partition of events holds")
        ->check(CLI::IsMember({"auto", "day", "week", "month"}));
  };
  add(tree, group, "list", "List tenants", arguments, list);
  named(add(tree, group, "show", "Show one", arguments, show));
  CLI::App& creates = add(tree, group, "create", "Make a tenant with its first administrator", arguments, create);
  creates.add_option("tenant", arguments->tenant, "1 to 63 of a-z, 0-9 and '-'")->required();
  creates.add_option("--administrator", arguments->administrator, "User name of the first administrator");
  creates.add_option("--name", arguments->display_name, "Name that people read");
  creates.add_option("--email", arguments->email, "Address of the first administrator");
  creates.add_option("--database-server", arguments->database_server, "One of the settings; else the emptiest");
  members(creates);
  members(named(add(tree, group, "set", "Change a tenant's limits", arguments, set)));
  named(add(tree, group, "suspend", "Let nobody in; agents go on protecting", arguments, suspend))
      .add_option("--reason", arguments->reason, "What users of the tenant read")
      ->required();
  CLI::App& removes =
      named(add(tree, group, "delete", "Suspend, and destroy keys and data after the wait", arguments, remove));
  removes.add_option("--reason", arguments->reason, "What users of the tenant read")->required();
  removes.add_flag("--yes", arguments->is_sure, "Do not ask");
  named(add(tree, group, "resume", "End a suspension, or take a deletion back", arguments, resume));
  CLI::App& uses = add(tree, group, "usage", "What a tenant uses, day by day", arguments, usage);
  uses.add_option("tenant", arguments->tenant, "Id or name; without it the own one");
  uses.add_option("--days", arguments->days, "At most so many")->check(CLI::Range(1, 400));
  add(tree, group, "export", "Write all of the own tenant as JSON Lines; it holds personal data", arguments,
      export_tenant);
  add(tree, group, "check-isolation", "Try whether any tenant reaches a canary's data", arguments, check_isolation);
  add(tree, group, "template", "What new tenants begin with", arguments, show_template);
  add(tree, group, "set-template", "Set it", arguments, set_template)
      .add_option("file", arguments->file, "JSON file")
      ->required();
}

void add_grants(Tree& tree) {
  const auto arguments = std::make_shared<GrantArguments>();
  CLI::App& group = add_group(tree, "grants", "Operators' access to other tenants");
  add(tree, group, "list", "List grants, newest first", arguments, list_grants);
  CLI::App& requests = add(tree, group, "request", "Ask for access to a tenant", arguments, request_grant);
  requests.add_option("tenant", arguments->tenant, "Id or name")->required();
  requests.add_option("--role", arguments->role, "A built-in role")->capture_default_str();
  requests.add_option("--reason", arguments->reason, "Why; the tenant reads it")->required();
  requests.add_option("--expires", arguments->lifetime, "How long, at most 7d")->capture_default_str();
  const auto decides = [&](const char* name, const char* doc, auto action) -> CLI::App& {
    CLI::App& command = add(tree, group, name, doc, arguments, action);
    command.add_option("id", arguments->id, "Id of the grant")->required();
    return command;
  };
  decides("agree", "Agree to another's request", agree).add_option("--comment", arguments->reason, "What they read");
  decides("refuse", "Refuse a request", refuse).add_option("--comment", arguments->reason, "What they read");
  decides("end", "End access at once", end).add_option("--reason", arguments->reason, "Why")->required();
}

}  // namespace warder::cli
