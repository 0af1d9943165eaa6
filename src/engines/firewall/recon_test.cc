#include <gtest/gtest.h>

#include "engines/firewall/recon_alerts.h"

namespace warder::firewall {
namespace {

using std::chrono::seconds;

Packet packet(std::string_view text, Timestamp time) {
  auto parsed = parse_packet(text);
  EXPECT_TRUE(parsed) << text;
  parsed->time = time;
  return *parsed;
}

class ReconTest : public ::testing::Test {
 protected:
  std::optional<ReconFinding> inspect(const std::string& text) {
    now_ += step_;
    return detector_.inspect(packet(text, now_));
  }
  std::optional<ReconFinding> syn(const std::string& source, int address, int port) {
    return inspect("in tcp " + source + ":4000 > 192.0.2." + std::to_string(address) + ":" + std::to_string(port));
  }

  Policy policy_;
  ReconDetector detector_{policy_};
  Timestamp now_{seconds{1'000'000'000}};
  std::chrono::milliseconds step_{10};
};

TEST_F(ReconTest, KnowsProbesByTheirFlags) {
  const std::pair<const char*, Recon> cases[] = {{"none", Recon::Null},
                                                 {"fin,psh,urg", Recon::Xmas},
                                                 {"syn,fin", Recon::SynFin},
                                                 {"syn,fin,psh,urg", Recon::Fingerprint}};
  int host = 1;
  for (const auto& [flags, kind] : cases) {
    SCOPED_TRACE(flags);
    const std::string text = "in tcp 203.0.113." + std::to_string(host++) + ":4000 > 192.0.2.1:80 flags=" + flags;
    const auto found = inspect(text);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->kind, kind);
    EXPECT_FALSE(inspect(text)) << "told once";
  }
  EXPECT_FALSE(inspect("in tcp 203.0.113.99:4000 > 192.0.2.1:80 flags=syn"));
  EXPECT_TRUE(inspect("in icmp 203.0.113.99 > 192.0.2.1 type=8 code=9"));
}

TEST_F(ReconTest, ManyPortsOfOneAddressAreAScan) {
  std::optional<ReconFinding> found;
  for (int port = 1; port <= 20; ++port) {
    EXPECT_FALSE(found) << port;
    found = syn("203.0.113.9", 1, port);
  }
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, Recon::PortScan);
  EXPECT_EQ(found->ports, 20U);
  EXPECT_FALSE(found->is_slow);
}

TEST_F(ReconTest, OnePortOfManyAddressesIsANetworkScan) {
  std::optional<ReconFinding> found;
  for (int address = 1; address <= 20; ++address) found = syn("203.0.113.9", address, 22);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, Recon::NetworkScan);
}

TEST_F(ReconTest, SlowScansAreSeenOverHours) {
  step_ = seconds{240};
  std::optional<ReconFinding> found;
  for (int port = 1; port <= 40; ++port) {
    EXPECT_FALSE(found) << port;
    found = syn("203.0.113.9", 1, port);
  }
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->is_slow);
}

TEST_F(ReconTest, WhatIsNoScanIsNone) {
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(syn("203.0.113.1", 1, 443)) << "a busy client";
  for (int i = 0; i < 36; ++i) EXPECT_FALSE(syn("203.0.113.2", 1 + i % 6, 8000 + i / 6)) << "all services of all hosts";
  for (int i = 0; i < 60; ++i)
    EXPECT_FALSE(inspect("in udp 203.0.113.3:53 > 192.0.2.1:" + std::to_string(40'000 + i))) << "late answers";
  step_ = seconds{1000};
  for (int port = 1; port <= 60; ++port) EXPECT_FALSE(syn("203.0.113.4", 1, port)) << "too slow for the window";
}

TEST_F(ReconTest, ListsSayWhoIsLookedAt) {
  policy_.recon_except = {"203.0.113.0/28"};
  policy_.recon_null = "block";
  detector_.set_policy(policy_);
  EXPECT_FALSE(inspect("in tcp 203.0.113.5:4000 > 192.0.2.1:80 flags=none"));
  const auto found = inspect("in tcp 203.0.113.99:4000 > 192.0.2.1:80 flags=none");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->is_blocked);
  policy_.recon_except.clear();
  policy_.recon_only = {"198.51.100.0/24"};
  detector_.set_policy(policy_);
  EXPECT_FALSE(inspect("in tcp 203.0.113.7:4000 > 192.0.2.1:80 flags=none"));
  EXPECT_TRUE(inspect("in tcp 198.51.100.7:4000 > 192.0.2.1:80 flags=none"));
}

TEST_F(ReconTest, MemoryHasLimits) {
  ReconDetector small(policy_, {10, 100, seconds{600}});
  for (int host = 1; host < 200; ++host) {
    for (int port = 1; port < 15; ++port) {
      small.inspect(
          packet("in tcp 203.0.113." + std::to_string(host) + ":4000 > 192.0.2.1:" + std::to_string(port), now_));
    }
    EXPECT_LE(small.sources(), 10U);
  }
}

TEST(ReconAlerts, EndByThemselves) {
  using std::chrono::minutes;
  const Timestamp start{std::chrono::seconds{1'800'000'000}};
  ReconFinding finding;
  finding.source = *parse_ip("203.0.113.9");
  ReconAlerts alerts;
  alerts.note(finding, start, minutes{60});
  alerts.note(finding, start + minutes{30}, minutes{60});
  finding.kind = Recon::Xmas;
  alerts.note(finding, start, minutes{60});
  EXPECT_TRUE(alerts.take_ended(start + minutes{59}).empty());
  auto ended = alerts.take_ended(start + minutes{60});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].kind, Recon::Xmas);
  EXPECT_EQ(alerts.view().size(), 1U) << "the second finding made it last";
  ended = alerts.take_ended(start + minutes{90});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].findings, 2);
  EXPECT_EQ(alerts.open(), 0U);
}

TEST(ReconAlerts, AreBounded) {
  const Timestamp start{std::chrono::seconds{1'800'000'000}};
  ReconAlerts alerts;
  for (std::uint32_t i = 0; i < ReconAlerts::kMaxOpen + 5; ++i) {
    ReconFinding finding;
    finding.source = IpAddress::v4(0xCB007100U + i);
    alerts.note(finding, start + std::chrono::seconds{i}, std::chrono::minutes{600});
  }
  EXPECT_EQ(alerts.open(), ReconAlerts::kMaxOpen);
  EXPECT_EQ(alerts.take_ended(start).size(), 5U) << "those that would end first";
}

}  // namespace
}  // namespace warder::firewall
