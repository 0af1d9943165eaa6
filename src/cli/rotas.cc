// warder rotas
#include <map>
#include <set>

#include "base/text.h"
#include "base/uri.h"
#include "cli/commands.h"
#include "cli/settings_options.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {{"ID", "/id"}, {"NAME", "/name"}, {"TIME ZONE", "/time_zone"}, {"HAND-OVER", "/handover"}};
constexpr Column kDetails[] = {{"ID", "/id"},
                               {"NAME", "/name"},
                               {"TIME ZONE", "/time_zone"},
                               {"FIRST DAY", "/first_day"},
                               {"HAND-OVER", "/handover"},
                               {"CHANNEL", "/channel"},
                               {"LEVELS", "/levels"},
                               {"STAND-INS", "/overrides"},
                               {"ON CALL", "/on_call"}};
constexpr Column kOnCall[] = {
    {"ROTA", "/rota"}, {"LEVEL", "/level"}, {"PERSON", "/person"}, {"FROM", "/from"}, {"UNTIL", "/until"}};
constexpr Column kStandIns[] = {
    {"ID", "/id"}, {"LEVEL", "/level"}, {"USER", "/user"}, {"FROM", "/from"}, {"UNTIL", "/until"}};

struct RotaArguments {
  std::string name;
  std::string rename;
  std::string channel;
  std::vector<std::string> levels;
  std::string wait;
  std::int64_t shift_days = 0;
  std::string time_zone;
  std::string first_day;
  std::string handover;
  std::string user;
  std::int64_t level = 0;
  std::string from;
  std::string until;
  bool is_sure = false;
};
using Arguments = std::shared_ptr<RotaArguments>;

Result<std::string> path_of(client::Client& client, const Arguments& arguments) {
  return "/rotas/" + WD_TRY(find_id(client, "/rotas", "name", arguments->name));
}

/// "ann,bob" for each level: who takes turns. Everybody in a level is a member.
Result<void> set_levels(client::Client& client, const RotaArguments& arguments, json::object& body) {
  if (arguments.levels.empty()) return {};
  std::set<std::string> people;
  json::array levels;
  for (const std::string& each : arguments.levels) {
    json::array order;
    for (const std::string_view person : split(each, ',')) {
      const std::string id = WD_TRY(find_id(client, "/users", "username", std::string(trim(person))));
      people.insert(id);
      order.push_back(json::string(id));
    }
    json::object level{{"order", std::move(order)}};
    if (arguments.shift_days != 0) level["shift_days"] = arguments.shift_days;
    if (!arguments.wait.empty()) level["wait_s"] = WD_TRY(parse_duration(arguments.wait).in("--wait")).count();
    levels.push_back(std::move(level));
  }
  json::array members;
  for (const std::string& each : people) members.push_back(json::object{{"user", json::string(each)}});
  body["members"] = std::move(members);
  body["levels"] = std::move(levels);
  return {};
}

Result<json::object> body_of(client::Client& client, const RotaArguments& arguments) {
  json::object body;
  const auto set = [&body](const char* key, const std::string& text) {
    if (!text.empty()) body[key] = json::string(text);
  };
  set("time_zone", arguments.time_zone);
  set("first_day", arguments.first_day);
  set("handover", arguments.handover);
  if (!arguments.channel.empty())
    set("channel", WD_TRY(find_id(client, "/notice-channels", "name", arguments.channel)));
  WD_TRY(set_levels(client, arguments, body));
  return body;
}

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/rotas")), kList);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(WD_TRY(path_of(*client, arguments)))), kDetails);
  return ExitCode::Ok;
}

/// Names of users by their ids; who may not read users sees ids.
std::map<std::string, std::string> names_of_users(client::Client& client) {
  std::map<std::string, std::string> names;
  const auto users = client.list("/users");
  if (!users) return names;
  for (const json::value& each : *users) {
    if (!each.is_object()) continue;
    const auto id = get_string(each.get_object(), "id");
    const auto name = get_string(each.get_object(), "username");
    if (id && name) names.emplace(*id, *name);
  }
  return names;
}

Result<void> add_turns(const json::object& rota, const std::map<std::string, std::string>& names, json::array& turns) {
  std::int64_t level = 0;
  for (const json::value& each : *WD_TRY(get_array(rota, "on_call"))) {
    if (!each.is_object()) return fail(ErrorCode::Corrupt, "on_call: one is no turn");
    json::object turn = each.get_object();
    const std::string user(WD_TRY(get_string(turn, "user")));
    const auto known = names.find(user);
    turn["rota"] = json::string(WD_TRY(get_string(rota, "name")));
    turn["level"] = level++;
    turn["person"] = json::string(known == names.end() ? user : known->second);
    turns.push_back(std::move(turn));
  }
  return {};
}

