// warder integrity: the baseline of a tree of files, and what differs from it, without an agent or a manager.
#pragma once

#include <chrono>
#include <ctime>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "cli/command.h"
#include "engines/integrity/changes.h"
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
};

/// The rule file, compiled.
Result<integrity::Scope> load_scope(const IntegrityArguments& arguments);
/// --root as the kernel knows it: absolute, without symbolic links.
Result<std::string> real_root(const IntegrityArguments& arguments);
/// What --seal-key names; empty without.
Result<Bytes> read_seal_key(const IntegrityArguments& arguments);

/// Each returns whether there were changes.
Result<bool> make_baseline(Session& session, const IntegrityArguments& arguments);
Result<bool> check_against_baseline(Session& session, const IntegrityArguments& arguments);
Result<bool> watch_for_changes(Session& session, const IntegrityArguments& arguments);
Result<bool> show_plan(Session& session, const IntegrityArguments& arguments);

/// A line of JSON, or of text for people, at once.
void print_change(Session& session, const integrity::Change& change, const std::optional<host::ProcessInfo>& actor);

}  // namespace warder::cli
