#include "records/syslog.h"

#include <gtest/gtest.h>

#include <vector>

namespace warder::records {
namespace {

TEST(Syslog, MessagesBecomeLines) {
  struct Case {
    std::string_view name;
    std::string_view message;
    std::string_view line;
  };
  const std::vector<Case> cases = {
      {"RFC 3164", "<38>Nov 22 10:00:00 web1 sshd[7]: Failed password",
       "Nov 22 10:00:00 web1 sshd[7]: Failed password"},
      {"no host", "<38>Nov  2 10:00:00 sshd[7]: x\n", "Nov  2 10:00:00 192.0.2.9 sshd[7]: x"},
      {"RFC 5424", "<165>1 2026-11-22T10:00:00.5Z web1 su 12 ID47 [a@1 b=\"c\\]\"][d] \xef\xbb\xbfhello",
       "2026-11-22T10:00:00.5Z web1 su[12]: hello"},
      {"RFC 5424, all absent", "<0>1 - - - - - -", "192.0.2.9 -: "},
      {"neither", "hello\x01world", "hello world"},
      {"priority too big", "<999>x", "<999>x"},
      {"structured data that does not end", "<0>1 - h p - - [a b=\"c", "1 - h p - - [a b=\"c"},
      {"empty", "", ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(syslog_line(c.message, "192.0.2.9"), c.line);
  }
}

std::vector<std::string> messages(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> all;
  SyslogStream stream(20);
  const auto take = [&](std::string_view message, bool is_cut) {
    all.push_back(std::string(message) + (is_cut ? "…" : ""));
  };
  for (std::size_t i = 0; i < bytes.size(); i += piece) {
    if (!stream.feed(bytes.substr(i, piece), take)) {
      all.emplace_back("corrupt");
      return all;
    }
  }
  stream.finish(take);
  return all;
}

TEST(Syslog, BothFramingsInAnyPieces) {
  const std::string bytes = "6 <1>abc<2>line\n\n7 <3>a\nbc<4>0123456789abcdefghij\n<5>last";
  const std::vector<std::string> wanted{"<1>abc", "<2>line", "<3>a\nbc", "<4>0123456789abcdefg…", "<5>last"};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) EXPECT_EQ(messages(bytes, piece), wanted) << piece;
}

TEST(Syslog, ACountThatIsNoneEndsTheStream) {
  EXPECT_EQ(messages("5x hello", 100), std::vector<std::string>{"corrupt"});
  EXPECT_EQ(messages("99999999999 x", 3), std::vector<std::string>{"corrupt"});
}

TEST(Syslog, AMessageShorterThanItsCountIsNotHandedOver) {
  EXPECT_TRUE(messages("100 <1>abc", 100).empty());
}

}  // namespace
}  // namespace warder::records
