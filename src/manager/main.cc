// warder-manager: the control plane's program.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "base/fields.h"
#include "base/file.h"
#include "base/json.h"
#include "manager/backup_commands.h"
#include "manager/config.h"
#include "manager/export_command.h"
#include "manager/identity/roles.h"
#include "manager/installation.h"
#include "manager/key_commands.h"
#include "manager/serve.h"
#include "manager/stream/stream_settings.h"
#include "manager/trials/capture_trial.h"
#include "manager/trials/path_trial.h"

namespace warder::manager {

namespace {

constexpr std::string_view kAdministrator = "admin";

struct Arguments {
  std::string config = "/etc/warder/manager.toml";
  bool json = false;
  bool dry_run = false;
  std::string user;
  std::string tenant;
  std::string output;
  std::string agent;
  std::string name = "command line";
  std::string key_level;
  std::string key_owner;
  std::int64_t uses = 1;
  std::int64_t expires_in_s = 86'400;
  std::vector<std::string> urls;
  std::string directory;
  std::string file;
  std::string root_key;
  std::string only_tenant;
  std::int64_t keep = 0;
};

void print(std::string_view line) {
  std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
}

std::unique_ptr<Log> make_log(const Config& config) {
  JsonLogOptions options;
  options.component = "manager";
  for (const LogLevel level : {LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error}) {
    if (name(level) == config.log_level) options.least = level;
  }
  options.journal_prefix = std::getenv("JOURNAL_STREAM") != nullptr;
  options.now = [] { return host::SystemClock().now(); };
  return make_json_log(std::move(options));
}

Result<void> run(const Arguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  // Before any thread: all of them inherit the mask, and only the main one waits for the end.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGPIPE}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto log = make_log(config);
  auto served = [&]() -> Result<void> {
    const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
    return serve(*installation, *log);
  }();
  if (!served) log->error("manager.failed", served.error().message);
  return served;
}

/// The base policy and somebody with full access; returns the one-time password.
Result<std::string> make_administrator(Installation& installation, const TenantScope& scope) {
  WD_TRY(installation.policies.base(scope));
  UserDraft admin;
  admin.username = kAdministrator;
  admin.display_name = "Administrator";
  admin.password = make_password();
  admin.roles = {std::string(kFullAccess)};
  WD_TRY(installation.identity.users().create(scope, admin));
  return admin.password;
}

/// Goes on where an earlier one was interrupted, until there is a user.
Result<std::string> make_first_tenant(Installation& installation) {
  if (!installation.first_tenant("job:init")) {
    WD_TRY(installation.tenants->add(kFirstTenant, installation.clock.now()));
  }
  const TenantScope scope = WD_TRY(installation.first_tenant("job:init"));
  Users& users = installation.identity.users();
  const UserPage present = WD_TRY(users.list(scope, 1, {}));
  if (!present.items.empty()) {
    return fail(ErrorCode::Conflict, installation.config.data_directory + ": initialised already");
  }
  return make_administrator(installation, scope);
}

/// Of the console, as the certificate names it.
void print_link(const Config& config, const ResetLink& link) {
  print("choose a password  " + console_url(config) + path_of(link));
  print("                   (once, until " + to_rfc3339(link.expires) + ")");
}

/// With its first administrator. Managers that run know it within seconds.
Result<void> add_tenant(const Arguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const TenantScope scope = WD_TRY(installation->first_tenant("job:command-line"));
  TenantDraft draft;
  draft.name = arguments.tenant;
  const NewTenant made = WD_TRY(installation->provisioning.create(scope, draft));
  if (arguments.json) {
    print(json::serialize(json::object{{"id", made.tenant.id.text()},
                                       {"name", made.tenant.name},
                                       {"username", made.username},
                                       {"token", made.link.token},
                                       {"path", path_of(made.link)},
                                       {"expires", to_rfc3339(made.link.expires)}}));
    return {};
  }
  print("tenant             " + made.tenant.name + "   " + made.tenant.id.text());
  print("administrator      " + made.username);
  print_link(config, made.link);
  return {};
}

/// Under a temporary name until it is whole.
Result<void> export_tenant(const Arguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const Tenant tenant = WD_TRY(installation->tenants->find_by_name(arguments.tenant));
  const TenantScope scope = WD_TRY(installation->scopes.make(tenant.id, "job:command-line"));
  const ExportReceipt receipt = WD_TRY(export_to_file(*installation, scope, arguments.output));
  print(arguments.output + ": " + std::to_string(receipt.rows) + " rows, " + std::to_string(receipt.audit_entries) +
        " audit entries, " + std::to_string(receipt.events) + " events");
  return {};
}

Result<void> init(const Arguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Create));
  const crypto::CertificateAuthority& authority = installation->authority.certificate_authority();
  const std::filesystem::path ca = std::filesystem::path(config.data_directory) / "ca.pem";
  WD_TRY(write_file_atomically(ca, authority.certificate_pem(), 0644));
  const std::string password = WD_TRY(make_first_tenant(*installation));
  if (arguments.json) {
    print(json::serialize(json::object{{"username", kAdministrator},
                                       {"password", password},
                                       {"ca_file", ca.string()},
                                       {"ca_sha256", authority.fingerprint()}}));
    return {};
  }
  print("administrator      " + std::string(kAdministrator));
  print("one-time password  " + password + "   (shown once; you choose your own at the first login)");
  print("CA certificate     " + ca.string());
  print("CA fingerprint     " + authority.fingerprint());
  return {};
}

