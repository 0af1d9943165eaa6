#include "sinks/forwarding_policy.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::sinks {
namespace {

std::string error_of(const boost::json::value& section) {
  const auto parsed = parse_forwarding(section);
  return parsed ? "" : parsed.error().message;
}

TEST(ForwardingPolicy, IsOffUntilItSaysWhere) {
  EXPECT_FALSE(parse_forwarding(json::object{}).value().enabled);
  EXPECT_EQ(error_of(json::object{{"enabled", true}}), "/host: is missing");
  EXPECT_EQ(error_of(json::object{{"enabled", true}, {"host", "siem.example"}}), "");
}

TEST(ForwardingPolicy, HasTheRowsOfADestinationAndNoKey) {
  const json::object defaults = forwarding_section().defaults();
  for (const Field<SyslogSettings>& row : SyslogSettings::fields())
    EXPECT_EQ(defaults.contains(row.key), row.key != "certificate_pem") << row.key;
  EXPECT_EQ(defaults.at("port"), json::value(6514));
  EXPECT_EQ(error_of(defaults), "");  // what an agent gets whose policy says nothing
}

TEST(ForwardingPolicy, WhatCannotBeUsedIsRefusedWhereItStands) {
  const json::object good{{"enabled", true}, {"host", "siem.example"}};
  const auto with = [&](std::string_view key, json::value value) {
    json::object section = good;
    section[key] = std::move(value);
    return error_of(section);
  };
  EXPECT_TRUE(with("transport", "smoke").starts_with("/transport"));
  EXPECT_TRUE(with("ca_pem", "no certificate").starts_with("/ca_pem"));
  EXPECT_TRUE(with("modules", json::array{"manager"}).starts_with("/modules/0"));
  EXPECT_TRUE(with("certificate_pem", "x").starts_with("/certificate_pem"));
  EXPECT_TRUE(
      error_of(json::object{{"enabled", true}, {"host", "a"}, {"transport", "tcp"}, {"client_certificate", "agent"}})
          .starts_with("/client_certificate"));
  EXPECT_FALSE(forwarding_section().check(json::object{{"ca_pem", "no certificate"}}));
  EXPECT_TRUE(forwarding_section().check(json::object{{"floor", "high"}}));
}

TEST(ForwardingPolicy, WantsWhatItNames) {
  ForwardingPolicy policy;
  Event event;
  event.module = ModuleKind::Firewall;
  event.severity = Severity::Medium;
  EXPECT_FALSE(is_wanted(policy, event));
  policy.enabled = true;
  EXPECT_TRUE(is_wanted(policy, event));
  policy.floor = "high";
  EXPECT_FALSE(is_wanted(policy, event));
  policy.floor = "medium";
  policy.modules = {"ips"};
  EXPECT_FALSE(is_wanted(policy, event));
  policy.modules = {"ips", "firewall"};
  EXPECT_TRUE(is_wanted(policy, event));
  event.set("event.forward", false);
  EXPECT_FALSE(is_wanted(policy, event));
}

}  // namespace
}  // namespace warder::sinks
