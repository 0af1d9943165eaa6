#include "agent/client_commands.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <thread>

#include "agent/config.h"
#include "agent/control.h"
#include "agent/diagnostics.h"
#include "agent/enrol.h"
#include "agent/selfprotect.h"
#include "agent/status_text.h"
#include "base/file.h"
#include "base/text.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kAskPatience{5000};
constexpr milliseconds kTestPatience{65'000};
constexpr seconds kStopPatience{20};

struct Context {
  const std::filesystem::path& config_file;
  const host::Clock& clock;
};

Result<json::object> ask(const Config& config, std::string_view command, json::object request = {},
                         milliseconds patience = kAskPatience) {
  request["command"] = command;
  return ask_agent(config.control_socket(), request, patience);
}

/// Secrets come from a file, standard input ("-") or WARDER_TOKEN: the command line is for all to see.
Result<std::string> read_token(const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (!file.empty()) return read_file(file, 64 << 10);
  const char* const variable = std::getenv("WARDER_TOKEN");
  return variable != nullptr ? std::string(variable) : std::string();
}

Result<void> print_status(const Config& config, bool as_json) {
  const auto status = WD_TRY(ask(config, "status"));
  std::cout << (as_json ? json::serialize(status) + "\n" : status_text(status));
  return {};
}

/// Ready: a policy is in force, and nothing is degraded.
bool is_protecting(const json::object& status) {
  const auto policy = get_object(status, "policy");
  const auto digest = policy ? get_string(**policy, "digest") : Result<std::string_view>(std::string_view());
  return get_string(status, "state").value_or("") == "on" && digest && !digest->empty();
}

Result<void> wait_for_status(const Config& config, seconds patience, bool as_json) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto status = ask(config, "status");
    if (status && is_protecting(*status)) return print_status(config, as_json);
    if (std::chrono::steady_clock::now() >= deadline) {
      WD_TRY(print_status(config, as_json));
      return fail(ErrorCode::Timeout, "the agent does not protect this host yet");
    }
    std::this_thread::sleep_for(milliseconds{200});
  }
}

Result<void> wait_until_gone(const Config& config) {
  const auto deadline = std::chrono::steady_clock::now() + kStopPatience;
  while (std::filesystem::exists(config.control_socket())) {
    if (std::chrono::steady_clock::now() >= deadline) return fail(ErrorCode::Timeout, "the agent is still stopping");
    std::this_thread::sleep_for(milliseconds{50});
  }
  return {};
}

Result<void> stop_agent(const Config& config, const std::string& token_file) {
  json::object request;
  request["token"] = WD_TRY(read_token(token_file));
  WD_TRY(ask(config, "stop", std::move(request)));
  return wait_until_gone(config);
}

/// With the agent running, it decides; otherwise the token is checked here, so that stopping it first gains nothing.
Result<void> uninstall_agent(const Config& config, const std::string& token_file, Timestamp now) {
  const auto token = WD_TRY(read_token(token_file));
  json::object request;
  request["token"] = token;
  auto asked = ask(config, "uninstall", std::move(request));
  if (asked) {
    WD_TRY(wait_until_gone(config));
  } else if (asked.error().code == ErrorCode::Unavailable) {
    auto identity = load_identity(config.identity_directory());
    if (!identity && identity.error().code != ErrorCode::NotFound) return fail(identity.error());
    WD_TRY(check_maintenance(identity ? std::optional(*identity) : std::nullopt, token, now));
  } else {
    return fail(asked.error());
  }
  std::error_code error;
  std::filesystem::remove_all(config.state(), error);
  if (error) return fail(ErrorCode::Unavailable, config.state().string() + ": " + error.message());
  std::cout
      << "The agent's identity, events and state are removed. The program and its settings belong to the package.\n";
  return {};
}

Result<void> enrol_agent(const Config& config, const std::string& token_file, bool replace, Timestamp now) {
  if (!replace && load_identity(config.identity_directory())) {
    return fail(ErrorCode::Conflict, "this host is enrolled already; --replace enrols it anew");
  }
  EnrolRequest request;
  request.token = WD_TRY(read_token(token_file));
  if (trim(request.token).empty()) {
    return fail(ErrorCode::Invalid, "no token: give --token-file FILE, \"-\" for standard input, or WARDER_TOKEN");
  }
  request.hostname = read_hostname();
  request.machine_id = read_machine_id();
  request.now = now;
  if (!config.proxy.empty()) request.proxy = WD_TRY(parse_host_port(config.proxy));
  const auto identity = WD_TRY(enrol(request));
  std::error_code error;
  std::filesystem::create_directories(config.state(), error);
  WD_TRY(save_identity(config.identity_directory(), identity));
  std::cout << "enrolled as agent " << identity.agent.text() << " of tenant " << identity.tenant.text() << "\n";
  return {};
}

Result<void> print_id(const Config& config) {
  const auto identity = WD_TRY(load_identity(config.identity_directory()).in("not enrolled"));
  std::cout << identity.agent.text() << "\n";
  return {};
}

Result<void> self_test(const Config& config, const std::string& module, bool as_json) {
  json::object request;
  request["module"] = module;
  const auto result = WD_TRY(ask(config, "self-test", std::move(request), kTestPatience));
  std::cout << (as_json ? json::serialize(result) + "\n" : self_test_text(result));
  if (!get_bool(result, "succeeded").value_or(false)) return fail(ErrorCode::Unavailable, "the self-test failed");
  return {};
}

