// Building the command tree, and what most commands share.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "cli/output.h"
#include "cli/session.h"

namespace warder::cli {

using Action = std::function<Result<ExitCode>(Session&)>;

/// The tree being built: every command sets `chosen` when it is the one on the command line.
struct Tree {
  CLI::App& root;
  Session& session;
  Action& chosen;
};

/// "warder agents": a name under which commands stand.
CLI::App& add_group(Tree& tree, const std::string& name, const std::string& doc);
/// "warder agents list": options are added to what it returns.
CLI::App& add_command(Tree& tree, CLI::App& parent, const std::string& name, const std::string& doc, Action action);

/// The same for an action that reads what its options wrote into `arguments`.
template <class Arguments>
CLI::App& add(Tree& tree, CLI::App& parent, const std::string& name, const std::string& doc,
              const std::shared_ptr<Arguments>& arguments,
              Result<ExitCode> (*action)(Session&, const std::shared_ptr<Arguments>&)) {
  return add_command(tree, parent, name, doc, [=](Session& session) { return action(session, arguments); });
}

/// The object in a JSON file; "-" is standard input.
Result<json::object> read_json_file(Session& session, const std::string& file);

/// The id of what a person named: an id as it is, else the one item of the list at `path` whose `member` is `text`.
Result<std::string> find_id(client::Client& client, std::string_view path, std::string_view member,
                            const std::string& text);

/// Reads the object at `path` and sends a change of it under the condition that nobody else changed it meanwhile.
Result<json::value> change(client::Client& client, std::string_view method, const std::string& path,
                           const json::value& body);

/// True when `is_sure` or when the person at the terminal types "yes"; Invalid where nobody can be asked.
Result<void> confirm(Session& session, bool is_sure, std::string_view question);

/// Removes the object at `path`, that nobody else changed meanwhile, when confirm() says so; `done` is said afterwards.
Result<ExitCode> remove_object(Session& session, const std::string& path, bool is_sure, std::string_view question,
                               const std::string& done);

/// "none" is JSON null, anything else the id found by find_id.
Result<json::value> find_id_or_none(client::Client& client, std::string_view path, const std::string& text);

/// The moment `text` names: RFC 3339, or a duration back from now ("24h"); empty stays empty.
Result<std::string> moment(Session& session, const std::string& text);
/// The same, but a duration counts from now on.
Result<std::string> moment_ahead(Session& session, const std::string& text);

}  // namespace warder::cli
