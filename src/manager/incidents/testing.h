// For tests: incidents with all that they stand on.
#pragma once

#include "manager/events/testing.h"
#include "manager/incidents/breach_notice.h"
#include "manager/incidents/evidence_store.h"
#include "manager/notify/testing.h"

namespace warder::manager {

class TestIncidents {
 public:
  warder::testing::ManualClock& clock() { return events_.clock(); }
  Incident declare(const std::string& title) {
    IncidentDraft draft;
    draft.title = title;
    return incidents_.declare(scope_, draft).value();
  }

  TestEvents events_{{},
                     {audit_schema(), notices_schema(), rotas_schema(), incidents_schema(), evidence_schema(),
                      breach_notices_schema()}};
  const TenantScope scope_ = events_.tenants().scope("user:1");
  AuditLog audit_{*events_.tenants(), events_.clock()};
  NoticeOutbox notices_{*events_.tenants(), events_.clock()};
  testing::People people_;
  Rotas rotas_{*events_.tenants(), audit_, events_.clock(), people_.find()};
  Incidents incidents_{*events_.tenants(), audit_, *events_, notices_, rotas_, events_.clock()};
};

}  // namespace warder::manager
