#include "model/agent_policy.h"

namespace warder {

std::span<const Field<AgentPolicy>> AgentPolicy::fields() noexcept {
  static const Field<AgentPolicy> kRows[] = {
      {"heartbeat_s", &AgentPolicy::heartbeat_s, 5, 3600, PersonalData::None,
       "Seconds between the agent's heartbeats; the manager calls an agent offline after three missed ones."},
      {"spool_max_mb", &AgentPolicy::spool_max_mb, 8, 16'384, PersonalData::None,
       "Disk space for events that the manager has not acknowledged yet. When it is full, the least severe oldest "
       "events "
       "are dropped and an event says how many."},
      {"spool_max_events", &AgentPolicy::spool_max_events, 1000, 50'000'000, PersonalData::None,
       "The same limit as a number of events."},
      {"self_protection", &AgentPolicy::self_protection, 0, 1, PersonalData::None,
       "Stopping and uninstalling the agent wants a maintenance token; attempts to tamper with it are events."},
      {"content_packs", &AgentPolicy::content_packs, 0, 100, PersonalData::None,
       "Names of the content packs this agent gets; an empty list means every active pack."},
  };
  return kRows;
}

}  // namespace warder
