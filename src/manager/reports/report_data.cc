#include "manager/reports/report_data.h"

#include <algorithm>

#include "manager/reports/report_words.h"

namespace warder::manager {

Result<ReportAnswer> answer_report(ReportKind kind, const ReportSources& sources, const ReportQuestion& question) {
  switch (kind) {
    case ReportKind::Events:
      return answer_events(sources, question);
    case ReportKind::Alerts:
      return answer_alerts(sources, question);
    case ReportKind::Incidents:
      return answer_incidents(sources, question);
    case ReportKind::Hosts:
      return answer_hosts(sources, question);
    case ReportKind::Integrity:
      return answer_integrity(sources, question);
  }
  return fail(ErrorCode::Corrupt, "a report of a kind that is none");
}

ReportTable make_table(std::string_view language, std::string_view key, std::vector<std::string_view> columns) {
  ReportTable table{std::string(key), std::string(report_word(key, language)), {}};
  for (const std::string_view each : columns) table.columns.emplace_back(report_word(each, language));
  return table;
}

std::string word_for(std::string_view kind, std::string_view value, std::string_view language) {
  const std::string key = std::string(kind) + "." + std::string(value);
  const std::string_view word = report_word(key, language);
  return std::string(word == key ? value : word);
}

ReportRow time_cells(std::vector<std::int64_t> seconds) {
  if (seconds.empty()) return {std::string(), std::string()};
  std::ranges::sort(seconds);
  return {seconds[(seconds.size() - 1) / 2], seconds.back()};
}

}  // namespace warder::manager
