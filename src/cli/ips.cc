// warder ips: rules checked and captures replayed on this computer, without a manager.
#include <algorithm>
#include <ctime>
#include <iomanip>
#include <memory>
#include <ostream>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/run.h"
#include "engines/ips/image.h"
#include "engines/ips/replay.h"

namespace warder::cli {

namespace {

constexpr std::size_t kMaxRuleBytes = 256U << 20;
constexpr std::size_t kMaxImageBytes = std::size_t{1} << 30;
constexpr std::size_t kMaxCaptureBytes = std::size_t{16} << 30;

struct Arguments {
  std::vector<std::string> rules;
  std::vector<std::string> captures;
  std::vector<std::string> variables;
  std::string output;
  std::size_t top = 20;
  bool is_json = false;
  bool is_inline = false;
  bool picks_up_midstream = false;
  bool allows_async = false;
  bool verifies_checksums = false;
  bool ignores_vlans = false;
  std::uint64_t stream_depth = ips::EngineSettings{}.stream_depth;
  std::size_t max_transactions = ips::app::Limits{}.max_transactions;
};

Result<std::string> read_text(const std::string& path) {
  return read_file(path, kMaxRuleBytes);
}

Result<ips::VariableSettings> settings_of(const Arguments& arguments) {
  ips::VariableSettings settings;
  for (const auto& setting : arguments.variables) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::Invalid, "--var " + setting + ": not NAME=VALUE");
    auto name = std::string_view(setting).substr(0, equals);
    if (name.starts_with('$')) name.remove_prefix(1);
    settings.emplace_back(name, setting.substr(equals + 1));
  }
  return settings;
}

Result<ips::LoadedRules> load(const Arguments& arguments) {
  const auto settings = WD_TRY(settings_of(arguments));
  std::vector<ips::RuleFile> files;
  for (const auto& path : arguments.rules) files.push_back({path, WD_TRY(read_text(path))});
  return ips::load_rule_files(files, ips::with_settings(settings), read_text);
}

/// Says on the error stream which rules were left out and why.
std::size_t report_skipped(Session& session, const ips::LoadedRules& loaded) {
  std::size_t faults = 0;
  for (const auto& skipped : loaded.skipped) {
    if (!skipped.is_unmet) ++faults;
    session.environment().err << printable(skipped.file) << ':' << skipped.line << ": "
                              << (skipped.sid != 0 ? "sid " + std::to_string(skipped.sid) + ": " : "")
                              << printable(skipped.reason) << '\n';
  }
  return faults;
}

Result<ExitCode> check(Session& session, const std::shared_ptr<Arguments>& arguments) {
  auto loaded = WD_TRY(load(*arguments));
  const auto faults = report_skipped(session, loaded);
  const auto count = loaded.rules.size();
  const auto skipped = loaded.skipped.size();
  if (auto compiled = ips::RuleSet::compile(std::move(loaded)); !compiled) return fail(std::move(compiled).error());
  session.environment().out << count << " rules loaded, " << skipped << " skipped\n";
  return faults == 0 ? ExitCode::Ok : ExitCode::Failed;
}

void print_alert(Session& session, const Arguments& arguments, const ips::Alert& alert) {
  auto& out = session.environment().out;
  if (arguments.is_json || session.is_json()) {
    out << ips::to_json_line(alert) << '\n';
    return;
  }
  out << to_rfc3339(alert.time) << "  " << alert.rule->gid << ':' << alert.rule->sid << ':' << alert.rule->rev << "  "
      << (alert.is_blocked ? "blocked" : "allowed") << "  " << alert.source.text() << ':' << alert.source_port << " -> "
      << alert.destination.text() << ':' << alert.destination_port << "  " << printable(alert.rule->message) << '\n';
}

