// warder events
#include <algorithm>
#include <ostream>

#include "base/uri.h"
#include "cli/commands.h"
#include "cli/tags.h"

namespace warder::cli {
namespace {

constexpr Column kList[] = {{"TIME", "/time"},     {"SEVERITY", "/severity"}, {"HOST", "/host"}, {"MODULE", "/module"},
                            {"ACTION", "/action"}, {"RANK", "/rank"},         {"TAGS", "/tags"}, {"EVENT", "/title"}};

struct Arguments {
  std::string event;
  std::string reason;
  std::string allowed_until;
  bool allows = false;
  std::string filter;
  std::string since;
  std::string until;
  std::vector<std::string> fields{"severity", "module", "host", "type"};
  std::string format = "jsonl";
  std::vector<std::string> by{"type", "host.name"};
  std::string order = "count";
  std::string list_order = "time";
  std::vector<std::string> ids;
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::size_t limit = 100;
  std::size_t top = 10;
  std::size_t buckets = 24;
  bool is_following = false;
};
using Shared = std::shared_ptr<Arguments>;

Result<client::Query> query_of(Session& session, const Shared& arguments) {
  return client::Query{{"filter", arguments->filter},
                       {"from", WD_TRY(moment(session, arguments->since))},
                       {"to", WD_TRY(moment(session, arguments->until))}};
}

/// One event on one line, in the columns of the list.
void print_line(Session& session, const json::value& event) {
  std::ostream& out = session.environment().out;
  if (session.is_json()) {
    out << json::serialize(event) << std::endl;
    return;
  }
  std::string line;
  for (const Column& column : kList) {
    boost::system::error_code error;
    line.append(line.empty() ? "" : session.environment().is_terminal ? "  " : "\t");
    line.append(cell_text(event.find_pointer(column.pointer, error)));
  }
  out << line << std::endl;  // flushed: somebody is watching
}

bool on_live(Session& session, const client::SseEvent& live) {
  const auto parsed = parse_json(live.data);
  if (!parsed) return true;
  if (live.event == "event") print_line(session, *parsed);
  if (live.event == "dropped")
    session.environment().err << "warder: events were left out: " << printable(live.data) << '\n';
  return static_cast<bool>(session.environment().out);
}

/// Prints events as they come. A lost connection is made again, from the last event seen.
Result<ExitCode> tail(Session& session, const Shared& arguments) {
  constexpr std::chrono::milliseconds kFirstWait{500};
  constexpr std::chrono::milliseconds kLongestWait{30'000};
  client::Client* const client = WD_TRY(session.client());
  std::string last_id;
  auto wait = kFirstWait;
  for (;;) {
    const auto on_event = [&](const client::SseEvent& live) {
      last_id = live.id;
      wait = kFirstWait;
      return on_live(session, live);
    };
    const auto stopped = client->tail("/events/tail", {{"filter", arguments->filter}}, last_id, on_event);
    if (stopped && *stopped) return ExitCode::Ok;
    const bool is_worth_trying =
        stopped || stopped.error().code == ErrorCode::Unavailable || stopped.error().code == ErrorCode::Timeout;
    if (!is_worth_trying) return fail(stopped.error());
    session.environment().err << "warder: connection lost, trying again\n";
    session.environment().wait(wait);
    wait = std::min(wait * 2, kLongestWait);
  }
}

Result<ExitCode> list(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  client::Query query = WD_TRY(query_of(session, arguments));
  if (arguments->list_order == "rank") query.emplace_back("order", "rank");
  json::array events = WD_TRY(client->list("/events", query, arguments->limit));
  if (!arguments->is_following) {
    print_list(session, events, kList);
    return ExitCode::Ok;
  }
  for (auto event = events.rbegin(); event != events.rend(); ++event) print_line(session, *event);
  return tail(session, arguments);
}

Result<ExitCode> show(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get("/events/" + percent_encode(arguments->event))));
  return ExitCode::Ok;
}

/// Asks until all are done.
Result<ExitCode> tag(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"add", json::array(arguments->added.begin(), arguments->added.end())},
                    {"remove", json::array(arguments->removed.begin(), arguments->removed.end())}};
  if (!arguments->ids.empty()) body["ids"] = json::array(arguments->ids.begin(), arguments->ids.end());
  if (!arguments->filter.empty()) body["filter"] = arguments->filter;
  const std::string since = WD_TRY(moment(session, arguments->since));
  const std::string until = WD_TRY(moment(session, arguments->until));
  if (!since.empty()) body["from"] = since;
  if (!until.empty()) body["to"] = until;
  print_note(session, WD_TRY(tag_until_complete(*client, "/events/tags", body)) + " events changed.");
  return ExitCode::Ok;
}

