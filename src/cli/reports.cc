// warder reports
#include <ostream>

#include "base/file.h"
#include "base/text.h"
#include "base/uri.h"
#include "cli/commands.h"
#include "cli/settings_options.h"

namespace warder::cli {
namespace {

constexpr Column kReports[] = {{"ID", "/id"},
                               {"NAME", "/name"},
                               {"KIND", "/kind"},
                               {"RANGE", "/range"},
                               {"EVERY", "/schedule/every"},
                               {"AT", "/schedule/at"},
                               {"ENABLED", "/enabled"},
                               {"NEXT", "/next"},
                               {"LAST", "/last"}};
constexpr Column kOne[] = {{"ID", "/id"},
                           {"NAME", "/name"},
                           {"KIND", "/kind"},
                           {"FILTER", "/filter"},
                           {"RANGE", "/range"},
                           {"EVERY", "/schedule/every"},
                           {"WEEKDAY", "/schedule/weekday"},
                           {"DAY", "/schedule/day"},
                           {"AT", "/schedule/at"},
                           {"ZONE", "/schedule/zone"},
                           {"LANGUAGE", "/language"},
                           {"RECIPIENTS", "/recipients"},
                           {"ENABLED", "/enabled"},
                           {"OWNER", "/owner"},
                           {"NEXT", "/next"},
                           {"LAST", "/last"}};
constexpr Column kDeliveries[] = {{"ID", "/id"},       {"REPORT", "/report_name"}, {"KIND", "/kind"},
                                  {"MADE", "/made"},   {"FROM", "/from"},          {"TO", "/to"},
                                  {"STATE", "/state"}, {"ROWS", "/rows"},          {"REASON", "/reason"}};
constexpr std::size_t kMaxContent = 64 << 20;

struct ReportArguments {
  std::string report;
  std::string name;
  std::string kind;
  std::string filter;
  std::string range;
  std::string every;
  std::string weekday;
  std::string day;
  std::string at;
  std::string zone;
  std::string language;
  std::vector<std::string> recipients;
  std::string delivery;
  std::string format = "html";
  std::string file;
  bool is_on_demand = false;
  bool is_enabled = false;
  bool is_disabled = false;
  bool is_sure = false;
};
using Arguments = std::shared_ptr<ReportArguments>;

Result<std::string> path_of(client::Client& client, const Arguments& arguments) {
  return "/reports/" + WD_TRY(find_id(client, "/reports", "name", arguments->report));
}

/// What the options say goes over `before`.
json::value schedule_of(const ReportArguments& arguments, const json::value& before) {
  json::object schedule = before.is_object() ? before.get_object() : json::object{{"zone", "UTC"}};
  // Another rhythm has no use for the old one's day.
  if (!arguments.every.empty() && get_string(schedule, "every").value_or("") != arguments.every) {
    schedule.erase("weekday");
    schedule.erase("day");
  }
  const auto set = [&schedule](const char* key, const std::string& text) {
    if (!text.empty()) schedule[key] = json::string(text);
  };
  set("every", arguments.every);
  set("weekday", arguments.weekday);
  set("day", arguments.day);
  if (const auto number = parse_integer<std::int64_t>(arguments.day)) schedule["day"] = *number;
  set("at", arguments.at);
  set("zone", arguments.zone);
  return schedule;
}

bool has_schedule(const ReportArguments& arguments) {
  for (const std::string* each : {&arguments.every, &arguments.weekday, &arguments.day, &arguments.at, &arguments.zone})
    if (!each->empty()) return true;
  return false;
}

Result<json::object> body_of(client::Client& client, const ReportArguments& arguments, const json::value& schedule) {
  json::object body;
  const auto set = [&body](const char* key, const std::string& text) {
    if (!text.empty()) body[key] = json::string(text);
  };
  set("name", arguments.name);
  set("kind", arguments.kind);
  set("filter", arguments.filter);
  set("range", arguments.range);
  set("language", arguments.language);
  if (arguments.is_on_demand) body["schedule"] = nullptr;
  if (has_schedule(arguments)) body["schedule"] = schedule_of(arguments, schedule);
  if (arguments.is_enabled || arguments.is_disabled) body["enabled"] = arguments.is_enabled;
  if (arguments.recipients.empty()) return body;
  json::array recipients;
  for (const std::string& each : arguments.recipients)
    recipients.push_back(json::string(WD_TRY(find_id(client, "/users", "username", each))));
  body["recipients"] = std::move(recipients);
  return body;
}

Result<ExitCode> list(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/reports")), kReports);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(WD_TRY(path_of(*client, arguments)))), kOne);
  return ExitCode::Ok;
}

Result<ExitCode> create(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body = WD_TRY(body_of(*client, *arguments, nullptr));
  if (arguments->recipients.empty()) {
    const json::value own = WD_TRY(client->get("/session"));
    body["recipients"] = json::array{own.at("user").at("id")};
  }
  print_object(session, WD_TRY(client->send("POST", "/reports", body)), kOne);
  return ExitCode::Ok;
}

Result<ExitCode> update(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments));
  const json::value before = WD_TRY(client->get(path));
  const json::object body = WD_TRY(body_of(*client, *arguments, before.at("schedule")));
  print_object(session, WD_TRY(change(*client, "PATCH", path, body)), kOne);
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  return remove_object(session, WD_TRY(path_of(*client, arguments)), arguments->is_sure,
                       "Make " + arguments->report + " no more?", arguments->report + " removed.");
}

