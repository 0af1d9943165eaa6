#include "agent/firewall_event.h"

#include <gtest/gtest.h>

#include "model/event_fields.h"

namespace warder::agent {
namespace {

using std::chrono::seconds;

LoggedDetail detail(std::string_view packet, firewall::Code code = firewall::Code::DenyRule) {
  LoggedDetail out;
  out.prefix = {firewall::LogPrefix::Outcome::Dropped, code, code == firewall::Code::DenyRule ? "r1" : ""};
  out.packet = *firewall::parse_packet(packet);
  return out;
}

constexpr const char* kPacket = "in tcp 203.0.113.9:5000 > 192.0.2.1:23 flags=syn iface=eth0";

TEST(FirewallEvent, SaysWhatAndWho) {
  firewall::Policy policy;
  policy.rules.emplace_back().id = "r1";
  policy.rules.back().alert = true;
  policy.rules.back().packet_data = true;
  LoggedDetail logged = detail(kPacket);
  const std::uint8_t bytes[] = {0x45, 0x00};
  logged.bytes = bytes;
  const Event event = make_packet_event(logged, policy);
  EXPECT_EQ(event.type, "firewall.packet.denied");
  EXPECT_EQ(event.rule, "r1");
  EXPECT_EQ(event.severity, Severity::High);
  EXPECT_EQ(event.action, Action::Blocked);
  EXPECT_EQ(std::get<std::string>(*event.find("source.ip")), "203.0.113.9");
  EXPECT_EQ(std::get<std::int64_t>(*event.find("destination.port")), 23);
  EXPECT_EQ(std::get<std::string>(*event.find("packet.data")), "4500");
  for (const auto& [key, value] : event.fields) EXPECT_NE(find_event_field(key), nullptr) << key;
  logged.prefix.outcome = firewall::LogPrefix::Outcome::WouldDrop;
  EXPECT_EQ(make_packet_event(logged, policy).type, "firewall.packet.would-deny");
}

TEST(FirewallEvent, FieldsAreDeclared) {
  firewall::ReconFinding finding;
  finding.addresses = 1;
  for (const Event& event : {make_recon_event(finding, true, 30), make_connection_event({})})
    for (const auto& [key, value] : event.fields) EXPECT_NE(find_event_field(key), nullptr) << key;
}

TEST(EventFolder, SendsTheFirstAtOnceAndCountsTheOthers) {
  EventFolder folder;
  folder.set_policy({});
  Timestamp now{seconds{1'000'000}};
  const auto add = [&](const char* packet) {
    folder.add(make_packet_event(detail(packet), {}), fold_key(detail(packet)), now);
  };
  add(kPacket);
  EXPECT_EQ(folder.take(now).size(), 1U);
  for (int i = 0; i < 7; ++i) add(kPacket);
  add("in tcp 203.0.113.9:5000 > 192.0.2.1:24 flags=syn");
  EXPECT_EQ(folder.take(now).size(), 1U) << "another port is another event";
  now += seconds{31};
  const auto folded = folder.take(now);
  ASSERT_EQ(folded.size(), 1U);
  EXPECT_EQ(std::get<std::int64_t>(*folded[0].find("count")), 7);
  EXPECT_TRUE(folder.take(now).empty());
}

TEST(EventFolder, CountsWhatIsTooMuch) {
  EventFolder folder;
  firewall::Policy policy;
  policy.events_per_s = 10;
  folder.set_policy(policy);
  Timestamp now{seconds{1'000'000}};
  for (int port = 1; port <= 1000; ++port) folder.add(make_packet_event(detail(kPacket), policy), "", now);
  const auto sent = folder.take(now);
  ASSERT_EQ(sent.size(), 11U);
  EXPECT_EQ(sent.back().type, "firewall.events.dropped");
  EXPECT_EQ(std::get<std::int64_t>(*sent.back().find("count")), 990);
  EXPECT_EQ(folder.dropped(), 990U);
}

}  // namespace
}  // namespace warder::agent
