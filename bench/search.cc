// Questions to the event store as the console asks them, over many events: bench_search [events], on SQLite, or with
// WARDER_TEST_DATABASE=postgres on PostgreSQL. Without a number a million, so that the whole suite stays short. The
// events lie evenly in 30 days; 60 of 100 are the firewall's. Seeded as one would restore them: in bulk.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <postgresql/libpq-fe.h>

#include <cstdlib>
#include <functional>

#include "base/text.h"
#include "figures.h"
#include "manager/events/event_rows.h"
#include "manager/events/rank.h"
#include "manager/events/tags.h"
#include "manager/events/testing.h"

namespace {

using namespace warder;
using namespace warder::manager;
using namespace warder::bench;
using std::chrono::days;

constexpr std::uint64_t kHosts = 500;
constexpr std::size_t kBatch = 1000;     // of ingest
constexpr std::size_t kCopied = 20'000;  // of COPY
constexpr int kRepeats = 20;

struct Kind {
  ModuleKind module;
  std::string_view type;
};
/// By the hundredth.
Kind kind_of(std::uint64_t hundredth) {
  if (hundredth < 60)
    return {ModuleKind::Firewall, hundredth < 50 ? "firewall.packet.denied" : "firewall.packet.logged"};
  if (hundredth < 85) return {ModuleKind::LogInspection, "log-inspection.rule.matched"};
  if (hundredth < 93) return {ModuleKind::Integrity, "integrity.file.updated"};
  if (hundredth < 98) return {ModuleKind::Ips, "ips.rule.matched"};
  return {hundredth < 99 ? ModuleKind::AntiMalware : ModuleKind::Agent,
          hundredth < 99 ? "anti-malware.file.infected" : "agent.policy.applied"};
}

/// Numbers that look like none of their neighbours, the same in every run.
std::uint64_t scatter(std::uint64_t number) {
  number = (number ^ (number >> 31U)) * 0x9e3779b97f4a7c15U;
  number = (number ^ (number >> 29U)) * 0xbf58476d1ce4e5b9U;
  return number ^ (number >> 32U);
}

Severity severity_of(std::uint64_t random) {
  const std::uint64_t of = random % 2000;
  if (of < 1) return Severity::Critical;
  if (of < 20) return Severity::High;
  if (of < 200) return Severity::Medium;
  return of < 1000 ? Severity::Low : Severity::Info;
}

StoredEvent make_stored(std::uint64_t number, std::uint64_t all, std::uint64_t host, const AgentId& agent) {
  const std::uint64_t random = scatter(number);
  const Kind kind = kind_of(random % 100);
  StoredEvent stored;
  Event& event = stored.event;
  const auto step = std::chrono::microseconds{days{30}} / static_cast<std::int64_t>(all);
  event.time = kNow - days{30} + static_cast<std::int64_t>(number) * step;
  static UuidGenerator ids{fill_random};
  event.id = EventId{ids.next(event.time)};
  event.module = kind.module;
  event.type = kind.type;
  event.severity = severity_of(random >> 8U);
  event.rule = fmt::format("{}-{}", name(kind.module), (host * 7 + (random >> 20U) % 6) % 50);  // few of many on a host
  event.set("source.ip", fmt::format("192.0.2.{}", (random >> 28U) % 256));
  event.set("process.executable", fmt::format("/usr/bin/program-{}", (random >> 36U) % 60));
  event.set("user.name", fmt::format("user-{}", (random >> 44U) % 300));
  event.set("file.path", fmt::format("/srv/share/{}/{}.dat", (random >> 24U) % 1000, number));
  stored.received = event.time + std::chrono::milliseconds{900};
  stored.agent = agent;
  stored.host = fmt::format("host-{:03}.example.org", host);
  stored.asset_value = host % 10 == 0 ? 50 : 1;
  if ((random >> 50U) % 200 == 0) stored.tags = {"pci"};
  return stored;
}

/// COPY … (FORMAT binary) as the superuser into tables without indexes, which are made at the end.
class BulkLoad {
 public:
  explicit BulkLoad(const std::string& schema)
      : connection_(PQconnectdb((TestPostgres::instance().conninfo("postgres") + " dbname=warder").c_str()), PQfinish) {
    run("SET search_path = " + schema);
    run("SET maintenance_work_mem = '512MB'");
    run("ALTER TABLE events DROP CONSTRAINT events_pkey");
    for (const std::string& index : kIndexes) run("DROP INDEX " + index);
  }

