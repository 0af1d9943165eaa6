#include <gtest/gtest.h>

#include "engines/ips/app/smtp.h"
#include "engines/ips/app/testing.h"

namespace warder::ips::app {
namespace {

using testing::client;
using testing::server;
using testing::transcript;

std::vector<testing::Said> mail(const std::string& message) {
  return {server("220 mx.example.org ESMTP\r\n"),
          client("EHLO me.example.org\r\n"),
          server("250-mx\r\n250 OK\r\n"),
          client("MAIL FROM:<a@example.org>\r\n"),
          server("250 OK\r\n"),
          client("RCPT TO:<b@example.org>\r\n"),
          server("250 OK\r\n"),
          client("DATA\r\n"),
          server("354 go\r\n"),
          client(message + ".\r\n"),
          server("250 queued\r\n"),
          client("QUIT\r\n"),
          server("221 bye\r\n")};
}

const std::string kMessage =
    "From: a@example.org\r\nSubject: the\r\n subject\r\nContent-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\n"
    "preamble\r\n--b 1\r\nContent-Type: text/plain\r\n\r\nsee http://example.org/x now\r\n..dot\r\n"
    "--b 1\r\nContent-Disposition: attachment; filename=\"a.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "aGVsbG8g\r\nd29ybGQ=\r\n--b 1\r\nContent-Type: text/plain; name=q.txt\r\nContent-Transfer-Encoding: "
    "quoted-printable\r\n\r\n"
    "a=3Db=\r\nc\r\n--b 1--\r\n";

TEST(Smtp, EnvelopeHeaderAndAttachments) {
  const std::string text = transcript(mail(kMessage));
  for (const char* line :
       {"smtp\n", "  > smtp.helo me.example.org\n", "  > smtp.mail_from <a@example.org>\n",
        "  > smtp.rcpt_to <b@example.org>\n", "  > email.from a@example.org\n", "  > email.subject the subject\n",
        "  > email.url example.org/x\n", "hello world\n", "a=bc\\x0d\\x0a\n", "a.bin\n", "q.txt\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(text.find("transaction 1"), std::string::npos) << text;
  EXPECT_EQ(text.find(" ! "), std::string::npos) << text;
}

TEST(Smtp, TheSameHoweverItIsCut) {
  testing::expect_same_when_split(mail(kMessage));
  testing::expect_same_when_split(mail(std::string(9000, 'x') + "\r\n" + std::string(4096, 'y') + "\r\n"));
}

TEST(Smtp, AnomaliesAreEvents) {
  const auto has = [](const std::vector<testing::Said>& talk, std::string_view event) {
    return transcript(talk).find("! " + std::string{event} + "\n") != std::string::npos;
  };
  EXPECT_TRUE(
      has(mail("Content-Type: multipart/mixed; boundary=" + std::string(300, 'b') + "\r\n\r\n"), "mime_long_boundary"));
  EXPECT_TRUE(has(mail("Subject: a\r\nSubject: b\r\n\r\n"), "duplicate_fields"));
  EXPECT_TRUE(has({server("220 ESMTP\r\n"), client("EHLO a\r\n"), server("hello\r\n")}, "invalid_reply"));
  EXPECT_TRUE(has({server("220 ESMTP\r\n"), client("EHLO a\r\n"), server("250 ok\r\n250 ok\r\n")},
                  "unable_to_match_reply_with_request"));
  EXPECT_TRUE(has({server("220 ESMTP\r\n"), client("DATA\r\n"), server("503 no\r\n")}, "data_command_rejected"));
}

TEST(Smtp, StartTlsChangesTheProtocol) {
  const auto text = transcript({server("220 ESMTP\r\n"), client("EHLO a\r\n"), server("250 ok\r\n"),
                                client("STARTTLS\r\n"), server("220 go\r\n"), client("\x16\x03\x01\x02")});
  EXPECT_EQ(text.substr(0, 4), "tls\n") << text;
}

}  // namespace
}  // namespace warder::ips::app
