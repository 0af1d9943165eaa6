#include "manager/alerts/routing.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::manager {
namespace {

Timestamp at(std::string_view text) {
  return parse_rfc3339(text).value();
}

AlertRoute route_of(const char* text) {
  AlertRoute route;
  const auto read = read_route(json::parse(text).as_object(), route);
  EXPECT_TRUE(read) << read.error().message;
  return route;
}

constexpr const char* kChannel = "0198f7a0-0000-7000-8000-000000000001";
const AlertFacts kSilentAgent{"agent-silent", Severity::High, {{"host.name", "web-1"}}};

bool is_taken(const std::string& rest, const char* time) {
  const AlertRoute route = route_of(("{\"channels\": [\"" + std::string(kChannel) + "\"]" + rest + "}").c_str());
  return takes(route, TimeZone::load(route.time_zone).value(), kSilentAgent, at(time));
}

TEST(Routing, TakesBySeverityAndRule) {
  EXPECT_TRUE(is_taken("", "2026-11-27T00:00:00Z"));
  EXPECT_TRUE(is_taken(R"(, "severity": "high")", "2026-11-27T00:00:00Z"));
  EXPECT_FALSE(is_taken(R"(, "severity": "critical")", "2026-11-27T00:00:00Z"));
  EXPECT_TRUE(is_taken(R"(, "rules": ["agent-silent"])", "2026-11-27T00:00:00Z"));
  EXPECT_FALSE(is_taken(R"(, "rules": ["audit-broken"])", "2026-11-27T00:00:00Z"));
  EXPECT_FALSE(is_taken(R"(, "enabled": false)", "2026-11-27T00:00:00Z"));
}

TEST(Routing, TakesAtItsHoursInItsTimeZone) {
  const std::string office =
      R"(, "days": "mon,tue,wed,thu,fri", "from": "09:00", "until": "18:00", "time_zone": "Asia/Tokyo")";
  EXPECT_TRUE(is_taken(office, "2026-11-27T00:00:00Z")) << "Friday 09:00 in Tokyo";
  EXPECT_FALSE(is_taken(office, "2026-11-26T23:59:59Z"));
  EXPECT_FALSE(is_taken(office, "2026-11-27T09:00:00Z"));
  EXPECT_FALSE(is_taken(office, "2026-11-28T00:00:00Z")) << "Saturday";
  const std::string night = R"(, "days": "fri", "from": "22:00", "until": "06:00")";
  EXPECT_TRUE(is_taken(night, "2026-11-27T23:00:00Z"));
  EXPECT_TRUE(is_taken(night, "2026-11-28T05:59:00Z")) << "the night of Friday";
  EXPECT_FALSE(is_taken(night, "2026-11-27T05:00:00Z")) << "the night of Thursday";
}

TEST(Routing, WhatCannotBeARouteIsRefusedWithItsPlace) {
  const auto error_of = [](const char* text) {
    AlertRoute route;
    const auto read = read_route(json::parse(text).as_object(), route);
    return read ? std::string() : read.error().message;
  };
  EXPECT_TRUE(error_of("{}").starts_with("/channels"));
  EXPECT_TRUE(error_of(R"({"channels": ["x"]})").starts_with("/channels"));
  EXPECT_TRUE(error_of(R"({"rota": "x"})").starts_with("/rota"));
  EXPECT_TRUE(error_of(R"({"days": "someday"})").starts_with("/days"));
  EXPECT_TRUE(error_of(R"({"time_zone": "Mars/Olympus"})").starts_with("/time_zone"));
  EXPECT_TRUE(error_of(R"({"from": "09:00", "until": "09:00"})").starts_with("/until"));
  EXPECT_TRUE(error_of(R"({"severity": "loud"})").starts_with("/severity"));
}

TEST(Routing, ASilenceHasAReasonAndAnEnd) {
  const auto error_of = [](const char* text) {
    AlertSilence silence;
    silence.from = at("2026-11-27T00:00:00Z");
    const auto read = read_silence(json::parse(text).as_object(), silence);
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(error_of(R"({"until": "2026-11-28T00:00:00Z", "reason": "move"})"), "");
  EXPECT_TRUE(error_of(R"({"until": "2026-11-28T00:00:00Z"})").starts_with("/reason"));
  EXPECT_TRUE(error_of(R"({"reason": "move"})").starts_with("/until"));
  EXPECT_TRUE(error_of(R"({"until": "2027-11-28T00:00:00Z", "reason": "move"})").starts_with("/until"));
}

TEST(Routing, SilencesWhatItMatchesWhileItLasts) {
  AlertSilence silence;
  silence.rule = "agent-silent";
  silence.group = {{"host.name", "web-1"}};
  silence.from = at("2026-11-27T00:00:00Z");
  silence.until = at("2026-11-28T00:00:00Z");
  EXPECT_TRUE(silences(silence, kSilentAgent, at("2026-11-27T00:00:00Z")));
  EXPECT_FALSE(silences(silence, kSilentAgent, at("2026-11-28T00:00:00Z")));
  EXPECT_FALSE(
      silences(silence, {"agent-silent", Severity::High, {{"host.name", "web-2"}}}, at("2026-11-27T00:00:00Z")));
  EXPECT_FALSE(
      silences(silence, {"audit-broken", Severity::High, {{"host.name", "web-1"}}}, at("2026-11-27T00:00:00Z")));
}

}  // namespace
}  // namespace warder::manager