  void add(const StoredEvent& stored) {
    const Event& event = stored.event;
    if (rows_.empty()) rows_.assign("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    rows_.append("\0\015", 2);  // thirteen columns
    number(to_micros(event.time));
    text(as_text(event.id.uuid.bytes));
    number(to_micros(stored.received));
    text(as_text(stored.agent->uuid.bytes));
    text(stored.host);
    number(static_cast<std::int64_t>(event.module));
    text(event.type);
    number(static_cast<std::int64_t>(event.severity));
    number(static_cast<std::int64_t>(event.action));
    text(event.rule);
    text(fields_text(event));
    number(stored.asset_value);
    if (stored.tags.empty()) {
      rows_.append("\377\377\377\377", 4);
    } else {
      text(tags_text(stored.tags));
    }
    if (++count_ % kCopied == 0) flush();
  }

  void finish() {
    if (!rows_.empty()) flush();
    run("ALTER TABLE events ADD PRIMARY KEY (time, id, module)");
    run("CREATE INDEX events_by_host ON events (host, time)");
    run("CREATE INDEX events_by_severity ON events (severity, time)");
    run("CREATE INDEX events_by_rank ON events (" + std::string{kRankSql} + ", time)");
    run("CREATE INDEX events_with_tags ON events (time) WHERE tags IS NOT NULL");
    run("DELETE FROM rollups");
    run("INSERT INTO rollups SELECT time / 3600000000, host, module, severity, rule, count(*), type, action FROM "
        "events "
        "GROUP BY 1, 2, 3, 4, 5, 7, 8");
    run("VACUUM ANALYZE events");
    run("VACUUM ANALYZE rollups");
  }

 private:
  static inline const std::vector<std::string> kIndexes = {"events_by_host", "events_by_severity", "events_by_rank",
                                                           "events_with_tags"};

  void flush() {
    rows_.append("\377\377", 2);
    PGresult* const started = PQexec(
        connection_.get(), ("COPY events (" + std::string{kEventColumns} + ") FROM STDIN (FORMAT binary)").c_str());
    if (PQresultStatus(started) != PGRES_COPY_IN) check(started);
    PQclear(started);
    PQputCopyData(connection_.get(), rows_.data(), static_cast<int>(rows_.size()));
    PQputCopyEnd(connection_.get(), nullptr);
    while (PGresult* const result = PQgetResult(connection_.get())) check(result);
    rows_.clear();
  }
  void run(const std::string& sql) { check(PQexec(connection_.get(), sql.c_str())); }
  void number(std::int64_t value) {
    length(8);
    for (int shift = 56; shift >= 0; shift -= 8) rows_.push_back(static_cast<char>(value >> shift));
  }
  void text(std::string_view value) {
    length(value.size());
    rows_.append(value);
  }
  void length(std::size_t bytes) {
    const std::uint32_t wire = htonl(static_cast<std::uint32_t>(bytes));
    rows_.append(reinterpret_cast<const char*>(&wire), sizeof wire);  // NOLINT: bytes of a number
  }
  static void check(PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      fmt::print(stderr, "bench_search: {}\n", PQresultErrorMessage(result));
      std::exit(1);
    }
    PQclear(result);
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::string rows_;
  std::size_t count_ = 0;
};

EventStoreOptions store_options() {
  EventStoreOptions options;
  options.durable = false;
  options.query_limit = std::chrono::minutes{5};
  options.partition = [](const TenantScope&) { return PartitionSize::Day; };
  // What make_stored says of hosts and tags.
  options.additions = [](const TenantScope&, std::span<StoredEvent* const> events) -> Result<void> {
    for (StoredEvent* stored : events) {
      const bool is_valued = stored->host.size() > 7 && stored->host[7] == '0';
      stored->asset_value = is_valued ? 50 : 1;
      if (stored->event.id.uuid.bytes[15] % 200 == 0) stored->tags = {"pci"};
    }
    return {};
  };
  return options;
}

class Search {
 public:
  explicit Search(std::uint64_t all) : all_(all), events_(store_options()) {
    for (std::uint64_t host = 0; host < kHosts; ++host)
      agents_.push_back(AgentId{UuidGenerator{fill_random}.next(kNow + std::chrono::milliseconds{host})});
  }

  double seed() {
    return seconds_of([this] { is_on_postgres() ? copy() : ingest(); });
  }

