#include "records/source.h"

#include <gtest/gtest.h>

namespace warder::records {
namespace {

TEST(Source, FormatAndPath) {
  const auto source = parse_file_source("apache /var/log/apache2/*.log");
  ASSERT_TRUE(source);
  EXPECT_EQ(source->framing.format, Format::Apache);
  EXPECT_EQ(source->path, "/var/log/apache2/*.log");
}

TEST(Source, MultiLinePatternMayHoldSpaces) {
  const auto source = parse_file_source(R"(multi-line:/^\d+ [A-Z]/ /opt/app/log)");
  ASSERT_TRUE(source);
  EXPECT_EQ(source->framing.multi_line.start, R"(^\d+ [A-Z])");
  EXPECT_EQ(parse_file_source("multi-line:4 /x")->framing.multi_line.lines, 4U);
  EXPECT_TRUE(parse_file_source("multi-line:indent /x")->framing.multi_line.by_indent);
}

TEST(Source, ErrorsSayWhatIsWrong) {
  for (const std::string_view text : {"", "syslog", "/var/log/x", "syslog var/log", "nonsense /x", "multi-line /x",
                                      "multi-line:0 /x", "multi-line:/(/ /x", "syslog:3 /x", "syslog /x-%Q"}) {
    SCOPED_TRACE(text);
    const auto source = parse_file_source(text);
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().code, ErrorCode::Invalid);
    EXPECT_FALSE(source.error().message.empty());
  }
}

TEST(Source, TimesInPaths) {
  const Timestamp time = *parse_rfc3339("2026-03-04T23:30:00Z");
  EXPECT_EQ(expand_time("/l/%Y-%m-%d_%H.%j%%.log", time, std::chrono::seconds(0)), "/l/2026-03-04_23.063%.log");
  EXPECT_EQ(expand_time("/l/%y%m%d%b%e", time, std::chrono::hours(1)), "/l/260305Mar 5");
}

TEST(Source, RotatedNames) {
  for (const std::string_view name : {"x.log.1", "x.log-20261122", "x.log.2.gz", "x.log.2026-11-22T10:00", "x.log_1"})
    EXPECT_TRUE(is_rotated_name("x.log", name)) << name;
  for (const std::string_view name : {"x.log", "x.log.bak", "x.log.", "x.log2", "x.log.gz", "y.log.1", "x.log.1.bak"})
    EXPECT_FALSE(is_rotated_name("x.log", name)) << name;
}

}  // namespace
}  // namespace warder::records
