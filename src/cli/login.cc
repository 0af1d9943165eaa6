// warder login, logout, password, whoami
#include <filesystem>

#include "cli/commands.h"
#include "cli/sso_login.h"

namespace warder::cli {
namespace {

struct Arguments {
  std::string username = "admin";
  std::string password_file;
  std::string new_password_file;
  std::string code_file;
  std::string sso;
  std::string ticket_file;
  bool is_pasted = false;
  bool by_ticket = false;
  std::string certificate_file;
  std::string key_file;
  bool by_certificate = false;
  std::string tenant;
};
using Shared = std::shared_ptr<Arguments>;

struct Grant {
  std::string token;
  bool must_change_password = false;
  bool must_enrol = false;
  bool has_code = false;  // a second factor was asked for; its code is used up
  std::string previous;   // when and from where the login before was
};

Result<Grant> grant_of(const json::value& answer, bool has_code) {
  if (!answer.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a token");
  const std::string token(WD_TRY(get_string(answer.get_object(), "token")));
  Grant grant{token,
              WD_TRY(get_bool(answer.get_object(), "must_change_password")),
              get_bool(answer.get_object(), "must_enrol").value_or(false),
              has_code,
              {}};
  const auto time = get_string(answer.get_object(), "previous_login");
  const auto address = get_string(answer.get_object(), "previous_address");
  if (time) grant.previous = std::string(*time) + (address ? " from " + std::string(*address) : std::string());
  return grant;
}

bool has_no_password(const Arguments& arguments) {
  return arguments.by_ticket || arguments.by_certificate;
}

/// Asks for the code of the second factor when the manager does.
Result<Grant> ask_for_token(Session& session, const Shared& arguments, const Credentials& who,
                            const std::string& password) {
  const auto client = WD_TRY(session.connect(who, arguments->by_ticket));
  const std::string path = arguments->by_ticket        ? "/tokens/negotiate"
                           : arguments->by_certificate ? "/tokens/certificate"
                                                       : "/tokens";
  json::object body;
  if (has_no_password(*arguments)) {
    if (!arguments->tenant.empty()) body["tenant"] = json::string(arguments->tenant);
  } else {
    body = {{"username", who.username}, {"password", password}};
  }
  json::value answer = WD_TRY(client->send("POST", path, body));
  const bool has_code = answer.is_object() && answer.get_object().contains("needs");
  if (has_code) {
    body["code"] = WD_TRY(read_secret(session, arguments->code_file, "Code of the second factor"));
    answer = WD_TRY(client->send("POST", path, body));
  }
  return grant_of(answer, has_code);
}

Result<std::string> new_password(Session& session, const Shared& arguments) {
  const std::string first = WD_TRY(read_secret(session, arguments->new_password_file, "New password"));
  if (!arguments->new_password_file.empty()) return first;
  const std::string second = WD_TRY(read_secret(session, "", "New password again"));
  if (first != second) return fail(ErrorCode::Invalid, "the two passwords differ");
  return first;
}

Result<void> change_password(Session& session, const Credentials& who, const std::string& current,
                             const std::string& replacement) {
  const auto client = WD_TRY(session.connect(who));
  WD_TRY(client->send("PUT", "/session/password", json::object{{"current", current}, {"new", replacement}}));
  return {};
}

Result<std::string> own_name(Session& session, const Credentials& who) {
  const auto client = WD_TRY(session.connect(who));
  const json::value answer = WD_TRY(client->get("/session"));
  if (!answer.is_object() || !answer.get_object().contains("user") || !answer.at("user").is_object())
    return fail(ErrorCode::Corrupt, "the answer names no user");
  return std::string(WD_TRY(get_string(answer.at("user").get_object(), "username")));
}

Result<ExitCode> keep(Session& session, Credentials who, const Grant& grant) {
  who.token = grant.token;
  WD_TRY(session.save_credentials(who));
  print_note(session, "Logged in at " + who.url + " as " + who.username + ".");
  if (grant.must_enrol) print_note(session, "A second factor is demanded of you: warder second-factor enrol.");
  if (!grant.previous.empty()) print_note(session, "Last login " + grant.previous + ".");
  return ExitCode::Ok;
}

/// The name is what the provider says.
Result<ExitCode> login_by_sso(Session& session, const Shared& arguments, Credentials who) {
  const json::value answer = WD_TRY(log_in_by_sso(
      session, who, {arguments->sso, arguments->ticket_file, arguments->is_pasted, arguments->code_file}));
  const Grant grant = WD_TRY(grant_of(answer, true));
  who.token = grant.token;
  who.username = WD_TRY(own_name(session, who));
  return keep(session, std::move(who), grant);
}

/// Absolute: later commands run elsewhere.
Result<void> choose_certificate(const Arguments& arguments, Credentials& who) {
  std::error_code error;
  who.certificate_file = who.key_file = {};
  if (arguments.certificate_file.empty()) return {};
  who.certificate_file = std::filesystem::absolute(arguments.certificate_file, error).string();
  who.key_file =
      arguments.key_file.empty() ? who.certificate_file : std::filesystem::absolute(arguments.key_file, error).string();
  for (const std::string& file : {who.certificate_file, who.key_file})
    if (!std::filesystem::exists(file, error)) return fail(ErrorCode::NotFound, file + ": there is no such file");
  return {};
}

Result<ExitCode> login(Session& session, const Shared& arguments) {
  Credentials who = WD_TRY(session.credentials());
  who.username = arguments->username;
  who.token.clear();
  if (!who.ca_file.empty()) {
    std::error_code error;
    who.ca_file = std::filesystem::absolute(who.ca_file, error).string();
  }
  WD_TRY(choose_certificate(*arguments, who));
  if (!arguments->sso.empty()) return login_by_sso(session, arguments, std::move(who));
  const std::string password =
      has_no_password(*arguments)
          ? std::string()
          : WD_TRY(read_secret(session, arguments->password_file, "Password of " + who.username));
  Grant grant = WD_TRY(ask_for_token(session, arguments, who, password));
  if (grant.must_change_password) {
    session.environment().err << "The password must be changed now.\n";
    const std::string replacement =
        WD_TRY(new_password(session, arguments).in("the password must be changed at this login"));
    who.token = grant.token;
    WD_TRY(change_password(session, who, password, replacement));
    if (!grant.has_code) {
      who.token.clear();
      grant = WD_TRY(ask_for_token(session, arguments, who, replacement));
    }
  }
  who.token = grant.token;
  if (has_no_password(*arguments)) who.username = WD_TRY(own_name(session, who));
  return keep(session, std::move(who), grant);
}

Result<ExitCode> logout(Session& session, const Shared&) {
  const Credentials who = WD_TRY(session.credentials());
  WD_TRY(session.forget_credentials());
  if (who.token.empty()) return ExitCode::Ok;
  const auto client = WD_TRY(session.connect(who));
  const auto ended = client->send("DELETE", "/session", nullptr);
  // A token that the manager no longer knows is what we wanted.
  if (!ended && ended.error().code != ErrorCode::Unauthenticated) return fail(ended.error());
  print_note(session, "Logged out.");
  return ExitCode::Ok;
}

Result<ExitCode> password(Session& session, const Shared& arguments) {
  Credentials who = WD_TRY(session.credentials());
  const std::string current = WD_TRY(read_secret(session, arguments->password_file, "Present password"));
  const std::string replacement = WD_TRY(new_password(session, arguments));
  WD_TRY(change_password(session, who, current, replacement));
  print_note(session, "Password changed.");
  return ExitCode::Ok;
}

Result<ExitCode> whoami(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  constexpr Column kColumns[] = {{"User", "/user/username"},
                                 {"Roles", "/user/roles"},
                                 {"Tenant", "/tenant/name"},
                                 {"Rights", "/rights"},
                                 {"Until", "/expires"}};
  print_object(session, WD_TRY(client->get("/session")), kColumns);
  return ExitCode::Ok;
}

}  // namespace

void add_login(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& logs_in = add(tree, tree.root, "login", "Log in and keep the token for later commands", arguments, login);
  logs_in.add_option("--username,-u", arguments->username, "User name")->capture_default_str();
  logs_in.add_option("--password-file", arguments->password_file, "File with the password; - is standard input");
  logs_in.add_option("--new-password-file", arguments->new_password_file,
                     "File with the new password, where one is demanded");
  logs_in.add_option("--code-file", arguments->code_file,
                     "File with the code of the second factor, where one is asked for");
  auto* const by_ticket = logs_in.add_flag("--kerberos", arguments->by_ticket,
                                           "By the Kerberos ticket that kinit or the login at this machine got");
  auto* const certificate =
      logs_in.add_option("--certificate", arguments->certificate_file,
                         "File with a client certificate in PEM; this and later commands show it to the manager");
  logs_in.add_option("--key", arguments->key_file, "File with its key; without it, the same file")->needs(certificate);
  auto* const by_certificate = logs_in.add_flag("--without-password", arguments->by_certificate,
                                                "By the certificate alone, where the access policy says so");
  by_certificate->needs(certificate)->excludes(by_ticket);
  logs_in.add_option("--ticket-tenant,--tenant-name", arguments->tenant,
                     "Whose user the holder of the ticket or the certificate is; without it the first");
  add(tree, tree.root, "logout", "End the session and forget the token", arguments, logout);
  logs_in.add_option(
      "--sso", arguments->sso,
      "Log in at this identity provider, in a browser; TENANT/PROVIDER for another tenant than the first");
  logs_in.add_flag("--paste", arguments->is_pasted, "The browser is on another computer: ask for the code it shows");
  logs_in.add_option("--ticket-file", arguments->ticket_file, "File with the code that the browser shows");
  CLI::App& changes = add(tree, tree.root, "password", "Change one's own password", arguments, password);
  changes.add_option("--password-file", arguments->password_file,
                     "File with the present password; - is standard input");
  changes.add_option("--new-password-file", arguments->new_password_file, "File with the new password");
  add(tree, tree.root, "whoami", "Show who is logged in, with which rights", arguments, whoami);
}

}  // namespace warder::cli
