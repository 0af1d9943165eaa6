// Ingest into the event store against a bare prepared multi-row INSERT into the same table, with the same indexes, on
// the same disk (TMPDIR), in turns within one run; and what it costs to keep the outbox that alerts and destinations
// follow.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "figures.h"
#include "manager/events/event_rows.h"
#include "manager/events/testing.h"

namespace {

using namespace warder;
using namespace warder::manager;
using namespace warder::bench;

constexpr std::size_t kBatch = 100;
constexpr std::size_t kBatchesPerRound = 100;
constexpr int kRounds = 7;
constexpr std::size_t kAgents = 50;

struct Load {
  AgentRef agent;
  std::vector<SequencedEvent> events;
};

std::vector<AgentRef> make_agents() {
  std::vector<AgentRef> agents;
  for (std::size_t i = 0; i < kAgents; ++i)
    agents.push_back({AgentId{UuidGenerator{fill_random}.next(kNow)}, fmt::format("host-{:04}.example.org", i)});
  return agents;
}

/// The batches of one round; sequences go on from round to round.
std::vector<Load> make_round(const std::vector<AgentRef>& agents, std::size_t round) {
  std::vector<Load> loads;
  for (std::size_t i = 0; i < kBatchesPerRound; ++i) {
    const std::size_t batch = round * kBatchesPerRound + i;
    Load load{agents[batch % kAgents], {}};
    for (std::size_t j = 0; j < kBatch; ++j) {
      const std::uint64_t number = batch * kBatch + j;
      const std::uint64_t sequence = (batch / kAgents) * kBatch + j + 1;
      const Timestamp time = kNow - std::chrono::days{5} + std::chrono::milliseconds{number * 10};
      load.events.push_back({sequence, typical_event(time, number)});
    }
    loads.push_back(std::move(load));
  }
  return loads;
}

class BareTable {
 public:
  explicit BareTable(bool durable)
      : db_(must(open_sqlite(directory_.path() / "bare.db", {.durable = durable, .cache_kb = 32'000}))) {
    must(migrate(*db_, std::vector{events_file_schema()}));
    sql_ =
        "INSERT INTO events (time, id, received, agent_id, host, module, type, severity, action, rule, fields) VALUES ";
    for (std::size_t row = 0; row < kBatch; ++row) {
      sql_ += row == 0 ? "(" : ", (";
      for (std::size_t column = 1; column <= kColumns; ++column)
        sql_ += fmt::format("{}?{}", column == 1 ? "" : ", ", row * kColumns + column);
      sql_ += ")";
    }
  }

  /// The values are ready before the clock starts: only SQLite works.
  std::vector<std::vector<DbValue>> prepare(const std::vector<Load>& loads) const {
    std::vector<std::vector<DbValue>> batches;
    for (const Load& load : loads) {
      std::vector<DbValue> values;
      for (const SequencedEvent& sequenced : load.events) {
        const Event& event = sequenced.event;
        values.insert(
            values.end(),
            {to_micros(event.time), blob(event.id.uuid), to_micros(kNow), blob(load.agent.id.uuid), load.agent.hostname,
             static_cast<std::int64_t>(event.module), event.type, static_cast<std::int64_t>(event.severity),
             static_cast<std::int64_t>(event.action), event.rule, fields_text(event)});
      }
      batches.push_back(std::move(values));
    }
    return batches;
  }

  void insert(const std::vector<std::vector<DbValue>>& batches) {
    for (const auto& values : batches) {
      Tx transaction = must(Tx::begin(*db_));
      must(db_->execute(sql_, values));
      must(transaction.commit());
    }
  }

 private:
  static constexpr std::size_t kColumns = 11;
  static Bytes blob(const Uuid& id) { return {id.bytes.begin(), id.bytes.end()}; }

  TemporaryDirectory directory_;
  std::unique_ptr<Db> db_;
  std::string sql_;
};

void run(bool durable) {
  TestEvents store{{.durable = durable}};
  BareTable bare{durable};
  const std::vector<AgentRef> agents = make_agents();
  std::vector<double> store_seconds;
  std::vector<double> bare_seconds;
  for (std::size_t round = 0; round < kRounds; ++round) {
    const std::vector<Load> loads = make_round(agents, round);
    const auto batches = bare.prepare(loads);
    bare_seconds.push_back(seconds_of([&] { bare.insert(batches); }));
    store_seconds.push_back(seconds_of([&] {
      for (const Load& load : loads) must(store->ingest(store.scope(), load.agent, epoch(), load.events, {}));
    }));
  }
  constexpr double kEvents = kBatch * kBatchesPerRound;
  const double ours = kEvents / median(store_seconds);
  const double theirs = kEvents / median(bare_seconds);
  fmt::print("| ingest, batches of {}, {} | {:.0f} events/s | bare multi-row insert {:.0f}/s | {:.2f} |\n", kBatch,
             durable ? "synced at each commit" : "not synced", ours, theirs, ours / theirs);
}

/// The same events into a store that keeps the outbox and into one that does not; what is in it is read and dropped
/// between the rounds, as who follows it does.
void run_outbox(bool durable) {
  EventStoreOptions keeping{.durable = durable};
  keeping.keeps_outbox = [](const TenantScope&) { return true; };
  TestEvents with{keeping};
  TestEvents without{{.durable = durable}};
  const std::vector<AgentRef> agents = make_agents();
  std::vector<double> seconds[2];
  for (std::size_t round = 0; round < kRounds; ++round) {
    const std::vector<Load> loads = make_round(agents, round);
    // Who goes first has a colder cache: in turns.
    for (const bool first : {true, false}) {
      const bool keeps = (round % 2 == 0) == first;
      TestEvents& store = keeps ? with : without;
      seconds[keeps ? 1 : 0].push_back(seconds_of([&] {
        for (const Load& load : loads) must(store->ingest(store.scope(), load.agent, epoch(), load.events, {}));
      }));
    }
    must(with->prune_outbox(with.scope(), must(with->outbox_end(with.scope()))));
  }
  constexpr double kEvents = kBatch * kBatchesPerRound;
  const double kept = kEvents / median(seconds[1]);
  const double plain = kEvents / median(seconds[0]);
  fmt::print("| the same with the outbox kept, {} | {:.0f} events/s | without it {:.0f}/s | {:.2f} |\n",
             durable ? "synced at each commit" : "not synced", kept, plain, kept / plain);
}

}  // namespace

int main() {
  run(true);
  run(false);
  run_outbox(true);
  run_outbox(false);
  return 0;
}
