// The audit log: entries a second against bare rows of the same size on the same disk (TMPDIR), and what proofs and
// verification cost when the list is long. WARDER_AUDIT_ENTRIES: how long; a million unless it is set.
// WARDER_TEST_DATABASE=postgres: in PostgreSQL instead of SQLite.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "base/json.h"
#include "base/text.h"
#include "figures.h"
#include "host/testing/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/tenancy/testing.h"

namespace {

using namespace warder;
using namespace warder::manager;
using namespace warder::bench;

constexpr int kSingle = 2000;
constexpr std::int64_t kBatch = 1000;
constexpr int kProofs = 1000;

AuditRecord typical(std::int64_t number) {
  return {"policy.update", fmt::format("policy:01934f7e-3c00-7000-8000-{:012}", number), AuditOutcome::Success,
          json::object{{"name", "Web servers"}, {"version", number}}};
}

/// The same text in the tenant's database, one row a transaction.
double bare_rows_per_second(const TestTenants& tenants, const TenantScope& scope) {
  tenants.alter("CREATE TABLE bare (entry BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL)");
  if (is_on_postgres()) tenants.alter("GRANT INSERT ON bare TO \"" + PostgresSchemas::name_of(scope.tenant()) + "\"");
  const auto db = must(tenants->config(scope).acquire());
  const double seconds = seconds_of([&] {
    for (std::int64_t i = 0; i < kSingle; ++i) {
      Tx transaction = must(Tx::begin(*db));
      const AuditRecord record = typical(i);
      must(db->execute("INSERT INTO bare (entry, text) VALUES (?1, ?2)",
                       {i, record.action + record.object + json::serialize(record.detail)}));
      must(transaction.commit());
    }
  });
  return kSingle / seconds;
}

struct Bench {
  TestTenants tenants{{audit_schema()}};
  warder::testing::ManualClock clock;
  AuditLog log{*tenants, clock};
  TenantScope scope = tenants.scope("user:01934f7e-3c00-7000-8000-000000000001");
  std::int64_t entries = 0;

  void append_one_by_one() {
    const double seconds = seconds_of([&] {
      for (int i = 0; i < kSingle; ++i) {
        const AuditRecord record = typical(entries++);
        must(log.append(scope, record.action, record.object, record.outcome, record.detail));
      }
    });
    const double ours = kSingle / seconds;
    const double theirs = bare_rows_per_second(tenants, scope);
    fmt::print("| entries, a durable transaction each | {:.0f}/s | bare rows {:.0f}/s | {:.2f} |\n", ours, theirs,
               ours / theirs);
  }

  void append_until(std::int64_t end) {
    const std::int64_t before = entries;
    const double seconds = seconds_of([&] {
      const auto db = must(tenants->config(scope).acquire());
      while (entries < end) {
        Tx transaction = must(Tx::begin(*db));
        for (std::int64_t i = 0; i < kBatch && entries < end; ++i) must(log.append_in(*db, scope, typical(entries++)));
        must(transaction.commit());
      }
    });
    fmt::print("| the same, {} a transaction, up to {} entries | {:.0f}/s | – | – |\n", kBatch, end,
               static_cast<double>(entries - before) / seconds);
  }

  void prove() {
    std::mt19937_64 dice{1};
    std::vector<double> times;
    std::size_t longest = 0;
    for (int i = 0; i < kProofs; ++i) {
      const auto index = static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(entries)) + 1;
      times.push_back(seconds_of(
          [&] { longest = std::max(longest, must(log.prove_inclusion(scope, index, entries)).proof.size()); }));
    }
    report("proof of inclusion", times, longest);
    times.clear();
    longest = 0;
    for (int i = 0; i < kProofs; ++i) {
      const auto from = static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(entries));
      times.push_back(
          seconds_of([&] { longest = std::max(longest, must(log.prove_consistency(scope, from, entries)).size()); }));
    }
    report("proof of consistency", times, longest);
  }

  void report(std::string_view what, std::vector<double>& times, std::size_t longest) const {
    std::ranges::sort(times);
    fmt::print("| {} among {} entries: longest | {} hashes, {} bytes | – | – |\n", what, entries, longest,
               longest * std::tuple_size_v<crypto::Digest>);
    fmt::print("| the same: made in, median / p99 | {:.2f} / {:.2f} ms | – | – |\n", times[times.size() / 2] * 1e3,
               times[times.size() * 99 / 100] * 1e3);
  }

  void sign_and_verify() {
    must(log.append(scope, "a", "b", AuditOutcome::Success));
    ++entries;
    const double sign = seconds_of([&] { must(log.make_checkpoint(scope)); });
    fmt::print("| a checkpoint signed and stored | {:.2f} ms | – | – |\n", sign * 1e3);
    bool is_intact = false;
    const double verify = seconds_of([&] { is_intact = must(log.verify(scope)).intact; });
    if (!is_intact) std::exit(1);
    fmt::print("| all {} entries verified anew | {:.1f} s, {:.0f} entries/s | – | – |\n", entries, verify,
               static_cast<double>(entries) / verify);
  }
};

}  // namespace

int main() {
  const char* wanted = std::getenv("WARDER_AUDIT_ENTRIES");
  const auto end = parse_integer<std::int64_t>(wanted == nullptr ? "1000000" : wanted).value_or(1'000'000);
  Bench bench;
  bench.append_one_by_one();
  bench.append_until(end);
  bench.prove();
  bench.sign_and_verify();
  return 0;
}
