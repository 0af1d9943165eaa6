// Tags on events, the rules that put them there, and for how long events are kept.
#pragma once

#include "manager/api/router.h"
#include "manager/audit/audit_log.h"
#include "manager/events/event_store.h"
#include "manager/search/tag_rules.h"

namespace warder::manager {

struct TagParts {
  EventStore& events;
  TagRules& rules;
  AuditLog& audit;
};
void add_tag_routes(Routes& routes, const TagParts& parts);
void add_retention_routes(Routes& routes, EventRetentions& retentions);

}  // namespace warder::manager
