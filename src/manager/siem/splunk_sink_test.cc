#include "manager/siem/splunk_sink.h"

#include <gtest/gtest.h>

#include "manager/siem/stand_in.h"

namespace warder::manager {
namespace {

using testing::HttpReceiver;
using testing::ids_of;
using testing::make_events;

std::unique_ptr<Sink> make(const HttpReceiver& receiver, json::object settings = {},
                           formats::Format format = formats::Format::Json) {
  settings["url"] = receiver.url() + "/";
  settings["allow_http"] = true;
  SinkOptions options;
  options.settings = std::move(settings);
  options.secret = "11111111-2222";
  options.format = format;
  return make_splunk_sink(std::move(options)).value();
}

json::object collector(std::string_view acks = "") {
  json::object options{{"token", "11111111-2222"}};
  if (!acks.empty()) options["acks"] = acks;
  return options;
}

TEST(SplunkSink, SendsEventsInTheCollectorsEnvelope) {
  const HttpReceiver receiver("splunk", collector());
  const auto events = make_events(5);
  for (const bool is_gzip : {true, false}) {
    const auto sink = make(receiver, {{"gzip", is_gzip}, {"max_events", 2}, {"index", "main"}});
    EXPECT_EQ(sink->send(events, {}).taken, 5U);
    EXPECT_EQ(sink->unsettled().value(), 0U);
  }
  auto twice = ids_of(events);
  for (const std::string& id : ids_of(events)) twice.push_back(id);
  EXPECT_EQ(receiver.taken_ids(), twice);
  const json::value requests = receiver.control("requests");
  EXPECT_EQ(requests.at(0).at("headers").at("Content-Encoding").as_string(), "gzip");
  EXPECT_LT(requests.at(0).at("bytes").as_int64(), requests.at(3).at("bytes").as_int64());
}

TEST(SplunkSink, WhatIsNoJsonIsText) {
  const HttpReceiver receiver("splunk", collector());
  const auto events = make_events(1);
  EXPECT_EQ(make(receiver, {}, formats::Format::Cef)->send(events, {}).taken, 1U);
  const json::value taken = receiver.control("taken");
  EXPECT_TRUE(std::string_view(taken.at(0).at("event").as_string()).starts_with("CEF:0|"));
  EXPECT_EQ(taken.at(0).at("time").to_number<double>(), 1795348800.0);
  EXPECT_EQ(taken.at(0).at("host").as_string(), "web-1");
  EXPECT_EQ(taken.at(0).at("sourcetype").as_string(), "warder:event");
  EXPECT_EQ(taken.at(0).at("fields").at("event_id").as_string(), events[0].event.id.text());
}

TEST(SplunkSink, WhatTheIndexerHasAcknowledgedHasSettled) {
  const HttpReceiver receiver("splunk", collector("on"));
  const auto sink = make(receiver, {{"acknowledge", true}, {"max_events", 2}});
  EXPECT_EQ(sink->send(make_events(3), {}).taken, 3U);
  receiver.mode("down");
  EXPECT_EQ(sink->unsettled().value(), 3U);
  receiver.mode("up");
  EXPECT_EQ(sink->unsettled().value(), 0U);
}

TEST(SplunkSink, WhatTheIndexerDoesNotAcknowledgeIsSentAgain) {
  const HttpReceiver receiver("splunk", collector("never"));
  const auto sink = make(receiver, {{"acknowledge", true}, {"acknowledge_within_s", 1}});
  EXPECT_EQ(sink->send(make_events(3), {}).taken, 3U);
  Result<std::size_t> open = sink->unsettled();
  while (open && *open == 3) open = sink->unsettled();
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, ErrorCode::Timeout);
  EXPECT_EQ(sink->unsettled().value(), 0U);  // said once
}

TEST(SplunkSink, WhatIsRefusedBetweenOthersThatWaitHasItsPlaceAmongThem) {
  const HttpReceiver receiver("splunk", collector("never"));
  const auto sink = make(receiver, {{"acknowledge", true}, {"max_events", 1}});
  auto events = make_events(4);
  events[1].host = "poison";
  const SinkReport report = sink->send(events, {});
  EXPECT_EQ(report.taken, 4U);
  EXPECT_EQ(report.refused.size(), 1U);
  EXPECT_EQ(sink->unsettled().value(), 4U);
}

TEST(SplunkSink, ATokenThatDoesNotAcknowledgeIsNoReasonToBelieveIt) {
  const HttpReceiver receiver("splunk", collector());
  const SinkReport report = make(receiver, {{"acknowledge", true}})->send(make_events(1), {});
  EXPECT_EQ(report.taken, 0U);
  EXPECT_EQ(report.error.value().code, ErrorCode::Corrupt);
}

TEST(SplunkSink, WhatIsWrongWithTheSettingsIsNotTheEventsFault) {
  const HttpReceiver receiver("splunk", collector());
  const SinkReport report = make(receiver, {{"index", "unknown"}})->send(make_events(1), {});
  EXPECT_EQ(report.taken, 0U);
  EXPECT_TRUE(report.error.value().message.ends_with("code 7: the index is not one of the token's"));
  const HttpReceiver other("splunk", {{"token", "another"}});
  EXPECT_EQ(make(other)->send(make_events(1), {}).error.value().code, ErrorCode::Unauthenticated);
}

TEST(SplunkSink, NeedsAToken) {
  for (const char* secret : {"", "two words", "line\nfeed"})
    EXPECT_TRUE(check_splunk({{"url", "https://a/"}}, secret).error().message.starts_with("/secret"));
}

}  // namespace
}  // namespace warder::manager
