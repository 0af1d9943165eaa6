// What many tenants cost in PostgreSQL: making one, starting a manager, migrating all, and a page of one's events.
// WARDER_BENCH_TENANTS: how many; 50 unless it is set.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "base/text.h"
#include "figures.h"
#include "manager/events/testing.h"
#include "manager/installation.h"

namespace {

using namespace warder;
using namespace warder::manager;
using namespace warder::bench;

std::vector<FeatureSchema> tenant_schemas() {
  auto schemas = Installation::exported_schemas();
  schemas.push_back(idempotency_schema());
  schemas.push_back(events_partitioned_schema());
  return schemas;
}

FeatureSchema one_more() {
  return {.feature = "bench",
          .migrations = {{1, "a column more", {"ALTER TABLE users ADD COLUMN bench TEXT"}}},
          .fields = {{"users", "bench", PersonalData::None}}};
}

void run_tenants(std::size_t count) {
  constexpr std::size_t kEvents = 500;
  constexpr std::size_t kQueries = 500;
  TestTenants tenants(tenant_schemas());
  const Timestamp now = host::SystemClock{}.now();
  std::vector<double> provisioning;
  std::vector<TenantId> ids;
  for (std::size_t i = 0; i < count; ++i) {
    provisioning.push_back(seconds_of([&] { ids.push_back(must(tenants->add(fmt::format("tenant-{}", i), now)).id); }));
  }
  fmt::print("| provisioning of a tenant among {}: median, p95 | {:.0f} ms, {:.0f} ms | – | – |\n", count,
             median(provisioning) * 1000, percentile(provisioning, 0.95) * 1000);
  const double idle = seconds_of([&] { must(Tenants::create(tenants.options(tenant_schemas()), tenants.keys())); });
  auto more = tenant_schemas();
  more.push_back(one_more());
  const double migrated = seconds_of([&] { must(Tenants::create(tenants.options(more), tenants.keys())); });
  fmt::print("| start of a manager with {} tenants, nothing to migrate | {:.1f} s | – | – |\n", count, idle);
  fmt::print("| the same with one migration for each of them | {:.1f} s | – | – |\n", migrated);

  EventFeed feed;
  warder::testing::ManualClock clock{now};
  EventStore events(*tenants, feed, clock, {.durable = false});
  for (const TenantId& id : ids) {
    std::vector<SequencedEvent> batch;
    for (std::size_t i = 0; i < kEvents; ++i)
      batch.push_back({i + 1, typical_event(now - std::chrono::seconds{kEvents - i}, i)});
    const AgentRef agent{AgentId{UuidGenerator{fill_random}.next(now)}, "web-1"};
    must(events.ingest(tenants.scope_of(id), agent, epoch(), batch, {}));
  }
  std::mt19937 random{1};
  std::vector<double> latest;
  for (std::size_t i = 0; i < kQueries; ++i) {
    const TenantScope scope = tenants.scope_of(ids[random() % ids.size()]);
    latest.push_back(seconds_of([&] { must(events.list(scope, {}, 50, "")); }));
  }
  fmt::print("| latest 50 events of one tenant of {}: median, p95 | {:.1f} ms, {:.1f} ms | – | – |\n", count,
             median(latest) * 1000, percentile(latest, 0.95) * 1000);
  const auto db = must(open_postgres({.conninfo = TestPostgres::instance().conninfo("warder_owner")}, {}));
  const auto statement = must(db->prepare(
      "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ?1"));
  must(statement->bind({PostgresSchemas::name_of(ids.front())}));
  const std::int64_t relations = must(statement->step())->integer(0);
  fmt::print("| relations a tenant, indexes included | {} | 158 (what bloats) | {:.2f} |\n", relations,
             static_cast<double>(relations) / 158);
}

}  // namespace

int main() {
  ::setenv("WARDER_TEST_DATABASE", "postgres", 1);  // NOLINT: before any thread
  const char* count = std::getenv("WARDER_BENCH_TENANTS");
  run_tenants(count == nullptr ? 50 : parse_integer<std::size_t>(count).value_or(50));
  return 0;
}