/// From rule files, or from the one image that `ips compile` has made of some.
Result<std::shared_ptr<const ips::RuleSet>> open_rules(const Arguments& arguments) {
  if (arguments.rules.size() == 1) {
    const auto bytes = WD_TRY(read_file(arguments.rules[0], kMaxImageBytes));
    if (bytes.find('\0') != std::string::npos && !ips::is_image(as_bytes(bytes)))
      return fail(ErrorCode::Corrupt, arguments.rules[0] + ": neither rules nor compiled rules");
    if (ips::is_image(as_bytes(bytes))) {
      if (!arguments.variables.empty())
        return fail(ErrorCode::Invalid, "--var: variables are set when rules are compiled");
      return ips::open_image(as_bytes(bytes)).in(arguments.rules[0]);
    }
  }
  return ips::RuleSet::compile(WD_TRY(load(arguments)));
}

/// Scripts tell "rules were left out" (1) from "it could not be done" (2).
template <Result<ExitCode> (*kAction)(Session&, const std::shared_ptr<Arguments>&)>
Result<ExitCode> run_command(Session& session, const std::shared_ptr<Arguments>& arguments) {
  auto result = kAction(session, arguments);
  if (result) return result;
  print_error(session, result.error());
  return ExitCode::Usage;
}

Result<ExitCode> compile(Session& session, const std::shared_ptr<Arguments>& arguments) {
  std::vector<ips::RuleFile> files;
  for (const auto& path : arguments->rules) files.push_back({path, WD_TRY(read_text(path))});
  const auto image = WD_TRY(ips::make_image(files, WD_TRY(settings_of(*arguments)), read_text));
  const auto faults = report_skipped(session, image.rules->loaded());
  constexpr unsigned kMode = 0644;
  if (auto done = write_file_atomically(arguments->output, as_text(image.bytes), kMode); !done) {
    return fail(std::move(done).error());
  }
  session.environment().out << image.rules->rules().size() << " rules compiled, " << image.bytes.size() << " bytes\n";
  return faults == 0 ? ExitCode::Ok : ExitCode::Failed;
}

std::uint64_t thread_nanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

/// The rules that took most of the time spent on rules.
void print_profile(Session& session, const ips::Engine& engine, std::size_t top) {
  const auto counters = engine.rule_counters();
  std::vector<std::size_t> order;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counters.size(); ++i) {
    if (counters[i].tried > 0) order.push_back(i);
    total += counters[i].ticks;
  }
  std::ranges::sort(order, std::ranges::greater{}, [&](std::size_t i) { return counters[i].ticks; });
  if (order.size() > top) order.resize(top);
  auto& out = session.environment().out;
  out << "share    microseconds       tried     matched  rule\n";
  for (const auto i : order) {
    const auto& rule = engine.rules().rules()[i];
    const auto& one = counters[i];
    out << std::setw(4) << (total == 0 ? 0 : one.ticks * 100 / total) << "% " << std::setw(15) << one.ticks / 1000
        << std::setw(12) << one.tried << std::setw(12) << one.matched << "  " << rule.gid << ':' << rule.sid << ':'
        << rule.rev << ' ' << printable(rule.message) << '\n';
  }
}

