// warder users
#include "base/text.h"
#include "cli/commands.h"
#include "cli/reset_link.h"

namespace warder::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "/id"},           {"USER", "/username"},     {"NAME", "/display_name"},
                               {"ROLES", "/roles"},     {"DISABLED", "/disabled"}, {"LAST LOGIN", "/last_login"},
                               {"FROM", "/source/name"}};

constexpr Column kInvitedColumns[] = {{"ID", "/id"},       {"USER", "/username"}, {"NAME", "/display_name"},
                                      {"ROLES", "/roles"}, {"LINK", "/link"},     {"UNTIL", "/link_expires"}};

struct Arguments {
  std::string user;
  std::string display_name;
  std::string email;
  std::string telephone;
  std::string locale;
  std::vector<std::string> roles;
  std::vector<std::string> scoped_roles;
  std::string password_file;
  std::string session;
  bool is_disabled = false;
  bool is_enabled = false;
  bool is_sure = false;
};
using Shared = std::shared_ptr<Arguments>;

void set_members(const Shared& arguments, json::object& body) {
  if (!arguments->display_name.empty()) body["display_name"] = arguments->display_name;
  if (!arguments->email.empty()) {
    body["email"] = arguments->email == "none" ? json::value(nullptr) : json::value(json::string(arguments->email));
  }
  if (!arguments->telephone.empty()) {
    body["telephone"] =
        arguments->telephone == "none" ? json::value(nullptr) : json::value(json::string(arguments->telephone));
  }
  if (!arguments->locale.empty()) body["locale"] = arguments->locale;
  if (!arguments->roles.empty()) {
    json::array roles;
    for (const std::string& role : arguments->roles) roles.emplace_back(json::string(role));
    body["roles"] = std::move(roles);
  }
}

/// "operator:group=Web,tag=pci": groups and policies by name or id.
Result<json::object> parse_scoped_role(client::Client& client, const std::string& text) {
  const std::size_t colon = text.find(':');
  const auto bad = [&] {
    return fail(ErrorCode::Invalid,
                "--scoped-role " + text + ": write ROLE:group=NAME,policy=NAME,tag=TAG, each as often as needed");
  };
  if (colon == std::string::npos) return bad();
  json::array groups;
  json::array policies;
  json::array tags;
  for (const std::string_view part : split(std::string_view(text).substr(colon + 1), ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals + 1 == part.size()) return bad();
    const std::string value(part.substr(equals + 1));
    if (part.starts_with("group=")) {
      groups.emplace_back(json::string(WD_TRY(find_id(client, "/groups", "name", value))));
    } else if (part.starts_with("policy=")) {
      policies.emplace_back(json::string(WD_TRY(find_id(client, "/policies", "name", value))));
    } else if (part.starts_with("tag=")) {
      tags.emplace_back(json::string(value));
    } else {
      return bad();
    }
  }
  json::object role{{"role", json::string(text.substr(0, colon))}};
  if (!groups.empty()) role["groups"] = std::move(groups);
  if (!policies.empty()) role["policies"] = std::move(policies);
  if (!tags.empty()) role["tags"] = std::move(tags);
  return role;
}

/// "none" takes all of them away.
Result<void> set_scoped_roles(client::Client& client, const Shared& arguments, json::object& body) {
  if (arguments->scoped_roles.empty()) return {};
  json::array roles;
  for (const std::string& text : arguments->scoped_roles) {
    if (text == "none" && arguments->scoped_roles.size() == 1) break;
    roles.emplace_back(WD_TRY(parse_scoped_role(client, text)));
  }
  body["scoped_roles"] = std::move(roles);
  return {};
}

Result<ExitCode> list(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/users", {{"email", arguments->email}})), kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> create(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"username", arguments->user}};
  set_members(arguments, body);
  WD_TRY(set_scoped_roles(*client, arguments, body));
  if (!body.contains("roles") && !body.contains("scoped_roles"))
    return fail(ErrorCode::Invalid, "give --role or --scoped-role; \"warder roles list\" names them");
  if (!body.contains("roles")) body["roles"] = json::array();
  if (!arguments->password_file.empty())
    body["password"] = WD_TRY(read_secret(session, arguments->password_file, "Password of the new user"));
  json::value made = WD_TRY(client->send("POST", "/users", body));
  if (!body.contains("password")) WD_TRY(write_out_link(session, made));
  print_object(session, made, body.contains("password") ? std::span<const Column>(kColumns) : kInvitedColumns);
  return ExitCode::Ok;
}

Result<ExitCode> set(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body;
  set_members(arguments, body);
  WD_TRY(set_scoped_roles(*client, arguments, body));
  if (arguments->is_disabled) body["disabled"] = true;
  if (arguments->is_enabled) body["disabled"] = false;
  if (body.empty()) return fail(ErrorCode::Invalid, "nothing to change: give an option");
  const std::string path = "/users/" + WD_TRY(find_id(*client, "/users", "username", arguments->user));
  print_object(session, WD_TRY(change(*client, "PATCH", path, body)), kColumns);
  return ExitCode::Ok;
}

constexpr Column kLink[] = {{"Link", "/link"}, {"Until", "/expires"}};

