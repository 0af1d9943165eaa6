// The kinds that are made of events: all of them, and the changes that integrity monitoring found.
#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "manager/reports/report_data.h"
#include "manager/reports/report_words.h"

namespace warder::manager {
namespace {

constexpr std::size_t kTop = 10;
constexpr std::size_t kNewest = 100;

std::string facet_text(const FilterValue& value) {
  const auto* const text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : std::to_string(std::get<std::int64_t>(value));
}

/// What the report asks for and, of that, what `more` does.
Result<EventSelection> select_events(const ReportQuestion& question, std::string_view more) {
  Filter asked = WD_TRY(parse_filter(question.filter).in("filter"));
  Filter other = WD_TRY(parse_filter(more));
  EventSelection selection{{}, question.period.from, question.period.to};
  if (asked.kind == Filter::Kind::All || other.kind == Filter::Kind::All)
    selection.filter = asked.kind == Filter::Kind::All ? std::move(other) : std::move(asked);
  else
    selection.filter = {Filter::Kind::And, {std::move(asked), std::move(other)}, {}};
  return selection;
}

Result<ReportTable> newest_events(const ReportSources& sources, const ReportQuestion& question, std::string_view more,
                                  std::string_view key) {
  const auto page = WD_TRY(sources.events.list(question.scope, WD_TRY(select_events(question, more)), kNewest, ""));
  ReportTable table = make_table(question.language, key, {"time", "severity", "host", "module", "what", "rule"});
  for (const StoredEvent& each : page.items)
    table.add({to_rfc3339(each.event.time), word_for("severity", name(each.event.severity), question.language),
               each.host, word_for("module", name(each.event.module), question.language),
               sources.messages.render(each.event, question.language), each.event.rule});
  return table;
}

std::string day_of(Timestamp time) {
  return to_rfc3339(time).substr(0, 10);
}

/// The severities with their counts, those without any event too: what was counted and is none is known.
ReportTable severities(const Facet& facet, std::string_view language) {
  ReportTable table = make_table(language, "by-severity", {"severity", "events"});
  for (auto at = kSeverities.rbegin(); at != kSeverities.rend(); ++at) {
    std::int64_t count = 0;
    for (const FacetValue& each : facet.values)
      if (facet_text(each.value) == name(*at)) count = each.count;
    table.add({word_for("severity", name(*at), language), count});
  }
  return table;
}

ReportTable facet_table(const Facet& facet, std::string_view key, std::string_view column, std::string_view language) {
  ReportTable table = make_table(language, key, {column, "events"});
  for (const FacetValue& each : facet.values) {
    const std::string text = facet_text(each.value);
    if (text.empty() || table.rows.size() == kTop) continue;  // the manager's own, and what no rule decided
    table.add({column == "module" ? word_for(column, text, language) : text, each.count});
  }
  return table;
}

/// Counted by hours, for a range may begin within a day of UTC; then put together by days.
Result<ReportTable> days(const ReportSources& sources, const ReportQuestion& question,
                         const EventSelection& selection) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(question.period.to - question.period.from);
  const auto histogram =
      WD_TRY(sources.events.histogram(question.scope, selection, static_cast<std::size_t>(hours.count()) + 2));
  std::map<std::string, std::array<std::int64_t, kSeverities.size()>> counts;
  for (const HistogramBucket& bucket : histogram.buckets) {
    auto& day = counts[day_of(bucket.time)];
    for (const auto& [severity, count] : bucket.counts) day.at(static_cast<std::size_t>(severity)) += count;
  }
  ReportTable table =
      make_table(question.language, "by-day",
                 {"day", "severity.critical", "severity.high", "severity.medium", "severity.low", "severity.info"});
  for (const auto& [day, of] : counts) table.add({day, of[4], of[3], of[2], of[1], of[0]});
  return table;
}

const FilterField& field(std::string_view key) {
  return *find_filter_field(key);
}

/// All changes, and those that are explained.
struct Changes {
  std::int64_t all = 0;
  std::int64_t approved = 0;
  [[nodiscard]] std::int64_t open() const { return all - approved; }
};
using ChangesBy = std::map<std::string, Changes>;

constexpr std::string_view kChanges = R"((type:"integrity.file.*" or type:"integrity.entity.*"))";
constexpr std::string_view kApproved =
    R"((type:"integrity.file.*" or type:"integrity.entity.*") and change.explained_by:"*")";
constexpr std::string_view kNotApproved =
    R"((type:"integrity.file.*" or type:"integrity.entity.*") and not change.explained_by:"*")";

Result<ChangesBy> count_changes(const ReportSources& sources, const ReportQuestion& question, const FilterField& by) {
  constexpr std::size_t kEnough = 10'000;
  const std::array<const FilterField*, 1> fields = {&by};
  const auto count = [&](std::string_view filter) -> Result<Facet> {
    return WD_TRY(sources.events.facets(question.scope, WD_TRY(select_events(question, filter)), fields, kEnough))
        .facets.at(0);
  };
  ChangesBy counts;
  for (const FacetValue& each : WD_TRY(count(kChanges)).values) counts[facet_text(each.value)].all = each.count;
  for (const FacetValue& each : WD_TRY(count(kApproved)).values) counts[facet_text(each.value)].approved = each.count;
  return counts;
}

/// Those with the most that nobody approved first.
ReportTable changes_table(const ChangesBy& counts, std::string_view key, std::string_view column,
                          std::string_view language) {
  std::vector<std::pair<std::string, Changes>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, [](const auto& a, const auto& b) {
    return std::tuple(a.second.open(), a.second.all) > std::tuple(b.second.open(), b.second.all);
  });
  ReportTable table = make_table(language, key, {column, "changes", "approved", "not-approved-count"});
  for (const auto& [value, of] : sorted)
    table.add({value.empty() ? std::string(report_word("none", language)) : value, of.all, of.approved, of.open()});
  return table;
}

}  // namespace

Result<ReportAnswer> answer_events(const ReportSources& sources, const ReportQuestion& question) {
  const EventSelection selection = WD_TRY(select_events(question, ""));
  const std::array<const FilterField*, 4> fields = {&field("severity"), &field("module"), &field("host.name"),
                                                    &field("rule")};
  // One more than are shown: among them may be the one without a name.
  const Facets facets = WD_TRY(sources.events.facets(question.scope, selection, fields, kTop + 1));
  const std::string& language = question.language;
  ReportAnswer answer;
  answer.tables.push_back(severities(facets.facets.at(0), language));
  answer.tables.push_back(facet_table(facets.facets.at(1), "by-module", "module", language));
  answer.tables.push_back(WD_TRY(days(sources, question, selection)));
  answer.tables.push_back(facet_table(facets.facets.at(2), "top-hosts", "host", language));
  answer.tables.push_back(facet_table(facets.facets.at(3), "top-rules", "rule", language));
  answer.tables.push_back(WD_TRY(newest_events(sources, question, "severity>=high", "newest")));
  return answer;
}

Result<ReportAnswer> answer_integrity(const ReportSources& sources, const ReportQuestion& question) {
  ReportAnswer answer;
  answer.tables.push_back(
      changes_table(WD_TRY(count_changes(sources, question, field("rule"))), "by-rule", "rule", question.language));
  answer.tables.push_back(changes_table(WD_TRY(count_changes(sources, question, field("host.name"))), "by-host", "host",
                                        question.language));
  answer.tables.push_back(WD_TRY(newest_events(sources, question, kNotApproved, "not-approved")));
  return answer;
}

}  // namespace warder::manager
