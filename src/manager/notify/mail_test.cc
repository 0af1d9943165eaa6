#include "manager/notify/mail.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"
#include "manager/events/testing.h"

namespace warder::manager {
namespace {

Mail simple_mail() {
  Mail mail;
  mail.id = "0198f7a0-0000-7000-8000-000000000001";
  mail.from = "warder@example.com";
  mail.to = {"a@example.com", "b@example.com"};
  mail.subject = "Agent web-1 is silent";
  mail.body = "one\ntwo\n";
  mail.time = kNow;
  return mail;
}

/// What stands before the empty line, one header an entry, unfolded.
std::vector<std::string> headers_of(const std::string& mail) {
  std::vector<std::string> list;
  const std::string head = mail.substr(0, mail.find("\r\n\r\n"));
  for (std::size_t at = 0; at <= head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    const std::string line = head.substr(at, end - at);
    if (line.starts_with(" ")) {
      list.back() += line;
    } else {
      list.push_back(line);
    }
    at = end + 2;
  }
  return list;
}

std::string body_of(const std::string& mail) {
  std::string encoded = mail.substr(mail.find("\r\n\r\n") + 4);
  std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
  return std::string(as_text(from_base64(encoded).value()));
}

TEST(Mail, HasItsHeadersAndItsText) {
  const std::string mail = compose_mail(simple_mail()).value();
  EXPECT_EQ(headers_of(mail),
            (std::vector<std::string>{"Date: Sun, 22 Nov 2026 12:00:00 +0000", "From: warder@example.com",
                                      "To: a@example.com, b@example.com", "Subject: Agent web-1 is silent",
                                      "Message-ID: <0198f7a0-0000-7000-8000-000000000001@example.com>",
                                      "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Language: en",
                                      "Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: base64"}));
  EXPECT_EQ(body_of(mail), "one\r\ntwo\r\n");
}

TEST(Mail, JapaneseIsEncodedInWordsThatNeverCutACharacter) {
  const std::string text = "エージェント web-1 から応答がありません。ネットワークと電源を確認してください。";
  const std::string header = encode_header_text(text);
  std::string decoded;
  for (const std::string_view raw : split(header, '\n')) {
    const std::string_view word = trim(raw);
    EXPECT_LE(word.size(), 75U);
    ASSERT_TRUE(word.starts_with("=?UTF-8?B?") && word.ends_with("?="));
    const auto part = from_base64(word.substr(10, word.size() - 12)).value();
    EXPECT_TRUE(is_utf8(as_text(part)));
    decoded += as_text(part);
  }
  EXPECT_EQ(decoded, text);
}

TEST(Mail, TextThatLooksEncodedIsEncoded) {
  EXPECT_TRUE(encode_header_text("=?UTF-8?Q?x?=").starts_with("=?UTF-8?B?"));
}

TEST(Mail, HoldsNoSecret) {
  Mail mail = simple_mail();
  mail.subject = "password=hunter22 of web-1";
  mail.body = "Authorization: Bearer abcdef\npostgres://warder:s3cret@db.example/\n";
  const std::string composed = compose_mail(mail).value();
  EXPECT_EQ(composed.find("hunter22"), std::string::npos);
  EXPECT_EQ(body_of(composed).find("abcdef"), std::string::npos);
  EXPECT_EQ(body_of(composed).find("s3cret"), std::string::npos);
}

TEST(Mail, AddressesAreCheckedStrictly) {
  for (const char* good : {"a@example.com", "first.last+tag@mail.example", "o'neil@example.co.jp", "root@localhost"})
    EXPECT_TRUE(check_mail_address(good)) << good;
  for (const char* bad :
       {"", "a", "@example.com", "a@", "a b@example.com", "a@exa mple.com", "a@example.com\r\nBcc: c@example.com",
        "\"a\"@example.com", "a@b@example.com", "<a@example.com>", "a@example..com", ".a@example.com", "a.@example.com",
        "a@-example.com", "名前@example.com", "a@example.com,b@example.com"})
    EXPECT_FALSE(check_mail_address(bad)) << bad;
}

// Whatever bytes come in, the headers are the ten that were meant, in ASCII and in lines that servers take.
RC_GTEST_PROP(MailProperty, NothingCanAddAHeader, (std::string subject, std::string body)) {
  static const std::vector<std::string> parts{
      "\r\n", "\n", "\r", "\r\nBcc: evil@example.com\r\n\r\n", "=?", "?=", "件名", "\xff", "."};
  for (const int each : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 9))) {
    subject += parts.at(static_cast<std::size_t>(each));
    body += parts.at(static_cast<std::size_t>(each));
  }
  Mail mail = simple_mail();
  mail.subject = subject;
  mail.body = body;
  const std::string composed = compose_mail(mail).value();
  RC_ASSERT(headers_of(composed).size() == 10U);
  RC_ASSERT(std::ranges::all_of(composed, [](char c) { return c > 0; }));
  for (const std::string_view line : split(composed, '\n')) {
    RC_ASSERT(line.empty() || line.ends_with('\r'));
    RC_ASSERT(line.size() <= 998U);
    RC_ASSERT(line.find('\r') == std::string_view::npos || line.find('\r') == line.size() - 1);
  }
}

}  // namespace
}  // namespace warder::manager
