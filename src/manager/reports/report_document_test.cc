#include "manager/reports/report_document.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"
#include "base/text.h"
#include "manager/reports/report_files.h"

namespace warder::manager {
namespace {

ReportDocument document() {
  ReportDocument made;
  made.tenant = "primary";
  made.report_name = "Weekly";
  made.recipient_name = "Ann";
  made.filter = "severity>=high";
  made.language = "en";
  made.period = {parse_rfc3339("2026-11-16T00:00:00Z").value(), parse_rfc3339("2026-11-23T00:00:00Z").value()};
  made.tables = {{"top-hosts", "Hosts", {"Host", "Events"}}};
  return made;
}

std::string text(ReportDocument made) {
  return to_canonical_json(made);
}

TEST(ReportDocument, IsOneTextWhoseHashIsKnownElsewhere) {
  const std::string first = text(document());
  EXPECT_EQ(first, text(document()));
  EXPECT_EQ(first, canonical_json(parse_json(first).value())) << "keys in order, no spaces";
  // printf '' | sha256sum and printf abc | sha256sum
  EXPECT_EQ(report_hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(report_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ReportDocument, IsReadBackAsItWas) {
  ReportDocument made = document();
  made.notes = {"So it is."};
  made.tables[0].add({std::string("端末"), std::int64_t{3}});
  made.tables[0].add({std::string(), std::int64_t{0}});
  EXPECT_EQ(text(parse_report_document(text(made)).value()), text(made));
}

TEST(ReportDocument, ATableSaysThatItWasCut) {
  ReportDocument made = document();
  for (std::int64_t i = 0; i < 1'001; ++i) made.tables[0].add({"host", i});
  EXPECT_EQ(made.tables[0].rows.size(), kMaxReportRows);
  EXPECT_EQ(made.rows(), 1'000);
  const std::string whole = text(made);
  EXPECT_NE(whole.find("\"cut\":true"), std::string::npos);
  EXPECT_NE(report_html(whole).value().find("of 1001 in all"), std::string::npos);
  EXPECT_NE(report_csv(whole).value().find("of 1001 in all"), std::string::npos);
  EXPECT_EQ(report_html(text(document())).value().find("in all"), std::string::npos);
}

TEST(ReportDocument, WhatIsNoneIsCorrupt) {
  for (const std::string_view none : {"", "{}", "[]", R"({"version":1})"}) {
    EXPECT_EQ(parse_report_document(none).error().code, ErrorCode::Corrupt) << none;
    EXPECT_EQ(report_html(none).error().code, ErrorCode::Corrupt) << none;
    EXPECT_EQ(report_csv(none).error().code, ErrorCode::Corrupt) << none;
  }
}

TEST(ReportHtml, SaysWhatItIsAndForWhom) {
  const std::string data = text(document());
  const std::string page = report_html(data).value();
  for (const std::string_view part :
       {std::string_view("primary"), std::string_view("Ann"), std::string_view("severity&gt;=high"),
        std::string_view("2026-11-16T00:00:00.000000Z"), std::string_view("(UTC)"),
        std::string_view("Limited to what Ann may see."), std::string_view("lang=\"en\"")})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_NE(page.find(report_hash(data)), std::string::npos);
  EXPECT_EQ(page, report_html(data).value());
}

TEST(ReportHtml, HasNoScriptAndNothingFromElsewhere) {
  const std::string page = report_html(text(document())).value();
  EXPECT_NE(page.find("Content-Security-Policy"), std::string::npos);
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  for (const std::string_view none : {"<script", "http://", "https://", "url(", "<img", "<link", "@import", " style="})
    EXPECT_EQ(page.find(none), std::string::npos) << none;
}

TEST(ReportHtml, AHostileNameIsText) {
  const std::string hostile = R"("><script>alert(1)</script><img src=x onerror='x'>)";
  ReportDocument made = document();
  made.report_name = hostile;
  made.recipient_name = hostile;
  made.filter = hostile;
  made.notes = {hostile};
  made.tables[0].title = hostile;
  made.tables[0].columns[0] = hostile;
  made.tables[0].add({hostile, std::int64_t{1}});
  const std::string page = report_html(text(made)).value();
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_NE(page.find("&quot;&gt;&lt;script&gt;"), std::string::npos);
}

TEST(ReportHtml, WhatIsNotKnownIsNotShownAsNothing) {
  ReportDocument made = document();
  made.language = "ja";
  made.tables[0].add({std::string(), std::int64_t{0}});
  const std::string page = report_html(text(made)).value();
  EXPECT_NE(page.find("<td class=\"unknown\">不明</td><td class=\"number\">0</td>"), std::string::npos);
  EXPECT_NE(report_csv(text(made)).value().find("\"不明\",\"0\""), std::string::npos);
}

TEST(ReportCsv, NoCellIsAFormula) {
  ReportDocument made = document();
  made.report_name = "=1+1";
  made.filter = "@sum(A1)";
  for (const std::string name : {"=cmd|' /C calc'!A0", "+1", "-1", "@x", "\ttab"})
    made.tables[0].add({name, std::int64_t{1}});
  const std::string sheet = report_csv(text(made)).value();
  for (std::size_t at = sheet.find('"'); at != std::string::npos;) {
    const char first = sheet.at(at + 1);
    EXPECT_EQ(std::string_view("=+-@\t\r\n").find(first), std::string_view::npos) << sheet.substr(at, 20);
    at = sheet.find("\n\"", at + 1);
    if (at != std::string::npos) ++at;
  }
  EXPECT_NE(sheet.find("\"'=cmd|"), std::string::npos);
  EXPECT_NE(sheet.find("\"'=1+1\""), std::string::npos);
  EXPECT_NE(sheet.find("\"'@sum(A1)\""), std::string::npos);
}

RC_GTEST_PROP(ReportDocumentProperty, WhateverBytesAHostSaysTheDocumentIsUtf8AndComesBack, (const std::string& bytes)) {
  ReportDocument made = document();
  made.tables[0].add({bytes, std::int64_t{1}});
  const std::string first = to_canonical_json(made);
  RC_ASSERT(is_utf8(first));
  const auto back = parse_report_document(first);
  RC_ASSERT(back.has_value());
  RC_ASSERT(std::get<std::string>(back->tables[0].rows[0][0]) == escape_non_utf8(bytes));
  RC_ASSERT(report_csv(first).has_value());
}

}  // namespace
}  // namespace warder::manager
