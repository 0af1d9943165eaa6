#include "manager/events/event_store.h"

#include <algorithm>

#include "manager/events/event_partitions.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {

EventStore::EventStore(Tenants& tenants, EventFeed& feed, const host::Clock& clock, EventStoreOptions options,
                       GoldenHosts* golden)
    : tenants_(tenants), feed_(feed), clock_(clock), options_(options), golden_(golden) {}

EventStore::~EventStore() = default;

Result<TenantEvents*> EventStore::tenant(const TenantScope& scope) {
  const std::scoped_lock lock{mutex_};
  std::unique_ptr<TenantEvents>& open = open_[scope.tenant()];
  if (open) return open.get();
  auto fresh = std::make_unique<TenantEvents>();
  if (const PostgresSchemas* schemas = tenants_.postgres(scope); schemas != nullptr) {
    fresh->files = std::make_unique<EventPartitions>(
        *schemas, schemas->name_of(scope.tenant()), options_, [this, scope]() -> Result<PartitionPlan> {
          const EventRetention kept = WD_TRY(retention(scope));
          const PartitionSize small = kept.modules.empty() ? PartitionSize::Month : size_for(kept.shortest());
          return PartitionPlan{std::max(options_.partition(scope), small), kept.groups()};
        });
  } else {
    fresh->files = std::make_unique<MonthFiles>(tenants_.directory(scope), options_);
  }
  WD_TRY(fresh->files->load());
  auto config = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(fresh->places.load(*config, "event_spools"));
  WD_TRY(fresh->outboxes_gone.load(*config));
  for (const EventFileRef& file : fresh->files->newest_first()) {
    auto db = WD_TRY(file->writer->acquire());
    WD_TRY(fresh->places.load(*db, "spools"));
  }
  open = std::move(fresh);
  return open.get();
}

Result<std::vector<std::string>> EventStore::remove_expired(const TenantScope& scope) {
  TenantEvents& open = *WD_TRY(tenant(scope));
  const EventLimits limits{WD_TRY(retention(scope)), clock_.now()};
  std::vector<std::string> removed;
  {
    const std::scoped_lock lock{open.writing};
    // The next month's place is made ahead of its first event.
    if (tenants_.postgres(scope) != nullptr)
      WD_TRY(open.files->open_or_create(month_of(clock_.now()) + std::chrono::months{1}));
    removed = WD_TRY(open.files->remove_expired(limits, tenants_.config(scope)));
    auto config = WD_TRY(tenants_.config(scope).acquire());
    WD_TRY(open.outboxes_gone.load(*config));
  }
  for (const ExpiredRows& rows : WD_TRY(open.files->expired_rows(limits))) WD_TRY(remove_rows(open, rows));
  return removed;
}

Result<void> EventStore::remove_rows(TenantEvents& open, const ExpiredRows& rows) {
  for (const EventFileRef& file : open.files->newest_first(rows.from, rows.to)) {
    auto db = WD_TRY(file->writer->acquire());
    for (const std::int64_t hour : WD_TRY(expired_hours(*db, rows))) {
      const std::scoped_lock lock{open.writing};  // for an hour's events, so that others come in between
      WD_TRY(delete_hour(*db, rows.module, hour));
    }
  }
  return {};
}

Result<EventRetention> EventStore::retention(const TenantScope& scope) const {
  auto config = WD_TRY(tenants_.config(scope).acquire());
  return read_retention(*config, options_.retention);
}

}  // namespace warder::manager
