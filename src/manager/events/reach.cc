// Events within a scope.
#include <algorithm>

#include "manager/events/event_store.h"

namespace warder::manager {

Result<Filter> EventStore::within_reach(const TenantScope& scope, const Filter& filter) const {
  if (scope.is_whole()) return filter;
  std::set<AgentId> agents;
  if (options_.reached_agents) agents = WD_TRY(options_.reached_agents(scope));
  Filter reached;
  if (agents.empty()) {
    reached.kind = Filter::Kind::Not;
    reached.children.emplace_back();  // not all: none
  } else {
    reached.kind = Filter::Kind::Term;
    reached.term = {find_filter_field("agent"), FilterOp::In, {}};
    for (const AgentId& agent : agents) reached.term.values.emplace_back(agent.text());
  }
  Filter both;
  both.kind = Filter::Kind::And;
  both.children = {std::move(reached), filter};
  return both;
}

Result<std::shared_ptr<EventFollower>> EventStore::follow(const TenantScope& scope, Filter filter) {
  return feed_.follow(scope, WD_TRY(within_reach(scope, filter)));
}

}  // namespace warder::manager