Result<ExitCode> explain(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"reason", arguments->reason}, {"allow", arguments->allows}};
  if (!arguments->allowed_until.empty()) body["until"] = arguments->allowed_until;
  print_object(session,
               WD_TRY(client->send("POST", "/events/" + percent_encode(arguments->event) + "/explanation", body)));
  return ExitCode::Ok;
}

Result<ExitCode> facets(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  client::Query query = WD_TRY(query_of(session, arguments));
  std::string fields;
  for (const std::string& field : arguments->fields) fields.append(fields.empty() ? "" : ",").append(field);
  query.emplace_back("fields", fields);
  query.emplace_back("limit", std::to_string(arguments->top));
  const json::value answer = WD_TRY(client->get("/events/facets", query));
  if (session.is_json() || !answer.is_object()) {
    print_object(session, answer);
    return ExitCode::Ok;
  }
  json::array rows;
  for (const json::value& facet : *WD_TRY(get_array(answer.get_object(), "facets"))) {
    if (!facet.is_object()) continue;
    for (const json::value& entry : *WD_TRY(get_array(facet.get_object(), "values"))) {
      rows.push_back(json::object{{"field", facet.at("field")}, {"entry", entry}});
    }
  }
  constexpr Column kColumns[] = {{"FIELD", "/field"}, {"VALUE", "/entry/value"}, {"EVENTS", "/entry/count"}};
  print_list(session, rows, kColumns);
  return ExitCode::Ok;
}

