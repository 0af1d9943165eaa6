#include "manager/reports/report_document.h"

#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxDocumentBytes = 32 << 20;
constexpr std::int64_t kVersion = 1;

json::array texts_json(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& each : texts) array.emplace_back(escape_non_utf8(each));
  return array;
}

json::value cell_json(const ReportCell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  return json::value(escape_non_utf8(std::get<std::string>(cell)));
}

json::object table_json(const ReportTable& table) {
  json::array rows;
  for (const ReportRow& row : table.rows) {
    json::array cells;
    for (const ReportCell& cell : row) cells.push_back(cell_json(cell));
    rows.push_back(std::move(cells));
  }
  return {{"key", table.key},
          {"title", table.title},
          {"columns", texts_json(table.columns)},
          {"rows", std::move(rows)},
          {"total", table.total},
          {"cut", table.total > static_cast<std::int64_t>(table.rows.size())}};
}

Result<std::vector<std::string>> read_texts(const json::array& array) {
  std::vector<std::string> texts;
  for (const json::value& each : array) {
    if (!each.is_string()) return fail(ErrorCode::Corrupt, "a text is expected");
    texts.emplace_back(each.get_string());
  }
  return texts;
}

Result<ReportRow> read_row_json(const json::value& value, std::size_t columns) {
  if (!value.is_array() || value.get_array().size() != columns)
    return fail(ErrorCode::Corrupt, "a cell for each column is expected");
  ReportRow row;
  for (const json::value& cell : value.get_array()) {
    if (cell.is_int64())
      row.emplace_back(cell.get_int64());
    else if (cell.is_string())
      row.emplace_back(std::string(cell.get_string()));
    else
      return fail(ErrorCode::Corrupt, "a text or a number is expected");
  }
  return row;
}

Result<ReportTable> read_table(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "a table is expected");
  const json::object& object = value.get_object();
  ReportTable table;
  table.key = WD_TRY(get_string(object, "key"));
  table.title = WD_TRY(get_string(object, "title"));
  table.columns = WD_TRY(read_texts(*WD_TRY(get_array(object, "columns"))));
  table.total = WD_TRY(get_int(object, "total"));
  for (const json::value& row : *WD_TRY(get_array(object, "rows")))
    table.rows.push_back(WD_TRY(read_row_json(row, table.columns.size())));
  return table;
}

Result<Timestamp> read_time(const json::object& object, std::string_view key) {
  return parse_rfc3339(WD_TRY(get_string(object, key)));
}

Result<ReportDocument> read_document(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text, kMaxDocumentBytes));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "an object is expected");
  const json::object& object = value.get_object();
  const json::object& report = *WD_TRY(get_object(object, "report"));
  const json::object& recipient = *WD_TRY(get_object(object, "recipient"));
  ReportDocument document;
  document.tenant = WD_TRY(get_string(object, "tenant"));
  document.report_id = WD_TRY(get_string(report, "id"));
  document.report_name = WD_TRY(get_string(report, "name"));
  document.kind = WD_TRY(parse_report_kind(WD_TRY(get_string(report, "kind"))));
  document.recipient_id = WD_TRY(get_string(recipient, "id"));
  document.recipient_name = WD_TRY(get_string(recipient, "name"));
  document.made = WD_TRY(read_time(object, "made"));
  document.period = {WD_TRY(read_time(object, "from")), WD_TRY(read_time(object, "to"))};
  document.filter = WD_TRY(get_string(object, "filter"));
  document.language = WD_TRY(get_string(object, "language"));
  document.notes = WD_TRY(read_texts(*WD_TRY(get_array(object, "notes"))));
  for (const json::value& table : *WD_TRY(get_array(object, "tables")))
    document.tables.push_back(WD_TRY(read_table(table)));
  return document;
}

}  // namespace

void ReportTable::add(ReportRow row) {
  ++total;
  if (rows.size() < kMaxReportRows) rows.push_back(std::move(row));
}

std::int64_t ReportDocument::rows() const noexcept {
  std::int64_t count = 0;
  for (const ReportTable& table : tables) count += static_cast<std::int64_t>(table.rows.size());
  return count;
}

std::string to_canonical_json(const ReportDocument& document) {
  json::array tables;
  for (const ReportTable& table : document.tables) tables.push_back(table_json(table));
  return canonical_json(json::object{
      {"version", kVersion},
      {"tenant", document.tenant},
      {"report",
       {{"id", document.report_id}, {"name", escape_non_utf8(document.report_name)}, {"kind", name(document.kind)}}},
      {"recipient", {{"id", document.recipient_id}, {"name", escape_non_utf8(document.recipient_name)}}},
      {"made", to_rfc3339(document.made)},
      {"from", to_rfc3339(document.period.from)},
      {"to", to_rfc3339(document.period.to)},
      {"zone", "UTC"},
      {"filter", escape_non_utf8(document.filter)},
      {"language", document.language},
      {"notes", texts_json(document.notes)},
      {"tables", std::move(tables)}});
}

Result<ReportDocument> parse_report_document(std::string_view text) {
  auto document = read_document(text);
  if (!document) return fail(ErrorCode::Corrupt, "document of a report: " + document.error().message);
  return document;
}

std::string report_hash(std::string_view text) {
  return to_hex(crypto::sha256(as_bytes(text)));
}

}  // namespace warder::manager