Result<ExitCode> run_now(Session& session, const Arguments& arguments) {
  constexpr Column kRun[] = {{"RECIPIENTS", "/recipients"}};
  client::Client* const client = WD_TRY(session.client());
  const std::string path = WD_TRY(path_of(*client, arguments)) + "/run";
  print_object(session, WD_TRY(client->send("POST", path, nullptr)), kRun);
  return ExitCode::Ok;
}

Result<ExitCode> list_deliveries(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  client::Query query;
  if (!arguments->report.empty())
    query.emplace_back("report", WD_TRY(find_id(*client, "/reports", "name", arguments->report)));
  print_list(session, WD_TRY(client->list("/report-deliveries", query)), kDeliveries);
  return ExitCode::Ok;
}

Result<ExitCode> download(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/report-deliveries/" + percent_encode(arguments->delivery) + "/content";
  std::string content;
  WD_TRY(client->stream(path, {{"format", arguments->format}}, [&content](std::string_view bytes) {
    content += bytes;
    return content.size() <= kMaxContent;
  }));
  if (content.size() > kMaxContent) return fail(ErrorCode::TooLarge, "the report has more than 64 MiB");
  if (!arguments->file.empty()) {
    WD_TRY(write_file_atomically(arguments->file, content));
    print_note(session, arguments->file + " has " + std::to_string(content.size()) + " bytes.");
    return ExitCode::Ok;
  }
  std::ostream& out = session.environment().out;
  if (!out.write(content.data(), static_cast<std::streamsize>(content.size())).flush())
    return fail(ErrorCode::Unavailable, "writing the report failed");
  return ExitCode::Ok;
}

void add_what(CLI::App& app, const Arguments& arguments) {
  app.add_option("--filter", arguments->filter, "Only what matches: severity>=high");
  app.add_option("--range", arguments->range, "previous-day, previous-week, previous-month, or how far back: 7d");
  app.add_option("--every", arguments->every, "When it is made")->check(CLI::IsMember({"day", "week", "month"}));
  app.add_option("--weekday", arguments->weekday, "Of a weekly one: mon");
  app.add_option("--day", arguments->day, "Of a monthly one: 1 to 28, or last");
  app.add_option("--at", arguments->at, "Time of day: 08:00");
  app.add_option("--zone", arguments->zone, "Of the time and of ranges: Asia/Tokyo; UTC without");
  app.add_option("--language", arguments->language, "Of the report")->check(CLI::IsMember({"en", "ja"}));
  add_several(app, "--recipient", arguments->recipients, "User who gets one; may be given again");
  app.add_flag("--disabled", arguments->is_disabled, "The schedule rests");
}

void add_report(CLI::App& app, const Arguments& arguments) {
  app.add_option("report", arguments->report, "Id or name")->required();
}

void add_definitions(Tree& tree, CLI::App& group, const Arguments& arguments) {
  CLI::App& creates =
      add(tree, group, "create", "Describe a report; for you, unless --recipient says otherwise", arguments, create);
  creates.add_option("name", arguments->name, "What to call it")->required();
  creates.add_option("--kind", arguments->kind, "Of what")
      ->required()
      ->check(CLI::IsMember({"events", "alerts", "incidents", "hosts", "integrity"}));
  add_what(creates, arguments);
  CLI::App& updates = add(tree, group, "update", "Change what the options say", arguments, update);
  add_report(updates, arguments);
  updates.add_option("--name", arguments->name, "A new name");
  add_what(updates, arguments);
  updates.add_flag("--enabled", arguments->is_enabled, "The schedule rests no more");
  updates.add_flag("--on-demand", arguments->is_on_demand, "Without a schedule");
  CLI::App& removes = add(tree, group, "delete", "Make it no more; what was made stays", arguments, remove);
  add_report(removes, arguments);
  removes.add_flag("--yes", arguments->is_sure, "Do not ask");
}

}  // namespace

void add_reports(Tree& tree) {
  const auto arguments = std::make_shared<ReportArguments>();
  CLI::App& group = add_group(tree, "reports", "What is reported to whom, and when");
  add(tree, group, "list", "List reports", arguments, list);
  add_report(add(tree, group, "show", "Show one", arguments, show), arguments);
  add_definitions(tree, group, arguments);
  add_report(add(tree, group, "run", "Have it made now, for all its recipients", arguments, run_now), arguments);
  add(tree, group, "deliveries", "List what was made for you", arguments, list_deliveries)
      .add_option("--report", arguments->report, "Of this one only: id or name");
  CLI::App& downloads = add(tree, group, "download", "Get what was made for you", arguments, download);
  downloads.add_option("id", arguments->delivery, "Id of the delivery")->required();
  downloads.add_option("--format", arguments->format, "html, csv, json or pdf")
      ->check(CLI::IsMember({"html", "csv", "json", "pdf"}));
  downloads.add_option("-o,--output", arguments->file, "Where to; without: standard output");
}

}  // namespace warder::cli
