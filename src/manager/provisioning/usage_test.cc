#include "manager/provisioning/usage.h"

#include "base/testing/log.h"
#include "manager/provisioning/tenant_jobs.h"
#include "manager/provisioning/testing.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;

class UsageTest : public ProvisioningTest {
 protected:
  std::size_t events_of(const TenantScope& scope, const std::string& type) {
    const EventPage page = events_.list(scope, {}, 1000, "").value();
    return static_cast<std::size_t>(
        std::ranges::count(page.items, type, [](const StoredEvent& stored) { return stored.event.type; }));
  }

  warder::testing::RecordingLog log_;
  TenantJobs jobs_{*test_.tenants, provisioning_, usage_, events_, test_.clock, log_};
};

TEST_F(UsageTest, CountsOneTenantAlone) {
  const TenantScope acme = scope_of(make("acme").tenant.id);
  record(acme);
  record(acme);
  record(operator_);
  const TenantUsage usage = usage_.today(acme).value();
  EXPECT_EQ(usage.events, 2);
  EXPECT_EQ(usage.users, 1);
  EXPECT_EQ(usage.agents, 0);
  EXPECT_GT(usage.bytes, 10'000);
  EXPECT_EQ(usage_.today(operator_).value().users, 0);
}

TEST_F(UsageTest, DaysAreKeptAndYesterdayIsCountedToItsEnd) {
  record(operator_);
  ASSERT_TRUE(usage_.sample(operator_));
  test_.clock.advance(hours{23});
  record(operator_);  // after the day's last look
  test_.clock.advance(hours{2});
  ASSERT_TRUE(usage_.sample(operator_));
  ASSERT_TRUE(usage_.sample(operator_));
  const auto kept = usage_days(*test_.tenants, operator_, 10).value();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].day - kept[1].day, days{1});
  EXPECT_EQ(kept[0].events, 0);
  EXPECT_EQ(kept[1].events, 2);
  EXPECT_EQ(usage_days(*test_.tenants, operator_, 1).value().size(), 1U);
}

TEST_F(UsageTest, APassedLimitIsToldOnceADayToTheTenantAndTheOperators) {
  const TenantId id = make("acme").tenant.id;
  const TenantScope acme = scope_of(id);
  TenantChange change;
  change.max_events_per_day = std::optional<std::int64_t>{1};
  ASSERT_TRUE(provisioning_.change(operator_, id, change));
  record(acme);
  jobs_.run();
  EXPECT_EQ(events_of(acme, "tenant.limit.events"), 0U);
  record(acme);
  jobs_.run();
  jobs_.run();
  EXPECT_EQ(events_of(acme, "tenant.limit.events"), 1U);
  EXPECT_EQ(events_of(operator_, "tenant.limit.events"), 1U);
  EXPECT_EQ(events_of(acme, "agent.online"), 2U) << "nothing is dropped";
}

TEST_F(UsageTest, PartitionsAreAsSmallAsTheTenantSendsMuch) {
  const auto size = [&] { return partition_for(*test_.tenants, operator_, test_.clock.now()); };
  EXPECT_EQ(size(), PartitionSize::Month);
  const auto look = [&](std::int64_t ago, std::int64_t events) {
    const Timestamp day = Timestamp{std::chrono::floor<days>(test_.clock.now())} - days{ago};
    auto control = test_.tenants->control().acquire().value();
    control
        ->execute(
            "INSERT INTO tenant_usage (tenant_id, day, agents, users, events, bytes, warned) "
            "VALUES (?1, ?2, 0, 0, ?3, 0, 0)",
            {operator_.tenant().text(), to_micros(day), events})
        .value();
  };
  look(0, 50'000'000);
  EXPECT_EQ(size(), PartitionSize::Month) << "today is not over";
  look(1, 1'500'000);
  EXPECT_EQ(size(), PartitionSize::Day);
  look(2, 100'000);
  EXPECT_EQ(size(), PartitionSize::Week) << "the mean counts";
  look(3, 0);
  look(4, 0);
  look(5, 0);
  look(6, 0);
  EXPECT_EQ(size(), PartitionSize::Week) << "1.6 million in six days";
  look(7, 0);
  look(8, 50'000'000);
  EXPECT_EQ(size(), PartitionSize::Week) << "seven days count";
  const TenantId acme = make("acme").tenant.id;
  TenantChange change;
  change.event_partition = "day";
  ASSERT_TRUE(provisioning_.change(operator_, acme, change));
  EXPECT_EQ(partition_for(*test_.tenants, scope_of(acme), test_.clock.now()), PartitionSize::Day);
  change.event_partition = "week";
  ASSERT_TRUE(provisioning_.change(operator_, acme, change));
  EXPECT_EQ(partition_for(*test_.tenants, scope_of(acme), test_.clock.now()), PartitionSize::Week);
}

TEST_F(UsageTest, TheJobErasesWhatIsDue) {
  const TenantId id = make("acme").tenant.id;
  record(scope_of(id));
  ASSERT_TRUE(provisioning_.request_deletion(operator_, id, "they left"));
  jobs_.run();
  EXPECT_FALSE(usage_days(*test_.tenants, scope_of(id), 1).value().empty());
  test_.clock.advance(days{31});
  jobs_.run();
  EXPECT_EQ(test_.tenants->find(id).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace warder::manager
