#include "manager/search/dashboards.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>

#include "manager/identity/rows.h"
#include "manager/identity/users.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

struct DashboardsTest : ::testing::Test {
  TestTenants tenants{{users_schema(), dashboards_schema()}};
  TenantScope scope = tenants.scope("user:sato");
  Dashboards dashboards{*tenants};
  UserId sato = make_id<UserId>(Timestamp{});
  UserId mori = make_id<UserId>(Timestamp{});
};

json::array tabs(const std::string& filter) {
  return {
      {{"name", "Morning"}, {"range", "24h"}, {"filter", filter}, {"group_id", nullptr}, {"widgets", json::array{}}}};
}

TEST_F(DashboardsTest, AreEachPersonsOwn) {
  EXPECT_EQ(dashboards.find(scope, sato).value().version, 0);
  EXPECT_EQ(dashboards.save(scope, sato, "\"0\"", tabs("severity >= high")).value().version, 1);
  const Dashboard found = dashboards.find(scope, sato).value();
  EXPECT_EQ(found.version, 1);
  EXPECT_EQ(found.tabs, tabs("severity >= high"));
  EXPECT_TRUE(dashboards.find(scope, mori).value().tabs.empty());
}

TEST_F(DashboardsTest, AreNotSavedOverWhatWasNotSeen) {
  ASSERT_TRUE(dashboards.save(scope, sato, "\"0\"", tabs("")));
  EXPECT_FALSE(dashboards.save(scope, sato, "\"0\"", tabs("host = x")));
  EXPECT_EQ(dashboards.save(scope, sato, "\"1\"", tabs("")).value().version, 2);
}

TEST_F(DashboardsTest, AreRefusedWithThePlaceOfTheFilter) {
  EXPECT_EQ(dashboards.save(scope, sato, "*", tabs("severity >=")).error().message.substr(0, 14), "/tabs/0/filter");
}

TEST_F(DashboardsTest, GoWithTheirPeople) {
  ASSERT_TRUE(dashboards.save(scope, sato, "*", tabs("")));
  ASSERT_TRUE(dashboards.save(scope, mori, "*", tabs("")));
  EXPECT_EQ(dashboards.find(scope, sato).value().version, 0);
}

TEST(DashboardsSchema, IsWhole) {
  const std::vector<FeatureSchema> schemas{dashboards_schema()};
  EXPECT_TRUE(check_schemas(schemas));
}

}  // namespace
}  // namespace warder::manager
