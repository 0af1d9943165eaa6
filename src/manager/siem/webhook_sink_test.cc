#include "manager/siem/webhook_sink.h"

#include <gtest/gtest.h>

#include "manager/siem/stand_in.h"

namespace warder::manager {
namespace {

using testing::HttpReceiver;
using testing::ids_of;
using testing::make_events;

constexpr std::string_view kKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kOtherKey = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

std::unique_ptr<Sink> make(const HttpReceiver& receiver, json::object settings = {}, std::string_view secret = kKey) {
  settings["url"] = receiver.url() + "/hook";
  settings["allow_http"] = true;
  SinkOptions options;
  options.settings = std::move(settings);
  options.secret = secret;
  return make_webhook_sink(std::move(options)).value();
}

json::object signed_with(std::string_view key) {
  return {{"secrets", json::array{key}}};
}

TEST(WebhookSink, SendsAListThatIsSignedAndOnlyOnce) {
  const HttpReceiver receiver("webhook", signed_with(kKey));
  const auto sink = make(receiver, {{"max_events", 3}, {"headers", json::array{"X-Team: blue"}}});
  const auto events = make_events(7);
  const SinkReport report = sink->send(events, {});
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.taken, 7U);
  EXPECT_EQ(sink->unsettled().value(), 0U);
  EXPECT_EQ(receiver.taken_ids(), ids_of(events));
  const json::value requests = receiver.control("requests");
  ASSERT_EQ(requests.as_array().size(), 3U);
  EXPECT_EQ(requests.at(0).at("headers").at("X-Team").as_string(), "blue");
  EXPECT_EQ(requests.at(0).at("headers").at("Content-Type").as_string(), "application/json");
}

TEST(WebhookSink, ARepetitionHasTheSameId) {
  const HttpReceiver receiver("webhook");
  const auto events = make_events(2);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(make(receiver)->send(events, {}).taken, 2U);
  EXPECT_EQ(make(receiver)->send(make_events(2), {}).taken, 2U);
  const json::value requests = receiver.control("requests");
  const auto id = [&requests](std::size_t i) { return requests.at(i).at("headers").at("webhook-id").as_string(); };
  EXPECT_EQ(id(0), id(1));
  EXPECT_NE(id(1), id(2));
}

TEST(WebhookSink, OneEventInARequest) {
  const HttpReceiver receiver("webhook", signed_with(kKey));
  const auto events = make_events(2);
  EXPECT_EQ(make(receiver, {{"body", "event"}})->send(events, {}).taken, 2U);
  EXPECT_EQ(receiver.taken_ids(), ids_of(events));
  const json::value requests = receiver.control("requests");
  EXPECT_EQ(requests.at(1).at("headers").at("webhook-id").as_string(), events[1].event.id.text());
}

TEST(WebhookSink, WhileKeysChangeBothSign) {
  const std::string both = std::string(kOtherKey) + "\n" + std::string(kKey) + "\nAuthorization: Bearer b3d8\n";
  const auto events = make_events(1);
  for (const std::string_view key : {kKey, kOtherKey}) {
    const HttpReceiver receiver("webhook", signed_with(key));
    EXPECT_EQ(make(receiver, {}, both)->send(events, {}).taken, 1U);
    EXPECT_EQ(receiver.control("requests").at(0).at("headers").at("Authorization").as_string(), "Bearer b3d8");
  }
  const HttpReceiver receiver("webhook", signed_with("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
  const SinkReport report = make(receiver, {}, both)->send(events, {});
  EXPECT_EQ(report.error.value().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(report.taken, 0U);
}

TEST(WebhookSink, ARequestIsNoLargerThanItMayBe) {
  const HttpReceiver receiver("webhook");
  auto events = make_events(5);
  for (auto& each : events) each.event.set("log.line", std::string(4000, 'x'));
  EXPECT_EQ(make(receiver, {{"max_bytes", 9000}})->send(events, {}).taken, 5U);
  EXPECT_EQ(make(receiver, {{"max_bytes", 2000}})->send(events, {}).taken, 5U);
  std::size_t count = 0;
  const json::value requests = receiver.control("requests");
  for (const json::value& each : requests.as_array()) EXPECT_LE(each.at("bytes").as_int64(), ++count > 3 ? 2000 : 9000);
  EXPECT_EQ(count, 8U);
}

TEST(WebhookSink, WhatTheReceiverSaysBesidesItsStatusMeansNothing) {
  const HttpReceiver receiver("webhook");
  receiver.mode("nonsense");
  EXPECT_EQ(make(receiver)->send(make_events(2), {}).taken, 2U);
}

TEST(WebhookSink, NoProxyOfTheEnvironment) {
  const HttpReceiver receiver("webhook");
  const HttpReceiver proxy("webhook");
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  const SinkReport report = make(receiver)->send(make_events(1), {});
  ::unsetenv("http_proxy");
  EXPECT_EQ(report.taken, 1U);
  EXPECT_EQ(receiver.requests(), 1U);
}

TEST(WebhookSink, KnowsItsReceiverByTls) {
  const auto identity = testing::make_identity();
  const auto other = testing::make_identity();
  const HttpReceiver receiver("webhook", signed_with(kKey), &identity);
  const auto events = make_events(1);
  EXPECT_EQ(make(receiver, {{"ca_pem", identity.ca_pem}})->send(events, {}).taken, 1U);
  EXPECT_EQ(make(receiver, {{"ca_pem", other.ca_pem}})->send(events, {}).error.value().code,
            ErrorCode::Unauthenticated);
  EXPECT_EQ(make(receiver)->send(events, {}).error.value().code, ErrorCode::Unauthenticated);
}

TEST(WebhookSink, SettingsThatCannotBeUsedAreRefused) {
  const auto error_of = [](const json::object& settings, std::string_view secret = "") {
    const auto checked = check_webhook(settings, secret);
    return checked ? std::string() : checked.error().message;
  };
  const json::object good{{"url", "https://siem.example/hook?x=1"}};
  EXPECT_EQ(error_of(good, kKey), "");
  EXPECT_EQ(error_of({{"url", "http://siem.example/"}, {"allow_http", true}}), "");
  for (const char* line : {"X", "X: ", "X Y: z", "X: a\r\nY: b", "Host: other", "webhook-id: 1", "Authorization: x",
                           "Content-Length: 3", "Transfer-Encoding: chunked"})
    EXPECT_TRUE(error_of({{"url", "https://a/"}, {"headers", json::array{line}}}).starts_with("/settings/headers/0"))
        << line;
  for (const char* secret : {"whsec_!", "whsec_c2hvcnQ=", "s3cr3t-no-header"}) {
    EXPECT_TRUE(error_of(good, secret).starts_with("/secret")) << secret;
    EXPECT_EQ(error_of(good, secret).find(secret), std::string::npos) << secret;
  }
}

}  // namespace
}  // namespace warder::manager
