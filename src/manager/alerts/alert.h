// An alert: a rule that holds, for one group of what it is about.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "manager/alerts/routing.h"
#include "model/event.h"
#include "model/ids.h"

namespace warder::manager {

using AlertId = Id<struct AlertTag>;
using AlertCommentId = Id<struct AlertCommentTag>;
using AlertGroup = std::map<std::string, std::string>;  // field → value

/// Silenced: it holds, but a silence keeps it quiet.
enum class AlertState : std::uint8_t { Open = 0, Acknowledged = 1, Silenced = 2, Resolved = 3 };
std::string_view name(AlertState state) noexcept;  // "open" …
Result<AlertState> parse_alert_state(std::string_view text);

/// Who is called of a rota, level by level, until somebody acknowledges.
struct AlertCall {
  RotaId rota;
  std::size_t level = 0;               // the last that was told
  std::optional<Timestamp> escalates;  // when the next one is told
};

struct Alert {
  AlertId id;
  std::string rule;
  AlertGroup group;
  Severity severity = Severity::Medium;
  AlertState state = AlertState::Open;
  Timestamp opened{};
  Timestamp last{};  // when something was last seen
  std::optional<Timestamp> resolved;
  std::string resolved_by;           // "user:<id>"; empty: by itself
  std::int64_t count = 0;            // of events
  std::int64_t value = 0;            // the last one that was compared
  std::int64_t fire_at = 1;          // with what it was compared when it opened
  std::vector<std::string> events;   // ids, the newest last, at most kMaxAlertEvents
  std::vector<std::string> members;  // of a rule that lists some: what it is about now, in order
  bool is_grown = false;             // by members that nobody was told of yet
  std::string acknowledged_by;
  std::optional<Timestamp> acknowledged;
  bool is_told = false;               // people were told that it opened
  std::vector<NoticeChannelId> told;  // through these
  std::vector<AlertCall> calls;       // of each rota one

  [[nodiscard]] bool is_active() const noexcept { return state != AlertState::Resolved; }
  [[nodiscard]] AlertFacts facts() const { return {rule, severity, group}; }
  /// The highest one that was told, of any rota.
  [[nodiscard]] std::size_t level() const noexcept;
  /// When somebody else is called next, unless somebody acknowledges.
  [[nodiscard]] std::optional<Timestamp> escalates() const noexcept;
  /// Nobody else is called.
  void end_calls() noexcept;
};

struct AlertComment {
  AlertCommentId id;
  Timestamp time{};
  std::string by;
  std::string text;
};

inline constexpr std::size_t kMaxAlertEvents = 10;
inline constexpr std::size_t kMaxComments = 200;  // of an alert

std::string group_to_json(const AlertGroup& group);
Result<AlertGroup> group_from_json(std::string_view text);
/// What one rule's alert of one group is known by while it is active.
std::string active_key(std::string_view rule, const AlertGroup& group);

/// Their text with what is in {braces} put in: fields of the group, {value}, {left} (the value the other way
/// round: days that are left), {count}, {members} (the first ten); what is not there is "?".
std::string fill_text(std::string_view text, const Alert& alert);

}  // namespace warder::manager
