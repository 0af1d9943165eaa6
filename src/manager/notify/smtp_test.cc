#include "manager/notify/smtp.h"

#include <gtest/gtest.h>

#include "crypto/pki.h"
#include "manager/events/testing.h"
#include "manager/notify/mail.h"
#include "manager/notify/mail_receiver.h"

namespace warder::manager {
namespace {

using testing::MailReceiver;

struct Identity {
  std::string ca;
  std::string certificate;
  std::string key;
};

const Identity& identity() {
  static const Identity made = [] {
    const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto authority =
        crypto::CertificateAuthority::create("mail", now - std::chrono::hours(1), now + std::chrono::hours(24)).value();
    const crypto::KeyPair key = crypto::KeyPair::generate();
    crypto::CertificateSpec spec;
    spec.common_name = "mail";
    spec.ip_addresses = {"127.0.0.1"};
    spec.not_before = now - std::chrono::hours(1);
    spec.not_after = now + std::chrono::hours(24);
    spec.is_server = true;
    return Identity{authority.certificate_pem(), authority.issue(key, spec).value(), key.private_pem};
  }();
  return made;
}

json::object with_tls(json::object options = {}) {
  options["certificate"] = identity().certificate;
  options["key"] = identity().key;
  return options;
}

MailServer server_at(const MailReceiver& receiver, MailSecurity security) {
  MailServer server;
  server.host = "127.0.0.1";
  server.port = receiver.port();
  server.security = security;
  server.ca_pem = identity().ca;
  return server;
}

Result<void> send_one(const MailServer& server, const std::string& subject = "件名 subject",
                      const std::string& body = "本文\n.\nend\n") {
  Mail mail;
  mail.id = "1";
  mail.from = "warder@example.com";
  mail.to = {"a@example.com", "b@example.com"};
  mail.subject = subject;
  mail.body = body;
  mail.time = kNow;
  const std::string text = compose_mail(mail).value();
  return send_mail(server, mail.from, mail.to, text, std::chrono::seconds(10), std::stop_token());
}

TEST(Smtp, AMailArrivesAsItWasMeantInBothLanguages) {
  const MailReceiver receiver(with_tls());
  const auto sent = send_one(server_at(receiver, MailSecurity::StartTls));
  ASSERT_TRUE(sent) << sent.error().message;
  const auto mails = receiver.mails();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].at("subject").as_string(), "件名 subject");
  EXPECT_EQ(mails[0].at("body").as_string(), "本文\n.\nend\n");
  EXPECT_EQ(mails[0].at("to"), (json::array{"a@example.com", "b@example.com"}));
  EXPECT_EQ(mails[0].at("defects").as_array().size(), 0U);
}

TEST(Smtp, TlsFromTheFirstByteAndALogin) {
  const MailReceiver receiver(with_tls({{"tls", true}, {"username", "warder"}, {"password", "right"}}));
  MailServer server = server_at(receiver, MailSecurity::Tls);
  server.username = "warder";
  server.password = "wrong";
  const auto refused = send_one(server);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unauthenticated) << refused.error().message;
  EXPECT_EQ(refused.error().message.find("wrong"), std::string::npos);
  server.password = "right";
  const auto sent = send_one(server);
  EXPECT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(receiver.mails().size(), 1U);
}

TEST(Smtp, WithoutTlsNothingIsSaid) {
  const MailReceiver receiver(json::object{});
  EXPECT_FALSE(send_one(server_at(receiver, MailSecurity::StartTls)));
  EXPECT_TRUE(receiver.mails().empty());
  EXPECT_TRUE(send_one(server_at(receiver, MailSecurity::Loopback)));
}

TEST(Smtp, AStrangersCertificateIsRefused) {
  const MailReceiver receiver(with_tls());
  MailServer server = server_at(receiver, MailSecurity::StartTls);
  server.ca_pem.clear();
  const auto refused = send_one(server);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unauthenticated) << refused.error().message;
  EXPECT_TRUE(receiver.mails().empty());
}

TEST(Smtp, AddressesThatMayNotBeReachedAreNot) {
  const MailReceiver receiver(with_tls());
  MailServer server = server_at(receiver, MailSecurity::StartTls);
  server.may_reach = [](const IpAddress& address) { return is_public(address); };
  EXPECT_EQ(send_one(server).error().code, ErrorCode::Forbidden);
  server = server_at(receiver, MailSecurity::Loopback);
  server.host = "192.0.2.1";  // no address of this machine: never connected to
  EXPECT_EQ(send_one(server).error().code, ErrorCode::Forbidden);
}

TEST(Smtp, WhatIsRefusedForGoodIsToldFromWhatMayWorkLater) {
  const MailReceiver receiver(with_tls());
  const MailServer server = server_at(receiver, MailSecurity::StartTls);
  receiver.mode("defer");
  EXPECT_EQ(send_one(server).error().code, ErrorCode::Unavailable);
  receiver.mode("refuse");
  EXPECT_EQ(send_one(server).error().code, ErrorCode::Invalid);
  receiver.mode("drop");
  EXPECT_EQ(send_one(server).error().code, ErrorCode::Unavailable);
  receiver.mode("up");
  EXPECT_TRUE(send_one(server));
}

}  // namespace
}  // namespace warder::manager
