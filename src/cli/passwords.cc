// warder passwords: what does without a manager: profiles, trying a password against one, making lists of passwords.
#include <fstream>
#include <ostream>

#include "base/file.h"
#include "cli/commands.h"
#include "crypto/password_list.h"
#include "manager/passwords/password_check.h"
#include "manager/passwords/profiles.h"

namespace warder::cli {
namespace {

struct PasswordArguments {
  std::vector<std::string> inputs;
  std::string output;
  std::string profile{manager::kDefaultProfile};
  std::string password_file;
  std::string folder = "/usr/share/warder/passwords";
  std::vector<std::string> words;
};
using Arguments = std::shared_ptr<PasswordArguments>;

Result<ExitCode> build_list(Session& session, const Arguments& arguments) {
  crypto::PasswordListBuilder builder;
  for (const std::string& input : arguments->inputs) {
    std::ifstream file;
    if (input != "-") file.open(input, std::ios::binary);
    if (input != "-" && !file) return fail(ErrorCode::NotFound, input + ": cannot be read");
    WD_TRY(builder.add_lines(input == "-" ? session.environment().in : file).in(input));
  }
  const Bytes list = builder.finish();
  const auto count = WD_TRY(crypto::PasswordList::of(list)).count();
  if (count == 0) return fail(ErrorCode::Invalid, "no password in what was read");
  WD_TRY(write_file_atomically(arguments->output, as_text(list), 0644));
  constexpr std::array kColumns = {Column{"Passwords", "/passwords"}, Column{"Bytes", "/bytes"}};
  print_object(session, json::object{{"passwords", count}, {"bytes", list.size()}}, kColumns);
  return ExitCode::Ok;
}

json::object conflict_to_json(const manager::Conflict& conflict) {
  return {{"profile", conflict.profile},   {"rule", conflict.rule},       {"value", conflict.value},
          {"at_least", conflict.at_least}, {"at_most", conflict.at_most}, {"clause", conflict.clause}};
}

Result<ExitCode> profiles(Session& session, const Arguments&) {
  json::array rows;
  for (const manager::PasswordProfile& profile : manager::password_profiles()) {
    manager::PasswordRules rules = profile.rules;
    json::array conflicts;
    for (const manager::Conflict& conflict : manager::conflicts_of(rules))
      conflicts.push_back(conflict_to_json(conflict));
    rows.push_back(json::object{{"id", profile.id},
                                {"version", profile.version},
                                {"title", profile.title},
                                {"rules", to_json(bind_fields(rules))},
                                {"breaks", std::move(conflicts)}});
  }
  constexpr std::array kColumns = {Column{"PROFILE", "/id"}, Column{"VERSION", "/version"},
                                   Column{"LENGTH", "/rules/min_length"}, Column{"DAYS", "/rules/max_age_days"},
                                   Column{"TITLE", "/title"}};
  print_list(session, rows, kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> check(Session& session, const Arguments& arguments) {
  const manager::PasswordProfile* profile = manager::find_password_profile(arguments->profile);
  if (profile == nullptr) return fail(ErrorCode::NotFound, arguments->profile + ": no such profile");
  const auto known = WD_TRY(manager::KnownWords::load(arguments->folder));
  const std::string password = WD_TRY(read_secret(session, arguments->password_file, "Password to try"));
  json::array rows;
  for (const std::string& broken : manager::broken_rules(profile->rules, password, arguments->words, known))
    rows.push_back(json::object{{"broken", json::string(broken)}});
  const bool is_taken = rows.empty();
  constexpr std::array kColumns = {Column{"BROKEN", "/broken"}};
  if (!is_taken) print_list(session, rows, kColumns);
  if (is_taken) print_note(session, "It may be taken under " + arguments->profile + ".");
  return is_taken ? ExitCode::Ok : ExitCode::Failed;
}

}  // namespace

void add_passwords(Tree& tree) {
  const auto arguments = std::make_shared<PasswordArguments>();
  CLI::App& group = add_group(tree, "passwords", "Profiles of password rules and lists of known passwords");
  add(tree, group, "profiles", "The profiles, and in which points each breaks the others (--json)", arguments,
      profiles);
  CLI::App& checks = add(tree, group, "check", "Try a password against a profile, without a manager", arguments, check);
  checks.add_option("--profile", arguments->profile, "Profile")->capture_default_str();
  checks.add_option("--password-file", arguments->password_file, "File with the password; - is standard input");
  checks.add_option("--word", arguments->words, "A name or an address that must not be in it; may be given again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  checks.add_option("--lists", arguments->folder, "Folder of lists and names")->capture_default_str();
  CLI::App& builds = add(tree, group, "build-list",
                         "Make a list of passwords that nobody may have, from passwords or SHA-1 digests, one a line",
                         arguments, build_list);
  builds.add_option("input", arguments->inputs, "Files; - is standard input")->required();
  builds.add_option("--output,-o", arguments->output, "The list, its name ending in .list")->required();
}

}  // namespace warder::cli
