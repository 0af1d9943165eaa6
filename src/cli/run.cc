#include "cli/run.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <ostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/firewall.h"
#include "cli/inventory.h"
#include "cli/privacy.h"
#include "cli/scan.h"
#include "cli/smart_groups.h"
#include "cli/tags.h"

namespace warder::cli {
namespace {

void add_global_options(CLI::App& root, GlobalOptions& options) {
  root.add_option("--url", options.url, "Manager, like https://manager.example:8443");
  root.add_option("--ca-file", options.ca_file, "Certificate authority of the manager, PEM; the only one trusted");
  root.add_option("--tenant", options.tenant, "Act in this tenant, as an operator under a grant");
  root.add_flag("--json", options.is_json, "JSON instead of tables");
  root.add_flag("--no-color", options.no_colour, "No colours, as with NO_COLOR");
  root.set_version_flag("--version", "warder " WARDER_VERSION, "Print the version");
}

void add_commands(Tree& tree) {
  for (const auto add_group : {add_login,
                               add_agents,
                               add_groups,
                               add_policies,
                               add_rollouts,
                               add_events,
                               add_tag_rules,
                               add_retention,
                               add_enrol_tokens,
                               add_users,
                               add_roles,
                               add_api_keys,
                               add_second_factor,
                               add_sessions,
                               add_passwords,
                               add_password_policy,
                               add_access_policy,
                               add_client_certificates,
                               add_audit,
                               add_approvals,
                               add_keys,
                               add_backup,
                               add_content,
                               add_quarantine,
                               add_firewall,
                               add_integrity,
                               add_inventory,
                               add_ips,
                               add_logs,
                               add_scan,
                               add_signatures,
                               add_tenants,
                               add_grants,
                               add_sso,
                               add_destinations,
                               add_product_rules,
                               add_searches,
                               add_alerts,
                               add_alert_rules,
                               add_alert_routes,
                               add_silences,
                               add_channels,
                               add_rotas,
                               add_heartbeats,
                               add_stream,
                               add_incident,
                               add_reports,
                               add_review,
                               add_trust,
                               add_system,
                               add_doctor,
                               add_completion,
                               add_man}) {
    add_group(tree);
  }
  add_privacy(tree);
  add_subjects(tree);
  add_smart_groups(tree);
}

}  // namespace

void print_error(Session& session, const Error& error) {
  std::ostream& err = session.environment().err;
  if (session.is_json()) {
    const json::object details{{"code", json::string(name(error.code))}, {"message", error.message}};
    err << json::serialize(json::object{{"error", details}}) << '\n';
  } else {
    std::string_view prefix = "warder: ";
    for (const std::string_view line : split(error.message, '\n')) {
      err << prefix << printable(line) << '\n';
      prefix = "";
    }
  }
}

int run(const std::vector<std::string>& arguments, Environment& environment) {
  Session session(environment);
  CLI::App root("Administer a Warder manager: agents, policies, events", "warder");
  Action chosen;
  Tree tree{root, session, chosen};
  add_global_options(root, session.options());
  root.require_subcommand(1);
  add_commands(tree);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // what CLI11 wants
    root.parse(reversed);
  } catch (const CLI::ParseError& error) {
    const int code = root.exit(error, environment.out, environment.err);
    return static_cast<int>(code == 0 ? ExitCode::Ok : ExitCode::Usage);
  }
  const Result<ExitCode> result = chosen(session);
  if (result) return static_cast<int>(*result);
  print_error(session, result.error());
  return static_cast<int>(ExitCode::Failed);
}

}  // namespace warder::cli
