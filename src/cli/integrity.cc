#include "cli/integrity.h"

#include <limits.h>
#include <stdlib.h>

#include <boost/json.hpp>
#include <ostream>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "engines/integrity/change_json.h"

extern char** environ;  // NOLINT: environ(7)

namespace warder::cli {
namespace {

using integrity::RuleDefaults;
using Arguments = std::shared_ptr<IntegrityArguments>;

constexpr std::size_t kMaxRuleBytes = 4 << 20;
constexpr std::size_t kMaxKeyBytes = 4096;
constexpr std::size_t kMinKeyBytes = 16;

// Scripts tell "there were changes" (1) from "it could not be done" (2).
ExitCode exit_code(Session& session, const Result<bool>& result) {
  if (result) return *result ? ExitCode::Failed : ExitCode::Ok;
  session.environment().err << "warder: " << printable(result.error().message) << '\n';
  return ExitCode::Usage;
}

template <Result<bool> (*Function)(Session&, const IntegrityArguments&)>
Result<ExitCode> run(Session& session, const Arguments& arguments) {
  return exit_code(session, Function(session, *arguments));
}

void add_common(CLI::App& command, const Arguments& arguments) {
  command.add_option("--rules", arguments->rules, "Rules: XML of Deep Security, or YAML")->required();
  command.add_option("--root", arguments->root, "The tree, e.g. of a mounted image; keys are as seen below it");
  command.add_option("--hash", arguments->hash, "What rules mean by CONTENTS: sha256, sha512, sha1, md5 or blake3");
}

void add_store(CLI::App& command, const Arguments& arguments) {
  command.add_option("--db", arguments->db, "The baseline")->required();
  command.add_option("--seal-key", arguments->seal_key, "File with the key that the baseline is sealed with");
}

void add_effort(CLI::App& command, const Arguments& arguments) {
  command.add_option("--threads", arguments->threads, "Threads that read")->check(CLI::Range(1, 64));
  command.add_option("--max-cpu", arguments->max_cpu_percent, "Percent of a processor for each thread")
      ->check(CLI::Range(1, 100));
  command.add_option("--max-read", arguments->max_read_mb_s, "Megabytes a second that are read; 0: no limit");
}

void add_trial(CLI::App& command, const Arguments& arguments) {
  command.add_option("--rules", arguments->rules, "Rules: XML of Deep Security, or YAML")->required();
  command.add_option("--hash", arguments->hash, "What rules mean by CONTENTS");
  command.add_option("path", arguments->paths, "Absolute path; no file is looked at")->required();
  command.add_option("--type", arguments->type, "file, directory or symlink")
      ->check(CLI::IsMember({"file", "directory", "symlink"}));
  command.add_option("--permissions", arguments->permissions, "Suppose that the file has these: 0644");
  command.add_option("--owner", arguments->owner, "Suppose that it is this user's, by number");
  command.add_option("--group", arguments->group, "Suppose that it is this group's, by number");
  command.add_option("--size", arguments->size, "Suppose that it has so many bytes");
  command.add_flag("--executable", arguments->is_executable, "Suppose that its content begins as a program's");
}

}  // namespace

Result<integrity::RuleSet> load_rule_file(const IntegrityArguments& arguments) {
  RuleDefaults defaults;
  defaults.id = std::filesystem::path(arguments.rules).stem().string();
  defaults.content = WD_TRY(integrity::parse_hash(arguments.hash).in("--hash"));
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view text = *each;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      defaults.variables["env." + std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  const std::string text = WD_TRY(read_file(arguments.rules, kMaxRuleBytes));
  return integrity::load_rules(text, defaults).in(arguments.rules);
}

Result<integrity::Scope> load_scope(const IntegrityArguments& arguments) {
  return integrity::Scope::create({}, {}, WD_TRY(load_rule_file(arguments))).in(arguments.rules);
}

Result<std::string> real_root(const IntegrityArguments& arguments) {
  char* const real = ::realpath(arguments.root.c_str(), nullptr);
  if (real == nullptr) return fail_errno("--root " + arguments.root, errno);
  std::string root = real;
  ::free(real);  // NOLINT(cppcoreguidelines-no-malloc): realpath(3) allocates with malloc
  if (!std::filesystem::is_directory(root)) return fail(ErrorCode::Invalid, "--root " + root + ": not a directory");
  return root;
}

Result<Bytes> read_seal_key(const IntegrityArguments& arguments) {
  if (arguments.seal_key.empty()) return Bytes{};
  const std::string text = WD_TRY(read_file(arguments.seal_key, kMaxKeyBytes));
  const std::string_view key = trim(text);
  if (key.size() < kMinKeyBytes)
    return fail(ErrorCode::Invalid, arguments.seal_key + ": a key has at least 16 characters");
  const ByteView bytes = as_bytes(key);
  return Bytes(bytes.begin(), bytes.end());
}

void print_change(Session& session, const integrity::Change& change, const std::optional<host::ProcessInfo>& actor,
                  const std::string& explained_by) {
  std::ostream& out = session.environment().out;
  if (session.is_json()) {
    json::object row = integrity::to_json(change, actor);
    if (!explained_by.empty()) {
      row["severity"] = json::string(name(Severity::Info));
      row["explained_by"] = json::string(explained_by);
    }
    out << json::serialize(row) << '\n';
  } else {
    out << printable(integrity::to_text(change, actor) + (explained_by.empty() ? "" : "  explained: " + explained_by))
        << '\n';
  }
}

void add_integrity(Tree& tree) {
  CLI::App& group = add_group(
      tree, "integrity", "Integrity of files: baseline, check and watch without an agent; what has changed on a host");
  const auto arguments = std::make_shared<IntegrityArguments>();

  CLI::App& baseline = add(tree, group, "baseline", "Remember what the rules watch", arguments, run<make_baseline>);
  add_common(baseline, arguments);
  add_store(baseline, arguments);
  add_effort(baseline, arguments);

  CLI::App& check =
      add(tree, group, "check", "Say what differs from the baseline; exit 1 when something does and is not explained",
          arguments, run<check_against_baseline>);
  add_common(check, arguments);
  add_store(check, arguments);
  add_effort(check, arguments);
  check.add_flag("--explain-packages", arguments->explains_packages,
                 "What an installed package brought, to the last byte, is explained");
  check.add_option("--explain-allowed", arguments->allowances,
                   "File of tickets, windows and approvals, one a line, that explain changes");
  check.add_option("--explain-golden", arguments->golden,
                   "Baseline of a host that is as it should be: what is the same there is explained");
  check.add_flag("--quick", arguments->is_quick, "Read only files whose device, inode, size or time of change differ");

  CLI::App& watch = add(tree, group, "watch", "Say what changes, as it happens, until interrupted", arguments,
                        run<watch_for_changes>);
  add_common(watch, arguments);
  add_store(watch, arguments);

  CLI::App& plan = add(tree, group, "plan", "Say how much the rules cover and what a scan costs, and read no file",
                       arguments, run<show_plan>);
  add_common(plan, arguments);

  add_trial(add(tree, group, "try", "Say which sets of the rules watch paths, and why; exit 1 when one is not watched",
                arguments, run<try_rules>),
            arguments);
  add_integrity_changes(tree, group);
}

}  // namespace warder::cli
