#include "engines/firewall/propose.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "engines/firewall/compile.h"

namespace warder::firewall {
namespace {

constexpr Timestamp kNow{std::chrono::hours{500'000}};

void come(Seen& seen, const std::string& from, const std::string& to, Timestamp time) {
  auto packet = parse_packet("in tcp " + from + ":5000 > " + to + " flags=syn");
  ASSERT_TRUE(packet);
  packet->time = time;
  seen.note(*packet);
}

TEST(Seen, ProposesWhatListensAndWasUsed) {
  Seen seen;
  come(seen, "203.0.113.1", "192.0.2.1:443", kNow);
  come(seen, "203.0.113.2", "192.0.2.1:443", kNow);
  come(seen, "203.0.113.1", "192.0.2.1:22", kNow - std::chrono::hours{24 * 40});
  come(seen, "203.0.113.1", "192.0.2.1:23", kNow);  // nothing listens
  for (int i = 1; i <= 40; ++i) come(seen, "203.0.113." + std::to_string(i), "192.0.2.1:80", kNow);
  const std::vector<Service> services{{kTcp, 443, "/usr/sbin/nginx", false},
                                      {kTcp, 22, "/usr/sbin/sshd", false},
                                      {kTcp, 80, "/usr/sbin/nginx", false},
                                      {kTcp, 5432, "postgres", true}};
  Seen again;
  again.load(seen.save());
  const auto section = again.propose(services, kNow, 30);
  const auto policy = parse_policy(section);
  ASSERT_TRUE(policy) << policy.error().message;
  ASSERT_EQ(policy->rules.size(), 2U);
  EXPECT_EQ(policy->rules[0].id, "tcp-80");
  EXPECT_TRUE(policy->rules[0].source_addresses.empty()) << "too many to name";
  EXPECT_EQ(policy->rules[1].source_addresses, (std::vector<std::string>{"203.0.113.1", "203.0.113.2"}));
  EXPECT_TRUE(compile(*policy, {}));
  const auto view = again.view(services, kNow);
  EXPECT_EQ(view.at("ports").as_array().size(), 5U);
  again.load("[[1],{},[6,80,\"x\",1,1,false,[]]]");
}

}  // namespace
}  // namespace warder::firewall