Result<ExitCode> print_link(Session& session, const Shared& arguments, std::string_view operation) {
  client::Client* const client = WD_TRY(session.client());
  const std::string id = WD_TRY(find_id(*client, "/users", "username", arguments->user));
  json::value answer = WD_TRY(client->send("POST", "/users/" + id + std::string(operation), nullptr));
  if (!answer.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a link");
  answer.get_object()["link"] = WD_TRY(link_text(session, answer.get_object()));
  print_object(session, answer, kLink);
  return ExitCode::Ok;
}

Result<ExitCode> reset_link(Session& session, const Shared& arguments) {
  return print_link(session, arguments, "/password-reset");
}

Result<ExitCode> compromised(Session& session, const Shared& arguments) {
  WD_TRY(confirm(session, arguments->is_sure, "End all sessions of " + arguments->user + " and the password?"));
  return print_link(session, arguments, "/compromised");
}

Result<ExitCode> reset_second_factor(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string id = WD_TRY(find_id(*client, "/users", "username", arguments->user));
  WD_TRY(confirm(session, arguments->is_sure, "Take away the second factor of " + arguments->user + "?"));
  WD_TRY(client->send("DELETE", "/users/" + id + "/second-factor", nullptr));
  print_note(session, "Second factor of " + arguments->user + " removed.");
  return ExitCode::Ok;
}

constexpr Column kSessions[] = {{"ID", "/id"},          {"USER", "/username"}, {"KIND", "/kind"},
                                {"BY", "/method"},      {"FROM", "/address"},  {"BEGAN", "/created"},
                                {"USED", "/last_used"}, {"ENDED", "/ended"},   {"WHY", "/reason"}};

Result<ExitCode> sessions(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  std::string path = "/user-sessions";
  if (!arguments->user.empty())
    path = "/users/" + WD_TRY(find_id(*client, "/users", "username", arguments->user)) + "/sessions";
  print_list(session, WD_TRY(client->list(path)), kSessions);
  return ExitCode::Ok;
}

Result<ExitCode> end_sessions(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  if (arguments->user.empty() == arguments->session.empty())
    return fail(ErrorCode::Invalid, "give a user, or --session ID");
  if (!arguments->session.empty()) {
    WD_TRY(client->send("DELETE", "/user-sessions/" + arguments->session, nullptr));
    print_note(session, "Session ended.");
    return ExitCode::Ok;
  }
  const std::string id = WD_TRY(find_id(*client, "/users", "username", arguments->user));
  WD_TRY(client->send("DELETE", "/users/" + id + "/sessions", nullptr));
  print_note(session, "Sessions of " + arguments->user + " ended.");
  return ExitCode::Ok;
}

Result<ExitCode> remove(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/users/" + WD_TRY(find_id(*client, "/users", "username", arguments->user));
  return remove_object(session, path, arguments->is_sure, "Remove user " + arguments->user + "?",
                       "User " + arguments->user + " removed.");
}

}  // namespace

void add_users(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "users", "Who may use the console and the API");
  const auto members = [&](CLI::App& app) {
    app.add_option("--name", arguments->display_name, "Name that people read");
    app.add_option("--email", arguments->email, "Address, or none");
    app.add_option("--telephone", arguments->telephone, "Number, or none");
    app.add_option("--locale", arguments->locale, "en or ja")->check(CLI::IsMember({"en", "ja"}));
    app.add_option("--role", arguments->roles,
                   "For the whole tenant, as \"warder roles list\" names them; may be given again")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--scoped-role", arguments->scoped_roles,
                   "For a part of the fleet: ROLE:group=NAME,policy=NAME,tag=TAG, or none; may be given again")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  CLI::App& lists = add(tree, group, "list", "List users", arguments, list);
  lists.add_option("--email", arguments->email, "Only those with exactly this address");
  CLI::App& creates = add(tree, group, "create", "Add a user", arguments, create);
  creates.add_option("user", arguments->user, "User name")->required();
  members(creates);
  creates.add_option("--password-file", arguments->password_file,
                     "File with a first password, to be changed at the first login; - is standard input. Without it a "
                     "link is made, with which the user chooses one");
  CLI::App& sets = add(tree, group, "set", "Change a user", arguments, set);
  sets.add_option("user", arguments->user, "Id or user name")->required();
  members(sets);
  CLI::Option* const disables =
      sets.add_flag("--disable", arguments->is_disabled, "End the user's sessions and let nobody in");
  sets.add_flag("--enable", arguments->is_enabled, "Let a disabled user in again")->excludes(disables);
  CLI::App& links =
      add(tree, group, "reset-link", "Make a link with which a user chooses a new password, once; hand it over",
          arguments, reset_link);
  links.add_option("user", arguments->user, "Id or user name")->required();
  CLI::App& marks = add(tree, group, "compromised",
                        "Somebody else may know the password: end it and all sessions, and make a link for a new one",
                        arguments, compromised);
  marks.add_option("user", arguments->user, "Id or user name")->required();
  marks.add_flag("--yes", arguments->is_sure, "Do not ask");
  CLI::App& resets = add(tree, group, "reset-second-factor", "Take away the second factor of somebody who has lost it",
                         arguments, reset_second_factor);
  resets.add_option("user", arguments->user, "Id or user name")->required();
  resets.add_flag("--yes", arguments->is_sure, "Do not ask");
  CLI::App& shows = add(tree, group, "sessions", "List sessions of users, present ones and those of the last 30 days",
                        arguments, sessions);
  shows.add_option("user", arguments->user, "Id or user name; without it, of all");
  CLI::App& ends =
      add(tree, group, "end-sessions", "End the sessions of a user, or one of them", arguments, end_sessions);
  ends.add_option("user", arguments->user, "Id or user name");
  ends.add_option("--session", arguments->session, "Id of the one session to end");
  CLI::App& removes = add(tree, group, "delete", "Remove a user", arguments, remove);
  removes.add_option("user", arguments->user, "Id or user name")->required();
  removes.add_flag("--yes", arguments->is_sure, "Do not ask");
}

}  // namespace warder::cli
