// What agents say about themselves, cut to what the manager is willing to keep.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "manager/events/sequenced.h"
#include "manager/fleet/agents.h"
#include "protocol/agent.pb.h"

namespace warder::manager {

/// At most `max_bytes` of valid UTF-8 without control characters.
std::string clean_text(std::string_view text, std::size_t max_bytes);

AgentHello read_hello(const protocol::Hello& hello);
AgentHeartbeat read_heartbeat(const protocol::Heartbeat& heartbeat, Timestamp now);

/// A batch with what can be stored; events that cannot be understood are `poison` and, so that the sequence has no
/// unexplained gap, losses of one.
struct ReadBatch {
  std::vector<SequencedEvent> events;
  std::vector<LossRange> losses;
  std::vector<std::uint64_t> poison;
};
Result<ReadBatch> read_batch(const protocol::EventBatch& batch);

/// A spool's name for the store. A copied machine has its original's spool epoch too: its own machine id makes it
/// another spool, so that neither one's events pass for repetitions of the other's.
Bytes spool_name(std::string_view epoch, std::string_view machine);

}  // namespace warder::manager
