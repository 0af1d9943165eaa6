#include "manager/alerts/alert_job.h"

#include "base/bytes.h"
#include "base/random.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

constexpr std::chrono::milliseconds kIdle{1000};  // at most between two looks
constexpr std::chrono::hours kKept{24 * 400};     // resolved alerts
constexpr int kRoundsAtOnce = 20;                 // of a tenant, before the next has its turn

}  // namespace

AlertJob::AlertJob(AlertJobParts parts, AlertEngineOptions options)
    : parts_(std::move(parts)), options_(options), holder_(to_hex(random_bytes(16))) {}

AlertJob::~AlertJob() = default;

void AlertJob::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void AlertJob::run(const std::stop_token& stop) {
  std::uint64_t seen = 0;
  while (!stop.stop_requested()) {
    parts_.runs.run([&] { look(stop); });
    if (!stop.stop_requested()) seen = parts_.feed.wait(seen, kIdle);
  }
  for (const auto& [tenant, engine] : engines_) {
    const auto scope = parts_.scopes.make(tenant, "job:alerts");
    if (scope && !parts_.alerts.let_go(*scope, holder_)) continue;  // the hold ends by itself
  }
}

void AlertJob::look(const std::stop_token& stop) {
  for (const Tenant& tenant : parts_.tenants.list()) {
    if (stop.stop_requested()) return;
    if (parts_.tenants.check_served(tenant.id)) evaluate(stop, tenant);
  }
}

void AlertJob::evaluate(const std::stop_token& stop, const Tenant& tenant) {
  std::unique_ptr<AlertEngine>& engine = engines_[tenant.id];
  if (!engine) {
    const auto scope = parts_.scopes.make(tenant.id, "job:alerts");
    if (!scope) return;
    engine = std::make_unique<AlertEngine>(AlertEngineParts{parts_.alerts, parts_.settings, parts_.outbox, parts_.rotas,
                                                            parts_.events, parts_.states, parts_.clock, parts_.log},
                                           *scope, holder_, options_);
  }
  for (int i = 0; i < kRoundsAtOnce && !stop.stop_requested(); ++i) {
    const auto round = engine->round();
    if (engine->take_has_notices() && parts_.wake_notifier) parts_.wake_notifier();
    if (!round) return parts_.log.warning("alerts.evaluation.failed", round.error().message, {{"tenant", tenant.name}});
    if (*round != AlertEngine::Round::More) return;
  }
}

void AlertJob::prune() {
  for (const Tenant& tenant : parts_.tenants.list()) {
    const auto scope = parts_.scopes.make(tenant.id, "job:alerts");
    if (!scope) continue;
    if (const auto pruned = parts_.alerts.prune(*scope, kKept); !pruned)
      parts_.log.warning("alerts.prune-failed", pruned.error().message, {{"tenant", tenant.name}});
  }
}

}  // namespace warder::manager
