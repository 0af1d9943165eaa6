// Events into PostgreSQL through the whole gateway (TLS, decoding, storing, acknowledging) against a bare binary COPY
// of such rows into the same tables, in turns within one run.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "figures.h"
#include "manager/events/event_rows.h"
#include "manager/gateway/fixture.h"

namespace {

using namespace warder;
using namespace warder::manager;
using namespace warder::bench;

constexpr std::size_t kConnections = 4;
constexpr std::size_t kBatch = 1000;  // what an agent sends at once when it has much
constexpr std::size_t kBatchesPerRound = 8;
constexpr std::size_t kRounds = 5;
constexpr double kEventsPerRound = kConnections * kBatchesPerRound * kBatch;

/// COPY … (FORMAT binary) as the superuser, who owns nothing and waits for nobody.
class BinaryCopy {
 public:
  explicit BinaryCopy(const std::string& schema)
      : connection_(PQconnectdb((TestPostgres::instance().conninfo("postgres") + " dbname=warder").c_str()), PQfinish) {
    run("SET search_path = " + schema);
  }

  static std::string rows(const std::vector<Event>& events) {
    std::string out("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    const std::string agent(16, 'a');
    for (const Event& event : events) {
      out.append("\0\013", 2);  // eleven columns
      number(out, to_micros(event.time));
      text(out, as_text(bytes_of(event.id)));
      number(out, to_micros(event.time));
      text(out, agent);
      text(out, "web-1");
      number(out, static_cast<std::int64_t>(event.module));
      text(out, event.type);
      number(out, static_cast<std::int64_t>(event.severity));
      number(out, static_cast<std::int64_t>(event.action));
      text(out, event.rule);
      text(out, fields_text(event));
    }
    return out.append("\377\377", 2);
  }

  void insert(const std::string& rows) {
    PGresult* const started =
        PQexec(connection_.get(),
               "COPY events (time, id, received, agent_id, host, module, type, severity, action, rule, "
               "fields) FROM STDIN (FORMAT binary)");
    if (PQresultStatus(started) != PGRES_COPY_IN) check(started);
    PQclear(started);
    PQputCopyData(connection_.get(), rows.data(), static_cast<int>(rows.size()));
    PQputCopyEnd(connection_.get(), nullptr);
    while (PGresult* const result = PQgetResult(connection_.get())) check(result);
  }
  void run(const std::string& sql) { check(PQexec(connection_.get(), sql.c_str())); }

 private:
  static void number(std::string& out, std::int64_t value) {
    length(out, 8);
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
  }
  static void text(std::string& out, std::string_view value) {
    length(out, value.size());
    out.append(value);
  }
  static void length(std::string& out, std::size_t bytes) {
    const std::uint32_t wire = htonl(static_cast<std::uint32_t>(bytes));
    out.append(reinterpret_cast<const char*>(&wire), sizeof wire);  // NOLINT: bytes of a number
  }
  static void check(PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      fmt::print(stderr, "bench_postgres_ingest: {}\n", PQresultErrorMessage(result));
      std::exit(1);
    }
    PQclear(result);
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

/// The gateway of the tests, with real TLS on loopback.
class GatewayIngest final : public GatewayTest {
 public:
  void TestBody() override {}

  void run() {
    const Tenant peer = must(tenants_->add("peer", clock_.now()));
    must(events_.record(tenants_.scope_of(peer.id), typical_event(clock_.now(), 0)));  // makes its partitions
    BinaryCopy copy(PostgresSchemas::name_of(peer.id));
    std::vector<Identity> agents;
    std::vector<std::unique_ptr<warder::manager::testing::WireClient>> clients;
    for (std::size_t i = 0; i < kConnections; ++i) {
      agents.push_back(enrol());
      clients.push_back(connect(agents.back()));
    }
    std::vector<double> gateway_seconds;
    std::vector<double> copy_seconds;
    for (std::size_t round = 0; round < kRounds; ++round) {
      std::vector<std::vector<protocol::Envelope>> loads(kConnections);
      std::vector<std::string> copies;
      for (std::vector<protocol::Envelope>& load : loads)
        for (std::size_t i = 0; i < kBatchesPerRound; ++i) load.push_back(make_batch(round * kBatchesPerRound + i));
      for (std::size_t i = 0; i < kConnections * kBatchesPerRound; ++i)
        copies.push_back(BinaryCopy::rows(make_events()));
      copy_seconds.push_back(seconds_of([&] {
        for (const std::string& rows : copies) copy.insert(rows);
      }));
      gateway_seconds.push_back(seconds_of([&] {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < kConnections; ++i) {
          threads.emplace_back([&, i] {
            for (const protocol::Envelope& envelope : loads[i]) must(send_batch(*clients[i], envelope));
          });
        }
      }));
    }
    const double ours = kEventsPerRound / median(gateway_seconds);
    const double theirs = kEventsPerRound / median(copy_seconds);
    fmt::print(
        "| ingest into PostgreSQL through the gateway, {} connections, batches of {}, synced | {:.0f} events/s | "
        "binary COPY, one connection, {:.0f}/s | {:.2f} |\n",
        kConnections, kBatch, ours, theirs, ours / theirs);
  }

 private:
  std::vector<Event> make_events() {
    std::vector<Event> events;
    for (std::size_t i = 0; i < kBatch; ++i) events.push_back(typical_event(next_time(), ++number_));
    return events;
  }
  Timestamp next_time() { return clock_.now() - std::chrono::hours{1} + std::chrono::milliseconds{number_}; }
  protocol::Envelope make_batch(std::size_t batch) {
    protocol::Envelope envelope;
    envelope.mutable_events()->set_spool_epoch(std::string(16, 'e'));
    for (std::size_t i = 0; i < kBatch; ++i) {
      protocol::SequencedEvent& item = *envelope.mutable_events()->add_events();
      item.set_sequence(batch * kBatch + i + 1);
      protocol::to_wire(typical_event(next_time(), ++number_), item.mutable_event());
    }
    return envelope;
  }

  std::uint64_t number_ = 0;
};

}  // namespace

int main() {
  ::setenv("WARDER_TEST_DATABASE", "postgres", 1);  // NOLINT: before any thread
  GatewayIngest().run();
  return 0;
}
