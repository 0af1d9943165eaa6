// What every kind of receiver over HTTP has in common: which answers take nothing, and what is never done.
#include <gtest/gtest.h>

#include "manager/siem/stand_in.h"

namespace warder::manager {
namespace {

using testing::HttpReceiver;
using testing::ids_of;
using testing::make_events;

constexpr std::string_view kSecret = "b7d2c9e14f";  // as it must stand in no error

struct HttpKind {
  std::string_view name;
  std::string_view path;
  std::string secret;
  json::object options;  // of the stand-in
  bool reads_answers = true;

  /// Settings that send to `url`.
  [[nodiscard]] json::object settings(std::string_view url) const {
    if (name != "sns") return {{"url", url}};
    return {{"topic_arn", "arn:aws:sns:eu-central-1:123456789012:events"}, {"endpoint", url}};
  }
};

std::vector<HttpKind> http_kinds() {
  return {{"webhook", "/hook", "X-Token: " + std::string(kSecret), {}, false},
          {"splunk", "", std::string(kSecret), {{"token", kSecret}}},
          {"opensearch", "", "ApiKey " + std::string(kSecret), {{"authorization", "ApiKey " + std::string(kSecret)}}},
          {"sns",
           "/",
           "[default]\naws_access_key_id=AKIDEXAMPLE\naws_secret_access_key=" + std::string(kSecret),
           {{"secret", kSecret}}}};
}

std::unique_ptr<Sink> make(const HttpKind& kind, const HttpReceiver& receiver, MayReach may_reach = {}) {
  SinkOptions options;
  options.settings = kind.settings(receiver.url() + std::string(kind.path));
  options.settings["allow_http"] = true;
  options.settings["timeout_s"] = 1;
  options.secret = kind.secret;
  options.may_reach = std::move(may_reach);
  const SinkKind* row = find_sink_kind(kind.name);
  EXPECT_TRUE(row->check(options.settings, options.secret));
  return row->make(std::move(options)).value();
}

class HttpSinks : public ::testing::TestWithParam<HttpKind> {};

struct Answer {
  std::string_view mode;
  ErrorCode code;
};
constexpr std::array kNoGoodAnswers{Answer{"down", ErrorCode::Unavailable},
                                    Answer{"garbage", ErrorCode::Unavailable},
                                    Answer{"half", ErrorCode::Unavailable},
                                    Answer{"cut", ErrorCode::Unavailable},
                                    Answer{"hang", ErrorCode::Timeout},
                                    Answer{"huge", ErrorCode::TooLarge},
                                    Answer{"long-head", ErrorCode::TooLarge},
                                    Answer{"redirect", ErrorCode::Invalid},
                                    Answer{"status-401", ErrorCode::Unauthenticated},
                                    Answer{"status-403", ErrorCode::Forbidden},
                                    Answer{"status-404", ErrorCode::NotFound},
                                    Answer{"status-408", ErrorCode::Timeout},
                                    Answer{"status-429", ErrorCode::TooMany},
                                    Answer{"status-500", ErrorCode::Unavailable}};

TEST_P(HttpSinks, WhatIsNoGoodAnswerTakesNothing) {
  const HttpKind kind = GetParam();
  const HttpReceiver elsewhere(std::string(kind.name), kind.options);
  json::object options = kind.options;
  options["location"] = elsewhere.url() + std::string(kind.path);
  const HttpReceiver receiver(std::string(kind.name), options);
  std::vector<Answer> answers(kNoGoodAnswers.begin(), kNoGoodAnswers.end());
  if (kind.reads_answers) answers.push_back({"nonsense", ErrorCode::Corrupt});
  const auto sink = make(kind, receiver);
  for (const Answer& each : answers) {
    SCOPED_TRACE(each.mode);
    const auto events = make_events(2);
    receiver.mode(std::string(each.mode));
    const SinkReport report = sink->send(events, {});
    EXPECT_EQ(report.taken, 0U);
    EXPECT_TRUE(report.refused.empty());
    ASSERT_TRUE(report.error);
    EXPECT_EQ(report.error->code, each.code) << report.error->message;
    EXPECT_EQ(report.error->message.find(kSecret), std::string::npos);
    receiver.mode("up");
    EXPECT_EQ(sink->send(events, {}).taken, 2U);
  }
  EXPECT_EQ(elsewhere.requests(), 0U);
}

TEST_P(HttpSinks, WaitsAsLongAsTheReceiverAsks) {
  const HttpReceiver receiver(std::string(GetParam().name), GetParam().options);
  const auto sink = make(GetParam(), receiver);
  const auto events = make_events(1);
  receiver.mode("later");
  EXPECT_EQ(sink->send(events, {}).error.value().code, ErrorCode::Unavailable);
  receiver.mode("up");
  EXPECT_EQ(sink->send(events, {}).error.value().code, ErrorCode::TooMany);
  EXPECT_EQ(receiver.requests(), 0U);
}

TEST_P(HttpSinks, AnAddressThatTheTenantMayNotReachIsNotTouched) {
  const HttpReceiver receiver(std::string(GetParam().name), GetParam().options);
  std::vector<std::string> asked;
  const auto sink = make(GetParam(), receiver, [&asked](const IpAddress& address) {
    asked.push_back(address.text());
    return false;
  });
  EXPECT_EQ(sink->send(make_events(1), {}).error.value().code, ErrorCode::Forbidden);
  EXPECT_EQ(asked, std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(receiver.requests(), 0U);
}

TEST_P(HttpSinks, StopsWhenItIsTold) {
  const HttpReceiver receiver(std::string(GetParam().name), GetParam().options);
  receiver.mode("hang");
  std::stop_source source;
  const auto sink = make(GetParam(), receiver, [&source](const IpAddress&) { return source.request_stop(); });
  const SinkReport report = sink->send(make_events(1), source.get_token());
  EXPECT_EQ(report.taken, 0U);
  EXPECT_TRUE(report.error.value().message.ends_with(": stopped")) << report.error->message;
}

TEST_P(HttpSinks, TheOnesThatAreRefusedAreFoundAndTheOthersArrive) {
  const HttpReceiver receiver(std::string(GetParam().name), GetParam().options);
  auto events = make_events(50);
  events[17].host = "poison";
  events[49].host = "poison";
  const SinkReport report = make(GetParam(), receiver)->send(events, {});
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.taken, 50U);
  ASSERT_EQ(report.refused.size(), 2U);
  EXPECT_EQ(report.refused[0].index, 17U);
  EXPECT_EQ(report.refused[1].index, 49U);
  auto wanted = ids_of(events);
  wanted.erase(wanted.begin() + 49);
  wanted.erase(wanted.begin() + 17);
  EXPECT_EQ(receiver.taken_ids(), wanted);
}

TEST_P(HttpSinks, AddressesThatCannotBeUsedAreRefused) {
  const SinkKind* const row = find_sink_kind(GetParam().name);
  for (const char* url : {"http://siem.example/", "ftp://siem.example/", "file:///etc/passwd", "siem.example",
                          "https://a:b@siem.example/", "https://siem.example/#x", "https://siem.example/a b",
                          "https://siem.example/\r\nX: y", "https://"}) {
    const auto checked = row->check(GetParam().settings(url), GetParam().secret);
    const std::string place = GetParam().name == "sns" ? "/settings/endpoint" : "/settings/url";
    EXPECT_TRUE(!checked && checked.error().message.starts_with(place)) << url;
  }
  json::object settings = GetParam().settings("https://siem.example/x");
  EXPECT_TRUE(row->check(settings, GetParam().secret));
  settings["ca_pem"] = "none";
  const auto checked = row->check(settings, GetParam().secret);
  EXPECT_TRUE(!checked && checked.error().message.starts_with("/settings/ca_pem"));
}

INSTANTIATE_TEST_SUITE_P(All, HttpSinks, ::testing::ValuesIn(http_kinds()),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace warder::manager
