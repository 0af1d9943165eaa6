// warder second-factor
#include <ostream>

#include "cli/commands.h"

namespace warder::cli {
namespace {

struct FactorArguments {
  std::string password_file;
  std::string code_file;
};
using Arguments = std::shared_ptr<FactorArguments>;

constexpr std::string_view kPath = "/session/second-factor";
constexpr Column kState[] = {{"Codes since", "/since"},
                             {"Passkeys", "/passkeys"},
                             {"Recovery codes left", "/recovery_codes"},
                             {"Demanded", "/demanded"}};
constexpr Column kSetup[] = {{"Secret", "/secret"}, {"Address", "/uri"}};

Result<ExitCode> show(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_object(session, WD_TRY(client->get(kPath)), kState);
  return ExitCode::Ok;
}

Result<ExitCode> print_codes(Session& session, const json::value& answer) {
  if (!answer.is_object()) return fail(ErrorCode::Corrupt, "the answer has no recovery codes");
  if (session.is_json()) {
    session.environment().out << json::serialize(answer) << '\n';
    return ExitCode::Ok;
  }
  print_note(session, "In force. Keep these recovery codes; each works once, and they are not shown again:");
  for (const json::value& each : *WD_TRY(get_array(answer.get_object(), "recovery_codes")))
    if (each.is_string()) session.environment().out << std::string_view(each.get_string()) << '\n';
  return ExitCode::Ok;
}

Result<ExitCode> enrol(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string password = WD_TRY(read_secret(session, arguments->password_file, "Your password"));
  print_object(session, WD_TRY(client->send("POST", kPath, json::object{{"password", password}})), kSetup);
  print_note(session, "Enter the secret in your authenticator app.");
  const std::string code = WD_TRY(read_secret(session, arguments->code_file, "Code that the app shows"));
  const json::value answer = WD_TRY(client->send("PUT", kPath, json::object{{"code", code}}));
  return print_codes(session, answer);
}

Result<ExitCode> renew_codes(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string password = WD_TRY(read_secret(session, arguments->password_file, "Your password"));
  const std::string code = WD_TRY(read_secret(session, arguments->code_file, "Code"));
  const json::object proof{{"password", password}, {"code", code}};
  return print_codes(session, WD_TRY(client->send("POST", "/session/recovery-codes", proof)));
}

Result<ExitCode> remove(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string password = WD_TRY(read_secret(session, arguments->password_file, "Your password"));
  const std::string code = WD_TRY(read_secret(session, arguments->code_file, "Code"));
  WD_TRY(client->send("POST", "/session/second-factor/removal", json::object{{"password", password}, {"code", code}}));
  print_note(session, "Second factor removed.");
  return ExitCode::Ok;
}

}  // namespace

void add_second_factor(Tree& tree) {
  const auto arguments = std::make_shared<FactorArguments>();
  CLI::App& group = add_group(tree, "second-factor", "One's own second factor: codes of an authenticator app");
  const auto secrets = [&](CLI::App& app) {
    app.add_option("--password-file", arguments->password_file, "File with the password; - is standard input");
    app.add_option("--code-file", arguments->code_file, "File with the code; - is standard input");
  };
  add(tree, group, "show", "Whether there is one, and how many recovery codes are left", arguments, show);
  secrets(add(tree, group, "enrol", "Set one up", arguments, enrol));
  secrets(add(tree, group, "renew-codes", "Make new recovery codes in place of all before", arguments, renew_codes));
  secrets(add(tree, group, "remove", "Remove it; not where one is demanded", arguments, remove));
}

}  // namespace warder::cli