Result<ExitCode> on_call(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  const json::array rotas = WD_TRY(client->list("/rotas"));
  const auto names = names_of_users(*client);
  json::array turns;
  for (const json::value& each : rotas)
    if (each.is_object()) WD_TRY(add_turns(each.get_object(), names, turns));
  print_list(session, turns, kOnCall);
  return ExitCode::Ok;
}

Result<ExitCode> add_one(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body = WD_TRY(body_of(*client, *arguments));
  body["name"] = json::string(arguments->name);
  print_object(session, WD_TRY(client->send("POST", "/rotas", body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> set(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments));
  json::object body = WD_TRY(body_of(*client, *arguments));
  if (!arguments->rename.empty()) body["name"] = json::string(arguments->rename);
  if (body.empty()) return fail(ErrorCode::Invalid, "nothing to change");
  print_object(session, WD_TRY(change(*client, "PATCH", path, body)), kDetails);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments));
  return remove_object(session, path, arguments->is_sure, "Call nobody by the rota " + arguments->name + " any more?",
                       "Rota " + arguments->name + " removed.");
}

Result<ExitCode> stand_in(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments));
  const std::string from = arguments->from.empty() ? "0s" : arguments->from;
  const json::object body{{"user", json::string(WD_TRY(find_id(*client, "/users", "username", arguments->user)))},
                          {"level", arguments->level},
                          {"from", json::string(WD_TRY(moment_ahead(session, from)))},
                          {"until", json::string(WD_TRY(moment_ahead(session, arguments->until)))}};
  print_object(session, WD_TRY(client->send("POST", path + "/overrides", body)), kStandIns);
  return ExitCode::Ok;
}

Result<ExitCode> end_stand_in(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(client->send("DELETE", "/rota-overrides/" + percent_encode(arguments->name), nullptr));
  print_note(session, "Nobody stands in any more.");
  return ExitCode::Ok;
}

void add_options(CLI::App& app, const Arguments& arguments, bool is_new) {
  app.add_option("--channel", arguments->channel, "Through which people are told")->required(is_new);
  add_several(app, "--level", arguments->levels,
              "Users who take turns, like ann,bob; given again: who is called next when nobody acknowledges")
      ->required(is_new);
  app.add_option("--wait", arguments->wait, "How long a level has to acknowledge: 15m");
  app.add_option("--shift-days", arguments->shift_days, "Days of a turn: 1, 7 …");
  app.add_option("--time-zone", arguments->time_zone, "Like Asia/Tokyo");
  app.add_option("--first-day", arguments->first_day, "On which the first turn begins: 2026-11-27");
  app.add_option("--handover", arguments->handover, "Time of day at which turns change: 09:00");
}

}  // namespace

void add_rotas(Tree& tree) {
  const auto arguments = std::make_shared<RotaArguments>();
  CLI::App& group = add_group(tree, "rotas", "Who is on call");
  const auto named = [&](CLI::App& app) -> CLI::App& {
    app.add_option("name", arguments->name, "Id or name")->required();
    return app;
  };
  add(tree, group, "list", "List rotas", arguments, list);
  add(tree, group, "on-call", "Who is on call now, and until when", arguments, on_call);
  named(add(tree, group, "show", "Show one", arguments, show));
  CLI::App& adds = add(tree, group, "add", "Add a rota", arguments, add_one);
  adds.add_option("name", arguments->name, "What to call it")->required();
  add_options(adds, arguments, true);
  CLI::App& sets = named(add(tree, group, "set", "Change one; --level replaces all levels", arguments, set));
  sets.add_option("--rename", arguments->rename, "Another name");
  add_options(sets, arguments, false);
  named(add(tree, group, "delete", "Call nobody by it any more", arguments, remove))
      .add_flag("--yes", arguments->is_sure, "Do not ask");
  CLI::App& stands = named(add(tree, group, "stand-in", "Let somebody stand in for a while", arguments, stand_in));
  stands.add_option("--user", arguments->user, "Who stands in")->required();
  stands.add_option("--level", arguments->level, "At which level; the first is 0");
  stands.add_option("--from", arguments->from, "RFC 3339, or in so long (2h); without: now");
  stands.add_option("--until", arguments->until, "In the same forms")->required();
  add(tree, group, "end-stand-in", "Let nobody stand in any more", arguments, end_stand_in)
      .add_option("id", arguments->name, "Id of the stand-in, as show prints it")
      ->required();
}

}  // namespace warder::cli
