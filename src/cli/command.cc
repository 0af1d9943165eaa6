#include "cli/command.h"

#include <istream>
#include <iterator>
#include <ostream>

#include "base/file.h"
#include "base/ids.h"
#include "base/text.h"

namespace warder::cli {

CLI::App& add_group(Tree& tree, const std::string& name, const std::string& doc) {
  CLI::App* const group = tree.root.add_subcommand(name, doc);
  group->require_subcommand(1);
  group->fallthrough();
  return *group;
}

CLI::App& add_command(Tree& tree, CLI::App& parent, const std::string& name, const std::string& doc, Action action) {
  CLI::App* const command = parent.add_subcommand(name, doc);
  command->fallthrough();
  command->final_callback([&chosen = tree.chosen, action = std::move(action)] { chosen = action; });
  return *command;
}

Result<json::object> read_json_file(Session& session, const std::string& file) {
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(session.environment().in), {});
  } else {
    text = WD_TRY(read_file(file));
  }
  const json::value value = WD_TRY(parse_json(text).in(file));
  if (!value.is_object()) return fail(ErrorCode::Invalid, file + ": not a JSON object");
  return value.get_object();
}

Result<std::string> find_id(client::Client& client, std::string_view path, std::string_view member,
                            const std::string& text) {
  if (parse_uuid(text)) return text;
  std::string found;
  for (const json::value& item : WD_TRY(client.list(path))) {
    if (!item.is_object()) continue;
    const auto named = get_string(item.get_object(), member);
    const auto id = get_string(item.get_object(), "id");
    if (!named || !id || *named != text) continue;
    if (!found.empty()) return fail(ErrorCode::Invalid, "\"" + text + "\" names more than one; give the id");
    found = *id;
  }
  if (found.empty()) return fail(ErrorCode::NotFound, "\"" + text + "\" is neither an id nor a known name");
  return found;
}

Result<ExitCode> remove_object(Session& session, const std::string& path, bool is_sure, std::string_view question,
                               const std::string& done) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(confirm(session, is_sure, question));
  WD_TRY(change(*client, "DELETE", path, nullptr));
  print_note(session, done);
  return ExitCode::Ok;
}

Result<json::value> find_id_or_none(client::Client& client, std::string_view path, const std::string& text) {
  if (text == "none") return json::value(nullptr);
  return json::value(WD_TRY(find_id(client, path, "name", text)));
}

Result<json::value> change(client::Client& client, std::string_view method, const std::string& path,
                           const json::value& body) {
  const json::value present = WD_TRY(client.get(path));
  if (!present.is_object()) return fail(ErrorCode::Corrupt, "the answer is not an object");
  const std::string_view etag = WD_TRY(get_string(present.get_object(), "etag"));
  return client.send(method, path, body, etag);
}

Result<void> confirm(Session& session, bool is_sure, std::string_view question) {
  if (is_sure) return {};
  Environment& environment = session.environment();
  if (!environment.is_terminal) return fail(ErrorCode::Invalid, "this cannot be undone: give --yes");
  environment.err << printable(question) << " Type yes: " << std::flush;
  std::string answer;
  std::getline(environment.in, answer);
  if (trim(answer) == "yes") return {};
  return fail(ErrorCode::Invalid, "nothing was done");
}

Result<std::string> moment_ahead(Session& session, const std::string& text) {
  if (const auto ahead = parse_duration(text)) return to_rfc3339(session.environment().now() + *ahead);
  return moment(session, text);
}

Result<std::string> moment(Session& session, const std::string& text) {
  if (text.empty()) return text;
  if (const auto back = parse_duration(text)) return to_rfc3339(session.environment().now() - *back);
  return to_rfc3339(WD_TRY(parse_rfc3339(text).in("\"" + text + "\"")));
}

}  // namespace warder::cli
