// The tenant's events: taken in exactly once, kept in one file or partition per month, found by filter.
//
// An event, its rollup counters and the place reached in the agent's spool are written in one transaction of the file
// of the event's month, so that a crash at any point leaves all of it or nothing; a batch that spans months writes the
// newest file, which carries the spool's place, last. An event that comes again is known by (time, id).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/events/event_feed.h"
#include "manager/events/event_query.h"
#include "manager/events/outbox.h"
#include "manager/events/retag.h"
#include "manager/events/retention.h"
#include "manager/events/sequenced.h"
#include "manager/events/type_counts.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// How much time a partition holds; PostgreSQL only. Months are for tenants with few events, days for very many.
enum class PartitionSize : std::uint8_t { Month, Week, Day };
/// "month", "week" or "day".
std::optional<PartitionSize> parse_partition_size(std::string_view text) noexcept;

/// How large the tenant's next partitions are to be. Asked inside of ingest: it must not come back to the event store.
using PartitionSizes = std::function<PartitionSize(const TenantScope&)>;
inline PartitionSize month_partitions(const TenantScope& /*scope*/) {
  return PartitionSize::Month;
}

/// Whether the tenant sends its events to other systems. Asked inside of ingest, as above.
using KeepsOutbox = std::function<bool(const TenantScope&)>;

/// Adds to events that are about to be stored what the tenant adds: values of assets, tags. Asked inside of ingest, as
/// above; an error keeps the batch from being stored.
using EventAdditions = std::function<Result<void>(const TenantScope&, std::span<StoredEvent* const>)>;

/// Takes out of events what the tenant does not want collected, before anything is made of them. Asked inside of
/// ingest, as above; an error keeps the batch from being stored.
using EventTreatment = std::function<Result<void>(const TenantScope&, std::span<Event* const>)>;

/// The agents that a scope reaches, when it is not the whole tenant.
using ReachedAgents = std::function<Result<std::set<AgentId>>(const TenantScope&)>;

struct EventStoreOptions {
  std::chrono::days retention{365};  // a month's file goes when its last day is older than this
  /// An event's time is stored as sent from `oldest` before to `newest` after it was received; beyond that it is stored
  /// as of its reception, with the sent time in the field event.time_sent.
  std::chrono::days oldest{366 * 2};
  std::chrono::days newest{2};
  std::chrono::milliseconds query_limit{15'000};  // a longer query ends with Timeout
  std::int64_t max_pages_per_file = 0;            // 0: no limit; SQLite only
  PartitionSizes partition = month_partitions;
  bool durable = true;             // an acknowledged event survives power loss; false: only the end of the program
  KeepsOutbox keeps_outbox{};      // empty: no tenant does
  EventAdditions additions{};      // empty: none
  EventTreatment treatment{};      // empty: events are stored as they came
  ReachedAgents reached_agents{};  // empty: a scope that is not the whole tenant reaches no event
};

/// Points at which tests end the work of ingest as a crash would: after the named step, nothing further is done.
enum class IngestStep : std::uint8_t { LossesNoted, FileWritten };
using IngestProbe = std::function<Result<void>(IngestStep)>;

class GoldenHosts;
struct PreparedEvent;  // events/batch.h
struct TenantEvents;   // one tenant's open files and spool places

/// Changes an event's fields, and says whether it did.
using EventRewrite = std::function<Result<bool>(Event&)>;

/// A person says that a change was expected.
struct PersonalExplanation {
  std::string by;
  std::string reason;
  /// What belongs to it: done last before the explanation is kept, which it is only if this succeeds. May be empty.
  std::function<Result<void>(const StoredEvent&)> before_commit;
};

/// Thread-safe. Whoever reads gets the events of the agents that the scope reaches; the manager's own are for a scope
/// of the whole tenant.
class EventStore {
 public:
  /// `golden` (may be null) is asked about every batch.
  EventStore(Tenants& tenants, EventFeed& feed, const host::Clock& clock, EventStoreOptions options = {},
             GoldenHosts* golden = nullptr);
  ~EventStore();
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;

  /// Stores a batch; on an error nothing is acknowledged and the agent sends it again. Sequences may come torn,
  /// repeated or reordered: what is stored is never stored twice, and the acknowledged place only passes a gap that a
  /// loss range explains – or that the agent shows a second time, which is then stored as an unexplained loss.
  Result<IngestResult> ingest(const TenantScope& scope, const AgentRef& agent, ByteView spool_epoch,
                              std::span<const SequencedEvent> events, std::span<const LossRange> losses);
  /// 0 when nothing of this spool is known.
  Result<std::uint64_t> acknowledged(const TenantScope& scope, const AgentId& agent, ByteView spool_epoch);
  /// Stores an event of the manager's own, e.g. about an agent.
  Result<void> record(const TenantScope& scope, Event event, const std::optional<AgentRef>& about = std::nullopt);

