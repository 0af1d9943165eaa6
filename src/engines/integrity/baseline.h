// The remembered state of every watched file, behind an interface: LMDB on a host, memory in a test.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/integrity/entity.h"

namespace warder::integrity {

/// `path` is from now on as `entity`, or gone.
struct BaselineChange {
  std::string path;
  std::optional<Entity> entity;
  friend bool operator==(const BaselineChange&, const BaselineChange&) = default;
};

/// A report under way: the event in its wire form, and what becomes baseline once it is in the spool.
struct PendingReport {
  std::string event;
  std::vector<BaselineChange> changes;
};

/// Entries of one directory of which nothing was remembered.
struct NewChildren {
  std::string directory;
  std::vector<std::pair<std::string, Entity>> entries;
};

/// What a seal told when its key came.
enum class SealState : std::uint8_t {
  New,      // there was nothing to seal yet
  Intact,   // all is as it was written with the key
  Open,     // it was written without the key since it was sealed: cannot be told
  Missing,  // there is a baseline, and no seal
  Broken,   // somebody without the key wrote
};

/// Thread-safe. Every writing function is one transaction: after a crash all of it is there or nothing.
///
/// Each change is reported exactly once although reporting and remembering are two stores: `begin` keeps the reports
/// with their event ids, the events go to the spool, `commit` makes their changes the baseline. After a crash in
/// between, `pending` has the same events, which are sent again under the same ids and so are recognised as the same.
class Baseline {
 public:
  virtual ~Baseline() = default;
  virtual Result<std::optional<Entity>> find(const std::string& path) const = 0;
  /// What is remembered directly in a directory, in any order, as (name, entity); stops when `each` says false.
  virtual Result<void> for_each_child(const std::string& directory,
                                      const std::function<bool(std::string_view, const Entity&)>& each) const = 0;
  /// The same in the stored form (entity.h).
  virtual Result<void> for_each_stored(const std::string& directory,
                                       const std::function<bool(std::string_view, ByteView)>& each) const;
  /// Every directory that something is remembered in.
  virtual Result<std::vector<std::string>> directories() const = 0;
  /// The remembered paths of one file, hard links included.
  virtual Result<std::vector<std::string>> paths_of(const host::FileStat& stat) const = 0;
  virtual Result<std::uint64_t> count() const = 0;

  /// Faster than apply() for what is new.
  virtual Result<void> add(const std::vector<NewChildren>& children);
  virtual Result<void> apply(const std::vector<BaselineChange>& changes) = 0;
  /// Keeps reports, and applies changes that need no report.
  virtual Result<void> begin(const std::vector<PendingReport>& reports, const std::vector<BaselineChange>& silent) = 0;
  virtual Result<std::vector<PendingReport>> pending() const = 0;
  /// Applies the changes of all kept reports and forgets them. `scope`, if given, becomes the scope.
  virtual Result<void> commit(const std::optional<std::string>& scope = std::nullopt) = 0;

  /// The scope (Scope::text) that the baseline is complete for; empty for a new one.
  virtual Result<std::string> scope() const = 0;
  /// Lists that are kept beside the files, by name; empty: none.
  virtual Result<std::string> list(const std::string& /*name*/) const { return std::string(); }
  virtual Result<void> set_list(const std::string& /*name*/, const std::string& /*text*/) {
    return fail(ErrorCode::Internal, "this baseline keeps no lists");
  }
  /// Says whether all is as it was written with this key (32 bytes), and seals every change from now on. A baseline
  /// that somebody put back as a whole, as it was at another time, is Intact.
  virtual Result<SealState> seal(ByteView /*key*/) { return fail(ErrorCode::Internal, "this baseline has no seal"); }
  /// Gives back memory that only holds what can be read again.
  virtual void relax() noexcept {}
};

}  // namespace warder::integrity
