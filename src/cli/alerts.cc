// warder alerts
#include "base/uri.h"
#include "cli/commands.h"
#include "cli/settings_options.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {{"ID", "/id"},       {"SEVERITY", "/severity"}, {"STATE", "/state"}, {"OPENED", "/opened"},
                            {"TITLE", "/title"}, {"EVENTS", "/count"},      {"TOLD", "/told"}};
constexpr Column kDetails[] = {{"ID", "/id"},
                               {"RULE", "/rule"},
                               {"TITLE", "/title"},
                               {"SEVERITY", "/severity"},
                               {"STATE", "/state"},
                               {"ABOUT", "/group"},
                               {"MEANING", "/meaning"},
                               {"ACTION", "/action"},
                               {"VALUE", "/value"},
                               {"FIRES AT", "/fire_at"},
                               {"EVENTS", "/count"},
                               {"NEWEST EVENTS", "/events"},
                               {"OPENED", "/opened"},
                               {"LAST", "/last"},
                               {"TOLD", "/told"},
                               {"LEVEL", "/level"},
                               {"ESCALATES", "/escalates"},
                               {"ACKNOWLEDGED", "/acknowledged"},
                               {"BY", "/acknowledged_by"},
                               {"RESOLVED", "/resolved"},
                               {"RESOLVED BY", "/resolved_by"}};
constexpr Column kComments[] = {{"TIME", "/time"}, {"BY", "/by"}, {"TEXT", "/text"}};
constexpr Column kNotices[] = {{"CREATED", "/created"}, {"TYPE", "/type"},   {"PEOPLE", "/people"},
                               {"CHANNEL", "/channel"}, {"STATE", "/state"}, {"TRIES", "/tries"},
                               {"SENT", "/sent"},       {"ERROR", "/error"}, {"ID", "/id"}};

struct AlertArguments {
  std::string id;
  std::vector<std::string> ids;
  std::string state = "active";
  std::string rule;
  std::string severity;
  std::string text;
  std::size_t limit = 1000;
};
using Arguments = std::shared_ptr<AlertArguments>;

Result<ExitCode> list(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const client::Query query{{"state", arguments->state == "any" ? "" : arguments->state},
                            {"rule", arguments->rule},
                            {"severity", arguments->severity}};
  print_list(session, WD_TRY(client->list("/alerts", query, arguments->limit)), kList);
  return ExitCode::Ok;
}

Result<ExitCode> show(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get("/alerts/" + percent_encode(arguments->id))), kDetails);
  return ExitCode::Ok;
}

/// Each of them, in the order in which they were named; the first that cannot be is the end.
Result<ExitCode> do_each(Session& session, const Arguments& arguments, std::string_view what) {
  client::Client* const client = WD_TRY(session.client());
  json::array done;
  for (const std::string& each : arguments->ids) {
    const std::string path = "/alerts/" + percent_encode(each) + "/" + std::string(what);
    done.push_back(WD_TRY(client->send("POST", path, nullptr).in(each)));
  }
  print_list(session, done, kList);
  return ExitCode::Ok;
}

Result<ExitCode> acknowledge(Session& session, const Arguments& arguments) {
  return do_each(session, arguments, "acknowledge");
}

Result<ExitCode> close(Session& session, const Arguments& arguments) {
  return do_each(session, arguments, "resolve");
}

Result<ExitCode> comment(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const json::object body{{"text", json::string(arguments->text)}};
  const std::string path = "/alerts/" + percent_encode(arguments->id) + "/comments";
  print_object(session, WD_TRY(client->send("POST", path, body)), kComments);
  return ExitCode::Ok;
}

Result<ExitCode> comments(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/alerts/" + percent_encode(arguments->id) + "/comments";
  print_list(session, WD_TRY(client->list(path)), kComments);
  return ExitCode::Ok;
}

Result<ExitCode> notices(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const client::Query query{{"about", "alert:" + arguments->id}};
  print_list(session, WD_TRY(client->list("/notices", query)), kNotices);
  return ExitCode::Ok;
}

}  // namespace

void add_alerts(Tree& tree) {
  const auto arguments = std::make_shared<AlertArguments>();
  CLI::App& group = add_group(tree, "alerts", "What needs a person");
  const auto one = [&](CLI::App& app) -> CLI::App& {
    app.add_option("id", arguments->id, "Id of the alert")->required();
    return app;
  };
  const auto several = [&](CLI::App& app) { app.add_option("ids", arguments->ids, "Ids of alerts")->required(); };
  CLI::App& lists = add(tree, group, "list", "List alerts, the newest first", arguments, list);
  lists.add_option("--state", arguments->state, "Only in this state; active: all that are not resolved")
      ->check(CLI::IsMember({"active", "open", "acknowledged", "silenced", "resolved", "any"}));
  lists.add_option("--rule", arguments->rule, "Only of this rule");
  lists.add_option("--severity", arguments->severity, "Least severity")
      ->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}));
  lists.add_option("--limit", arguments->limit, "At most so many");
  one(add(tree, group, "show", "Show one: what it means, what to do, who was told", arguments, show));
  several(add(tree, group, "acknowledge", "Say that you look at them; nobody else is told any more", arguments,
              acknowledge));
  several(add(tree, group, "close", "Say that they are over; what still holds opens anew", arguments, close));
  one(add(tree, group, "comment", "Write something about one", arguments, comment))
      .add_option("text", arguments->text, "What to write")
      ->required();
  one(add(tree, group, "comments", "What people wrote about one", arguments, comments));
  one(add(tree, group, "notices", "Who was told of one, and whether it has arrived", arguments, notices));
}

}  // namespace warder::cli
