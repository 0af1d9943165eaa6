#include "manager/events/host_changes.h"

#include <algorithm>
#include <string>

#include "manager/events/filter.h"

namespace warder::manager {
namespace {

constexpr std::size_t kPage = 500;

constexpr std::string_view kCreated = "integrity.baseline.created";
constexpr std::string_view kLost = "integrity.baseline.lost";

/// What else an event says of the list.
std::optional<ChangesGap> gap_of(const Event& event) {
  if (event.type == "integrity.baseline.tampered") return ChangesGap::Tampered;
  if (event.type == "integrity.baseline.unverified") return ChangesGap::Unverified;
  if (event.type == "agent.spool.loss" || event.type == "agent.spool.gap") return ChangesGap::EventsLost;
  return std::nullopt;
}

/// Takes the events of a host, newest first, until it knows where to begin.
class Reading {
 public:
  explicit Reading(std::optional<Timestamp> from) : from_(from) {}

  /// False: what is older does not matter.
  bool take(const StoredEvent& stored) {
    const Event& event = stored.event;
    if (event.type == kLost) {
      is_rebuilt_ = true;
      return false;
    }
    // Before what was asked for, any event of the module proves that all since are held: the oldest go first.
    if (from_ && event.time < *from_) {
      if (event.module == ModuleKind::Integrity) is_held_since_asked_ = true;
      return !is_held_since_asked_;
    }
    if (event.type == kCreated) note_baseline(event.time);
    if (const auto gap = gap_of(event)) add(*gap);
    if (event.module == ModuleKind::Integrity) oldest_ = event.time;
    if (integrity::reports_change(event)) oldest_change_ = event.time;
    ++out_.events;
    changes_.add_earlier(event);
    return true;
  }

  void cut() { is_cut_ = true; }

  HostChanges finish() && {
    choose_start();
    if (is_rebuilt_ && out_.start != ChangesStart::Asked)
      add(out_.baseline ? ChangesGap::Rebuilt : ChangesGap::Building);
    out_.changes = std::move(changes_).take();
    return std::move(out_);
  }

 private:
  void add(ChangesGap gap) {
    if (std::ranges::find(out_.gaps, gap) == out_.gaps.end()) out_.gaps.push_back(gap);
  }

  void note_baseline(Timestamp time) {
    if (out_.baseline && !out_.extended) out_.extended = out_.baseline;
    out_.baseline = time;
  }

  void choose_start() {
    if (is_held_since_asked_) {
      out_.start = ChangesStart::Asked;
      out_.since = from_;
    } else if (is_cut_) {
      out_.start = ChangesStart::Cut;
      out_.since = oldest_;
      add(ChangesGap::TooMany);
    } else if (!oldest_) {
      add(ChangesGap::NothingHeld);
    } else {
      const bool begins_there = out_.baseline && (!oldest_change_ || *oldest_change_ >= *out_.baseline);
      out_.start = begins_there ? ChangesStart::Baseline : ChangesStart::Held;
      out_.since = begins_there ? out_.baseline : oldest_;
      if (!begins_there && !is_rebuilt_) add(ChangesGap::NotHeld);
    }
  }

  const std::optional<Timestamp> from_;
  HostChanges out_;
  integrity::NetChanges changes_;
  std::optional<Timestamp> oldest_;  // of the module
  std::optional<Timestamp> oldest_change_;
  bool is_held_since_asked_ = false;
  bool is_rebuilt_ = false;
  bool is_cut_ = false;
};

}  // namespace

std::string_view name(ChangesStart start) noexcept {
  switch (start) {
    case ChangesStart::Baseline:
      return "baseline";
    case ChangesStart::Asked:
      return "asked";
    case ChangesStart::Held:
      return "held";
    case ChangesStart::Cut:
      return "cut";
    case ChangesStart::Unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view name(ChangesGap gap) noexcept {
  switch (gap) {
    case ChangesGap::NothingHeld:
      return "nothing-held";
    case ChangesGap::NotHeld:
      return "not-held";
    case ChangesGap::TooMany:
      return "too-many";
    case ChangesGap::Rebuilt:
      return "rebuilt";
    case ChangesGap::Building:
      return "building";
    case ChangesGap::Tampered:
      return "tampered";
    case ChangesGap::Unverified:
      return "unverified";
    case ChangesGap::EventsLost:
      return "events-lost";
    case ChangesGap::NotWatching:
      return "not-watching";
    case ChangesGap::Offline:
      return "offline";
  }
  return "nothing-held";
}

Result<HostChanges> read_host_changes(EventStore& events, const TenantScope& scope, const AgentId& agent,
                                      std::optional<Timestamp> from, std::size_t most) {
  EventSelection selection;
  selection.filter = WD_TRY(
      parse_filter("agent=" + agent.text() + " and (module=integrity or type in (agent.spool.loss, agent.spool.gap))"));
  Reading reading(from);
  std::string cursor;
  std::size_t count = 0;
  for (;;) {
    const EventPage page = WD_TRY(events.list(scope, selection, kPage, cursor));
    for (const StoredEvent& stored : page.items) {
      if (++count > most) reading.cut();
      if (count > most || !reading.take(stored)) return std::move(reading).finish();
    }
    if (!page.next_cursor) return std::move(reading).finish();
    cursor = *page.next_cursor;
  }
}

}  // namespace warder::manager
