// Integrity findings as events, and the way they go out: exactly once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/module.h"
#include "base/ids.h"
#include "engines/integrity/baseline.h"
#include "engines/integrity/engine.h"
#include "engines/integrity/things.h"
#include "host/process_table.h"

namespace warder::agent {

/// The event of a finding, as loud as its rule is, without time and id. `actor`: who did it, if known.
/// `seen_happening`: heard of by the watch.
Event make_finding_event(const integrity::Finding& finding, const std::optional<host::ProcessInfo>& actor,
                         bool seen_happening, host::ProcessTable& processes);

/// The event of a change of what is no file.
Event make_entity_event(const integrity::ThingChange& change);

/// It is stored, and does not shout.
void mark_explained(Event& event, std::string_view by);

/// An event and what becomes baseline with it.
struct IntegrityReport {
  Event event;
  std::vector<integrity::BaselineChange> changes;
};

/// Sends reports in the three steps that Baseline describes. Single-threaded.
class IntegrityReporter {
 public:
  IntegrityReporter(integrity::Baseline& baseline, EventSink& events, const host::Clock& clock);

  /// Sends again what a crash left half-sent. Call it before anything else.
  Result<void> resend();
  /// Gives each event its time and id. `scope`, if given, becomes the baseline's scope with the same step.
  Result<void> send(std::vector<IntegrityReport> reports, const std::vector<integrity::BaselineChange>& silent,
                    const std::optional<std::string>& scope = std::nullopt);

 private:
  integrity::Baseline& baseline_;
  EventSink& events_;
  const host::Clock& clock_;
  UuidGenerator ids_;
};

}  // namespace warder::agent
