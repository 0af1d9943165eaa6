// warder privacy
#include "cli/privacy.h"

#include <ostream>

#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kRules[] = {{"MODULE", "/module"}, {"DATA", "/data"}, {"TREATMENT", "/treatment"}};
constexpr Column kGroups[] = {{"GROUP", "/name"}, {"FIELDS", "/fields"}};
constexpr Column kAnswer[] = {{"PSEUDONYM", "/pseudonym"}, {"THE SAME", "/same"}};
constexpr Column kFields[] = {
    {"MODULE", "/module"}, {"FIELD", "/field"}, {"CLASS", "/class"}, {"TREATMENT", "/treatment"}, {"DAYS", "/days"}};

struct Arguments {
  std::vector<std::string> rules;
  std::string value;
  std::string pseudonym;
  std::string reason;
};
using Shared = std::shared_ptr<Arguments>;

/// "users=off", "ips:source.ip=pseudonym"
Result<json::object> parse_rule(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos)
    return fail(ErrorCode::Invalid, text + ": not like users=off or ips:users=pseudonym");
  const std::string what = text.substr(0, equals);
  const auto colon = what.find(':');
  const bool has_module = colon != std::string::npos;
  return json::object{{"module", has_module ? what.substr(0, colon) : std::string{"all"}},
                      {"data", has_module ? what.substr(colon + 1) : what},
                      {"treatment", text.substr(equals + 1)}};
}

Result<ExitCode> print(Session& session, const json::value& answer) {
  if (session.is_json() || !answer.is_object()) {
    print_object(session, answer);
    return ExitCode::Ok;
  }
  print_list(session, *WD_TRY(get_array(answer.get_object(), "rules")), kRules);
  if (!WD_TRY(get_bool(answer.get_object(), "agents_may_forward")))
    print_note(session, "Agents forward nothing by themselves.");
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  return print(session, WD_TRY(client->get("/privacy/collection")));
}

Result<ExitCode> list_groups(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  const json::value answer = WD_TRY(client->get("/privacy/collection"));
  if (!answer.is_object()) return fail(ErrorCode::Corrupt, "/privacy/collection: the answer is not an object");
  print_list(session, *WD_TRY(get_array(answer.get_object(), "groups")), kGroups);
  return ExitCode::Ok;
}

Result<ExitCode> set(Session& session, const Shared& arguments) {
  json::array rules;
  for (const std::string& text : arguments->rules) rules.push_back(WD_TRY(parse_rule(text)));
  client::Client* const client = WD_TRY(session.client());
  return print(session, WD_TRY(client->send("PUT", "/privacy/collection", json::object{{"rules", std::move(rules)}})));
}

Result<ExitCode> resolve(Session& session, const Shared& arguments) {
  json::object body{{"value", arguments->value}, {"reason", arguments->reason}};
  if (!arguments->pseudonym.empty()) body["pseudonym"] = arguments->pseudonym;
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->send("POST", "/privacy/pseudonyms", body)), kAnswer);
  return ExitCode::Ok;
}

Result<ExitCode> show_notice(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  const json::value answer = WD_TRY(client->get("/privacy/notice"));
  if (session.is_json() || !answer.is_object()) {
    session.environment().out << json::serialize(answer) << "\n";
    return ExitCode::Ok;
  }
  json::array rows;
  for (const json::value& module : *WD_TRY(get_array(answer.get_object(), "modules"))) {
    if (!module.is_object()) continue;
    const json::value* const days = find(module.get_object(), "kept_days");
    for (const json::value& field : *WD_TRY(get_array(module.get_object(), "fields"))) {
      json::object row = field.is_object() ? field.get_object() : json::object{};
      row["module"] = *find(module.get_object(), "module");
      if (days != nullptr) row["days"] = *days;
      rows.push_back(std::move(row));
    }
  }
  print_list(session, rows, kFields);
  return ExitCode::Ok;
}

}  // namespace

void add_privacy(Tree& tree) {
  CLI::App& group = add_group(tree, "privacy", "What is collected about people");
  const auto arguments = std::make_shared<Arguments>();
  add(tree, group, "show", "Show what is switched off, and what gets a pseudonym", arguments, show);
  add(tree, group, "groups", "Show which fields belong together: users, addresses …", arguments, list_groups);
  CLI::App& sets = add(tree, group, "set", "Collect less: all rules that are given, and no others", arguments, set);
  sets.add_option("rule", arguments->rules,
                  "As command-lines=off or ips:addresses=pseudonym; none: collect everything");
  CLI::App& asks =
      add(tree, group, "resolve", "The pseudonym of somebody, and whether one is theirs", arguments, resolve);
  asks.add_option("value", arguments->value, "User or address")->required();
  asks.add_option("--pseudonym", arguments->pseudonym, "Is this one theirs?");
  asks.add_option("--reason", arguments->reason, "Why; it is kept in the audit log")->required();
  add(tree, group, "notice", "The Data Collection Notice with what was chosen", arguments, show_notice);
}

}  // namespace warder::cli
