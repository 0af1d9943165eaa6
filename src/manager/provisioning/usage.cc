#include "manager/provisioning/usage.h"

#include <algorithm>
#include <filesystem>

#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

using std::chrono::days;

/// From here on a month of events is so much that dropping and indexing it by the day pays for thirty relations.
constexpr std::int64_t kManyEventsADay = 1'000'000;
constexpr std::int64_t kSomeEventsADay = 100'000;

Timestamp start_of_day(Timestamp time) {
  return Timestamp{std::chrono::floor<days>(time)};
}

Result<std::int64_t> count(Db& db, std::string_view sql) {
  const auto number =
      WD_TRY(read_row(db, sql, {}, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  return number.value_or(0);
}

/// Files that come and go meanwhile are left out.
std::int64_t size_of(const std::filesystem::path& directory) {
  std::int64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry{directory, error}, end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    const auto size = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
    if (!gone) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

Result<TenantUsage> read_usage(const Row& row) {
  return TenantUsage{from_micros(row.integer(0)), row.integer(1), row.integer(2), row.integer(3), row.integer(4)};
}

}  // namespace

Result<Usage::Look> Usage::look(const TenantScope& scope) {
  Look look;
  TenantUsage& usage = look.today;
  usage.day = start_of_day(clock_.now());
  const EventSelection selection{{}, usage.day - days{1}, usage.day + days{1}};
  const EventHistogram histogram = WD_TRY(events_.histogram(scope, selection, 2));
  for (const HistogramBucket& bucket : histogram.buckets) {
    std::int64_t& events = bucket.time < usage.day ? look.events_yesterday : usage.events;
    for (const auto& [severity, number] : bucket.counts) events += number;
  }
  usage.bytes = size_of(tenants_.directory(scope));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  usage.agents = WD_TRY(count(*db, "SELECT COUNT(*) FROM agents"));
  usage.users = WD_TRY(count(*db, "SELECT COUNT(*) FROM users"));
  if (tenants_.postgres(scope) != nullptr) {
    usage.bytes += WD_TRY(
        count(*db,
              "SELECT CAST(COALESCE(SUM(pg_total_relation_size(c.oid)), 0) AS BIGINT) FROM pg_catalog.pg_class c "
              "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
              "WHERE n.nspname = current_schema() AND c.relkind = 'r'"));
  }
  return look;
}

Result<TenantUsage> Usage::today(const TenantScope& scope) {
  return WD_TRY(look(scope)).today;
}

Result<TenantUsage> Usage::sample(const TenantScope& scope) {
  const Look seen = WD_TRY(look(scope));
  const TenantUsage& usage = seen.today;
  auto control = WD_TRY(tenants_.control().acquire());
  WD_TRY(control->execute(
      "INSERT INTO tenant_usage (tenant_id, day, agents, users, events, bytes, warned) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0) ON CONFLICT (tenant_id, day) DO UPDATE SET "
      "agents = excluded.agents, users = excluded.users, events = excluded.events, "
      "bytes = excluded.bytes",
      {scope.tenant().text(), to_micros(usage.day), usage.agents, usage.users, usage.events, usage.bytes}));
  WD_TRY(control->execute("UPDATE tenant_usage SET events = ?3 WHERE tenant_id = ?1 AND day = ?2",
                          {scope.tenant().text(), to_micros(usage.day - days{1}), seen.events_yesterday}));
  return usage;
}

Result<bool> Usage::take_warning(const TenantScope& scope, Timestamp day) {
  auto control = WD_TRY(tenants_.control().acquire());
  return WD_TRY(control->execute("UPDATE tenant_usage SET warned = 1 WHERE tenant_id = ?1 AND day = ?2 AND warned = 0",
                                 {scope.tenant().text(), to_micros(start_of_day(day))})) == 1;
}

Result<std::vector<TenantUsage>> usage_days(Tenants& tenants, const TenantScope& scope, std::size_t limit) {
  auto control = WD_TRY(tenants.control().acquire());
  return read_rows(*control,
                   "SELECT day, agents, users, events, bytes FROM tenant_usage WHERE tenant_id = ?1 "
                   "ORDER BY day DESC LIMIT ?2",
                   {scope.tenant().text(), static_cast<std::int64_t>(limit)}, read_usage);
}

PartitionSize partition_for(Tenants& tenants, const TenantScope& scope, Timestamp now) {
  const auto tenant = tenants.find(scope.tenant());
  const std::string wanted = tenant ? tenant->terms.event_partition : std::string{};
  if (const auto size = parse_partition_size(wanted)) return *size;
  constexpr std::size_t kWeek = 7;
  auto days = usage_days(tenants, scope, kWeek + 1);
  if (!days) return PartitionSize::Month;
  std::erase_if(*days, [&](const TenantUsage& usage) { return usage.day == start_of_day(now); });
  if (days->size() > kWeek) days->resize(kWeek);
  std::int64_t events = 0;
  for (const TenantUsage& usage : *days) events += usage.events;
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(days->size(), 1));
  if (events >= kManyEventsADay * count) return PartitionSize::Day;
  return events >= kSomeEventsADay * count ? PartitionSize::Week : PartitionSize::Month;
}

}  // namespace warder::manager
