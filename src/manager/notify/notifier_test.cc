#include "manager/notify/notifier.h"

#include <gtest/gtest.h>

#include <thread>

#include "host/linux/clock.h"
#include "manager/notify/mail_receiver.h"
#include "manager/notify/testing.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::mail_draft;
using testing::MailReceiver;
using testing::simple_notice;

class NotifierTest : public ::testing::Test {
 protected:
  NotifierTest() { options_.console_url = "https://warder.example"; }
  ~NotifierTest() override { notifier_.reset(); }

  void start() {
    notifier_ = std::make_unique<Notifier>(
        NotifierParts{*tenants_, scopes_, channels_, outbox_, store_, people_.find(), clock_, *log_, metrics_},
        options_);
    notifier_->start();
  }
  template <class Condition>
  bool wait_for(const Condition& condition) {
    for (const auto end = std::chrono::steady_clock::now() + seconds(20); std::chrono::steady_clock::now() < end;) {
      if (condition()) return true;
      std::this_thread::sleep_for(milliseconds(20));
    }
    return false;
  }
  bool wait_for_mails(std::size_t count) {
    return wait_for([&] { return receiver_.mails().size() >= count; });
  }
  NoticeState state_of(const NoticeId& id) { return outbox_.find(scope_, id).value().state; }

  MailReceiver receiver_;
  TestTenants tenants_{with_events({audit_schema(), notice_channels_schema(), notices_schema(), rotas_schema()})};
  ScopeMaker scopes_{*tenants_};
  host::SystemClock clock_;
  AuditLog audit_{*tenants_, clock_};
  EventFeed feed_;
  EventStore store_{*tenants_, feed_, clock_};
  NoticeChannels channels_{*tenants_, audit_, clock_, testing::plain_mail()};
  NoticeOutbox outbox_{*tenants_, clock_, {.max_tries = 3, .first_pause = seconds(0)}};
  testing::People people_;
  std::unique_ptr<Log> log_ = make_json_log({2, "test", LogLevel::Error, false, {}});
  Metrics metrics_;
  NotifierOptions options_;
  const TenantScope scope_ = tenants_.scope();
  std::unique_ptr<Notifier> notifier_;
};

TEST_F(NotifierTest, AnEarlierNoticeIsSentAfterTheStartInTheChannelsLanguage) {
  NoticeChannelDraft draft = mail_draft(receiver_.port());
  draft.language = "both";
  const auto channel = channels_.create(scope_, draft).value();
  const NoticeId id = outbox_.put(scope_, {channel.id}, simple_notice()).value();
  start();
  ASSERT_TRUE(wait_for([&] { return state_of(id) == NoticeState::Sent; }));
  const auto mails = receiver_.mails();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].at("subject").as_string(), "[primary] Agent web-1 is silent / エージェント web-1 の応答なし");
  EXPECT_NE(mails[0].at("body").as_string().find("確認してください。"), std::string::npos);
  EXPECT_NE(mails[0].at("body").as_string().find("https://warder.example/alerts/1"), std::string::npos);
  EXPECT_EQ(mails[0].at("id").as_string(), "<" + id.text() + "@example.com>");
}

TEST_F(NotifierTest, APersonGetsItAtTheOwnAddressAndInTheOwnLanguage) {
  const auto channel = channels_.create(scope_, mail_draft(receiver_.port())).value();
  const UserId user = people_.add("hanako@example.co.jp", "ja");
  outbox_.put(scope_, {channel.id, {user}}, simple_notice()).value();
  start();
  ASSERT_TRUE(wait_for_mails(1));
  EXPECT_EQ(receiver_.mails()[0].at("to"), (json::array{"hanako@example.co.jp"}));
  EXPECT_EQ(receiver_.mails()[0].at("subject").as_string(), "[primary] エージェント web-1 の応答なし");
}

TEST_F(NotifierTest, AMailThatWasTakenButNotAcknowledgedComesAgainWithTheSameId) {
  const auto channel = channels_.create(scope_, mail_draft(receiver_.port())).value();
  receiver_.mode("drop");
  const NoticeId id = outbox_.put(scope_, {channel.id}, simple_notice()).value();
  start();
  ASSERT_TRUE(wait_for_mails(1));
  receiver_.mode("up");
  ASSERT_TRUE(wait_for([&] { return state_of(id) == NoticeState::Sent; }));
  const auto mails = receiver_.mails();
  ASSERT_GE(mails.size(), 2U);
  EXPECT_EQ(mails.front().at("id"), mails.back().at("id"));
}

TEST_F(NotifierTest, GivingUpIsAnEvent) {
  const auto channel = channels_.create(scope_, mail_draft(receiver_.port())).value();
  receiver_.mode("defer");
  const NoticeId id = outbox_.put(scope_, {channel.id}, simple_notice()).value();
  start();
  ASSERT_TRUE(wait_for([&] { return state_of(id) == NoticeState::Failed; }));
  EXPECT_EQ(outbox_.find(scope_, id).value().tries, 3);
  ASSERT_TRUE(wait_for([&] { return !store_.list(scope_, {}, 10, "").value().items.empty(); }));
  const StoredEvent event = store_.list(scope_, {}, 10, "").value().items.at(0);
  EXPECT_EQ(event.event.type, "notice.failed");
  EXPECT_EQ(*event.event.find("notice.about"), EventValue(std::string("alert:1")));
}

TEST_F(NotifierTest, AChannelThatHangsHoldsUpNoOther) {
  NoticeChannelDraft dead = mail_draft(receiver_.port(), "dead");
  dead.settings["security"] = "tls";  // the server waits for a greeting that never comes as it should
  const auto first = channels_.create(scope_, dead).value();
  const auto second = channels_.create(scope_, mail_draft(receiver_.port())).value();
  for (int i = 0; i < 3; ++i) outbox_.put(scope_, {first.id}, simple_notice()).value();
  const NoticeId id = outbox_.put(scope_, {second.id}, simple_notice("alert:2")).value();
  start();
  EXPECT_TRUE(wait_for([&] { return state_of(id) == NoticeState::Sent; }));
}

TEST_F(NotifierTest, TwoManagersSendEachNoticeOnce) {
  const auto channel = channels_.create(scope_, mail_draft(receiver_.port())).value();
  for (int i = 0; i < 20; ++i) outbox_.put(scope_, {channel.id}, simple_notice()).value();
  start();
  Notifier second({*tenants_, scopes_, channels_, outbox_, store_, people_.find(), clock_, *log_, metrics_}, options_);
  second.start();
  ASSERT_TRUE(wait_for([&] { return outbox_.waiting(scope_).value() == 0; }));
  EXPECT_EQ(receiver_.mails().size(), 20U);
}

TEST_F(NotifierTest, ATrialGoesPastTheOutboxThroughADisabledChannelToo) {
  NoticeChannelDraft draft = mail_draft(receiver_.port());
  draft.is_enabled = false;
  const auto channel = channels_.create(scope_, draft).value();
  start();
  const auto tried = notifier_->try_out(scope_, channel);
  ASSERT_TRUE(tried) << tried.error().message;
  EXPECT_EQ(receiver_.mails().size(), 1U);
  receiver_.mode("refuse");
  EXPECT_FALSE(notifier_->try_out(scope_, channel));
}

}  // namespace
}  // namespace warder::manager
