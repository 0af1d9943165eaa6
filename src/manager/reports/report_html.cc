#include "base/bytes.h"
#include "base/markup.h"
#include "crypto/hash.h"
#include "manager/reports/report_document.h"
#include "manager/reports/report_files.h"
#include "manager/reports/report_words.h"

namespace warder::manager {
namespace {

constexpr std::string_view kStyle = R"(
@page { size: A4; margin: 15mm; }
body { font: 10pt/1.4 "Noto Sans", "Noto Sans CJK JP", "Noto Sans JP", sans-serif; color: #1a1a1a; background: #fff;
  margin: 2em auto; max-width: 60em; padding: 0 1em; }
h1 { font-size: 1.6em; margin: 0 0 .5em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15em 1em; }
dt { font-weight: bold; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 1.5em 0; }
caption { text-align: left; font-weight: bold; font-size: 1.15em; padding: .3em 0; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border: 1px solid #8a8a8a; padding: .25em .5em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #ececec; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.unknown { font-style: italic; color: #5c5c5c; }
@media print { body { margin: 0; max-width: none; padding: 0; } }
)";

/// What the page allows: this style sheet, and nothing else.
std::string content_policy() {
  return "default-src 'none'; style-src 'sha256-" + to_base64(crypto::sha256(as_bytes(kStyle))) +
         "'; base-uri 'none'; form-action 'none'";
}

/// A page that is being written: only what `raw` gets is markup.
class HtmlPage {
 public:
  explicit HtmlPage(const ReportDocument& document) : document_(document) {}

  std::string write(const std::string& hash) {
    head();
    facts(hash);
    for (const std::string& note : document_.notes) raw("<p>").text(note).raw("</p>\n");
    for (const ReportTable& table : document_.tables) write(table);
    raw("</body>\n</html>\n");
    return std::move(out_);
  }

 private:
  HtmlPage& raw(std::string_view markup) {
    out_.append(markup);
    return *this;
  }
  HtmlPage& text(std::string_view content) { return raw(escape_html(content)); }
  HtmlPage& say(std::string_view key) { return text(report_word(key, document_.language)); }
  void fact(std::string_view key, std::string_view value) {
    raw("<dt>").say(key).raw("</dt><dd>").text(value).raw("</dd>\n");
  }

  void head() {
    raw("<!DOCTYPE html>\n<html lang=\"").text(document_.language).raw("\">\n<head>\n<meta charset=\"utf-8\">\n");
    raw("<meta http-equiv=\"Content-Security-Policy\" content=\"").text(content_policy()).raw("\">\n");
    raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    text(document_.report_name).raw("</title>\n<style>").raw(kStyle).raw("</style>\n</head>\n<body>\n<h1>");
    text(document_.report_name).raw("</h1>\n");
  }

  void facts(const std::string& hash) {
    raw("<dl>\n");
    fact("report", report_word("report." + std::string(name(document_.kind)), document_.language));
    fact("tenant", document_.tenant);
    fact("recipient", document_.recipient_name);
    fact("range", to_rfc3339(document_.period.from) + " – " + to_rfc3339(document_.period.to) + " (UTC)");
    fact("query",
         document_.filter.empty() ? report_word("query.all", document_.language) : std::string_view(document_.filter));
    fact("made", to_rfc3339(document_.made) + " (UTC)");
    fact("hash", hash);
    raw("</dl>\n<p>").text(report_sentence("limit", document_.language, "name", document_.recipient_name));
    raw("</p>\n<p>").say("hash.how").raw("</p>\n");
  }

  void write(const ReportTable& table) {
    raw("<table>\n<caption>").text(table.title).raw("</caption>\n<thead><tr>");
    for (const std::string& column : table.columns) raw("<th scope=\"col\">").text(column).raw("</th>");
    raw("</tr></thead>\n<tbody>\n");
    for (const ReportRow& row : table.rows) write(row);
    if (table.rows.empty()) {
      raw("<tr><td colspan=\"").raw(std::to_string(table.columns.size())).raw("\">").say("empty").raw("</td></tr>\n");
    }
    raw("</tbody>\n</table>\n");
    if (table.total > static_cast<std::int64_t>(table.rows.size()))
      raw("<p>").text(report_sentence("cut", document_.language, "count", std::to_string(table.total))).raw("</p>\n");
  }

  void write(const ReportRow& row) {
    raw("<tr>");
    for (const ReportCell& cell : row) {
      if (const auto* number = std::get_if<std::int64_t>(&cell))
        raw("<td class=\"number\">").raw(std::to_string(*number)).raw("</td>");
      else if (const auto& content = std::get<std::string>(cell); content.empty())
        raw("<td class=\"unknown\">").say("unknown").raw("</td>");
      else
        raw("<td>").text(content).raw("</td>");
    }
    raw("</tr>\n");
  }

  const ReportDocument& document_;
  std::string out_;
};

}  // namespace

Result<std::string> report_html(std::string_view document) {
  const ReportDocument parsed = WD_TRY(parse_report_document(document));
  return HtmlPage(parsed).write(report_hash(document));
}

}  // namespace warder::manager
