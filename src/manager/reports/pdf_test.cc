// With the Chromium of the system, and with programs in its place that do what it must not.
#include "manager/reports/pdf.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/process.h"
#include "manager/reports/report_document.h"
#include "manager/reports/report_files.h"
#include "manager/store/temporary_directory.h"

namespace warder::manager {
namespace {

using std::chrono::seconds;

const Timestamp kMade = parse_rfc3339("2026-03-04T05:06:07Z").value();

class Pdf : public ::testing::Test {
 protected:
  Pdf() {
    // Whoever draws is another user where the test is root.
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0711));
    options_.work_folder = directory_.path() / "work";
    std::filesystem::create_directory(options_.work_folder);
    std::filesystem::permissions(options_.work_folder, std::filesystem::perms(0711));
  }
  /// A program that is called as Chromium is, with the file to write in $pdf.
  void use(const std::string& script) {
    const auto program = directory_.path() / "program";
    const std::string head = "#!/bin/sh\nfor each; do case $each in --print-to-pdf=*) pdf=${each#*=};; esac; done\n";
    ASSERT_TRUE(write_file_atomically(program, head + script + "\n", 0755));
    options_.program = program.string();
  }
  static Result<std::string> text_of(const std::string& pdf) {
    ProcessOptions options;
    options.input = pdf;
    return WD_TRY(run_process({"pdftotext", "/dev/stdin", "-"}, options)).out;
  }
  [[nodiscard]] bool is_anything_left() const { return !std::filesystem::is_empty(options_.work_folder); }
  /// Processes that have the folder in their command line.
  [[nodiscard]] int processes_left() const {
    int count = 0;
    std::error_code error;
    for (const auto& each : std::filesystem::directory_iterator("/proc", error)) {
      const auto line = read_file(each.path() / "cmdline");
      if (line && line->find(options_.work_folder.string()) != std::string::npos) ++count;
    }
    return count;
  }

  TemporaryDirectory directory_;
  PdfOptions options_;
};

TEST_F(Pdf, HasWhatThePageSaysInBothLanguages) {
  const auto pdf =
      pdf_of_html("<!DOCTYPE html><title>Events</title><h1>Events of web-1</h1><p>重大なイベント</p>", kMade, options_);
  ASSERT_TRUE(pdf) << pdf.error().message;
  EXPECT_TRUE(pdf->starts_with("%PDF-"));
  const std::string text = text_of(*pdf).value();
  EXPECT_NE(text.find("Events of web-1"), std::string::npos) << text;
  EXPECT_NE(text.find("重大なイベント"), std::string::npos) << text;
  EXPECT_NE(pdf->find("/CreationDate (D:20260304050607+00'00')"), std::string::npos);
  EXPECT_FALSE(is_anything_left());
}

// Two weights of a Japanese font, which Chromium's processes share whole.
TEST_F(Pdf, OfAReportInJapaneseHasRoomForItsFonts) {
  ReportDocument document;
  document.report_name = "夜間の変更";
  document.language = "ja";
  document.tables.push_back({"hosts", "ホスト", {"名前"}, {{std::string("東京の web-1")}}, 1});
  const auto pdf = pdf_of_html(report_html(to_canonical_json(document)).value(), kMade, options_);
  ASSERT_TRUE(pdf) << pdf.error().message;
  const std::string text = text_of(*pdf).value();
  EXPECT_NE(text.find("夜間の変更"), std::string::npos) << text;
  EXPECT_NE(text.find("東京の web-1"), std::string::npos) << text;
}

TEST_F(Pdf, OfTheSamePageIsTheSame) {
  const std::string page = "<!DOCTYPE html><title>Hosts</title><table><tr><td>web-1<td>3</table>";
  const auto one = pdf_of_html(page, kMade, options_);
  const auto other = pdf_of_html(page, kMade, options_);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(*one, *other);
}

TEST_F(Pdf, OfAPageThatNeverEndsIsKilledWithAllThatItStarted) {
  options_.timeout = seconds(5);
  const auto pdf = pdf_of_html("<!DOCTYPE html><script>while (true) {}</script>", kMade, options_);
  ASSERT_FALSE(pdf);
  EXPECT_EQ(pdf.error().code, ErrorCode::Timeout) << pdf.error().message;
  EXPECT_FALSE(is_anything_left());
  // Killed they are; that they are gone is the kernel's, which takes its moment.
  const auto limit = std::chrono::steady_clock::now() + seconds(30);
  while (processes_left() > 0 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  EXPECT_EQ(processes_left(), 0);
}

TEST_F(Pdf, IsUnavailableWithoutChromium) {
  options_.program = "/nonexistent/chromium";
  const auto pdf = pdf_of_html("<p>", kMade, options_);
  EXPECT_EQ(pdf.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(pdf.error().message, "There is no Chromium on the manager, which draws PDF; take the HTML");
}

TEST_F(Pdf, HasAProgramThatIsNobodyAndHasNoNetwork) {
  use("{ echo %PDF-; id -u; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; ls \"$HOME\"; } > \"$pdf\"");
  const auto pdf = pdf_of_html("<p>", kMade, options_);
  ASSERT_TRUE(pdf) << pdf.error().message;
  const std::string user = ::geteuid() == 0 ? "65533" : std::to_string(::geteuid());
  EXPECT_EQ(*pdf, "%PDF-\n" + user + "\nlo\nreport.html\nreport.pdf\n");
}

// Where the manager is root, a link would have it read what the one that draws may not.
TEST_F(Pdf, IsNoFileThatALinkLeadsTo) {
  const auto secret = directory_.path() / "secret";
  ASSERT_TRUE(write_file_atomically(secret, "%PDF-secret", 0644));
  use("ln -s " + secret.string() + " \"$pdf\"");
  EXPECT_EQ(pdf_of_html("<p>", kMade, options_).error().code, ErrorCode::Unavailable);
  use("mkfifo \"$pdf\"");
  EXPECT_EQ(pdf_of_html("<p>", kMade, options_).error().code, ErrorCode::Unavailable);
  use("echo secret > \"$pdf\"");
  EXPECT_EQ(pdf_of_html("<p>", kMade, options_).error().code, ErrorCode::Unavailable);
}

TEST_F(Pdf, HasALimit) {
  options_.max_bytes = 1000;
  use("{ echo %PDF-; head -c 990 /dev/zero; } > \"$pdf\"");
  EXPECT_TRUE(pdf_of_html("<p>", kMade, options_));
  use("{ echo %PDF-; head -c 1000 /dev/zero; } > \"$pdf\"");
  EXPECT_EQ(pdf_of_html("<p>", kMade, options_).error().code, ErrorCode::TooLarge);
  use("exit 3");
  EXPECT_EQ(pdf_of_html("<p>", kMade, options_).error().message, "Chromium has failed with code 3");
}

}  // namespace
}  // namespace warder::manager
