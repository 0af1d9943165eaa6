#include "manager/siem/opensearch_sink.h"

#include <gtest/gtest.h>

#include "manager/siem/stand_in.h"

namespace warder::manager {
namespace {

using testing::HttpReceiver;
using testing::ids_of;
using testing::make_events;

std::unique_ptr<Sink> make(const HttpReceiver& receiver, json::object settings = {}, std::string_view secret = "",
                           formats::Format format = formats::Format::Json) {
  settings["url"] = receiver.url();
  settings["allow_http"] = true;
  SinkOptions options;
  options.settings = std::move(settings);
  options.secret = secret;
  options.format = format;
  return make_opensearch_sink(std::move(options)).value();
}

TEST(OpenSearchSink, CreatesADocumentOfEachEvent) {
  const HttpReceiver receiver("opensearch", {{"authorization", "Basic d2FyZGVyOmE6Yg=="}});
  const auto events = make_events(5);
  EXPECT_EQ(make(receiver, {{"max_events", 2}}, "warder:a:b")->send(events, {}).taken, 5U);
  EXPECT_EQ(receiver.taken_ids(), ids_of(events));
  const json::value taken = receiver.control("taken");
  EXPECT_EQ(taken.at(0).at("index").as_string(), "warder-2026.11.22");
  EXPECT_EQ(taken.at(0).at("document").at("@timestamp").as_string(), "2026-11-22T12:00:00.000000Z");
  EXPECT_EQ(taken.at(0).at("document").at("host").as_string(), "web-1");
}

TEST(OpenSearchSink, ARepetitionHasArrivedAndIsNotStoredTwice) {
  const HttpReceiver receiver("opensearch");
  const auto events = make_events(4);
  EXPECT_EQ(make(receiver)->send(std::span(events).first(2), {}).taken, 2U);
  const SinkReport report = make(receiver)->send(events, {});
  EXPECT_EQ(report.taken, 4U);
  EXPECT_TRUE(report.refused.empty());
  EXPECT_EQ(receiver.taken_ids(), ids_of(events));
}

TEST(OpenSearchSink, WhatIsBusyIsSentAgainAndWhatCannotBeMappedIsNot) {
  const HttpReceiver receiver("opensearch");
  auto events = make_events(5);
  events[1].host = "poison";
  events[3].host = "busy";
  const SinkReport report = make(receiver)->send(events, {});
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.taken, 5U);
  ASSERT_EQ(report.refused.size(), 1U);
  EXPECT_EQ(report.refused[0].index, 1U);
  EXPECT_EQ(report.refused[0].reason, "status 400: mapper_parsing_exception");
  EXPECT_EQ(receiver.taken_ids().size(), 4U);
  auto first = make_events(2);
  first[0].host = "busy";
  const SinkReport held = make(receiver)->send(first, {});
  EXPECT_EQ(held.taken, 0U);
  EXPECT_EQ(held.error.value().code, ErrorCode::TooMany);
}

TEST(OpenSearchSink, WhatIsNoJsonIsAMessage) {
  const HttpReceiver receiver("opensearch");
  const auto events = make_events(1);
  EXPECT_EQ(make(receiver, {{"index", "siem"}}, "", formats::Format::Leef)->send(events, {}).taken, 1U);
  const json::value taken = receiver.control("taken");
  EXPECT_EQ(taken.at(0).at("index").as_string(), "siem");
  EXPECT_EQ(taken.at(0).at("document").at("event_id").as_string(), events[0].event.id.text());
  EXPECT_TRUE(std::string_view(taken.at(0).at("document").at("message").as_string()).starts_with("LEEF:2.0|"));
}

TEST(OpenSearchSink, SettingsThatCannotBeUsedAreRefused) {
  const auto error_of = [](std::string_view index, std::string_view secret = "") {
    const auto checked = check_opensearch({{"url", "https://a/"}, {"index", index}}, secret);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(error_of("logs-warder.%Y", "ApiKey dGVzdA=="), "");
  for (const char* index : {"Upper", "a%H", "a%", "_x", "a/b", "a\"b", "*"})
    EXPECT_TRUE(error_of(index).starts_with("/settings/index")) << index;
  for (const char* secret : {"nothing", "a:b\r\nX: y"}) {
    EXPECT_TRUE(error_of("a", secret).starts_with("/secret")) << secret;
    EXPECT_EQ(error_of("a", secret).find(secret), std::string::npos);
  }
}

}  // namespace
}  // namespace warder::manager
