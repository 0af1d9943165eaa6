// A report that a tenant wants made: what of, when, in which language, and for whom.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "manager/reports/report_schedule.h"
#include "model/ids.h"

namespace warder::manager {

using ReportId = Id<struct ReportTag>;

enum class ReportKind : std::uint8_t { Events, Alerts, Incidents, Hosts, Integrity };
std::string_view name(ReportKind kind) noexcept;  // "events" …
Result<ReportKind> parse_report_kind(std::string_view text);
/// What a recipient needs to get one: "events:read" …
std::string_view right_of(ReportKind kind) noexcept;

inline constexpr std::size_t kMaxReports = 200;           // of a tenant
inline constexpr std::size_t kMaxReportRecipients = 100;  // of a report
inline constexpr std::size_t kMaxReportName = 120;        // characters

struct ReportDraft {
  std::string name;
  ReportKind kind = ReportKind::Events;
  std::string filter;  // of the filter language: of hosts for the kind hosts, else of events; empty: everything
  std::string range = "previous-day";
  std::optional<ReportSchedule> schedule{};  // absent: only when somebody asks
  std::string language = "en";               // or "ja"
  std::vector<UserId> recipients{};
  bool is_enabled = true;  // otherwise the schedule rests
};

/// What the members of `body` say, the rest as in `draft`: {"name", "kind", "filter", "range", "schedule", "language",
/// "recipients", "enabled"}. Invalid with the pointer of the member that cannot be so: "/schedule/at: …"; Invalid for a
/// filter with events and hosts only, for alerts and incidents have none.
Result<ReportDraft> read_report(const boost::json::object& body, ReportDraft draft = {});

struct Report {
  ReportId id;
  ReportDraft draft;
  std::string owner;  // the actor that made it: "user:<id>"
  Timestamp created{};
  std::int64_t version = 1;
  std::optional<Timestamp> next{};  // when it is made next; absent: when somebody asks
  std::optional<Timestamp> last{};  // the occurrence that was made last
  [[nodiscard]] std::string etag() const;
};

/// {"id", "name", "kind", "filter", "range", "schedule", "language", "recipients", "enabled", "owner", "created",
/// "next", "last", "etag"}.
boost::json::object report_json(const Report& report);

}  // namespace warder::manager
