#include "base/markup.h"
#include "manager/reports/report_document.h"
#include "manager/reports/report_files.h"
#include "manager/reports/report_words.h"

namespace warder::manager {
namespace {

constexpr std::string_view kEnd = "\r\n";

void append_line(std::string& out, const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& each : cells) append_csv_cell(line, each);
  out.append(line).append(kEnd);
}

std::string text_of(const ReportCell& cell, std::string_view language) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
  const auto& text = std::get<std::string>(cell);
  return text.empty() ? std::string(report_word("unknown", language)) : text;
}

void append_table(std::string& out, const ReportTable& table, std::string_view language) {
  out.append(kEnd);
  append_line(out, {table.title});
  append_line(out, table.columns);
  for (const ReportRow& row : table.rows) {
    std::vector<std::string> cells;
    for (const ReportCell& cell : row) cells.push_back(text_of(cell, language));
    append_line(out, cells);
  }
  if (table.total > static_cast<std::int64_t>(table.rows.size()))
    append_line(out, {report_sentence("cut", language, "count", std::to_string(table.total))});
}

}  // namespace

Result<std::string> report_csv(std::string_view document) {
  const ReportDocument parsed = WD_TRY(parse_report_document(document));
  const std::string& language = parsed.language;
  std::string out;
  const auto fact = [&](std::string_view key, const std::string& value) {
    append_line(out, {std::string(report_word(key, language)), value});
  };
  fact("report", parsed.report_name);
  fact("tenant", parsed.tenant);
  fact("recipient", parsed.recipient_name);
  fact("range", to_rfc3339(parsed.period.from) + " – " + to_rfc3339(parsed.period.to) + " (UTC)");
  fact("query", parsed.filter.empty() ? std::string(report_word("query.all", language)) : parsed.filter);
  fact("made", to_rfc3339(parsed.made) + " (UTC)");
  fact("hash", report_hash(document));
  append_line(out, {report_sentence("limit", language, "name", parsed.recipient_name)});
  append_line(out, {std::string(report_word("hash.how", language))});
  for (const std::string& note : parsed.notes) append_line(out, {note});
  for (const ReportTable& table : parsed.tables) append_table(out, table, language);
  return out;
}

}  // namespace warder::manager
