#include "manager/events/event_store.h"

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
  auto fresh = std::make_unique<TenantEvents>(tenants_.directory(scope), options_);
  WD_TRY(fresh->files.load());
  auto config = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(fresh->places.load(*config, "event_spools"));
  for (const EventFileRef& file : fresh->files.newest_first()) {
    auto db = WD_TRY(file->writer.acquire());
    WD_TRY(fresh->places.load(*db, "spools"));
  }
  open = std::move(fresh);
  return open.get();
}

namespace {

/// Keeps the places that the file knows when the file is gone.
Result<void> carry_places(Db& file, Db& config) {
  const StmtHandle statement = WD_TRY(file.prepare("SELECT agent_id, epoch, acknowledged FROM spools"));
  Tx transaction = WD_TRY(Tx::begin(config));
  while (const Row* row = WD_TRY(statement->step())) {
    const SpoolKey key{AgentId{WD_TRY(uuid_from_bytes(row->bytes(0)))}, row->bytes(1)};
    WD_TRY(write_place(config, "event_spools", key, static_cast<std::uint64_t>(row->integer(2))));
  }
  return transaction.commit();
}

}  // namespace

Result<std::vector<std::string>> EventStore::remove_expired(const TenantScope& scope) {
  TenantEvents& open = *WD_TRY(tenant(scope));
  const std::scoped_lock lock{open.writing};
  std::vector<std::string> removed;
  for (const EventFileRef& file : open.files.newest_first(std::nullopt, clock_.now() - options_.retention)) {
    if (end_of(file->month) > clock_.now() - options_.retention) continue;
    {
      auto db = WD_TRY(file->writer.acquire());
      auto config = WD_TRY(tenants_.config(scope).acquire());
      WD_TRY(carry_places(*db, *config));
    }
    WD_TRY(open.files.remove(file->month));
    removed.push_back(to_text(file->month));
  }
  return removed;
}

}  // namespace warder::manager
