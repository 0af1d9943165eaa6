#include "manager/reports/report_turns.h"

#include <algorithm>

#include "manager/events/own_event.h"
#include "manager/reports/report_document.h"

namespace warder::manager {
namespace {

/// What will not be otherwise when it is tried again.
bool is_for_good(const Error& error) {
  return error.code == ErrorCode::Forbidden || error.code == ErrorCode::NotFound || error.code == ErrorCode::Invalid ||
         error.code == ErrorCode::TooLarge;
}

std::int64_t count_failed(const FinishedRun& run) {
  return std::ranges::count(run.deliveries, DeliveryState::Failed, &ReportDelivery::state);
}

/// The same event however often it is told.
Event event_of(const FinishedRun& run) {
  Timestamp last = run.occurrence;
  for (const ReportDelivery& each : run.deliveries) last = std::max(last, each.made.value_or(last));
  const std::int64_t failed = count_failed(run);
  Event event = make_own_event(last, failed > 0 ? "report.failed" : "report.made",
                               failed > 0 ? Severity::Medium : Severity::Info);
  event.id = repeatable_id(last, "report-run:" + run.id.text());
  event.set("report.id", run.report.text());
  event.set("report.name", run.report_name);
  event.set("count", failed > 0 ? failed : static_cast<std::int64_t>(run.deliveries.size()));
  return event;
}

std::string name_of(const User& user) {
  return user.display_name.empty() ? user.username : user.display_name;
}

}  // namespace

ReportTurns::ReportTurns(Reports& reports, ReportDeliveries& deliveries, Identity& identity, ReportSources sources,
                         const host::Clock& clock, ReportTurnsOptions options, TellOfReport tell)
    : reports_(reports),
      deliveries_(deliveries),
      identity_(identity),
      sources_(sources),
      clock_(clock),
      options_(std::move(options)),
      tell_(std::move(tell)) {}

Result<ReportTurn> ReportTurns::turn(const TenantScope& scope, const std::stop_token& stop) {
  ReportTurn turn;
  WD_TRY(reports_.put_due(scope));
  while (!stop.stop_requested()) {
    const auto delivery = WD_TRY(deliveries_.take(scope, options_.holder));
    if (!delivery) break;
    const auto done = make(scope, *delivery, turn);
    // Conflict: it took so long that another manager has made it meanwhile, or the report is gone.
    if (!done && done.error().code != ErrorCode::Conflict) return fail(done.error());
  }
  WD_TRY(tell(scope, turn));
  WD_TRY(deliveries_.prune(scope, options_.kept));
  return turn;
}

Result<ReportDocument> ReportTurns::document_of(const TenantScope& scope, const ReportDelivery& delivery) const {
  const auto who = WD_TRY(identity_.scope_for(scope, delivery.recipient, right_of(delivery.kind)));
  ReportQuestion question{.scope = who.scope,
                          .period = delivery.period,
                          .filter = delivery.filter,
                          .language = delivery.language,
                          .now = clock_.now()};
  if (auto policies = identity_.scope_for(scope, delivery.recipient, "policies:read"))
    question.policies = policies->scope;
  ReportAnswer answer = WD_TRY(answer_report(delivery.kind, sources_, question));
  return ReportDocument{.tenant = WD_TRY(identity_.tenants().find(scope.tenant())).name,
                        .report_id = delivery.report.text(),
                        .report_name = delivery.report_name,
                        .kind = delivery.kind,
                        .recipient_id = delivery.recipient.text(),
                        .recipient_name = name_of(who.user),
                        .made = question.now,
                        .period = delivery.period,
                        .filter = delivery.filter,
                        .language = delivery.language,
                        .notes = std::move(answer.notes),
                        .tables = std::move(answer.tables)};
}

Result<void> ReportTurns::make(const TenantScope& scope, const ReportDelivery& delivery, ReportTurn& turn) {
  const auto document = document_of(scope, delivery);
  if (document) {
    ++turn.made;
    return deliveries_.put_made(scope, delivery.id, options_.holder, to_canonical_json(*document), document->rows());
  }
  const std::string& reason = document.error().message;
  if (is_for_good(document.error())) {
    ++turn.failed;
    return deliveries_.put_failed(scope, delivery.id, options_.holder, reason);
  }
  turn.problems.push_back(delivery.id.text() + ": " + reason);
  return deliveries_.put_back(scope, delivery.id, options_.holder, reason);
}

Result<void> ReportTurns::tell(const TenantScope& scope, const FinishedRun& run) {
  WD_TRY(sources_.events.record(scope, event_of(run)));
  auto db = WD_TRY(identity_.tenants().config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  if (WD_TRY(ReportDeliveries::mark_told(*db, run.id)) && tell_) WD_TRY(tell_(*db, scope, run));
  return tx.commit();
}

Result<void> ReportTurns::tell(const TenantScope& scope, ReportTurn& turn) {
  for (const FinishedRun& run : WD_TRY(deliveries_.untold(scope))) {
    const auto told = tell(scope, run);
    if (!told) turn.problems.push_back(run.id.text() + ": " + told.error().message);
  }
  return {};
}

}  // namespace warder::manager
