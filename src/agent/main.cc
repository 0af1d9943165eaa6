// warder-agent: the supervisor, its workers, and the commands that ask it.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "agent/antimalware/guard.h"
#include "agent/antimalware/guard_client.h"
#include "agent/antimalware/quarantine.h"
#include "agent/client_commands.h"
#include "agent/config.h"
#include "agent/content_packs.h"
#include "agent/module.h"
#include "agent/module_antimalware.h"
#include "agent/module_firewall.h"
#include "agent/process_inspector.h"
#include "agent/sandbox.h"
#include "agent/supervisor.h"
#include "agent/worker.h"
#include "host/linux/clock.h"
#include "host/linux/permission_group.h"

namespace warder::agent {
namespace {

constexpr int kFailed = 1;

LogLevel level_of(const Config& config) {
  for (const LogLevel level : {LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error}) {
    if (config.log_level == name(level)) return level;
  }
  return LogLevel::Info;
}

std::unique_ptr<Log> make_log(const Config& config, std::string component, const host::Clock& clock) {
  JsonLogOptions options;
  options.component = std::move(component);
  options.least = level_of(config);
  options.journal_prefix = std::getenv("JOURNAL_STREAM") != nullptr;
  options.now = [&clock] { return clock.now(); };
  return make_json_log(std::move(options));
}

/// SIGTERM and SIGINT as a descriptor; workers ignore them, because only the supervisor decides who may stop.
UniqueFd take_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  for (const int number : {SIGPIPE, SIGHUP}) static_cast<void>(std::signal(number, SIG_IGN));
  return UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

Result<void> run_supervisor(const Config& config, const std::filesystem::path& config_file, const host::Clock& clock,
                            Log& log) {
  const UniqueFd signals = take_stop_signals();
  const auto dialer = make_dialer();
  SupervisorOptions options;
  options.config = config;
  if (std::filesystem::exists(config_file)) options.config_file = config_file;
  options.worker_command = {"/proc/self/exe", "worker", "--config", config_file.string()};
  options.modules = modules();
  options.signal_fd = signals.get();
  options.module_host.memory_max_bytes = static_cast<std::uint64_t>(config.worker_memory_max_mb) << 20;
  const auto supervisor = WD_TRY(Supervisor::create(std::move(options), *dialer, clock, log));
  return supervisor->run();
}

int run_agent(const std::filesystem::path& config_file) {
  const host::SystemClock clock;
  const auto config = load_config(config_file);
  if (!config) {
    std::cerr << config.error().message << "\n";
    return kFailed;
  }
  const auto log = make_log(*config, "agent", clock);
  const auto done = run_supervisor(*config, config_file, clock, *log);
  if (done) return 0;
  log->error("agent.failed", done.error().message);
  return kFailed;
}

int run_module(const std::string& module, int fd, const std::filesystem::path& config_file) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) static_cast<void>(std::signal(number, SIG_IGN));
  const host::SystemClock clock;
  const auto config = load_config(config_file);
  const auto* description = find_module(modules(), module);
  if (!config || description == nullptr || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    std::cerr << "warder-agent worker: started by the agent only\n";
    return kFailed;
  }
  const auto log = make_log(*config, "agent." + module, clock);
  std::unique_ptr<GuardClient> guard;
  if (description->asks_guard && wants_guard(config->module_directory(module))) {
    auto attached = GuardClient::attach(config->module_directory(module));
    if (!attached) {
      log->error("agent.guard.failed", attached.error().message);
      return kFailed;
    }
    guard = std::move(*attached);
  }
  std::optional<ProcessInspector> inspector;
  if (description->asks_inspector || guard) {
    auto started = fork_process_inspector();
    if (!started) {
      log->error("agent.inspector.failed", started.error().message);
      return kFailed;
    }
    inspector.emplace(std::move(*started), [&log](const Error& error) {
      log->error("agent.inspector.lost", error.message);
      ::_exit(kFailed);
    });
  }
  SandboxOptions sandbox;
  sandbox.capabilities = description->capabilities;
  sandbox.writable = config->module_directory(module);
  sandbox.max_data_bytes = static_cast<std::uint64_t>(config->worker_memory_max_mb) << 21;  // the watch comes first
  sandbox.may_use_network = description->may_use_network;
  sandbox.may_run_programs = description->may_run_programs;
  sandbox.inspects_processes = description->inspects_processes;
  sandbox.may_capture_packets =
      std::ranges::find(description->capabilities, CAP_NET_RAW) != description->capabilities.end();
  const auto missing = enter_sandbox(sandbox);
  if (!missing) {
    log->error("agent.sandbox.failed", missing.error().message);
    return kFailed;
  }
  for (const std::string& layer : *missing) {
    log->warning("agent.sandbox.partial", "the kernel lacks a layer of the sandbox", {{"layer", layer}});
  }
  Channel channel{UniqueFd(fd)};
  return run_worker(*description, channel, *log, clock,
                    {sandbox.writable, config->content_directory(), config->share_directory},
                    inspector ? &*inspector : nullptr, guard.get());
}

