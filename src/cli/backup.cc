// warder backup
#include <filesystem>

#include "base/process.h"
#include "base/uri.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kFileColumns[] = {{"NAME", "/name"},
                                   {"BYTES", "/bytes"},
                                   {"MADE", "/made/ended"},
                                   {"VERIFIED", "/verified/ended"},
                                   {"RESULT", "/verified/state"}};
constexpr Column kRunColumns[] = {{"ID", "/id"},       {"TASK", "/task"},   {"STATE", "/state"}, {"FILE", "/file"},
                                  {"BYTES", "/bytes"}, {"BEGUN", "/begun"}, {"ERROR", "/error"}};

struct Arguments {
  std::string name;
  std::string root_key;
  std::string tenant;
  std::string config;
  bool is_waiting = true;
};
using Shared = std::shared_ptr<Arguments>;

Result<ExitCode> list(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/backups")), kFileColumns);
  return ExitCode::Ok;
}

Result<ExitCode> runs(Session& session, const Shared&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/backup-runs")), kRunColumns);
  return ExitCode::Ok;
}

std::string state_of(const json::value& run) {
  return run.is_object() ? std::string(get_string(run.get_object(), "state").value_or("")) : std::string();
}

/// To its end, unless the person does not want to wait.
Result<ExitCode> follow(Session& session, const Shared& arguments, client::Client& client, json::value run) {
  while (arguments->is_waiting && state_of(run) == "running") {
    session.environment().wait(std::chrono::milliseconds{500});
    const std::string id(WD_TRY(get_string(run.get_object(), "id")));
    run = WD_TRY(client.get("/backup-runs/" + percent_encode(id)));
  }
  print_object(session, run, kRunColumns);
  return state_of(run) == "failed" ? ExitCode::Failed : ExitCode::Ok;
}

Result<ExitCode> create(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  return follow(session, arguments, *client, WD_TRY(client->send("POST", "/backups", nullptr)));
}

Result<ExitCode> verify(Session& session, const Shared& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string path = "/backups/" + percent_encode(arguments->name) + "/verification";
  return follow(session, arguments, *client, WD_TRY(client->send("POST", path, nullptr)));
}

/// The manager's program beside this one, else on PATH.
std::string manager_program() {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = own.parent_path() / "warder-manager";
  return !error && std::filesystem::exists(beside, error) ? beside.string() : "warder-manager";
}

/// A manager that is to be replaced cannot answer: its program on this host does it.
Result<ExitCode> restore(Session& session, const Shared& arguments) {
  constexpr std::chrono::hours kPatience{24};
  std::vector<std::string> words{manager_program(), "backup", "restore", arguments->name};
  const auto add_option = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  add_option("--config", arguments->config);
  add_option("--root-key", arguments->root_key);
  add_option("--only-tenant", arguments->tenant);
  if (session.is_json()) words.emplace_back("--json");
  ProcessOptions options;
  options.timeout = kPatience;
  const auto ended = run_process(words, options);
  if (!ended)
    return fail(ErrorCode::Unavailable,
                "restoring is done on the manager's host, by warder-manager: " + ended.error().message);
  session.environment().out << ended->out;
  session.environment().err << ended->err;
  return ended->exit_code == 0 ? ExitCode::Ok : ended->exit_code == 2 ? ExitCode::Usage : ExitCode::Failed;
}

}  // namespace

void add_backup(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& group = add_group(tree, "backup", "Backups of the manager with all its tenants");
  add(tree, group, "list", "The backups in the manager's backup_directory", arguments, list);
  add(tree, group, "runs", "What was made and verified, and how it ended", arguments, runs);
  CLI::App& creates = add(tree, group, "create", "Make a backup, and verify it", arguments, create);
  CLI::App& verifies = add(tree, group, "verify", "Read a backup and check every byte of it", arguments, verify);
  verifies.add_option("name", arguments->name, "As in the list")->required();
  for (CLI::App* const app : {&creates, &verifies})
    app->add_flag("!--no-wait", arguments->is_waiting, "Return at once; see `warder backup runs`");
  CLI::App& restores =
      add(tree, group, "restore", "On the manager's host: restore all of it, or one tenant", arguments, restore);
  restores.add_option("file", arguments->name, "The backup")->required();
  restores.add_option("--config", arguments->config, "The manager's settings");
  restores.add_option("--root-key", arguments->root_key,
                      "File of the root key, which is in no backup; not needed with a token or AWS KMS");
  restores.add_option("--only-tenant", arguments->tenant, "Only this tenant, into a manager that is there");
}

}  // namespace warder::cli
