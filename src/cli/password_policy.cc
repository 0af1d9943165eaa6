// warder password-policy
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr std::string_view kPath = "/password-policy";

struct PolicyArguments {
  std::string profile;
  std::vector<std::string> rules;
  std::vector<std::string> roles;
};
using Arguments = std::shared_ptr<PolicyArguments>;

constexpr Column kColumns[] = {{"Profile", "/profile"},
                               {"Version", "/profile_version"},
                               {"Stricter", "/overrides"},
                               {"Least length", "/rules/min_length"},
                               {"Letters and digits", "/rules/letters_and_digits"},
                               {"Both cases", "/rules/both_cases"},
                               {"Days", "/rules/max_age_days"},
                               {"Hours between changes", "/rules/min_age_hours"},
                               {"Former ones refused", "/rules/history"},
                               {"Failures to lock", "/rules/lock_after"},
                               {"Locked for, s", "/rules/lock_s"},
                               {"Idle, s", "/rules/idle_s"},
                               {"Session, s", "/rules/session_s"},
                               {"Second factor for all", "/rules/second_factor"},
                               {"and for roles", "/second_factor_roles"},
                               {"Sessions at once", "/rules/max_sessions"}};

constexpr Column kBroken[] = {{"BREAKS", "/profile"}, {"RULE", "/rule"}, {"CLAUSE", "/clause"}};

void print_policy(Session& session, const json::value& policy) {
  print_object(session, policy, kColumns);
  if (session.is_json()) return;
  session.environment().out << '\n';
  print_list(session, policy.at("breaks").as_array(), kBroken);
}

Result<ExitCode> show(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_policy(session, WD_TRY(client->get(kPath)));
  return ExitCode::Ok;
}

/// "min_length=14", "both_cases=true".
Result<json::object> overrides_of(const std::vector<std::string>& rules) {
  json::object overrides;
  for (const std::string& rule : rules) {
    const std::size_t equals = rule.find('=');
    if (equals == std::string::npos) return fail(ErrorCode::Invalid, rule + ": want RULE=VALUE");
    overrides[rule.substr(0, equals)] = WD_TRY(parse_json(rule.substr(equals + 1)).in(rule));
  }
  return overrides;
}

Result<ExitCode> set(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::array roles;
  for (const std::string& role : arguments->roles) roles.emplace_back(json::string(role));
  const json::object body{{"profile", arguments->profile},
                          {"overrides", WD_TRY(overrides_of(arguments->rules))},
                          {"second_factor_roles", std::move(roles)}};
  print_policy(session, WD_TRY(change(*client, "PUT", std::string(kPath), body)));
  return ExitCode::Ok;
}

}  // namespace

void add_password_policy(Tree& tree) {
  const auto arguments = std::make_shared<PolicyArguments>();
  CLI::App& group = add_group(tree, "password-policy", "The tenant's rules for passwords and sessions");
  add(tree, group, "show", "Show the rules, and which standards they break in which points", arguments, show);
  CLI::App& sets = add(tree, group, "set", "Choose a profile (see passwords profiles)", arguments, set);
  sets.add_option("profile", arguments->profile, "Profile")->required();
  sets.add_option("--rule", arguments->rules, "A rule that is to be stricter, as min_length=14; may be given again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  sets.add_option("--second-factor-role", arguments->roles,
                  "Who has this role needs a second factor, whatever the profile says; may be given again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace warder::cli
