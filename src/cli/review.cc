// warder review
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kDays[] = {{"DAY", "/day"},       {"STATE", "/state"},      {"SYSTEMS", "/systems"},
                            {"LOOK", "/look"},     {"GAP", "/gap"},          {"COVERED", "/covered"},
                            {"EVENTS", "/events"}, {"LATE", "/late_events"}, {"DEADLINE", "/deadline"}};
constexpr Column kSystems[] = {{"SYSTEM", "/system"}, {"NAME", "/name"},           {"RESULT", "/result"},
                               {"EVENTS", "/events"}, {"STANDS OUT", "/findings"}, {"JUDGEMENT", "/judgement"}};
constexpr Column kSettings[] = {{"TIME ZONE", "/time_zone"}, {"DEADLINE (HOURS)", "/deadline_hours"}};

struct ReviewArguments {
  std::string day;
  std::string result;
  std::string note;
  std::vector<std::string> systems;
  std::string judgement = "expected";
  bool is_whole_day = false;
  std::string time_zone;
  std::int64_t deadline_hours = 0;
};
using Arguments = std::shared_ptr<ReviewArguments>;

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/reviews")), kDays);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string query = arguments->result.empty() ? "" : "?result=" + arguments->result;
  print_list(session, WD_TRY(client->list("/reviews/" + arguments->day + "/systems" + query)), kSystems);
  return ExitCode::Ok;
}

Result<ExitCode> sign(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::array systems;
  for (const std::string& system : arguments->systems) {
    systems.push_back(json::object{{"system", json::string(system)},
                                   {"judgement", json::string(arguments->judgement)},
                                   {"note", json::string(arguments->note)}});
  }
  const json::object body = {
      {"whole_day", arguments->is_whole_day}, {"note", json::string(arguments->note)}, {"systems", std::move(systems)}};
  print_object(session, WD_TRY(client->send("POST", "/reviews/" + arguments->day + "/sign-offs", body)), kDays);
  return ExitCode::Ok;
}

Result<ExitCode> settings(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object now = WD_TRY(client->get("/review-settings")).as_object();
  if (!arguments->time_zone.empty()) now["time_zone"] = json::string(arguments->time_zone);
  if (arguments->deadline_hours != 0) now["deadline_hours"] = arguments->deadline_hours;
  const bool changes = !arguments->time_zone.empty() || arguments->deadline_hours != 0;
  print_object(session, changes ? WD_TRY(client->send("PUT", "/review-settings", now)) : json::value(now), kSettings);
  return ExitCode::Ok;
}

}  // namespace

void add_review(Tree& tree) {
  const auto arguments = std::make_shared<ReviewArguments>();
  CLI::App& group = add_group(tree, "review", "The daily review of every system's logs");
  const auto of_day = [&](CLI::App& app) -> CLI::App& {
    app.add_option("day", arguments->day, "As 2026-11-27")->required();
    return app;
  };
  add(tree, group, "list", "Days and how it stands with them", arguments, list);
  of_day(add(tree, group, "show", "What stands out in each system on a day", arguments, show))
      .add_option("--result", arguments->result, "Only these: quiet, look, gap");
  CLI::App& signs =
      of_day(add(tree, group, "sign", "Say that you looked at a day, or at some systems", arguments, sign));
  signs.add_flag("--whole-day", arguments->is_whole_day, "Every system: quiet ones, and those named here or before");
  signs.add_option("--system", arguments->systems, "Id of a system that you judge; may be given again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  signs.add_option("--judgement", arguments->judgement, "Of the named systems: expected, harmless, incident, to-fix");
  signs.add_option("--note", arguments->note, "Why");
  CLI::App& sets =
      add(tree, group, "settings", "Show or change where days begin and when a review is due", arguments, settings);
  sets.add_option("--time-zone", arguments->time_zone, "Like Europe/Berlin");
  sets.add_option("--deadline-hours", arguments->deadline_hours, "After the end of a day, 1 to 168");
}

}  // namespace warder::cli