Result<ExitCode> run_captures(Session& session, const std::shared_ptr<Arguments>& arguments, bool profiles) {
  const auto rules = WD_TRY(open_rules(*arguments));
  const auto faults = report_skipped(session, rules->loaded());
  const auto count = rules->rules().size();
  const auto skipped = rules->loaded().skipped.size();
  ips::EngineSettings settings;
  if (profiles) settings.ticks = thread_nanoseconds;
  settings.is_inline = arguments->is_inline;
  settings.picks_up_midstream = arguments->picks_up_midstream;
  settings.allows_async = arguments->allows_async;
  settings.verifies_checksums = arguments->verifies_checksums;
  settings.distinguishes_vlans = !arguments->ignores_vlans;
  settings.stream_depth = arguments->stream_depth;
  settings.limits.max_transactions = arguments->max_transactions;
  ips::Engine engine(rules, settings);
  bool is_broken = false;
  for (const auto& path : arguments->captures) {
    const auto bytes = WD_TRY(read_file(path, kMaxCaptureBytes));
    const auto done = ips::replay(as_bytes(bytes), engine, [&](const ips::Alert& alert) {
      if (!profiles) print_alert(session, *arguments, alert);
    });
    if (!done) {
      is_broken = true;
      session.environment().err << printable(path) << ": " << printable(done.error().message) << '\n';
    }
  }
  if (profiles) print_profile(session, engine, arguments->top);
  const auto& seen = engine.counters();
  session.environment().err << count << " rules, " << skipped << " skipped; " << seen.frames << " frames, "
                            << seen.packets << " packets, " << seen.bytes << " bytes, " << seen.flows << " flows; "
                            << seen.alerts << " alerts, " << seen.dropped << " frames dropped\n";
  if (is_broken && seen.frames == 0) return ExitCode::Usage;
  return faults == 0 ? ExitCode::Ok : ExitCode::Failed;
}

Result<ExitCode> replay(Session& session, const std::shared_ptr<Arguments>& arguments) {
  return run_captures(session, arguments, false);
}
Result<ExitCode> profile(Session& session, const std::shared_ptr<Arguments>& arguments) {
  return run_captures(session, arguments, true);
}

void add_rule_options(CLI::App& command, Arguments& arguments) {
  command.add_option("--var", arguments.variables, "a variable of the rules: NAME=VALUE");
}

void add_capture_options(CLI::App& command, Arguments& arguments) {
  command.add_option("--rules", arguments.rules, "rule files, or one compiled by `ips compile`")->required();
  command.add_option("--pcap", arguments.captures, "captures, pcap or pcapng")->required();
  command.add_flag("--inline", arguments.is_inline, "judge as in the packet path: rules may drop");
  command.add_flag("--midstream", arguments.picks_up_midstream, "pick up connections whose beginning is missing");
  command.add_flag("--async-oneside", arguments.allows_async, "accept connections of which one side is missing");
  command.add_flag("--verify-checksums", arguments.verifies_checksums, "ignore packets with wrong checksums");
  command.add_flag("--ignore-vlans", arguments.ignores_vlans, "the same addresses in two VLANs are one connection");
  command.add_option("--stream-depth", arguments.stream_depth, "bytes of each side of a connection to look at, 0 all");
  command.add_option("--max-transactions", arguments.max_transactions, "open requests of one connection to keep");
  add_rule_options(command, arguments);
}

}  // namespace

void add_ips(Tree& tree) {
  auto& group = add_group(tree, "ips", "Intrusion prevention on this computer: check rules, replay captures");
  {
    auto arguments = std::make_shared<Arguments>();
    auto& command =
        add(tree, group, "check", "Load rules and say which cannot be used, and why", arguments, run_command<check>);
    command.add_option("rules", arguments->rules, "rule files")->required();
    add_rule_options(command, *arguments);
  }
  {
    auto arguments = std::make_shared<Arguments>();
    auto& command =
        add(tree, group, "compile", "Compile rules into one file that starts fast", arguments, run_command<compile>);
    command.add_option("rules", arguments->rules, "rule files")->required();
    command.add_option("--output", arguments->output, "the file to write")->required();
    add_rule_options(command, *arguments);
  }
  {
    auto arguments = std::make_shared<Arguments>();
    auto& command = add(tree, group, "replay", "Run captures through rules", arguments, run_command<replay>);
    add_capture_options(command, *arguments);
    command.add_flag("--json", arguments->is_json, "one JSON object a line for each alert");
  }
  add_ips_packs(tree, group);
  auto arguments = std::make_shared<Arguments>();
  auto& command =
      add(tree, group, "profile", "Say which rules cost most over captures", arguments, run_command<profile>);
  add_capture_options(command, *arguments);
  command.add_option("--top", arguments->top, "how many rules to show");
}

}  // namespace warder::cli
