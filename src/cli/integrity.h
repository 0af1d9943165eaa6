// warder integrity: the baseline of a tree of files, and what differs from it, without an agent or a manager.
#pragma once

#include <chrono>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "cli/command.h"
#include "engines/integrity/changes.h"
#include "engines/integrity/rules.h"
#include "engines/integrity/scope.h"
#include "host/file_tree.h"
#include "host/process_table.h"

namespace warder::cli {

struct IntegrityArguments {
  std::string rules;
  std::string root = "/";
  std::string db;
  std::string seal_key;
  std::string hash = "sha256";
  std::string max_hash = "";
  unsigned threads = 2;
  unsigned max_cpu_percent = 100;
  unsigned max_read_mb_s = 0;  // 0: no limit
  bool is_quick = false;
  bool explains_packages = false;
  std::string allowances;  // file with one a line
  std::string golden;      // baseline of a host that is as it should be
  // Of paths that rules are tried on, and what is known of the file.
  std::vector<std::string> paths;
  std::string type = "file";
  std::string permissions;
  std::optional<std::uint32_t> owner;
  std::optional<std::uint32_t> group;
  std::optional<std::uint64_t> size;
  bool is_executable = false;
};

/// The rule file.
Result<integrity::RuleSet> load_rule_file(const IntegrityArguments& arguments);
/// The same, compiled.
Result<integrity::Scope> load_scope(const IntegrityArguments& arguments);
/// --root as the kernel knows it: absolute, without symbolic links.
Result<std::string> real_root(const IntegrityArguments& arguments);
/// What --seal-key names; empty without.
Result<Bytes> read_seal_key(const IntegrityArguments& arguments);

/// Says why a change is no alarm, as --explain-… have it; hands changes on in batches, for looking into the packages
/// costs the same for one as for many.
class ChangeExplainer {
 public:
  static Result<std::unique_ptr<ChangeExplainer>> create(Session& session, const IntegrityArguments& arguments,
                                                         const std::string& root);
  virtual ~ChangeExplainer() = default;
  virtual void add(const integrity::Change& change) = 0;
  /// Hands on the rest. The number of changes that nothing explains.
  virtual Result<std::uint64_t> finish() = 0;
};

/// Each returns whether there were changes.
Result<bool> make_baseline(Session& session, const IntegrityArguments& arguments);
Result<bool> check_against_baseline(Session& session, const IntegrityArguments& arguments);
Result<bool> watch_for_changes(Session& session, const IntegrityArguments& arguments);
Result<bool> show_plan(Session& session, const IntegrityArguments& arguments);
/// Whether some path is watched by nothing.
Result<bool> try_rules(Session& session, const IntegrityArguments& arguments);

/// A line of JSON, or of text for people, at once.
void print_change(Session& session, const integrity::Change& change, const std::optional<host::ProcessInfo>& actor,
                  const std::string& explained_by = {});

}  // namespace warder::cli
