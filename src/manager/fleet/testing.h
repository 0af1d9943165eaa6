// For tests: a tenant with all of fleet.
#pragma once

#include <gtest/gtest.h>

#include "base/random.h"
#include "host/testing/clock.h"
#include "manager/fleet/commands.h"
#include "manager/fleet/enrolment.h"
#include "manager/fleet/groups.h"
#include "manager/fleet/smart_groups.h"
#include "manager/tenancy/testing.h"
#include "protocol/token.h"

namespace warder::manager {

class FleetTest : public ::testing::Test {
 protected:
  explicit FleetTest(std::vector<FeatureSchema> more = {}) : tenants_(all_schemas(std::move(more))) {}

  AgentId add_agent(const std::string& hostname, std::optional<GroupId> group = {},
                    std::optional<PolicyId> policy = {}) {
    const auto db = tenants_->config(scope_).acquire().value();
    const AgentId id{UuidGenerator{fill_random}.next(clock_.now())};
    EXPECT_TRUE(agents_.add(*db, {id, hostname, group, policy, clock_.now() + std::chrono::days{30}}));
    return id;
  }
  AgentHello hello(const std::string& hostname, const std::string& machine = "m1") const {
    AgentHello result;
    result.hostname = hostname;
    result.machine = machine;
    result.heartbeat_s = 30;
    result.certificate_expires = clock_.now() + std::chrono::days{30};
    return result;
  }
  void connect(const AgentId& id, const std::string& hostname, const std::string& machine = "m1") {
    ASSERT_TRUE(agents_.record_hello(scope_, id, hello(hostname, machine)));
    ASSERT_TRUE(agents_.flush());
  }
  Agent find(const AgentId& id) { return agents_.find(scope_, id).value(); }
  Policy make_policy(const std::string& name) { return policies_.create(scope_, {name, "", {}, {}}).value(); }

  static std::vector<FeatureSchema> all_schemas(std::vector<FeatureSchema> more) {
    std::vector<FeatureSchema> schemas{audit_schema(), policies_schema(), fleet_schema()};
    for (FeatureSchema& schema : more) schemas.push_back(std::move(schema));
    return schemas;
  }

  TestTenants tenants_;
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  ChangeBus bus_;
  std::vector<Change> changes_;
  std::unique_ptr<ChangeBus::Subscription> subscription_ =
      bus_.subscribe([this](const Change& change) { changes_.push_back(change); });
  Policies policies_{*tenants_, audit_, bus_, clock_};
  Agents agents_{*tenants_, audit_, policies_, bus_, clock_};
  Groups groups_{*tenants_, audit_, bus_, clock_};
  SmartGroups smart_groups_{*tenants_, audit_, clock_};
  Commands commands_{*tenants_, audit_, bus_, clock_};
  TenantScope scope_ = tenants_.scope("user:1");
};

}  // namespace warder::manager
