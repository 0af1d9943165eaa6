#include "engines/loginspection/header.h"

#include <gtest/gtest.h>

namespace warder::loginspection {
namespace {

struct HeaderCase {
  const char* name;
  const char* line;
  const char* timestamp;
  const char* hostname;
  const char* program;  // nullptr: none
  const char* log;
};

void expect_headers(Dialect dialect, std::initializer_list<HeaderCase> cases) {
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const LineHeader header = read_header(c.line, dialect);
    EXPECT_EQ(header.timestamp, c.timestamp);
    EXPECT_EQ(header.hostname, c.hostname);
    EXPECT_EQ(header.has_program_name, c.program != nullptr);
    EXPECT_EQ(header.program_name, c.program == nullptr ? "" : c.program);
    EXPECT_EQ(header.log, c.log);
  }
}

TEST(LineHeader, BothDialectsKnowTheUsualForms) {
  for (const Dialect dialect : {Dialect::Ossec, Dialect::Wazuh}) {
    expect_headers(
        dialect,
        {{"pid", "Nov 22 10:00:01 web01 sshd[812]: Failed", "Nov 22 10:00:01", "web01", "sshd", "Failed"},
         {"no pid", "Nov  2 10:00:01 web01 sudo: x : y", "Nov  2 10:00:01", "web01", "sudo", "x : y"},
         {"no colon", "Nov  2 10:00:01 web01 app[9] started", "Nov  2 10:00:01", "web01", "app", "started"},
         {"no program", "Nov  2 10:00:01 web01 just text", "Nov  2 10:00:01", "web01", nullptr, "just text"},
         {"no host", "Nov  2 10:00:01 su: x", "Nov  2 10:00:01", "", "su", "x"},
         {"odd host", "Nov  2 10:00:01 {x} su: x", "Nov  2 10:00:01", "", nullptr, "{x} su: x"},
         {"umlaut", "M\xc3\xa4r 02 10:00:01 h su: x", "M\xc3\xa4r 02 10:00:01", "h", "su", "x"},
         {"Solaris id", "Nov  2 10:00:01 h su: [ID 810491 auth.crit] x", "Nov  2 10:00:01", "h", "su", "x"},
         {"AIX", "Nov  2 10:00:01 h auth|security:info sshd[9]: x", "Nov  2 10:00:01", "h", "sshd", "x"},
         {"not AIX", "Nov  2 10:00:01 h auth|security sshd: x", "Nov  2 10:00:01", "h", nullptr,
          "auth|security sshd: x"},
         {"ISO", "2007-06-14T15:48:55-04:00 h su[2]: message", "2007-06-14T15:48:55-04:00", "h", "su", "message"},
         {"year first", "2015 Dec 29 10:00:01 h su: x", "2015 Dec 29 10:00:01", "h", "su", "x"},
         {"proftpd", "2015-04-16 21:51:02,805 h proftpd[9] x", "2015-04-16 21:51:02,805", "h", "proftpd", "x"},
         {"Snort", "01/28-09:13:16.240702  [**] [1:2:3]", "01/28-09:13:16.240702", "", nullptr, "[**] [1:2:3]"},
         {"Suricata", "01/28/1979-09:13:16.240702  [**] x", "01/28/1979-09:13:16.240702", "", nullptr, "[**] x"},
         {"Apache", "[Fri Feb 11 18:06:35 2004] [warn] x", "Fri Feb 11 18:06:35 2004", "", nullptr, "[warn] x"},
         {"Squid", "1140804070.368  11623 192.0.2.1 TCP_MISS/200", "1140804070.368", "", nullptr,
          "11623 192.0.2.1 TCP_MISS/200"},
         {"ASL",
          "[Time 2006.12.28 15:53:55 UTC] [Facility auth] [Sender sshd] [PID 48] [Message error: x] [Host mac] [b]",
          "2006.12.28 15:53:55", "mac", "sshd", "error: x"},
         {"nothing", "just text", "", "", nullptr, "just text"},
         {"empty", "", "", "", nullptr, ""}});
  }
}

TEST(LineHeader, WazuhNeedsNoSpaceBehindTheColon) {
  const char* const line = "Nov  2 10:00:01 h app:text";
  expect_headers(Dialect::Ossec, {{"ossec", line, "Nov  2 10:00:01", "h", nullptr, "app:text"}});
  expect_headers(Dialect::Wazuh, {{"wazuh", line, "Nov  2 10:00:01", "h", "app", "text"}});
}

TEST(LineHeader, OssecKnowsAnyLengthOfFraction) {
  const char* const line = "2009-05-22T09:36:46.21-07:00 h su: x and more";
  expect_headers(Dialect::Ossec, {{"ossec", line, "2009-05-22T09:36:46.21-07:00", "h", "su", "x and more"}});
}

TEST(LineHeader, EveryPrefixOfALineIsRead) {
  const std::string line = "[Time 2006.12.28 15:53:55 UTC] [Sender sshd] [Message x] [Host mac]";
  for (std::size_t size = 0; size <= line.size(); ++size) {
    for (const Dialect dialect : {Dialect::Ossec, Dialect::Wazuh}) {
      EXPECT_LE(read_header(std::string_view(line).substr(0, size), dialect).log.size(), size);
    }
  }
}

}  // namespace
}  // namespace warder::loginspection
