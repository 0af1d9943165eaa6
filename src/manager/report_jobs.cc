#include "manager/report_jobs.h"

#include <chrono>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/random.h"

namespace warder::manager {
namespace {

Notice notice_of(const ReportDelivery& delivery) {
  Notice notice;
  notice.type = "report.made";
  notice.about = "report:" + delivery.report.text();
  notice.texts["en"] = {"Report: " + delivery.report_name,
                        "The report \"" + delivery.report_name + "\" was made for you, from " +
                            to_rfc3339(delivery.period.from) + " to " + to_rfc3339(delivery.period.to) + ".\n"};
  notice.texts["ja"] = {"レポート: " + delivery.report_name,
                        "レポート「" + delivery.report_name + "」が作成されました。対象期間は " +
                            to_rfc3339(delivery.period.from) + " から " + to_rfc3339(delivery.period.to) + " です。\n"};
  notice.path = "/reports/deliveries?report=" + delivery.report.text();
  return notice;
}

}  // namespace

TellOfReport mail_reports(NoticeChannels& channels, NoticeOutbox& outbox, Users& users) {
  return [&](Db& transaction, const TenantScope& scope, const FinishedRun& run) -> Result<void> {
    const auto channel = first_mail_channel(channels, scope);
    if (!channel && channel.error().code == ErrorCode::NotFound) return {};
    if (!channel) return fail(channel.error());
    for (const ReportDelivery& delivery : run.deliveries) {
      if (delivery.state != DeliveryState::Made) continue;
      const auto user = users.find(scope, delivery.recipient);
      if (!user || user->email.value_or("").empty()) continue;
      WD_TRY(outbox.put(transaction, {channel->id, {delivery.recipient}}, notice_of(delivery)));
    }
    return {};
  };
}

ReportJobs::ReportJobs(Parts parts)
    : parts_(std::move(parts)),
      reports_(*parts_.installation.tenants, parts_.installation.audit, parts_.installation.identity.users(),
               parts_.installation.clock),
      deliveries_(*parts_.installation.tenants, parts_.installation.audit, parts_.installation.clock),
      turns_(reports_, deliveries_, parts_.installation.identity, parts_.sources, parts_.installation.clock,
             {std::chrono::days(parts_.installation.config.report_retention_days), to_hex(random_bytes(16))},
             mail_reports(parts_.channels, parts_.outbox, parts_.installation.identity.users())) {}

void ReportJobs::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      parts_.runs.run([&] { work(stop); });
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, stop, kPause, [this] { return is_woken_; });
      is_woken_ = false;
    }
  });
}

void ReportJobs::wake() {
  {
    const std::scoped_lock lock(mutex_);
    is_woken_ = true;
  }
  woken_.notify_all();
}

void ReportJobs::work(const std::stop_token& stop) {
  Installation& installation = parts_.installation;
  for (const Tenant& tenant : installation.tenants->list()) {
    if (stop.stop_requested()) return;
    if (!installation.tenants->check_served(tenant.id)) continue;
    const auto scope = installation.scopes.make(tenant.id, "job:reports");
    if (!scope) continue;
    const auto turn = turns_.turn(*scope, stop);
    if (!turn) {
      parts_.log.warning("reports.failed", turn.error().message, {{"tenant", tenant.name}});
      continue;
    }
    for (const std::string& problem : turn->problems)
      parts_.log.warning("reports.failed", problem, {{"tenant", tenant.name}});
    if (turn->made > 0 && parts_.wake_notifier) parts_.wake_notifier();
  }
}

}  // namespace warder::manager
