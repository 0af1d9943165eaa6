// The kinds about what people work on: alerts and incidents.
#include <algorithm>
#include <iterator>
#include <map>

#include "manager/reports/report_data.h"
#include "manager/reports/report_words.h"

namespace warder::manager {
namespace {

bool is_within(const ReportPeriod& period, const std::optional<Timestamp>& time) {
  return time && *time >= period.from && *time < period.to;
}

std::int64_t seconds_between(Timestamp from, Timestamp to) {
  return std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
}

/// The rule's name; its id when it is gone.
std::string kind_of(const std::vector<AlertRule>& rules, const Alert& alert) {
  const auto rule = std::ranges::find(rules, alert.rule, &AlertRule::id);
  return rule == rules.end() ? alert.rule : rule->name;
}

std::string title_of(const std::vector<AlertRule>& rules, const Alert& alert, const std::string& language) {
  const auto rule = std::ranges::find(rules, alert.rule, &AlertRule::id);
  if (rule == rules.end()) return alert.rule;
  auto text = rule->texts.find(language);
  if (text == rule->texts.end() || text->second.title.empty()) text = rule->texts.find("en");
  return text == rule->texts.end() ? rule->name : fill_text(text->second.title, alert);
}

std::string about(const Alert& alert) {
  std::string text;
  for (const auto& [key, value] : alert.group)
    if (!value.empty()) text.append(text.empty() ? "" : ", ").append(key).append("=").append(value);
  return text;
}

struct KindCounts {
  std::int64_t opened = 0;
  std::int64_t closed = 0;
};
struct Acknowledging {
  std::int64_t opened = 0;
  std::vector<std::int64_t> seconds{};
};

struct AlertTables {
  std::map<std::string, KindCounts> kinds{};
  std::map<Severity, Acknowledging> times{};
  ReportTable open;

  void note(const ReportQuestion& question, const std::vector<AlertRule>& rules, const Alert& alert) {
    const bool is_opened = is_within(question.period, alert.opened);
    const bool is_closed = is_within(question.period, alert.resolved);
    if (is_opened || is_closed) {
      KindCounts& counts = kinds[kind_of(rules, alert)];
      counts.opened += is_opened ? 1 : 0;
      counts.closed += is_closed ? 1 : 0;
    }
    if (is_opened) {
      Acknowledging& time = times[alert.severity];
      ++time.opened;
      if (alert.acknowledged) time.seconds.push_back(seconds_between(alert.opened, *alert.acknowledged));
    }
    if (alert.is_active())
      open.add({to_rfc3339(alert.opened), word_for("severity", name(alert.severity), question.language),
                word_for("alert", name(alert.state), question.language), title_of(rules, alert, question.language),
                about(alert)});
  }
};

struct IncidentCounts {
  std::int64_t declared = 0;
  std::int64_t closed = 0;
  std::int64_t open = 0;
  std::vector<std::int64_t> seconds{};
};

void note_incident(const ReportQuestion& question, const Incident& incident, std::map<Severity, IncidentCounts>& counts,
                   ReportTable& open) {
  IncidentCounts& of = counts[incident.severity];
  if (is_within(question.period, incident.declared)) ++of.declared;
  if (is_within(question.period, incident.closed)) {
    ++of.closed;
    of.seconds.push_back(seconds_between(incident.declared, *incident.closed));
  }
  if (incident.state == IncidentState::Closed) return;
  ++of.open;
  open.add({incident.number, incident.title, word_for("severity", name(incident.severity), question.language),
            word_for("incident", name(incident.state), question.language), to_rfc3339(incident.declared)});
}

}  // namespace

Result<ReportAnswer> answer_alerts(const ReportSources& sources, const ReportQuestion& question) {
  const std::string& language = question.language;
  const auto rules = WD_TRY(sources.alert_settings.rules(question.scope));
  AlertTables found{.open = make_table(language, "alerts-open", {"opened", "severity", "state", "title", "about"})};
  WD_TRY(visit_all(
      [&](const PageRequest& request) {
        AlertQuery query;
        query.limit = request.limit;
        query.cursor = request.cursor;
        return sources.alerts.list(question.scope, query);
      },
      [&](const Alert& alert) { found.note(question, rules, alert); }));
  ReportTable kinds = make_table(language, "alerts-by-kind", {"kind", "opened", "closed"});
  for (const auto& [kind, of] : found.kinds) kinds.add({kind, of.opened, of.closed});
  ReportTable times =
      make_table(language, "alerts-time", {"severity", "alerts", "acknowledged-count", "median", "longest"});
  for (auto at = kSeverities.rbegin(); at != kSeverities.rend(); ++at) {
    const Acknowledging& of = found.times[*at];
    ReportRow row = {word_for("severity", name(*at), language), of.opened,
                     static_cast<std::int64_t>(of.seconds.size())};
    std::ranges::move(time_cells(of.seconds), std::back_inserter(row));
    times.add(std::move(row));
  }
  return ReportAnswer{{std::move(kinds), std::move(found.open), std::move(times)},
                      {std::string(report_word("note.open-now", language))}};
}

Result<ReportAnswer> answer_incidents(const ReportSources& sources, const ReportQuestion& question) {
  const std::string& language = question.language;
  std::map<Severity, IncidentCounts> counts;
  ReportTable open = make_table(language, "incidents-open", {"number", "title", "severity", "state", "declared"});
  WD_TRY(visit_all([&](const PageRequest& request) { return sources.incidents.list(question.scope, request); },
                   [&](const Incident& incident) { note_incident(question, incident, counts, open); }));
  ReportTable severities = make_table(language, "incidents-by-severity", {"severity", "declared", "closed", "open"});
  ReportTable times = make_table(language, "incidents-time", {"severity", "closed", "median", "longest"});
  for (auto at = kSeverities.rbegin(); at != kSeverities.rend(); ++at) {
    const IncidentCounts& of = counts[*at];
    const std::string severity = word_for("severity", name(*at), language);
    severities.add({severity, of.declared, of.closed, of.open});
    ReportRow row = {severity, of.closed};
    std::ranges::move(time_cells(of.seconds), std::back_inserter(row));
    times.add(std::move(row));
  }
  return ReportAnswer{{std::move(severities), std::move(times), std::move(open)},
                      {std::string(report_word("note.open-now", language))}};
}

}  // namespace warder::manager
