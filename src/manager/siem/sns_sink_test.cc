#include "manager/siem/sns_sink.h"

#include <gtest/gtest.h>

#include "manager/siem/sns_answer.h"
#include "manager/siem/stand_in.h"

namespace warder::manager {
namespace {

using testing::HttpReceiver;
using testing::ids_of;
using testing::make_events;

constexpr std::string_view kTopic = "arn:aws:sns:eu-central-1:123456789012:events";
constexpr std::string_view kCredentials =
    "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = s3/c+r=t\n";

std::unique_ptr<Sink> make(const HttpReceiver& receiver, json::object settings = {},
                           const std::string& credentials = std::string(kCredentials),
                           formats::Names names = formats::Names::Warder) {
  if (!settings.contains("topic_arn")) settings["topic_arn"] = kTopic;
  settings["endpoint"] = receiver.url() + "/";
  settings["allow_http"] = true;
  SinkOptions options;
  options.settings = std::move(settings);
  options.secret = credentials;
  options.render.names = names;
  return make_sns_sink(std::move(options)).value();
}

json::object topic(std::string_view token = "") {
  return {{"secret", "s3/c+r=t"}, {"token", token}};
}

TEST(SnsSink, PublishesListsAndSingleEvents) {
  const auto events = make_events(25);
  for (const char* body : {"list", "event"}) {
    const HttpReceiver receiver("sns", topic());
    EXPECT_EQ(make(receiver, {{"body", body}})->send(events, {}).taken, 25U);
    EXPECT_EQ(receiver.taken_ids(), ids_of(events));
    EXPECT_EQ(receiver.requests(), std::string_view(body) == "list" ? 1U : 3U);
  }
}

TEST(SnsSink, SignsWithTheSessionsToken) {
  const HttpReceiver receiver("sns", topic("t0ken"));
  const auto events = make_events(1);
  EXPECT_EQ(make(receiver)->send(events, {}).error.value().code, ErrorCode::Forbidden);
  const std::string with_token = std::string(kCredentials) + "aws_session_token = t0ken\n";
  EXPECT_EQ(make(receiver, {}, with_token)->send(events, {}).taken, 1U);
}

TEST(SnsSink, AFifoTopicKnowsTenantAndEvent) {
  const HttpReceiver receiver("sns", topic());
  auto events = make_events(2);
  for (auto& each : events) each.tenant = parse_id<TenantId>("0192f0c1-0000-7000-8000-0000000000bb").value();
  const auto sink = make(receiver, {{"topic_arn", std::string(kTopic) + ".fifo"}, {"body", "event"}});
  EXPECT_EQ(sink->send(events, {}).taken, 2U);
  const json::value taken = receiver.control("taken");
  EXPECT_EQ(taken.at(1).at("fifo").at(0).as_string(), events[1].tenant.text());
  EXPECT_EQ(taken.at(1).at("fifo").at(1).as_string(), events[1].event.id.text());
  EXPECT_EQ(taken.at(0).at("attributes"), (json::array{"event_id", "tenant", "module", "severity"}));
}

TEST(SnsSink, OfABatchWhatIsTheServicesFaultIsSentAgain) {
  const HttpReceiver receiver("sns", topic());
  auto events = make_events(5);
  events[1].host = "poison";
  events[3].host = "busy";
  const SinkReport report = make(receiver, {{"body", "event"}})->send(events, {});
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.taken, 5U);
  ASSERT_EQ(report.refused.size(), 1U);
  EXPECT_EQ(report.refused[0].index, 1U);
  EXPECT_EQ(report.refused[0].reason, "InvalidParameter");
  auto wanted = ids_of(events);
  // The last one had been taken when the one before it was not.
  EXPECT_EQ(receiver.taken_ids(), (std::vector{wanted[0], wanted[2], wanted[4], wanted[3], wanted[4]}));
}

TEST(SnsSink, HasDeepSecuritysNames) {
  const HttpReceiver receiver("sns", topic());
  const auto events = make_events(1);
  const auto sink = make(receiver, {}, std::string(kCredentials), formats::Names::DeepSecurity);
  EXPECT_EQ(sink->send(events, {}).taken, 1U);
  const json::value taken = receiver.control("taken");
  EXPECT_EQ(taken.at(0).at("EventType").as_string(), "IntegrityEvent");
  EXPECT_EQ(taken.at(0).at("UniqueID").as_string(), events[0].event.id.text());
  EXPECT_EQ(taken.at(0).at("Key").as_string(), "/etc/passwd");
  EXPECT_EQ(taken.at(0).at("ChangeString").as_string(), "Updated");
  EXPECT_EQ(taken.at(0).at("Hostname").as_string(), "web-1");
}

TEST(SnsSink, WhateverIsJsonIsAListAndTheRestAreLines) {
  for (const formats::FormatDescription& form : formats::formats()) {
    const HttpReceiver receiver("sns", topic());
    SinkOptions options;
    options.settings = {{"topic_arn", kTopic}, {"endpoint", receiver.url() + "/"}, {"allow_http", true}};
    options.secret = kCredentials;
    options.format = form.format;
    EXPECT_EQ(make_sns_sink(std::move(options)).value()->send(make_events(3), {}).taken, 3U) << form.name;
    EXPECT_EQ(receiver.control("taken").as_array().size(), 3U) << form.name;
  }
}

TEST(SnsSink, TheManagersCredentialsAreNotATenants) {
  SinkOptions options;
  options.settings = {{"topic_arn", kTopic}};
  options.may_reach = [](const IpAddress&) { return true; };
  EXPECT_EQ(make_sns_sink(std::move(options)).error().code, ErrorCode::Forbidden);
}

TEST(SnsSink, SettingsThatCannotBeUsedAreRefused) {
  for (const char* arn : {"", "events", "arn:aws:sqs:eu-central-1:1:events", "arn:aws:sns:eu central:1:e",
                          "arn:aws:sns:x.evil/:1:e", "arn:aws:sns::1:e"})
    EXPECT_TRUE(check_sns({{"topic_arn", arn}}, "").error().message.starts_with("/settings/topic_arn")) << arn;
  const auto checked = check_sns({{"topic_arn", kTopic}}, "s3cr3t");
  EXPECT_TRUE(checked.error().message.starts_with("/secret"));
  EXPECT_EQ(checked.error().message.find("s3cr3t"), std::string::npos);
}

TEST(SnsAnswer, OfABatchNamesEachEntryOnce) {
  const auto batch = [](const std::string& good, const std::string& bad) {
    return "<PublishBatchResponse><Successful>" + good + "</Successful><Failed>" + bad +
           "</Failed></PublishBatchResponse>";
  };
  const std::string first = "<member><Id>1</Id><MessageId>a</MessageId></member>";
  const std::string second = "<member><Id>2</Id><Code>X</Code><SenderFault>true</SenderFault></member>";
  const auto fates = parse_sns_batch(batch(first, second), 2).value();
  EXPECT_FALSE(fates[0]);
  EXPECT_EQ(fates[1].value().code, "X");
  for (const std::string& xml :
       {batch(first, ""), batch(first + first, second), batch(first, second + second), batch("", second),
        batch("<member><Id>0</Id><MessageId>a</MessageId></member>", second),
        batch("<member><Id>1</Id></member>", second), std::string("<PublishBatchResponse>"), std::string(),
        batch(first, second).substr(0, 80)})
    EXPECT_FALSE(parse_sns_batch(xml, 2)) << xml;
  EXPECT_EQ(parse_sns_error("<Error><Code>a secret sentence</Code></Error>"), "");
}

}  // namespace
}  // namespace warder::manager