Result<void> check_config(const Arguments& arguments) {
  WD_TRY(load_config(arguments.config));
  print(arguments.config + ": ok");
  return {};
}

Result<void> print_config(const Arguments& arguments) {
  Config config;
  if (std::filesystem::exists(arguments.config)) config = WD_TRY(load_config(arguments.config));
  print(to_toml(bind_fields(config)));
  return {};
}

/// A tenant after the other, each migration whole or not at all: an interrupted run goes on where it ended.
Result<void> migrate_databases(const Arguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  if (!arguments.dry_run) {
    WD_TRY(Installation::open(config, OpenMode::Existing));
    print("every database is up to date");
    return {};
  }
  for (const DatabaseState& state : WD_TRY(Installation::rehearse(config))) {
    print(state.name + ": " +
          (state.missing.empty() ? "up to date" : std::to_string(state.missing.size()) + " missing"));
    for (const std::string& migration : state.missing) print("  " + migration);
  }
  return {};
}

Result<void> enrol_token(const Arguments& arguments) {
  Config config = WD_TRY(load_config(arguments.config));
  if (!arguments.urls.empty()) config.gateway_urls = arguments.urls;
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const TenantScope scope = WD_TRY(installation->first_tenant("job:command-line"));
  EnrolTokenDraft draft;
  draft.name = arguments.name;
  draft.uses = arguments.uses;
  draft.expires_in = std::chrono::seconds(arguments.expires_in_s);
  print(WD_TRY(installation->enrolment.create(scope, draft)).token);
  return {};
}

Result<void> maintenance_token(const Arguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const TenantScope scope = WD_TRY(installation->first_tenant("job:command-line"));
  const auto agent = WD_TRY(parse_id<AgentId>(arguments.agent).in("--agent"));
  print(WD_TRY(installation->enrolment.maintenance_token(scope, agent)).token);
  return {};
}

Result<void> reset_password(const Arguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const std::size_t slash = arguments.user.find('/');
  const bool has_tenant = slash != std::string::npos;
  const Tenant tenant = WD_TRY(
      installation->tenants->find_by_name(has_tenant ? arguments.user.substr(0, slash) : std::string(kFirstTenant)));
  const TenantScope scope = WD_TRY(installation->scopes.make(tenant.id, "job:command-line"));
  const ResetLink link =
      WD_TRY(installation->identity.recover(scope, has_tenant ? arguments.user.substr(slash + 1) : arguments.user));
  if (!arguments.json) {
    print_link(config, link);
    return {};
  }
  print(json::serialize(json::object{{"username", arguments.user},
                                     {"token", link.token},
                                     {"path", path_of(link)},
                                     {"link", console_url(config) + path_of(link)},
                                     {"expires", to_rfc3339(link.expires)}}));
  return {};
}

