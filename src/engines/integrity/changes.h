// From "this differs" to what each rule calls a change: created, updated, deleted, renamed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engines/integrity/entity.h"
#include "engines/integrity/scope.h"
#include "engines/integrity/sweep.h"

namespace warder::integrity {

enum class ChangeKind : std::uint8_t { Created, Updated, Deleted, Renamed };
std::string_view name(ChangeKind kind) noexcept;

/// One change as one rule sees it.
struct Change {
  ChangeKind kind = ChangeKind::Created;
  const Rule* rule = nullptr;
  SetKind set = SetKind::File;
  std::string key;
  std::string old_key;          // renamed
  std::optional<Entity> was;    // not for created
  std::optional<Entity> is;     // not for deleted
  AttributeSet attributes = 0;  // that differ; of a created or deleted one those that are watched
};
using ChangeHandler = std::function<void(const Change&)>;

/// Which sets count.
enum class Occasion : std::uint8_t {
  Scan,
  RealTime,  // not those that say onChange="false"
};

/// What the rules of `scope` make of a difference; either side may be nullptr.
std::vector<Change> classify(const Scope& scope, Occasion occasion, const std::string& path, const Entity* was,
                             const Entity* is);
/// The same of one file that moved.
std::vector<Change> classify_move(const Scope& scope, Occasion occasion, const std::string& old_path,
                                  const std::string& path, const Entity& was, const Entity& is);

/// Takes the differences of a sweep. Updates are handed on at once; what was created and deleted waits for finish(),
/// for both together may be a rename: the same device, inode and time of birth under another key.
class ChangeCollector final : public SweepSink {
 public:
  ChangeCollector(const Scope& scope, ChangeHandler handler) : scope_(scope), handler_(std::move(handler)) {}

  void differs(const std::string& path, const Entity* was, const Entity* is) override;
  /// Hands on the rest, in the order of keys.
  void finish();
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  void hand_on(const Change& change);

  const Scope& scope_;
  ChangeHandler handler_;
  std::vector<Change> created_;
  std::vector<Change> deleted_;
  std::uint64_t count_ = 0;
};

}  // namespace warder::integrity