  /// Invalid "cursor-mismatch: …" when the cursor belongs to another selection or tenant.
  Result<EventPage> list(const TenantScope& scope, const EventSelection& selection, std::size_t limit,
                         std::string_view cursor);
  Result<StoredEvent> find(const TenantScope& scope, const EventId& id);
  /// Explains a change that integrity monitoring found: it becomes information that says who explained it and why.
  /// Invalid when the event is none, Conflict when it is explained already.
  Result<StoredEvent> explain(const TenantScope& scope, const EventId& id, const PersonalExplanation& why);
  Result<Facets> facets(const TenantScope& scope, const EventSelection& selection,
                        std::span<const FilterField* const> fields, std::size_t limit);
  /// Pivots and folded repeats: what matches, by the values of 1 to 4 fields.
  Result<EventGroups> groups(const TenantScope& scope, const EventSelection& selection,
                             std::span<const FilterField* const> fields, const GroupQuery& query);
  /// At most `buckets` buckets of a round interval. Without a range: the last 24 hours.
  Result<EventHistogram> histogram(const TenantScope& scope, EventSelection selection, std::size_t buckets);
  /// Events received at or after `received`, oldest first, for a follower who comes back; at most `limit`.
  Result<std::vector<StoredEvent>> received_since(const TenantScope& scope, const Filter& filter, Timestamp received,
                                                  std::size_t limit);
  /// What is stored from now on, as far as the scope reaches now.
  Result<std::shared_ptr<EventFollower>> follow(const TenantScope& scope, Filter filter);
  /// Counts by severity since a time, to the hour, from the rollups.
  Result<std::map<Severity, std::int64_t>> count_by_severity(const TenantScope& scope, Timestamp from);

  /// Each agent's events of [from, to) by hour and type; the bounds are cut to quarters of an hour (kCountedSlot). The
  /// same group may come several times. Forbidden for a scope that is not the whole tenant. Events from before the
  /// manager had these counters are not in them.
  Result<void> type_counts(const TenantScope& scope, Timestamp from, Timestamp to, const TypeCountVisitor& visit);
  /// The sum of the same.
  Result<std::int64_t> counted_events(const TenantScope& scope, Timestamp from, Timestamp to);

  /// What is to leave for other systems (outbox.h): the place behind all that is there now, what lies behind a place,
  /// oldest first, how much that is, and forgetting what lies before one.
  Result<OutboxPlace> outbox_end(const TenantScope& scope);
  Result<std::vector<OutboxItem>> read_outbox(const TenantScope& scope, const OutboxPlace& place, std::size_t limit);
  Result<std::int64_t> outbox_backlog(const TenantScope& scope, const OutboxPlace& place);
  Result<void> prune_outbox(const TenantScope& scope, const OutboxPlace& place);

  /// Puts tags on events and takes tags off: of `ids`, as far as the scope reaches them, or of all that are selected,
  /// at most `limit` at a time. Says how many events changed and whether it is done; what is done may be asked for
  /// again.
  Result<RetagResult> retag(const TenantScope& scope, std::span<const EventId> ids, const TagChange& change);
  Result<RetagResult> retag(const TenantScope& scope, const EventSelection& selection, const TagChange& change,
                            std::size_t limit);

  /// Changes fields of stored events among those that are selected, at most `limit` at a time, as the above. Other
  /// parts of an event stay; what other systems got already is not reached.
  Result<RetagResult> rewrite_fields(const TenantScope& scope, const EventSelection& selection,
                                     const EventRewrite& change, std::size_t limit);

  /// Removes what is past the retention of its module; returns the names of the months, or partitions, that went as a
  /// whole ("2026-01", "2026-01-05", "2026-01-05 firewall").
  Result<std::vector<std::string>> remove_expired(const TenantScope& scope);

  void set_probe(IngestProbe probe) { probe_ = std::move(probe); }  // tests only, before use

  struct Batch;  // events/batch.h

 private:
  Result<TenantEvents*> tenant(const TenantScope& scope);
  /// The filter, and of the agents that the scope reaches.
  Result<Filter> within_reach(const TenantScope& scope, const Filter& filter) const;
  Result<void> write(const TenantScope& scope, TenantEvents& tenant, Batch& batch);
  Result<EventRetention> retention(const TenantScope& scope) const;
  static Result<void> remove_rows(TenantEvents& open, const ExpiredRows& rows);
  Result<void> treat(const TenantScope& scope, std::span<PreparedEvent> events) const;
  Result<void> add_to(const TenantScope& scope, std::span<PreparedEvent> events) const;
  Result<void> compare_with_golden(const TenantScope& scope, TenantEvents& open, const AgentRef& agent,
                                   std::span<PreparedEvent> events);
  Result<void> probe(IngestStep step) const { return probe_ ? probe_(step) : Result<void>{}; }

  Tenants& tenants_;
  EventFeed& feed_;
  const host::Clock& clock_;
  const EventStoreOptions options_;
  GoldenHosts* const golden_;
  IngestProbe probe_;
  std::mutex mutex_;  // guards open_; its values stay
  std::map<TenantId, std::unique_ptr<TenantEvents>> open_;
};

/// The tables of config.db: places in spools whose month files are gone, and declared losses.
FeatureSchema events_config_schema();
/// The tables of a month's file.
FeatureSchema events_file_schema();
/// The same, partitioned, in the tenant's schema in PostgreSQL.
FeatureSchema events_partitioned_schema();

}  // namespace warder::manager