Result<void> tell_module(const Config& config, const std::string& module, const std::string& command) {
  json::object request;
  request["module"] = module;
  const auto result = WD_TRY(ask(config, command, std::move(request), kTestPatience));
  std::cout << json::serialize(result) << "\n";
  if (!get_bool(result, "succeeded").value_or(false)) {
    return fail(ErrorCode::Unavailable, std::string(get_string(result, "error").value_or("")));
  }
  return {};
}

Result<void> write_diagnostics(const Config& config, const std::string& file, Timestamp now) {
  auto status = ask(config, "status");
  json::object answer = status ? std::move(*status) : json::object{{"error", status.error().message}};
  const auto bundle = WD_TRY(make_bundle(collect_diagnostics(config, answer), now));
  WD_TRY(write_file_atomically(file, bundle));
  std::cout << file << "\n";
  return {};
}

/// Reads the settings, runs the command, prints its error.
template <class Command>
int carry_out(const Context& context, Command command) {
  const auto config = load_config(context.config_file);
  const auto done = config ? command(*config) : Result<void>(fail(config.error()));
  if (done) return 0;
  std::cerr << "warder-agent: " << done.error().message << "\n";
  return 1;
}

void add_status(CLI::App& app, const Context& context, int& exit_code) {
  auto* status = app.add_subcommand("status", "What the running agent does: modules, manager, events that wait");
  auto as_json = std::make_shared<bool>(false);
  auto wait_s = std::make_shared<int>(0);
  status->add_flag("--json", *as_json, "As JSON");
  status->add_option("--wait", *wait_s, "Wait this many seconds until a policy is in force")
      ->check(CLI::Range(0, 3600));
  status->callback([=, &exit_code] {
    exit_code = carry_out(context, [&](const Config& config) {
      return *wait_s > 0 ? wait_for_status(config, seconds{*wait_s}, *as_json) : print_status(config, *as_json);
    });
  });
  auto* test = app.add_subcommand("self-test", "Let the agent and its modules test themselves");
  auto module = std::make_shared<std::string>();
  test->add_option("module", *module, "Only this module");
  test->add_flag("--json", *as_json, "As JSON");
  test->callback([=, &exit_code] {
    exit_code = carry_out(context, [&](const Config& config) { return self_test(config, *module, *as_json); });
  });
  auto* rescan = app.add_subcommand("rescan", "Let a module compare everything anew");
  rescan->add_option("module", *module, "The module")->required();
  rescan->callback([=, &exit_code] {
    exit_code = carry_out(context, [&](const Config& config) { return tell_module(config, *module, "rescan"); });
  });
}

void add_life(CLI::App& app, const Context& context, int& exit_code) {
  auto token = std::make_shared<std::string>();
  auto replace = std::make_shared<bool>(false);
  const char* const token_help = "File with the token, \"-\" for standard input; default: variable WARDER_TOKEN";
  auto* stop = app.add_subcommand("stop", "Stop the agent; wants a maintenance token while it protects itself");
  stop->add_option("--token-file", *token, token_help);
  stop->callback([=, &exit_code] {
    exit_code = carry_out(context, [&](const Config& config) { return stop_agent(config, *token); });
  });
  auto* uninstall = app.add_subcommand("uninstall", "Stop the agent and remove its state; wants a maintenance token");
  uninstall->add_option("--token-file", *token, token_help);
  uninstall->callback([=, &exit_code] {
    exit_code =
        carry_out(context, [&](const Config& config) { return uninstall_agent(config, *token, context.clock.now()); });
  });
  auto* enrol = app.add_subcommand("enrol", "Join a manager with an enrolment token");
  enrol->add_option("--token-file", *token, token_help);
  enrol->add_flag("--replace", *replace, "Forget the identity that this host has");
  enrol->callback([=, &exit_code] {
    exit_code = carry_out(
        context, [&](const Config& config) { return enrol_agent(config, *token, *replace, context.clock.now()); });
  });
}

void add_files(CLI::App& app, const Context& context, int& exit_code) {
  app.add_subcommand("id", "The agent's id")->callback([=, &exit_code] {
    exit_code = carry_out(context, [](const Config& config) { return print_id(config); });
  });
  app.add_subcommand("check-config", "Check the settings file")->callback([=, &exit_code] {
    exit_code = carry_out(context, [](const Config&) -> Result<void> {
      std::cout << "ok\n";
      return {};
    });
  });
  app.add_subcommand("print-config", "All settings, with what they mean")->callback([=, &exit_code] {
    exit_code = carry_out(context, [](Config config) -> Result<void> {
      std::cout << to_toml(bind_fields(config));
      return {};
    });
  });
  auto* diagnostics = app.add_subcommand("diagnostics", "Collect what support needs, without secrets");
  auto file = std::make_shared<std::string>("warder-diagnostics.tar.gz");
  diagnostics->add_option("--output", *file, "Where to")->capture_default_str();
  diagnostics->callback([=, &exit_code] {
    exit_code =
        carry_out(context, [&](const Config& config) { return write_diagnostics(config, *file, context.clock.now()); });
  });
}

}  // namespace

void add_client_commands(CLI::App& app, const std::filesystem::path& config, const host::Clock& clock, int& exit_code) {
  const Context context{config, clock};
  add_status(app, context, exit_code);
  add_life(app, context, exit_code);
  add_files(app, context, exit_code);
}

}  // namespace warder::agent
