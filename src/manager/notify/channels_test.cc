#include "manager/notify/channels.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "host/testing/clock.h"
#include "manager/notify/testing.h"

namespace warder::manager {
namespace {

using testing::mail_draft;
using testing::plain_mail;

class ChannelsTest : public ::testing::Test {
 protected:
  TestTenants tenants_{{audit_schema(), notice_channels_schema()}};
  warder::testing::ManualClock clock_{kNow};
  AuditLog audit_{*tenants_, clock_};
  NoticeChannels channels_{*tenants_, audit_, clock_, plain_mail()};
  const TenantScope scope_ = tenants_.scope("user:1");

  std::string error_of(const NoticeChannelDraft& draft) {
    const auto made = channels_.create(scope_, draft);
    return made ? std::string() : made.error().message;
  }
};

TEST(NotifySchemas, AreSound) {
  EXPECT_TRUE(check_schemas(std::vector{notice_channels_schema(), notices_schema(), rotas_schema()}));
}

TEST_F(ChannelsTest, AreKeptAsTheyWereMadeAndAudited) {
  NoticeChannelDraft draft = mail_draft(25);
  draft.settings["username"] = "warder";
  draft.secret = "pass";
  draft.language = "both";
  const NoticeChannel made = channels_.create(scope_, draft).value();
  const NoticeChannel found = channels_.find(scope_, made.id).value();
  EXPECT_EQ(found.settings, draft.settings);
  EXPECT_EQ(found.language, "both");
  EXPECT_TRUE(found.has_secret);
  EXPECT_EQ(audit_.list(scope_, {}).value().items.at(0).record.action, "notice-channel.create");
  ASSERT_TRUE(channels_.remove(scope_, made.id, "\"1\""));
  EXPECT_TRUE(channels_.list(scope_).value().empty());
}

TEST_F(ChannelsTest, AddressesAndSecretsAreSealed) {
  NoticeChannelDraft draft = mail_draft(25);
  draft.settings["username"] = "warder";
  draft.secret = "pass-of-the-server";
  ASSERT_TRUE(channels_.create(scope_, draft));
  auto db = tenants_->config(scope_).acquire().value();
  const auto rows = read_rows(*db, "SELECT settings FROM notice_channels", {}, [](const Row& row) -> Result<Bytes> {
                      return row.bytes(0);
                    }).value();
  EXPECT_EQ(std::string(as_text(rows.at(0))).find("soc@example.com"), std::string::npos);
  EXPECT_EQ(std::string(as_text(rows.at(0))).find("pass-of"), std::string::npos);
}

TEST_F(ChannelsTest, WhatCannotBeUsedIsRefusedWithItsPlace) {
  const auto mail_error = [this](const auto& change) {
    NoticeChannelDraft draft = mail_draft(25);
    change(draft);
    return error_of(draft);
  };
  EXPECT_TRUE(mail_error([](auto& d) { d.kind = "pigeon"; }).starts_with("/kind"));
  EXPECT_TRUE(mail_error([](auto& d) { d.name = ""; }).starts_with("/name"));
  EXPECT_TRUE(mail_error([](auto& d) { d.language = "fr"; }).starts_with("/language"));
  EXPECT_TRUE(mail_error([](auto& d) { d.settings["host"] = "mail.example/x"; }).starts_with("/settings/host"));
  EXPECT_TRUE(mail_error([](auto& d) { d.settings["from"] = "a@b\r\nBcc: c@d"; }).starts_with("/settings/from"));
  EXPECT_TRUE(mail_error([](auto& d) { d.settings["to"] = json::array{"x"}; }).starts_with("/settings/to/0"));
  EXPECT_TRUE(mail_error([](auto& d) { d.settings["colour"] = 1; }).starts_with("/settings"));
  EXPECT_TRUE(mail_error([](auto& d) { d.secret = "p"; }).starts_with("/settings/username"));
  NoticeChannels strict(*tenants_, audit_, clock_);
  EXPECT_TRUE(strict.create(scope_, mail_draft(25)).error().message.starts_with("/settings/security"));
  ASSERT_EQ(error_of(mail_draft(25, "one")), "");
  EXPECT_TRUE(error_of(mail_draft(25, "one")).starts_with("/name"));
}

TEST_F(ChannelsTest, AnUpdateKeepsTheSecretUnlessItBringsOne) {
  NoticeChannelDraft draft = mail_draft(25);
  draft.settings["username"] = "warder";
  draft.secret = "first";
  const NoticeChannel made = channels_.create(scope_, draft).value();
  draft.secret.reset();
  EXPECT_EQ(channels_.update(scope_, made.id, "\"9\"", draft).error().code, ErrorCode::Stale);
  EXPECT_TRUE(channels_.update(scope_, made.id, "\"1\"", draft).value().has_secret);
  draft.secret = "";
  EXPECT_FALSE(channels_.update(scope_, made.id, "*", draft).value().has_secret);
  draft.kind = "webhook";
  EXPECT_FALSE(channels_.update(scope_, made.id, "*", draft));
  draft = mail_draft(25);
  draft.is_enabled = false;
  ASSERT_TRUE(channels_.update(scope_, made.id, "*", draft));
  EXPECT_EQ(channels_.way(scope_, made.id).error().code, ErrorCode::Conflict);
  EXPECT_TRUE(channels_.way(scope_, made.id, true));
}

}  // namespace
}  // namespace warder::manager