/// For when nobody can come in any more by the rules that are in force.
Result<void> clear_access_policy(const Arguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const std::string name = arguments.tenant.empty() ? std::string(kFirstTenant) : arguments.tenant;
  const Tenant tenant = WD_TRY(installation->tenants->find_by_name(name));
  const TenantScope scope = WD_TRY(installation->scopes.make(tenant.id, "job:command-line"));
  AccessPolicies& policies = installation->identity.access_policies();
  const AccessPolicy before = WD_TRY(policies.find(scope));
  WD_TRY(policies.set(scope, "*", {}));
  print(tenant.name + ": " + std::to_string(before.rules.size()) +
        " rules of access are gone; managers that run follow within 5 seconds");
  return {};
}

BackupArguments backup_arguments(const Arguments& arguments) {
  return {arguments.config,      arguments.directory, arguments.file, arguments.root_key,
          arguments.only_tenant, arguments.keep,      arguments.json};
}

Result<void> make_backup(const Arguments& arguments) {
  return backup_create(backup_arguments(arguments));
}

Result<void> check_backup(const Arguments& arguments) {
  return backup_verify(backup_arguments(arguments));
}

Result<void> take_backup_back(const Arguments& arguments) {
  return backup_restore(backup_arguments(arguments));
}

Result<void> list_all_keys(const Arguments& arguments) {
  return list_keys(WD_TRY(load_config(arguments.config)));
}

Result<void> rotate_key(const Arguments& arguments) {
  return rotate_keys(WD_TRY(load_config(arguments.config)), arguments.key_level, arguments.key_owner);
}

/// Makes the key when there is none: the receiver knows it before the first record.
Result<void> show_stream_key(const Arguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  if (config.stream_settings.empty()) return fail(ErrorCode::NotFound, arguments.config + ": stream_settings is empty");
  print(WD_TRY(open_stream_key(WD_TRY(load_stream_settings(config.stream_settings)))).known().text());
  return {};
}

using Action = Result<void> (*)(const Arguments&);

CLI::App& add_command(CLI::App& app, const char* name, const char* help, Arguments& arguments, Action run_it,
                      Action& chosen) {
  CLI::App& command = *app.add_subcommand(name, help);
  command.add_option("--config", arguments.config, "the settings' file")->capture_default_str();
  command.callback([&chosen, run_it] { chosen = run_it; });
  return command;
}

