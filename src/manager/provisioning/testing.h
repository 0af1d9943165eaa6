// For tests: the first tenant with all that provisioning stands on.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "manager/events/event_store.h"
#include "manager/events/testing.h"
#include "manager/fleet/agents.h"
#include "manager/identity/testing.h"
#include "manager/provisioning/provisioning.h"
#include "manager/provisioning/usage.h"

namespace warder::manager {

class ProvisioningTest : public ::testing::Test {
 protected:
  static std::vector<FeatureSchema> all_schemas() { return with_events({policies_schema(), fleet_schema()}); }

  NewTenant make(const std::string& name) {
    TenantDraft draft;
    draft.name = name;
    return provisioning_.create(operator_, draft).value();
  }
  void choose_password(const NewTenant& made) {
    ASSERT_TRUE(test_.identity.redeem_reset_link(made.link.token, testing::kGoodPassword, IpAddress::v4(0x7f000001)));
  }
  [[nodiscard]] TenantScope scope_of(const TenantId& id) const { return test_.tenants.scope_of(id); }
  /// Actions of a tenant's audit log, newest first.
  std::vector<std::string> audited(const TenantId& tenant) {
    std::vector<std::string> actions;
    const AuditPage page = test_.audit.list(scope_of(tenant), {}).value();
    for (const AuditEntry& entry : page.items) actions.push_back(entry.record.action);
    return actions;
  }
  void record(const TenantScope& scope, const std::string& type = "agent.online") {
    Event event = make_event(test_.clock.now());
    event.module = ModuleKind::Manager;
    event.type = type;
    ASSERT_TRUE(events_.record(scope, std::move(event)));
  }

  testing::TestIdentity test_{all_schemas(), {provisioning_schema()}};
  ChangeBus bus_;
  Policies policies_{*test_.tenants, test_.audit, bus_, test_.clock};
  EventFeed feed_;
  EventStore events_{*test_.tenants, feed_, test_.clock};
  Provisioning provisioning_{*test_.tenants, test_.identity, policies_, test_.audit, test_.clock};
  Usage usage_{*test_.tenants, events_, test_.clock};
  TenantScope operator_ = test_.tenants.scope("user:1");
};

}  // namespace warder::manager