/// Nothing may end it but the worker: not the end of a session, not a lack of memory.
int guard_files(const std::filesystem::path& directory) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) static_cast<void>(std::signal(number, SIG_IGN));
  ::prctl(PR_SET_NAME, "warder-guard", 0, 0, 0);
  if (std::FILE* const file = std::fopen("/proc/self/oom_score_adj", "w"); file != nullptr) {
    static_cast<void>(std::fputs("-900", file));
    static_cast<void>(std::fclose(file));
  }
  const auto kernel = host::make_permission_group();
  // Whoever started it waits for the end of the output.
  GuardOptions options{directory, [] { ::dup2(STDIN_FILENO, STDOUT_FILENO); }};
  return run_guard(options, kernel ? kernel->get() : nullptr, kernel ? "" : kernel.error().message) ? 0 : kFailed;
}

/// No rules are no failure: the boot goes on.
int restore_rules(const std::filesystem::path& config_file) {
  const auto config = load_config(config_file);
  const auto done =
      config ? restore_firewall(config->module_directory("firewall")) : Result<void>(fail(config.error()));
  if (done || done.error().code == ErrorCode::NotFound) return 0;
  std::cerr << "warder-agent firewall-restore: " << done.error().message << "\n";
  return kFailed;
}

/// The content of a quarantined file, for whoever is root here anyway.
int export_quarantined(const std::filesystem::path& config_file, const std::string& id, const std::string& to) {
  const auto run = [&]() -> Result<void> {
    const Config config = WD_TRY(load_config(config_file));
    const auto quarantine = WD_TRY(Quarantine::open(config.module_directory("anti-malware") / "quarantine"));
    const UniqueFd content = WD_TRY(quarantine->content(id));
    const UniqueFd file(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.is_open()) return fail_errno(to, errno);
    ssize_t count = 0;
    while ((count = ::sendfile(file.get(), content.get(), nullptr, std::size_t{1} << 20U)) > 0) {
    }
    if (count < 0) return fail_errno(to, errno);
    return {};
  };
  const auto done = run();
  if (done) return 0;
  std::cerr << "warder-agent quarantine export: " << done.error().message << "\n";
  return kFailed;
}

void add_daemon_commands(CLI::App& app, const std::filesystem::path& config, int& exit_code) {
  auto* run = app.add_subcommand("run", "Protect this host until told to stop");
  run->callback([&] { exit_code = run_agent(config); });
  auto* restore = app.add_subcommand("firewall-restore",
                                     "Put the firewall's last good rules into force; at boot, before the network");
  restore->callback([&] { exit_code = restore_rules(config); });
  auto* gate =
      app.add_subcommand("gate", "Guard and gate of the anti-malware module; started by its worker")->group("");
  auto directory = std::make_shared<std::string>();
  gate->add_option("--directory", *directory)->required();
  gate->callback([&exit_code, directory] { exit_code = guard_files(*directory); });
  auto* quarantine = app.add_subcommand("quarantine", "Files that anti-malware took away");
  quarantine->require_subcommand(1);
  auto* exports = quarantine->add_subcommand("export", "Write the content of one to a new file");
  auto id = std::make_shared<std::string>();
  auto to = std::make_shared<std::string>();
  exports->add_option("id", *id, "Of the file; see warder quarantine list")->required();
  exports->add_option("file", *to, "Where it goes; must not be there")->required();
  exports->callback([&config, &exit_code, id, to] { exit_code = export_quarantined(config, *id, *to); });
  auto* worker = app.add_subcommand("worker", "One module's process; started by the agent")->group("");
  auto module = std::make_shared<std::string>();
  auto fd = std::make_shared<int>(-1);
  worker->add_option("module", *module)->required();
  worker->add_option("--fd", *fd)->required();
  worker->callback([&config, &exit_code, module, fd] { exit_code = run_module(*module, *fd, config); });
}

int run_program(int argc, char** argv) {
  CLI::App app("Warder's agent: protects this host and reports to its manager");
  app.set_version_flag("--version", WARDER_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  std::filesystem::path config = "/etc/warder/agent.toml";
  app.add_option("--config", config, "Settings file")->capture_default_str();
  int exit_code = 0;
  add_daemon_commands(app, config, exit_code);
  const host::SystemClock clock;
  add_client_commands(app, config, clock, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return exit_code;
}

}  // namespace
}  // namespace warder::agent

int main(int argc, char** argv) {
  try {
    return warder::agent::run_program(argc, argv);
  } catch (const std::exception& error) {  // out of memory, or a fault of ours
    static_cast<void>(std::fprintf(stderr, "warder-agent: %s\n", error.what()));
    return 1;
  }
}
