// warder integrity changes: what a host's manager knows to have changed since the baseline of its agent.
#include <algorithm>
#include <memory>
#include <ostream>
#include <string>

#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kChanges[] = {{"CHANGE", "/change"},    {"KIND", "/kind"},     {"OBJECT", "/key"},
                               {"DIFFERS", "/differs"},  {"EVENTS", "/events"}, {"LAST", "/last"},
                               {"APPROVED", "/approved"}};
constexpr std::size_t kPage = 500;

struct Arguments {
  std::string agent;
  std::string from;
  std::string text;
  std::string kind;
  std::string change;
  bool is_open = false;      // those that nobody approved
  bool is_approved = false;  // those that are
  std::size_t limit = 1000;
};
using Shared = std::shared_ptr<Arguments>;

client::Query query_of(const Arguments& arguments) {
  client::Query query{
      {"from", arguments.from}, {"q", arguments.text}, {"kind", arguments.kind}, {"change", arguments.change}};
  if (arguments.is_open) query.emplace_back("approved", "false");
  if (arguments.is_approved) query.emplace_back("approved", "true");
  return query;
}

/// The first page, with the items of the others up to the limit.
Result<json::object> read_changes(client::Client& client, const std::string& path, const Arguments& arguments) {
  json::object all;
  std::string cursor;
  do {
    client::Query query = query_of(arguments);
    const std::size_t have = all.empty() ? 0 : all.at("items").as_array().size();
    query.emplace_back("limit", std::to_string(std::min(kPage, arguments.limit - have)));
    query.emplace_back("cursor", cursor);
    json::value answer = WD_TRY(client.get(path, query));
    json::object* const page = answer.if_object();
    if (page == nullptr || !get_array(*page, "items")) return fail(ErrorCode::Corrupt, path + ": has no items");
    const json::value* const next = find(*page, "next_cursor");
    cursor = next != nullptr && next->is_string() ? std::string(next->as_string()) : std::string();
    if (all.empty()) {
      all = std::move(*page);
      continue;
    }
    for (json::value& item : page->at("items").as_array()) all.at("items").as_array().push_back(std::move(item));
  } while (!cursor.empty() && all.at("items").as_array().size() < arguments.limit);
  return all;
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* const value = find(object, key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : "?";
}

/// "mode 0644 -> 0600, acl ? -> ?"; a question mark for what events do not tell.
std::string differences_of(const json::object& change) {
  const auto attributes = get_array(change, "attributes");
  const std::string word = text_of(change, "change");
  std::string line;
  if (!attributes) return line;
  for (const json::value& each : **attributes) {
    if (!each.is_object()) continue;
    const json::object& attribute = each.as_object();
    line += (line.empty() ? "" : ", ") + text_of(attribute, "name");
    if (word != "created") line += " " + text_of(attribute, "was");
    if (word != "created" && word != "deleted") line += " ->";
    if (word != "deleted") line += " " + text_of(attribute, "is");
  }
  return line;
}

/// How far the list can be trusted, beside it: scripts see it with --json.
void print_limits(Session& session, const json::object& found) {
  std::ostream& err = session.environment().err;
  const std::string start = text_of(found, "start");
  if (start == "unknown") {
    err << "warder: nothing is known: no event of integrity monitoring of this host is held\n";
  } else {
    err << "since " << printable(text_of(found, "since")) << " (" << printable(start) << ")\n";
  }
  if (const auto gaps = get_array(found, "gaps"))
    for (const json::value& gap : **gaps)
      err << "warder: there may be changes that are not told: " << printable(cell_text(&gap)) << '\n';
}

Result<ExitCode> changes(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string id = WD_TRY(find_id(*client, "/agents", "hostname", arguments->agent));
  json::object found = WD_TRY(read_changes(*client, "/agents/" + id + "/changes", *arguments));
  if (session.is_json()) {
    print_object(session, found);
    return ExitCode::Ok;
  }
  print_limits(session, found);
  json::array& items = found.at("items").as_array();
  for (json::value& item : items)
    if (item.is_object()) item.as_object()["differs"] = differences_of(item.as_object());
  print_list(session, items, kChanges);
  return ExitCode::Ok;
}

}  // namespace

void add_integrity_changes(Tree& tree, CLI::App& group) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      add(tree, group, "changes", "Say what has changed on a host since its agent's baseline, by its manager",
          arguments, changes);
  command.add_option("agent", arguments->agent, "Agent: id or host name")->required();
  command.add_option("--from", arguments->from, "Count from this time, if it is later: 2026-11-27T00:00:00Z");
  command.add_option("--search", arguments->text, "Part of a path or name");
  command.add_option("--kind", arguments->kind, "file, user, group, port, process, service, software …");
  command.add_option("--change", arguments->change, "created, updated, deleted or replaced")
      ->check(CLI::IsMember({"created", "updated", "deleted", "replaced"}));
  CLI::Option* const open =
      command.add_flag("--not-approved", arguments->is_open, "Only those with an event that nothing explains");
  command.add_flag("--approved", arguments->is_approved, "Only the others")->excludes(open);
  command.add_option("--limit", arguments->limit, "At most this many")->check(CLI::PositiveNumber);
}

}  // namespace warder::cli
