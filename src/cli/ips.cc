// warder ips: rules checked and captures replayed on this computer, without a manager.
#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "engines/ips/replay.h"

namespace warder::cli {

namespace {

constexpr std::size_t kMaxRuleBytes = 256U << 20;
constexpr std::size_t kMaxCaptureBytes = std::size_t{16} << 30;

struct Arguments {
  std::vector<std::string> rules;
  std::vector<std::string> captures;
  std::vector<std::string> variables;
  bool is_json = false;
  bool is_inline = false;
  bool picks_up_midstream = false;
  bool allows_async = false;
  bool verifies_checksums = false;
};

Result<std::string> read_text(const std::string& path) {
  return read_file(path, kMaxRuleBytes);
}

Result<ips::LoadedRules> load(const Arguments& arguments) {
  auto variables = ips::Variables::defaults();
  for (const auto& setting : arguments.variables) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::Invalid, "--var " + setting + ": not NAME=VALUE");
    auto name = std::string_view(setting).substr(0, equals);
    if (name.starts_with('$')) name.remove_prefix(1);
    variables.set(std::string(name), setting.substr(equals + 1));
  }
  std::vector<ips::RuleFile> files;
  for (const auto& path : arguments.rules) files.push_back({path, WD_TRY(read_text(path))});
  return ips::load_rule_files(files, std::move(variables), read_text);
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

Result<ExitCode> replay(Session& session, const std::shared_ptr<Arguments>& arguments) {
  auto loaded = WD_TRY(load(*arguments));
  const auto faults = report_skipped(session, loaded);
  const auto count = loaded.rules.size();
  const auto skipped = loaded.skipped.size();
  const auto rules = WD_TRY(ips::RuleSet::compile(std::move(loaded)));
  ips::EngineSettings settings;
  settings.is_inline = arguments->is_inline;
  settings.picks_up_midstream = arguments->picks_up_midstream;
  settings.allows_async = arguments->allows_async;
  settings.verifies_checksums = arguments->verifies_checksums;
  ips::Engine engine(rules, settings);
  bool is_broken = false;
  for (const auto& path : arguments->captures) {
    const auto bytes = WD_TRY(read_file(path, kMaxCaptureBytes));
    const auto done =
        ips::replay(as_bytes(bytes), engine, [&](const ips::Alert& alert) { print_alert(session, *arguments, alert); });
    if (!done) {
      is_broken = true;
      session.environment().err << printable(path) << ": " << printable(done.error().message) << '\n';
    }
  }
  const auto& seen = engine.counters();
  session.environment().err << count << " rules, " << skipped << " skipped; " << seen.frames << " frames, "
                            << seen.packets << " packets, " << seen.bytes << " bytes, " << seen.flows << " flows; "
                            << seen.alerts << " alerts, " << seen.dropped << " frames dropped\n";
  if (is_broken && seen.frames == 0) return ExitCode::Usage;
  return faults == 0 ? ExitCode::Ok : ExitCode::Failed;
}

void add_rule_options(CLI::App& command, Arguments& arguments) {
  command.add_option("--var", arguments.variables, "a variable of the rules: NAME=VALUE");
}

}  // namespace

void add_ips(Tree& tree) {
  auto& group = add_group(tree, "ips", "Intrusion prevention on this computer: check rules, replay captures");
  {
    auto arguments = std::make_shared<Arguments>();
    auto& command = add(tree, group, "check", "Load rules and say which cannot be used, and why", arguments, check);
    command.add_option("rules", arguments->rules, "rule files")->required();
    add_rule_options(command, *arguments);
  }
  auto arguments = std::make_shared<Arguments>();
  auto& command = add(tree, group, "replay", "Run captures through rules", arguments, replay);
  command.add_option("--rules", arguments->rules, "rule files")->required();
  command.add_option("--pcap", arguments->captures, "captures, pcap or pcapng")->required();
  command.add_flag("--json", arguments->is_json, "one JSON object a line for each alert");
  command.add_flag("--inline", arguments->is_inline, "judge as in the packet path: rules may drop");
  command.add_flag("--midstream", arguments->picks_up_midstream, "pick up connections whose beginning is missing");
  command.add_flag("--async-oneside", arguments->allows_async, "accept connections of which one side is missing");
  command.add_flag("--verify-checksums", arguments->verifies_checksums, "ignore packets with wrong checksums");
  add_rule_options(command, *arguments);
}

}  // namespace warder::cli
