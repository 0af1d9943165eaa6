// What a report says, asked in the scope of whom it is for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/alerts/alert_settings.h"
#include "manager/alerts/alerts.h"
#include "manager/events/event_store.h"
#include "manager/fleet/agents.h"
#include "manager/fleet/groups.h"
#include "manager/incidents/incidents.h"
#include "manager/policies/page.h"
#include "manager/policies/policies.h"
#include "manager/reports/report_document.h"
#include "model/messages.h"

namespace warder::manager {

/// Where the data of reports comes from; lives longer than who is given it.
struct ReportSources {
  EventStore& events;
  Alerts& alerts;
  AlertSettings& alert_settings;
  Incidents& incidents;
  Agents& agents;
  Groups& groups;
  Policies& policies;
  const Messages& messages;
};

struct ReportQuestion {
  TenantScope scope;                      // of the recipient, with right_of() the kind
  std::optional<TenantScope> policies{};  // the same with policies:read; absent: the recipient lacks it
  ReportPeriod period{};
  std::string filter;
  std::string language;
  Timestamp now{};
};

struct ReportAnswer {
  std::vector<ReportTable> tables{};
  std::vector<std::string> notes{};
};

/// Gives each item of a list that comes in pages to `visit`; `list(PageRequest)` has the next page.
template <class List, class Visit>
Result<void> visit_all(const List& list, const Visit& visit) {
  constexpr std::size_t kPageSize = 500;
  PageRequest request{kPageSize, ""};
  for (bool is_more = true; is_more;) {
    const auto page = WD_TRY(list(request));
    for (const auto& each : page.items) visit(each);
    is_more = page.next_cursor.has_value();
    request.cursor = page.next_cursor.value_or("");
  }
  return {};
}

/// Fails as the functions behind the API do; Invalid for a filter that no longer is one.
Result<ReportAnswer> answer_report(ReportKind kind, const ReportSources& sources, const ReportQuestion& question);

/// Each of the kinds.
Result<ReportAnswer> answer_events(const ReportSources& sources, const ReportQuestion& question);
Result<ReportAnswer> answer_alerts(const ReportSources& sources, const ReportQuestion& question);
Result<ReportAnswer> answer_incidents(const ReportSources& sources, const ReportQuestion& question);
Result<ReportAnswer> answer_hosts(const ReportSources& sources, const ReportQuestion& question);
Result<ReportAnswer> answer_integrity(const ReportSources& sources, const ReportQuestion& question);

/// A table without rows, its title and columns (keys of report_words.h) in the language.
ReportTable make_table(std::string_view language, std::string_view key, std::vector<std::string_view> columns);
/// A value's word: "severity.high".
std::string word_for(std::string_view kind, std::string_view value, std::string_view language);
/// Median and longest, empty without any.
ReportRow time_cells(std::vector<std::int64_t> seconds);

}  // namespace warder::manager
