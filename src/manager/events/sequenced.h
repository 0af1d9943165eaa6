// What an agent sends: events with their places in its spool, and what the spool has lost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/event.h"
#include "model/ids.h"

namespace warder::manager {

struct AgentRef {
  AgentId id;
  std::string hostname;
};

struct SequencedEvent {
  std::uint64_t sequence = 0;  // from 1, ascending within a spool epoch
  Event event;
};

/// Evicted from a full spool: of the sequences first..last, `events` are gone; the others were or will be sent.
struct LossRange {
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t events = 0;
  Severity highest_severity = Severity::Info;
};

struct IngestResult {
  std::uint64_t acknowledged = 0;  // all up to here is stored or explained; the agent may forget it
  std::size_t stored = 0;
  std::size_t duplicates = 0;
  std::vector<std::uint64_t> poison;  // can never be stored (the event breaks a limit); counted as known
};

}  // namespace warder::manager
