// What became of an object of a host over many reported changes: what it was before the first against what it is after
// the last. Reports are events as agents send them; what they do not say stays unknown and is never taken for equal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/event.h"

namespace warder::integrity {

/// Of an attribute at both ends; absent where no report says it, or where there was no object to have it.
struct NetAttribute {
  std::optional<std::string> was;
  std::optional<std::string> is;
  bool is_reported = false;  // some report names it among what changed

  /// Both values are known and equal, or nothing is said of it at all.
  [[nodiscard]] bool is_equal() const noexcept { return was && is ? *was == *is : !was && !is && !is_reported; }
  friend bool operator==(const NetAttribute&, const NetAttribute&) = default;
};

enum class NetKind : std::uint8_t {
  None,  // as it was, as far as it is known in full
  Created,
  Updated,
  Deleted,
  Replaced,  // was gone and came back; that it is the same cannot be told
};
std::string_view name(NetKind kind) noexcept;
std::optional<NetKind> find_net_kind(std::string_view name) noexcept;

/// A report that went into a net change.
struct NetReport {
  EventId id;
  Timestamp time;
  Severity severity = Severity::Info;
  std::string explained_by;  // empty: nobody has said that it was expected
  friend bool operator==(const NetReport&, const NetReport&) = default;
};

struct NetChange {
  std::string kind;  // "file", "user", "port" … (net_kinds)
  std::string key;   // path, name, …
  bool was_there = false;
  bool is_there = false;
  bool was_away = false;                                        // in between
  std::string moved_from;                                       // how it came here last: by a rename of this
  std::string moved_to;                                         // how it went: by a rename to this
  std::map<std::string, NetAttribute, std::less<>> attributes;  // of the object as far as reports tell of them
  std::vector<NetReport> reports;                               // newest first
  friend bool operator==(const NetChange&, const NetChange&) = default;

  [[nodiscard]] NetKind net() const;
  /// The attributes that differ, or may: of an object that is new or gone those that are known.
  [[nodiscard]] std::map<std::string, NetAttribute, std::less<>> differences() const;
  /// Somebody or something has explained every report.
  [[nodiscard]] bool is_explained() const noexcept;
  /// Of the worst report.
  [[nodiscard]] Severity severity() const noexcept;
};

/// "file", then the kinds of what is no file.
const std::vector<std::string_view>& net_kinds();

/// The event says that something has changed, and is not about the module's own work.
bool reports_change(const Event& event) noexcept;
/// What one event says: nothing when it reports no change; of a rename, one object that went and one that came.
std::vector<NetChange> net_changes_of(const Event& event);
/// Both in a row, of the same object. Associative, so it makes no difference where a history is cut.
NetChange combine(const NetChange& earlier, NetChange later);

/// Folds a history, newest event first.
class NetChanges {
 public:
  /// `event` happened before all that were taken.
  void add_earlier(const Event& event);
  /// What differs in the end, the newest first.
  [[nodiscard]] std::vector<NetChange> take() &&;

 private:
  std::map<std::pair<std::string, std::string>, NetChange> objects_;  // by kind and key
};

}  // namespace warder::integrity