  void measure() {
    ask("list, newest 100", "", 30, [this](const EventSelection& s) { list(s); });
    ask("list, highest rank 100, 24 hours", "", 1, [this](const EventSelection& s) { ranked(s); });
    ask("list, highest rank 100", "", 30, [this](const EventSelection& s) { ranked(s); });
    ask("search by severity and host", "severity>=high and host.name=\"host-{:03}.example.org\"", 30,
        [this](const EventSelection& s) { list(s); });
    ask("search by tag", "tag=\"pci\" and module=ips", 30, [this](const EventSelection& s) { list(s); });
    ask("search by a field, 24 hours", "user.name=\"user-{}\"", 1, [this](const EventSelection& s) { list(s); });
    ask("search by a field", "user.name=\"user-{}\"", 30, [this](const EventSelection& s) { list(s); });
    ask("facet change, by host", "host.name=\"host-{:03}.example.org\"", 30,
        [this](const EventSelection& s) { page(s); });
    ask("facet change, by module and severity", "module=firewall and severity>=medium", 30,
        [this](const EventSelection& s) { page(s); });
    ask("facet change, by rule", "rule=\"firewall-1\"", 30, [this](const EventSelection& s) { page(s); });
    ask("facet change, by type, 24 hours", "type=\"ips.rule.matched\"", 1,
        [this](const EventSelection& s) { page(s); });
    ask("facet change, by type", "type=\"ips.rule.matched\"", 30, [this](const EventSelection& s) { page(s); });
    ask("histogram, all", "", 30, [this](const EventSelection& s) { histogram(s); });
    ask("count by severity and module", "severity>=high and module=firewall", 30,
        [this](const EventSelection& s) { must(events_->facets(events_.scope(), s, {}, 1)); });
    ask("folded by host and type, 24 hours", "", 1, [this](const EventSelection& s) { fold(s); });
  }

 private:
  void ingest() {
    for (std::uint64_t first = 0, sequence = 1; first < all_; first += kBatch, sequence += kBatch) {
      const std::uint64_t batch = first / kBatch;
      const AgentRef agent{agents_[batch % kHosts], fmt::format("host-{:03}.example.org", batch % kHosts)};
      std::vector<SequencedEvent> events;
      for (std::uint64_t i = 0; i < kBatch; ++i)
        events.push_back(
            {(batch / kHosts) * kBatch + i + 1, make_stored(first + i, all_, batch % kHosts, agent.id).event});
      must(events_->ingest(events_.scope(), agent, epoch(), events, {}));
    }
  }

  void copy() {
    for (const Timestamp month : {kNow - days{30}, kNow})
      must(events_->record(events_.scope(), typical_event(month, 0)));
    BulkLoad load(PostgresSchemas::name_of(events_.scope().tenant()));
    for (std::uint64_t i = 0; i < all_; ++i) {
      const std::uint64_t host = scatter(i / kBatch) % kHosts;
      load.add(make_stored(i, all_, host, agents_[host]));
    }
    load.finish();
  }

  void ask(const std::string& what, const std::string& filter, int over_days,
           const std::function<void(const EventSelection&)>& question) {
    std::vector<double> taken;
    for (int i = 0; i < kRepeats; ++i) {
      const int number = i * 7 % 100;
      const EventSelection selection{must(parse_filter(fmt::format(fmt::runtime(filter), number))),
                                     kNow - days{over_days}, kNow};
      taken.push_back(seconds_of([&] { question(selection); }));
    }
    fmt::print("| {}, {} events | {:.1f} ms p50, {:.1f} ms p95 | 500 ms | {:.2f} |\n", what, all_, median(taken) * 1000,
               percentile(taken, 0.95) * 1000, percentile(taken, 0.95) * 2);
    std::fflush(stdout);
  }

  void list(const EventSelection& selection) { must(events_->list(events_.scope(), selection, 100, "")); }
  void ranked(EventSelection selection) {
    selection.order = EventOrder::Rank;
    list(selection);
  }
  void histogram(const EventSelection& selection) { must(events_->histogram(events_.scope(), selection, 60)); }
  void fold(const EventSelection& selection) {
    const std::vector<const FilterField*> fields{find_filter_field("host.name"), find_filter_field("type")};
    must(events_->groups(events_.scope(), selection, fields, {}));
  }
  /// What the page of events asks for when a value of a facet is chosen.
  void page(const EventSelection& selection) {
    const std::vector<const FilterField*> fields{find_filter_field("severity"),  find_filter_field("module"),
                                                 find_filter_field("host.name"), find_filter_field("type"),
                                                 find_filter_field("action"),    find_filter_field("rule")};
    must(events_->facets(events_.scope(), selection, fields, 10));
    list(selection);
    histogram(selection);
  }

  std::uint64_t all_;
  TestEvents events_;
  std::vector<AgentId> agents_;
};

}  // namespace

int main(int argc, char** argv) {
  constexpr std::uint64_t kDefault = 1'000'000;
  const auto wanted = argc > 1 ? parse_integer<std::uint64_t>(argv[1]) : kDefault;
  if (!wanted || *wanted < kBatch || *wanted % kBatch != 0) {
    fmt::print(stderr, "bench_search [events, a multiple of {}]\n", kBatch);
    return 2;
  }
  Search search(*wanted);
  const double seconds = search.seed();
  fmt::print("| seeding {} events in bulk, {} | {:.0f} s | | |\n", *wanted, is_on_postgres() ? "PostgreSQL" : "SQLite",
             seconds);
  search.measure();
  return 0;
}
