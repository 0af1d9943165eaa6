// What the commands about reports ask of the manager.
#include <filesystem>

#include "base/file.h"
#include "base/json.h"
#include "cli/testing.h"

namespace warder::cli {
namespace {

class Reporting : public testing::Cli {
 protected:
  Reporting() {
    answer("GET /api/v1/users?limit=1000", 200,
           R"({"items":[{"id":"u1","username":"ann"},{"id":"u2","username":"bob"}],"next_cursor":null})");
    answer("GET /api/v1/reports?limit=1000", 200,
           R"({"items":[{"id":"r1","name":"Weekly","kind":"events","range":"previous-week","enabled":true,
               "schedule":{"every":"week","weekday":"mon","at":"08:00","zone":"Asia/Tokyo"}}],"next_cursor":null})");
    answer("GET /api/v1/session", 200, R"({"user":{"id":"u9"}})");
    answer(
        "GET /api/v1/reports/r1", 200,
        R"({"id":"r1","etag":"\"4\"","schedule":{"every":"week","weekday":"mon","at":"08:00","zone":"Asia/Tokyo"}})");
    answer("POST /api/v1/reports", 201, "{}");
    answer("PATCH /api/v1/reports/r1", 200, "{}");
  }
  void expect_sent(const std::string& method, const std::string& target, std::string_view body) {
    ASSERT_FALSE(manager_.requests.empty());
    const client::Request& last = manager_.requests.back();
    EXPECT_EQ(last.method + " " + last.target, method + " /api/v1" + target);
    EXPECT_EQ(last.body.empty() ? json::value() : parse_json(last.body).value(), parse_json(body).value());
  }
};

TEST_F(Reporting, DescribesAReportForOneselfUnlessToldOtherwise) {
  ASSERT_EQ(run_as_admin({"reports", "create", "Daily", "--kind", "hosts"}), 0) << err_.str();
  expect_sent("POST", "/reports", R"({"name":"Daily","kind":"hosts","recipients":["u9"]})");
  ASSERT_EQ(run_as_admin({"reports",
                          "create",
                          "Monthly",
                          "--kind",
                          "events",
                          "--filter",
                          "severity>=high",
                          "--range",
                          "previous-month",
                          "--every",
                          "month",
                          "--day",
                          "1",
                          "--at",
                          "08:00",
                          "--zone",
                          "Asia/Tokyo",
                          "--language",
                          "ja",
                          "--recipient",
                          "ann",
                          "--recipient",
                          "bob"}),
            0)
      << err_.str();
  expect_sent("POST", "/reports",
              R"({"name":"Monthly","kind":"events","filter":"severity>=high","range":"previous-month","language":"ja",
                  "schedule":{"every":"month","day":1,"at":"08:00","zone":"Asia/Tokyo"},"recipients":["u1","u2"]})");
  EXPECT_EQ(run_as_admin({"reports", "create", "Odd", "--kind", "weather"}), 2);
  EXPECT_EQ(run_as_admin({"reports", "create", "Odd", "--kind", "hosts", "--recipient", "nobody"}), 1);
}

TEST_F(Reporting, ChangesWhatTheOptionsSayAndNothingElse) {
  ASSERT_EQ(run_as_admin({"reports", "update", "Weekly", "--at", "09:30"}), 0) << err_.str();
  expect_sent("PATCH", "/reports/r1",
              R"({"schedule":{"every":"week","weekday":"mon","at":"09:30","zone":"Asia/Tokyo"}})");
  ASSERT_EQ(run_as_admin({"reports", "update", "Weekly", "--every", "month", "--day", "last"}), 0) << err_.str();
  expect_sent("PATCH", "/reports/r1",
              R"({"schedule":{"every":"month","day":"last","at":"08:00","zone":"Asia/Tokyo"}})");
  ASSERT_EQ(run_as_admin({"reports", "update", "Weekly", "--on-demand"}), 0) << err_.str();
  expect_sent("PATCH", "/reports/r1", R"({"schedule":null})");
  ASSERT_EQ(run_as_admin({"reports", "update", "Weekly", "--disabled"}), 0) << err_.str();
  expect_sent("PATCH", "/reports/r1", R"({"enabled":false})");
}

TEST_F(Reporting, RunsOneAndListsWhatWasMade) {
  answer("POST /api/v1/reports/r1/run", 202, R"({"recipients":2})");
  ASSERT_EQ(run_as_admin({"reports", "run", "Weekly"}), 0) << err_.str();
  expect_sent("POST", "/reports/r1/run", "null");
  answer("GET /api/v1/report-deliveries?report=r1&limit=1000", 200,
         R"({"items":[{"id":"d1","report_name":"Weekly","state":"failed","reason":"the right is missing"}],
             "next_cursor":null})");
  ASSERT_EQ(run_as_admin({"reports", "deliveries", "--report", "Weekly"}), 0) << err_.str();
  EXPECT_NE(out_.str().find("the right is missing"), std::string::npos);
}

TEST_F(Reporting, DownloadsByteForByte) {
  const std::string content("%PDF-1.4\n\0\xff\r\n", 13);
  answer("GET /api/v1/report-deliveries/d1/content?format=pdf", 200, content);
  const auto file = folder_ / "report.pdf";
  ASSERT_EQ(run_as_admin({"reports", "download", "d1", "--format", "pdf", "-o", file.string()}), 0) << err_.str();
  EXPECT_EQ(read_file(file).value(), content);
  ASSERT_EQ(run_as_admin({"reports", "download", "d1", "--format", "pdf"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), content);
  EXPECT_EQ(run_as_admin({"reports", "download", "d1", "--format", "odt"}), 2);
  EXPECT_EQ(run_as_admin({"reports", "download", "d2", "--format", "pdf", "-o", (folder_ / "none").string()}), 1);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "none"));
}

}  // namespace
}  // namespace warder::cli
