#include "manager/trust/watermark.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/bytes.h"
#include "base/process.h"
#include "base/text.h"

namespace warder::manager {
namespace {

const WatermarkText kText{"Hanako Yamada", "Example Ltd.", "hanako@example.com", 7, Timestamp{}};

/// As qpdf writes it for people: content streams are readable.
std::string readable(const std::string& pdf) {
  ProcessOptions options;
  options.input = pdf;
  return run_process({"qpdf", "--qdf", "--object-streams=disable", "/dev/stdin", "-"}, options).value().out;
}

std::string hex(std::string_view text) {
  return to_hex(as_bytes(text));
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++found;
  return found;
}

std::string of_pages(int pages) {
  const std::string page = watermark_page({"Report", "Test", "author@example.com", 1, Timestamp{}});
  ProcessOptions options;
  options.input = page;
  std::vector<std::string> arguments{"qpdf", "/dev/stdin", "--pages"};
  for (int i = 0; i < pages; ++i) arguments.insert(arguments.end(), {".", "1"});
  arguments.insert(arguments.end(), {"--", "-"});
  return run_process(arguments, options).value().out;
}

TEST(Watermark, IsOnEveryPageWithNameOrganisationTimeAndNumber) {
  const auto marked = watermarked(of_pages(3), kText);
  ASSERT_TRUE(marked) << marked.error().message;
  const std::string text = readable(*marked);
  // One mark for all pages, and each page uses it.
  for (const std::string_view part : {"Hanako Yamada", "Example Ltd."})
    EXPECT_NE(text.find(hex(part)), std::string::npos);
  EXPECT_NE(text.find(hex("Request 7, 1970-01-01 00:00 UTC, hanako@example.com")), std::string::npos);
  EXPECT_EQ(count(text, "/Type /Page\n"), 3U);
  EXPECT_EQ(count(text, "/Fx1 Do\n"), 3U);
}

TEST(Watermark, TakesNamesOfAnyScript) {
  WatermarkText text = kText;
  text.name = "山田 花子";
  text.organisation = "Société Générale";
  EXPECT_NE(watermark_page(text).find("5c717530002082b15b50"), std::string::npos) << "UTF-16";
  EXPECT_NE(watermark_page(text).find("536f6369e974e9"), std::string::npos) << "Latin-1";
  EXPECT_TRUE(watermarked(of_pages(1), text));
}

TEST(Watermark, RefusesWhatItCannotMark) {
  EXPECT_EQ(watermarked("PK\x03\x04 a spreadsheet", kText).error().code, ErrorCode::Invalid);
  EXPECT_EQ(watermarked("%PDF-1.7 and nothing else", kText).error().code, ErrorCode::Invalid);
  EXPECT_EQ(check_can_be_watermarked("").error().code, ErrorCode::Invalid);
  ProcessOptions options;
  options.input = of_pages(1);
  const std::string locked =
      run_process({"qpdf", "--encrypt", "user", "owner", "256", "--", "/dev/stdin", "-"}, options).value().out;
  EXPECT_EQ(watermarked(locked, kText).error().code, ErrorCode::Invalid);
  EXPECT_TRUE(check_can_be_watermarked(of_pages(2)));
}

RC_GTEST_PROP(WatermarkProperty, NoTextLeavesItsLine, (const std::string& bytes)) {
  const std::string page = watermark_page({escape_non_utf8(bytes), bytes, bytes, 1, Timestamp{}});
  // Texts are hexadecimal digits: as many operators as with harmless ones.
  const std::string harmless = watermark_page({"a", "b", "c", 1, Timestamp{}});
  RC_ASSERT(count(page, "Tj ET") == count(harmless, "Tj ET"));
  RC_ASSERT(count(page, "endobj") == count(harmless, "endobj"));
}

}  // namespace
}  // namespace warder::manager
