#include "manager/siem/webhook_sink.h"

#include <gtest/gtest.h>

#include "manager/siem/http_client.h"
#include "manager/siem/stand_in.h"

namespace warder::manager {
namespace {

using testing::HttpReceiver;
using testing::ids_of;
using testing::make_events;

constexpr std::string_view kKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kOtherKey = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

std::unique_ptr<Sink> make(const HttpReceiver& receiver, json::object settings = {}, std::string_view secret = kKey,
                           MayReach may_reach = {}) {
  settings["url"] = receiver.url() + "/hook";
  settings["allow_http"] = true;
  SinkOptions options;
  options.settings = std::move(settings);
  options.secret = secret;
  options.may_reach = std::move(may_reach);
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

TEST(WebhookSink, TheOneThatIsRefusedIsFoundAndTheOthersArrive) {
  const HttpReceiver receiver("webhook", signed_with(kKey));
  auto events = make_events(50);
  events[17].host = "poison";
  events[49].host = "poison";
  const SinkReport report = make(receiver)->send(events, {});
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.taken, 50U);
  ASSERT_EQ(report.refused.size(), 2U);
  EXPECT_EQ(report.refused[0].index, 17U);
  EXPECT_EQ(report.refused[1].index, 49U);
  EXPECT_EQ(report.refused[0].reason, "HTTP 400");
  auto wanted = ids_of(events);
  wanted.erase(wanted.begin() + 49);
  wanted.erase(wanted.begin() + 17);
  EXPECT_EQ(receiver.taken_ids(), wanted);
}

TEST(WebhookSink, ARequestIsNoLargerThanItMayBe) {
  const HttpReceiver receiver("webhook");
  auto events = make_events(5);
  for (auto& each : events) each.event.set("log.line", std::string(4000, 'x'));
  EXPECT_EQ(make(receiver, {{"max_bytes", 9000}})->send(events, {}).taken, 5U);
  EXPECT_EQ(make(receiver, {{"max_bytes", 2000}})->send(events, {}).taken, 5U);
  std::size_t count = 0;
  const json::value requests = receiver.control("requests");
  for (const json::value& each : requests.as_array())
    EXPECT_LE(each.at("bytes").as_int64(), ++count > 3 ? 2000 : 9000);
  EXPECT_EQ(count, 8U);
}

struct Answer {
  std::string_view mode;
  ErrorCode code;
};

TEST(WebhookSink, WhatIsNoGoodAnswerTakesNothing) {
  const HttpReceiver elsewhere("webhook");
  json::object options = signed_with(kKey);
  options["location"] = elsewhere.url() + "/hook";
  const HttpReceiver receiver("webhook", options);
  const auto events = make_events(2);
  for (const Answer& each : {Answer{"down", ErrorCode::Unavailable},
                             {"garbage", ErrorCode::Unavailable},
                             {"half", ErrorCode::Unavailable},
                             {"cut", ErrorCode::Unavailable},
                             {"hang", ErrorCode::Timeout},
                             {"huge", ErrorCode::TooLarge},
                             {"long-head", ErrorCode::TooLarge},
                             {"redirect", ErrorCode::Invalid},
                             {"status-401", ErrorCode::Unauthenticated},
                             {"status-403", ErrorCode::Forbidden},
                             {"status-404", ErrorCode::NotFound},
                             {"status-408", ErrorCode::Timeout},
                             {"status-429", ErrorCode::TooMany},
                             {"status-500", ErrorCode::Unavailable}}) {
    SCOPED_TRACE(each.mode);
    const auto sink = make(receiver, {{"timeout_s", 1}});
    receiver.mode(std::string(each.mode));
    const SinkReport report = sink->send(events, {});
    EXPECT_EQ(report.taken, 0U);
    EXPECT_TRUE(report.refused.empty());
    ASSERT_TRUE(report.error);
    EXPECT_EQ(report.error->code, each.code) << report.error->message;
    EXPECT_EQ(report.error->message.find("whsec"), std::string::npos);
    receiver.mode("up");
    EXPECT_EQ(sink->send(events, {}).taken, 2U);
  }
  EXPECT_TRUE(elsewhere.taken_ids().empty());
  receiver.mode("nonsense");  // what a webhook says besides its status means nothing
  EXPECT_EQ(make(receiver)->send(events, {}).taken, 2U);
}

TEST(WebhookSink, WaitsAsLongAsTheReceiverAsks) {
  const HttpReceiver receiver("webhook");
  const auto sink = make(receiver);
  const auto events = make_events(1);
  receiver.mode("later");
  EXPECT_EQ(sink->send(events, {}).error.value().code, ErrorCode::Unavailable);
  receiver.mode("up");
  const SinkReport report = sink->send(events, {});
  EXPECT_EQ(report.error.value().code, ErrorCode::TooMany);
  EXPECT_TRUE(receiver.taken_ids().empty());
}

TEST(WebhookSink, StopsWhenItIsTold) {
  const HttpReceiver receiver("webhook");
  receiver.mode("hang");
  std::stop_source source;
  const auto sink = make(receiver, {}, kKey, [&source](const IpAddress&) { return source.request_stop(); });
  const SinkReport report = sink->send(make_events(1), source.get_token());
  EXPECT_EQ(report.taken, 0U);
  EXPECT_TRUE(report.error.value().message.ends_with(": stopped"));
}

TEST(WebhookSink, AnAddressThatTheTenantMayNotReachIsNotTouched) {
  const HttpReceiver receiver("webhook");
  const auto events = make_events(1);
  std::vector<std::string> asked;
  const auto sink = make(receiver, {}, kKey, [&asked](const IpAddress& address) {
    asked.push_back(address.text());
    return false;
  });
  EXPECT_EQ(sink->send(events, {}).error.value().code, ErrorCode::Forbidden);
  EXPECT_EQ(asked, std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(receiver.requests(), 0U);
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
  for (const char* url : {"http://siem.example/", "ftp://siem.example/", "file:///etc/passwd", "siem.example",
                          "https://a:b@siem.example/", "https://siem.example/#x", "https://siem.example/a b",
                          "https://siem.example/\r\nX: y", "https://"})
    EXPECT_TRUE(error_of({{"url", url}}).starts_with("/settings/url")) << url;
  for (const char* line : {"X", "X: ", "X Y: z", "X: a\r\nY: b", "Host: other", "webhook-id: 1", "Authorization: x",
                           "Content-Length: 3", "Transfer-Encoding: chunked"})
    EXPECT_TRUE(error_of({{"url", "https://a/"}, {"headers", json::array{line}}}).starts_with("/settings/headers/0"))
        << line;
  for (const char* secret : {"whsec_!", "whsec_c2hvcnQ=", "s3cr3t-no-header"}) {
    EXPECT_TRUE(error_of(good, secret).starts_with("/secret")) << secret;
    EXPECT_EQ(error_of(good, secret).find(secret), std::string::npos) << secret;
  }
  EXPECT_TRUE(error_of({{"url", "https://a/"}, {"ca_pem", "none"}}).starts_with("/settings/ca_pem"));
}

}  // namespace
}  // namespace warder::manager
