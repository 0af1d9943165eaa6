// What a report says, as data: one document of canonical JSON, from which every file is drawn.
//
// {"version": 1, "tenant", "report": {"id", "name", "kind"}, "recipient": {"id", "name"}, "made", "from", "to",
// "zone": "UTC", "filter", "language", "notes": [text …], "tables": [{"key", "title", "columns": [text …],
// "rows": [[text or number …] …], "total", "cut"} …]}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "manager/reports/report.h"

namespace warder::manager {

inline constexpr std::size_t kMaxReportRows = 1'000;  // of a table

/// A text, or a number. What is not known is an empty text and shown as such, never as 0.
using ReportCell = std::variant<std::string, std::int64_t>;
using ReportRow = std::vector<ReportCell>;

struct ReportTable {
  std::string key;  // "by-severity"
  std::string title;
  std::vector<std::string> columns;
  std::vector<ReportRow> rows{};
  std::int64_t total = 0;  // rows that there are; more than `rows` has: it was cut

  /// Counts the row, and keeps it unless there are kMaxReportRows.
  void add(ReportRow row);
};

struct ReportDocument {
  std::string tenant;
  std::string report_id;
  std::string report_name;
  ReportKind kind = ReportKind::Events;
  std::string recipient_id;
  std::string recipient_name;
  Timestamp made{};
  ReportPeriod period{};
  std::string filter;
  std::string language;
  std::vector<std::string> notes{};
  std::vector<ReportTable> tables{};

  [[nodiscard]] std::int64_t rows() const noexcept;
};

/// Keys in order, no spaces; what is not UTF-8 is escaped. The same document gives the same bytes.
std::string to_canonical_json(const ReportDocument& document);
/// Corrupt when it is none.
Result<ReportDocument> parse_report_document(std::string_view text);
/// Of its bytes, hex: what `sha256sum report.json` says.
std::string report_hash(std::string_view text);

}  // namespace warder::manager
