#include "manager/events/event_store.h"

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
    fresh->files = std::make_unique<EventPartitions>(*schemas, schemas->name_of(scope.tenant()), options_,
                                                     [this, scope] { return options_.partition(scope); });
  } else {
    fresh->files = std::make_unique<MonthFiles>(tenants_.directory(scope), options_);
  }
  WD_TRY(fresh->files->load());
  auto config = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(fresh->places.load(*config, "event_spools"));
  for (const EventFileRef& file : fresh->files->newest_first()) {
    auto db = WD_TRY(file->writer->acquire());
    WD_TRY(fresh->places.load(*db, "spools"));
  }
  open = std::move(fresh);
  return open.get();
}

Result<std::vector<std::string>> EventStore::remove_expired(const TenantScope& scope) {
  TenantEvents& open = *WD_TRY(tenant(scope));
  const std::scoped_lock lock{open.writing};
  // The next month's place is made ahead of its first event.
  if (tenants_.postgres(scope) != nullptr)
    WD_TRY(open.files->open_or_create(month_of(clock_.now()) + std::chrono::months{1}));
  return open.files->remove_before(clock_.now() - options_.retention, tenants_.config(scope));
}

}  // namespace warder::manager
