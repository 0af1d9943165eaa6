// The Trust Center: what the public page and the signed status cost, and what it takes to verify a year of results.
// WARDER_TRUST_HOURS: so many hourly rounds of all checks are in the log; a year unless it is set.
#include <fmt/format.h>

#include <set>

#include "base/testing/log.h"
#include "base/text.h"
#include "figures.h"
#include "formats/trust_status.h"
#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"
#include "manager/trust/trust_site.h"

namespace {

using namespace warder;
using namespace warder::manager;
using namespace warder::bench;

constexpr int kTimes = 30;

struct Bench {
  TestTenants tenants{{audit_schema(), trust_schema()}};
  warder::testing::ManualClock clock;
  warder::testing::RecordingLog log;
  AuditLog audit{*tenants, clock};
  ScopeMaker scopes{*tenants};
  TrustCenter center{
      {*tenants, scopes, audit, clock, log}, {}, must(load_commitments(WARDER_COMMITMENTS)), [](auto&&...) {}};
  TrustSite site{center, audit, clock, {"mailto:security@example.com", "https://trust.example", make_notice({}, {})}};
  TenantScope scope = tenants.scope("job:trust");

  Bench() {
    std::set<std::string> ids;
    for (const Commitment& commitment : center.commitments())
      ids.insert(commitment.checks.begin(), commitment.checks.end());
    std::vector<Check> checks;
    for (const std::string& id : ids)
      checks.push_back({id, "What is looked at, and how.", "検査の内容",
                        [](const std::stop_token&) -> Result<CheckOutcome> { return passed("fine"); }});
    must(center.use(std::move(checks)));
  }

  /// As TrustStore::add_result writes them, many in a transaction.
  void fill(std::int64_t hours) {
    for (std::int64_t hour = 0; hour < hours; ++hour) {
      const auto db = must(tenants->config(scope).acquire());
      Tx transaction = must(Tx::begin(*db));
      for (const Check& check : center.checks())
        must(audit.append_in(
            *db, scope,
            {std::string(kTrustCheckAction), "check:" + check.id, AuditOutcome::Success, {{"verdict", "pass"}}}));
      must(transaction.commit());
    }
  }

  void round() {
    const double seconds = seconds_of([&] { must(center.work()); });
    fmt::print("| a round of {} checks that do nothing: their results written | {:.2f} s | – | – |\n",
               center.checks().size(), seconds);
  }

  HttpResponse get(const std::string& path) {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    return site.respond(request).value();
  }

  double median_of(const std::function<void()>& act) {
    std::vector<double> times;
    for (int i = 0; i < kTimes; ++i) {
      clock.advance(std::chrono::seconds(6));  // past what is kept
      times.push_back(seconds_of(act));
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
  }

  void page() {
    const double made = median_of([&] { get("/trust"); });
    const double kept = seconds_of([&] {
      for (int i = 0; i < kTimes; ++i) get("/trust");
    });
    fmt::print("| the page, rendered | {:.1f} ms, {} bytes | kept for 5 s: {:.3f} ms | {:.0f} |\n", made * 1e3,
               get("/trust").body.size(), kept / kTimes * 1e3, made / (kept / kTimes));
  }

  void status() {
    const double made = median_of([&] { get("/trust/v1/status.json"); });
    const std::string text = get("/trust/v1/status.json").body;
    formats::TrustReport report;
    const double verified =
        median_of([&] { report = must(formats::verify_trust_status(text, std::nullopt, clock.now())); });
    fmt::print("| the status: signed, each of {} results with its proof | {:.1f} ms, {} bytes | – | – |\n",
               report.proven, made * 1e3, text.size());
    fmt::print("| the same, verified | {:.1f} ms | made in {:.1f} ms | {:.2f} |\n", verified * 1e3, made * 1e3,
               verified / made);
    const auto latest = must(center.store().latest(scope));
    const std::int64_t entry = latest.begin()->second.entry;
    const AuditCheckpoint checkpoint = must(audit.make_checkpoint(scope));
    const std::size_t hashes = must(audit.prove_inclusion(scope, entry, checkpoint.entries)).proof.size();
    fmt::print("| proof of a result among {} entries | {} hashes, {} bytes | – | – |\n", checkpoint.entries, hashes,
               hashes * 32);
  }

  void verify() {
    AuditVerification found;
    const double seconds = seconds_of([&] { found = must(audit.verify(scope)); });
    if (!found.intact) std::exit(1);
    fmt::print("| hourly results of {} checks, {} entries, verified anew | {:.1f} s | – | – |\n",
               center.checks().size(), found.entries, seconds);
  }
};

}  // namespace

int main() {
  const char* wanted = std::getenv("WARDER_TRUST_HOURS");
  Bench bench;
  bench.fill(parse_integer<std::int64_t>(wanted == nullptr ? "8760" : wanted).value_or(8760));
  bench.round();
  bench.page();
  bench.status();
  bench.verify();
  return 0;
}