void add_backup_commands(CLI::App& app, Arguments& arguments, Action& chosen) {
  CLI::App& backups = *app.add_subcommand("backup", "Backups of this manager with all its tenants.");
  backups.require_subcommand(1);
  CLI::App& create = add_command(backups, "create", "Make an encrypted backup, while managers run, and verify it.",
                                 arguments, make_backup, chosen);
  create.add_option("--directory", arguments.directory, "where it goes; exists already")->required();
  create.add_option("--keep", arguments.keep, "remove the oldest in that directory beyond so many")
      ->check(CLI::Range(1, 100'000));
  CLI::App& verify =
      add_command(backups, "verify", "Read a backup and check every byte of it.", arguments, check_backup, chosen);
  CLI::App& restore = add_command(backups, "restore", "Restore into a data directory and a database that are empty.",
                                  arguments, take_backup_back, chosen);
  verify.add_option("--root-key", arguments.root_key, "file of the root key; else the data directory's");
  restore.add_option("--root-key", arguments.root_key,
                     "file of the root key, which is in no backup; not needed with a token or AWS KMS");
  restore.add_option("--only-tenant", arguments.only_tenant,
                     "this tenant alone, by name or id, into the manager that is there; no manager may run");
  for (CLI::App* const command : {&verify, &restore}) command->add_option("file", arguments.file)->required();
  for (CLI::App* const command : {&create, &verify, &restore})
    command->add_flag("--json", arguments.json, "print a JSON object");
}

void add_key_commands(CLI::App& app, Arguments& arguments, Action& chosen) {
  CLI::App& keys = *app.add_subcommand("keys", "The keys that data is sealed with; docs/keys.md.");
  keys.require_subcommand(1);
  add_command(keys, "list", "All keys with their epochs.", arguments, list_all_keys, chosen);
  CLI::App& rotated = add_command(keys, "rotate", "Make a new key.", arguments, rotate_key, chosen);
  rotated.add_option("level", arguments.key_level, "root, tenant, contact, secrets, content or other")->required();
  rotated.add_option("--owner", arguments.key_owner, "a tenant's name or id, or control; not for root");
}

void add_commands(CLI::App& app, Arguments& arguments, Action& chosen) {
  add_command(app, "run", "Serve until SIGTERM.", arguments, run, chosen);
  CLI::App& first =
      add_command(app, "init", "Make the data directory, keys, CA and first administrator.", arguments, init, chosen);
  first.add_flag("--json", arguments.json, "print a JSON object");
  CLI::App& tenants = *app.add_subcommand("tenant", "The tenants of this installation.");
  tenants.require_subcommand(1);
  CLI::App& added =
      add_command(tenants, "add", "Make a tenant with its first administrator.", arguments, add_tenant, chosen);
  added.add_option("name", arguments.tenant, "1 to 63 of a-z, 0-9 and '-'")->required();
  added.add_flag("--json", arguments.json, "print a JSON object");
  CLI::App& exported = add_command(tenants, "export", "Write all of a tenant as JSON Lines (docs/tenants.md).",
                                   arguments, export_tenant, chosen);
  exported.add_option("name", arguments.tenant, "the tenant's name")->required();
  exported.add_option("--output", arguments.output, "the file to make; it holds personal data")->required();
  add_key_commands(app, arguments, chosen);
  add_command(app, "stream-key", "The public key of this manager's independent stream, for its receiver.", arguments,
              show_stream_key, chosen);
  add_command(app, "check-config", "Read the settings and say what is wrong.", arguments, check_config, chosen);
  add_command(app, "print-config", "All settings with their explanation.", arguments, print_config, chosen);
  CLI::App& migrate = add_command(app, "migrate", "Bring every tenant's database up to date, as `run` would.",
                                  arguments, migrate_databases, chosen);
  migrate.add_flag("--dry-run", arguments.dry_run, "only say what each one lacks");
  CLI::App& token = add_command(app, "enrol-token", "Make an enrolment token.", arguments, enrol_token, chosen);
  token.add_option("--name", arguments.name, "what it is for")->capture_default_str();
  token.add_option("--uses", arguments.uses, "how many agents may use it")->check(CLI::Range(1, 100'000));
  token.add_option("--expires-in-s", arguments.expires_in_s, "seconds")->check(CLI::Range(60, 31'536'000));
  token.add_option("--url", arguments.urls, "where agents connect, instead of the configured addresses");
  CLI::App& maintenance = add_command(app, "maintenance-token", "Make a token that lets an agent be stopped.",
                                      arguments, maintenance_token, chosen);
  maintenance.add_option("--agent", arguments.agent, "the agent's id")->required();
  CLI::App& reset = add_command(app, "reset-password", "Unlock a user and make a link for another password.", arguments,
                                reset_password, chosen);
  reset.add_option("user", arguments.user, "the user's name; TENANT/NAME for another tenant's")->required();
  reset.add_flag("--json", arguments.json, "print a JSON object");
  CLI::App& access = *app.add_subcommand("access-policy", "From where and by what people may come in.");
  access.require_subcommand(1);
  CLI::App& clear = add_command(access, "clear", "Take all rules away, when they keep everybody out.", arguments,
                                clear_access_policy, chosen);
  clear.add_option("--tenant", arguments.tenant, "another tenant than the first");
  add_backup_commands(app, arguments, chosen);
}

}  // namespace

static int main_program(int argc, char** argv) {
  // Started by `run`, not by people (manager/trials): before anything else is set up in this process.
  if (argc == 3 && std::string_view(argv[1]) == "try-capture") return capture_child(argv[2]);
  if (argc == 2 && std::string_view(argv[1]) == "try-paths") return paths_child();
  Arguments arguments;
  Action chosen = nullptr;
  CLI::App app("Warder manager", "warder-manager");
  app.require_subcommand(1);
  app.set_version_flag("--version", WARDER_VERSION);
  add_commands(app, arguments, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  const auto done = chosen(arguments);
  if (done) return 0;
  static_cast<void>(std::fprintf(stderr, "warder-manager: %s\n", done.error().message.c_str()));
  return 1;
}

}  // namespace warder::manager

int main(int argc, char** argv) {
  try {
    return warder::manager::main_program(argc, argv);
  } catch (const std::exception& error) {  // out of memory, or a fault of ours
    static_cast<void>(std::fprintf(stderr, "warder-manager: %s\n", error.what()));
    return 1;
  }
}
