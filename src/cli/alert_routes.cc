// warder alert-routes, warder heartbeats
#include "cli/commands.h"
#include "cli/settings_options.h"

namespace warder::cli {
namespace {

constexpr Column kRoutes[] = {
    {"ID", "/id"},          {"NAME", "/name"},         {"ENABLED", "/enabled"}, {"SEVERITY", "/severity"},
    {"RULES", "/rules"},    {"DAYS", "/days"},         {"FROM", "/from"},       {"UNTIL", "/until"},
    {"ZONE", "/time_zone"}, {"CHANNELS", "/channels"}, {"ROTA", "/rota"}};
constexpr Column kHeartbeats[] = {
    {"ID", "/id"}, {"NAME", "/name"}, {"ENABLED", "/enabled"}, {"CHANNEL", "/channel"}, {"EVERY (S)", "/interval_s"}};

struct RouteArguments {
  std::string name;
  std::string severity;
  std::vector<std::string> rules;
  std::string days;
  std::string from;
  std::string until;
  std::string time_zone;
  std::vector<std::string> channels;
  std::string rota;
  std::string interval = "1h";
  bool is_sure = false;
};
using Arguments = std::shared_ptr<RouteArguments>;

Result<ExitCode> list_routes(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/alert-routes")), kRoutes);
  return ExitCode::Ok;
}

Result<ExitCode> add_route(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"name", json::string(arguments->name)}};
  const auto set = [&body](const char* key, const std::string& text) {
    if (!text.empty()) body[key] = json::string(text);
  };
  set("severity", arguments->severity);
  set("days", arguments->days);
  set("from", arguments->from);
  set("until", arguments->until);
  set("time_zone", arguments->time_zone);
  json::array rules;
  for (const std::string& each : arguments->rules) rules.push_back(json::string(each));
  json::array channels;
  for (const std::string& each : arguments->channels)
    channels.push_back(json::string(WD_TRY(find_id(*client, "/notice-channels", "name", each))));
  body["rules"] = std::move(rules);
  body["channels"] = std::move(channels);
  if (!arguments->rota.empty()) set("rota", WD_TRY(find_id(*client, "/rotas", "name", arguments->rota)));
  print_object(session, WD_TRY(client->send("POST", "/alert-routes", body)), kRoutes);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Arguments& arguments, const std::string& path) {
  client::Client* const client = WD_TRY(session.client());
  const std::string id = WD_TRY(find_id(*client, path, "name", arguments->name));
  return remove_object(session, path + "/" + id, arguments->is_sure, "Remove " + arguments->name + "?",
                       arguments->name + " removed.");
}

Result<ExitCode> remove_route(Session& session, const Arguments& arguments) {
  return remove(session, arguments, "/alert-routes");
}

Result<ExitCode> list_heartbeats(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/alert-heartbeats")), kHeartbeats);
  return ExitCode::Ok;
}

Result<ExitCode> add_heartbeat(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string channel = WD_TRY(find_id(*client, "/notice-channels", "name", arguments->channels.front()));
  const json::object body{{"name", json::string(arguments->name)},
                          {"channel", json::string(channel)},
                          {"interval_s", WD_TRY(parse_duration(arguments->interval).in("--every")).count()}};
  print_object(session, WD_TRY(client->send("POST", "/alert-heartbeats", body)), kHeartbeats);
  return ExitCode::Ok;
}

Result<ExitCode> remove_heartbeat(Session& session, const Arguments& arguments) {
  return remove(session, arguments, "/alert-heartbeats");
}

/// "delete NAME [--yes]".
void add_delete(Tree& tree, CLI::App& group, const char* doc, const Arguments& arguments,
                Result<ExitCode> (*action)(Session&, const Arguments&)) {
  CLI::App& app = add(tree, group, "delete", doc, arguments, action);
  app.add_option("name", arguments->name, "Id or name")->required();
  app.add_flag("--yes", arguments->is_sure, "Do not ask");
}

}  // namespace

void add_alert_routes(Tree& tree) {
  const auto arguments = std::make_shared<RouteArguments>();
  CLI::App& group = add_group(tree, "alert-routes", "Who is told of which alerts");
  add(tree, group, "list", "List routes", arguments, list_routes);
  CLI::App& adds =
      add(tree, group, "add", "Tell somebody; every route that takes an alert counts", arguments, add_route);
  adds.add_option("name", arguments->name, "What to call it")->required();
  adds.add_option("--severity", arguments->severity, "Least severity")
      ->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}));
  add_several(adds, "--rule", arguments->rules, "Only alerts of this rule; may be given again");
  adds.add_option("--days", arguments->days, "Only on these: mon,tue,wed");
  adds.add_option("--from", arguments->from, "Only from this time of day: 18:00");
  adds.add_option("--until", arguments->until, "Until this one: 09:00");
  adds.add_option("--time-zone", arguments->time_zone, "Of days and times: Asia/Tokyo");
  add_several(adds, "--channel", arguments->channels, "Channel that is told; may be given again");
  adds.add_option("--rota", arguments->rota, "Rota whose people are told");
  add_delete(tree, group, "Tell nobody by it any more", arguments, remove_route);
}

void add_heartbeats(Tree& tree) {
  const auto arguments = std::make_shared<RouteArguments>();
  CLI::App& group = add_group(tree, "heartbeats", "Signs of life, whose absence is noticed where they should arrive");
  add(tree, group, "list", "List them", arguments, list_heartbeats);
  CLI::App& adds = add(tree, group, "add", "Send a sign of life again and again", arguments, add_heartbeat);
  adds.add_option("name", arguments->name, "What to call it")->required();
  add_several(adds, "--channel", arguments->channels, "Through which")->required();
  adds.add_option("--every", arguments->interval, "How often: 1h, at least 10s");
  add_delete(tree, group, "Send it no more", arguments, remove_heartbeat);
}

}  // namespace warder::cli