/// Pivots, and repeats folded into one line each.
Result<ExitCode> groups(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  client::Query query = WD_TRY(query_of(session, arguments));
  std::string by;
  for (const std::string& field : arguments->by) by.append(by.empty() ? "" : ",").append(field);
  query.emplace_back("by", by);
  query.emplace_back("order", arguments->order);
  query.emplace_back("limit", std::to_string(arguments->top));
  const json::value answer = WD_TRY(client->get("/events/groups", query));
  if (session.is_json() || !answer.is_object()) {
    print_object(session, answer);
    return ExitCode::Ok;
  }
  constexpr Column kColumns[] = {{"EVENTS", "/count"}, {"SEVERITY", "/severity"}, {"FIRST", "/first"},
                                 {"LAST", "/last"},    {"OF", "/values"},         {"LATEST", "/latest/title"}};
  print_list(session, *WD_TRY(get_array(answer.get_object(), "groups")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> histogram(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  client::Query query = WD_TRY(query_of(session, arguments));
  query.emplace_back("buckets", std::to_string(arguments->buckets));
  const json::value answer = WD_TRY(client->get("/events/histogram", query));
  if (session.is_json() || !answer.is_object()) {
    print_object(session, answer);
    return ExitCode::Ok;
  }
  constexpr Column kColumns[] = {{"TIME", "/time"},        {"CRITICAL", "/counts/critical"},
                                 {"HIGH", "/counts/high"}, {"MEDIUM", "/counts/medium"},
                                 {"LOW", "/counts/low"},   {"INFO", "/counts/info"}};
  print_list(session, *WD_TRY(get_array(answer.get_object(), "buckets")), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> export_events(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  client::Query query = WD_TRY(query_of(session, arguments));
  query.emplace_back("format", arguments->format);
  std::ostream& out = session.environment().out;
  WD_TRY(client->stream("/events/export", query, [&](std::string_view bytes) {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return static_cast<bool>(out);
  }));
  if (!out.flush()) return fail(ErrorCode::Unavailable, "writing the export failed");
  return ExitCode::Ok;
}

Result<ExitCode> fields(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  const json::value answer = WD_TRY(client->get("/event-fields"));
  if (!answer.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a list");
  constexpr Column kColumns[] = {
      {"FIELD", "/key"}, {"TYPE", "/type"}, {"PERSONAL DATA", "/personal_data"}, {"MEANING", "/doc"}};
  print_list(session, *WD_TRY(get_array(answer.get_object(), "items")), kColumns);
  return ExitCode::Ok;
}

}  // namespace

void add_events(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "events", "What agents saw");
  const auto filter = [&](CLI::App& app) {
    app.add_option("filter,--filter", arguments->filter, "Filter: severity>=high and host.name:\"web-*\"");
  };
  const auto period = [&](CLI::App& app) {
    filter(app);
    app.add_option("--since", arguments->since, "From this time on: 24h back, or 2026-11-22T23:25:15Z");
    app.add_option("--until", arguments->until, "Before this time");
  };
  // Without a subcommand: the list.
  group.require_subcommand(0, 1);
  group.add_flag("--follow,-f", arguments->is_following, "Oldest first, then new ones as they come");
  group.final_callback([&group, &chosen = tree.chosen, arguments] {
    if (group.get_subcommands().empty()) chosen = [arguments](Session& session) { return list(session, arguments); };
  });
  CLI::App& lists = add(tree, group, "list", "List events, newest first", arguments, list);
  period(lists);
  CLI::Option* const order =
      lists.add_option("--order", arguments->list_order, "The newest, or the highest rank first")
          ->check(CLI::IsMember({"time", "rank"}));
  lists.add_option("--limit", arguments->limit, "At most this many");
  lists.add_flag("--follow,-f", arguments->is_following, "Oldest first, then new ones as they come")->excludes(order);
  add(tree, group, "show", "Show one event", arguments, show).add_option("event", arguments->event, "Id")->required();
  CLI::App& tags = add(tree, group, "tag", "Put tags on events, or take them off", arguments, tag);
  tags.add_option("event", arguments->ids, "Ids; without any, all that the filter matches");
  tags.add_option("--filter", arguments->filter, "Filter: severity>=high and host.name:\"web-*\"");
  tags.add_option("--since", arguments->since, "From this time on: 24h back, or 2026-11-22T23:25:15Z");
  tags.add_option("--until", arguments->until, "Before this time");
  tags.add_option("--add", arguments->added, "Tag; may be given again");
  tags.add_option("--remove", arguments->removed, "Tag to take off; may be given again");
  CLI::App& explains =
      add(tree, group, "explain", "Say that a change was expected: it is kept, and no alarm", arguments, explain);
  explains.add_option("event", arguments->event, "Id")->required();
  explains.add_option("--reason", arguments->reason, "Why it was expected")->required();
  explains.add_flag("--allow", arguments->allows,
                    "The same content there, with the same mode and owner, is no alarm on any host of the policy");
  explains.add_option("--until", arguments->allowed_until, "Changes after this are alarms again: 2026-12-01T00:00:00Z");
  filter(add(tree, group, "tail", "Print new events as they come", arguments, tail));

  CLI::App& counts = add(tree, group, "facets", "Count the most frequent values", arguments, facets);
  period(counts);
  counts.add_option("--fields", arguments->fields, "Fields, separated by commas")->delimiter(',');
  counts.add_option("--top", arguments->top, "Values for each field");
  CLI::App& folded =
      add(tree, group, "groups", "Count events by the values of fields: pivots, folded repeats", arguments, groups);
  period(folded);
  folded.add_option("--by", arguments->by, "One to four fields, separated by commas")->delimiter(',');
  folded.add_option("--order", arguments->order, "The most, the latest or the worst first")
      ->check(CLI::IsMember({"count", "last", "severity"}));
  folded.add_option("--top", arguments->top, "Number of groups");
  CLI::App& over_time = add(tree, group, "histogram", "Count events over time", arguments, histogram);
  period(over_time);
  over_time.add_option("--buckets", arguments->buckets, "Number of periods");
  CLI::App& exports = add(tree, group, "export", "Write all matching events", arguments, export_events);
  period(exports);
  exports.add_option("--format", arguments->format, "jsonl or csv")->check(CLI::IsMember({"jsonl", "csv"}));
  add(tree, group, "fields", "List the fields that filters can name", arguments, fields);
}

}  // namespace warder::cli
