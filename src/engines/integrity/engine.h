// The integrity engine: compares what files are with what they were, and says what happened. It has no clock, no thread
// and no memory of its own: files come through FileTree, the past through Baseline.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/integrity/baseline.h"
#include "engines/integrity/entity.h"
#include "engines/integrity/explain.h"
#include "engines/integrity/observe.h"
#include "engines/integrity/policy.h"
#include "engines/integrity/scope.h"
#include "host/file_tree.h"
#include "model/event.h"

namespace warder::integrity {

/// A policy in the form that the engine works with. Immutable.
struct Compiled {
  Policy policy;
  Scope scope;
  Severity severity = Severity::Medium;
  std::vector<Allowance> allowances;
  Schedule scans;
};
/// Invalid names the setting: "watch/2: not an absolute path".
Result<std::shared_ptr<const Compiled>> compile(const Policy& policy, const RuleSet& shipped = {});

/// How a file at that position is looked at.
Look look_at(const Compiled& compiled, const Scope::Position& position, host::FileKind kind);

enum class FindingKind : std::uint8_t { Created, Updated, Attributes, Deleted, Renamed };
/// "integrity.file.created" …: the event's type.
std::string_view message_id(FindingKind kind) noexcept;

struct Finding {
  FindingKind kind = FindingKind::Created;
  std::string path;
  std::string old_path;  // renamed
  std::string cause;     // the other name of the same file through which it was found; empty: found by itself
  std::optional<Entity> was;
  std::optional<Entity> is;
  AttributeSet changed = 0;
  std::string rule;                      // the first that watches the path
  Severity severity = Severity::Medium;  // of that rule
  std::vector<BaselineChange> changes;   // what becomes baseline when this is reported
};

struct Suspect {
  std::string path;
  bool may_be_unwritten = false;  // just made and not closed yet: an empty file is still to be written
  bool accept_unsettled = false;  // report what there is, though the file is being written
};

struct Outcome {
  std::vector<Finding> findings;
  std::vector<BaselineChange> silent;   // differs in nothing that matters
  std::vector<std::string> unsettled;   // being written: look again later
  std::vector<std::string> unexplored;  // directories with too many changes for one batch: scan them
};

/// Is told of each directory before it is looked into, so that a watch is there first. May be empty.
using DirectoryListener = std::function<void(const std::string& path, const host::FileStat& stat)>;

/// Compares the suspects, and whatever appeared or disappeared below them, with the baseline. What is reported together
/// is consistent: a file that moved is one renamed, not a deleted and a created. Changes nothing.
///
/// A rename is recognised by device, inode and time of birth, when the old path is gone and the new one was not there
/// before. A file that replaces another of the same name is an update of that name.
class Engine {
 public:
  Engine(std::shared_ptr<const Compiled> compiled, host::FileTree& tree, const Baseline& baseline,
         DirectoryListener on_directory);

  Result<Outcome> examine(std::span<const Suspect> suspects) const;

 private:
  std::shared_ptr<const Compiled> compiled_;
  host::FileTree& tree_;
  const Baseline& baseline_;
  DirectoryListener on_directory_;
};

}  // namespace warder::integrity
