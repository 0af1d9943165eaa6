#include "formats/syslog.h"

#include <gtest/gtest.h>

namespace warder::formats {
namespace {

SyslogHead head() {
  SyslogHead head;
  head.severity = Severity::High;
  head.time = parse_rfc3339("2026-01-02T03:04:05.25Z").value();
  head.host = "web-1";
  head.program = "warder";
  head.kind = "firewall";
  return head;
}

TEST(Syslog, Rfc5424) {
  EXPECT_EQ(syslog_message(head(), "CEF:0|x"), "<131>1 2026-01-02T03:04:05.250000Z web-1 warder - firewall - CEF:0|x");
}

TEST(Syslog, Rfc3164) {
  SyslogHead old = head();
  old.form = SyslogForm::Rfc3164;
  EXPECT_EQ(syslog_message(old, "text"), "<131>Jan  2 03:04:05 web-1 warder: text");
}

TEST(Syslog, WhatTheHeadMayNotHoldIsReplaced) {
  SyslogHead odd = head();
  odd.host = "a b\n\xc3\xa9" + std::string(300, 'x');
  odd.kind = "";
  const std::string message = syslog_message(odd, "t");
  EXPECT_TRUE(message.starts_with("<131>1 2026-01-02T03:04:05.250000Z a_b___xxx")) << message;
  EXPECT_TRUE(message.ends_with("x warder - - - t")) << message;
  EXPECT_EQ(message.size(), std::string_view("<131>1 2026-01-02T03:04:05.250000Z  warder - - - t").size() + 255);
}

TEST(Syslog, Frames) {
  EXPECT_EQ(frame(Framing::Counted, "a\nb"), "3 a\nb");
  EXPECT_EQ(frame(Framing::LineFeed, "a\nb"), "a b\n");
  EXPECT_EQ(frame(Framing::None, "a"), "a");
  for (const Framing each : {Framing::Counted, Framing::LineFeed, Framing::None})
    EXPECT_EQ(parse_framing(name(each)).value(), each);
  for (const SyslogForm each : {SyslogForm::Rfc5424, SyslogForm::Rfc3164})
    EXPECT_EQ(parse_syslog_form(name(each)).value(), each);
  EXPECT_FALSE(parse_framing(""));
}

}  // namespace
}  // namespace warder::formats
