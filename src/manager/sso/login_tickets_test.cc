#include "manager/sso/login_tickets.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

struct TestTickets {
  testing::TestIdentity identity{{login_tickets_schema()}};
  LoginTickets tickets{*identity.tenants, identity.clock};
  TenantScope scope = identity.tenants.scope();
  ProvenLogin login{{{}, "subject", "ann", "Ann Name", "ann@example.com", {"ops"}, false}, "oidc", true, "challenge"};
};

TEST(LoginTickets, HoldOnce) {
  TestTickets test;
  const std::string ticket = test.tickets.put(test.scope, test.login).value();
  const auto taken = test.tickets.take(test.scope, ticket);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->person.username, "ann");
  EXPECT_EQ(taken->person.groups, std::vector<std::string>{"ops"});
  EXPECT_EQ(taken->challenge, "challenge");
  EXPECT_TRUE(taken->has_second_factor);
  EXPECT_EQ(test.tickets.take(test.scope, ticket).error().code, ErrorCode::NotFound);
  EXPECT_EQ(test.tickets.take(test.scope, "made-up").error().code, ErrorCode::NotFound);
}

TEST(LoginTickets, HoldForFiveMinutes) {
  TestTickets test;
  const std::string ticket = test.tickets.put(test.scope, test.login).value();
  test.identity.clock.advance(std::chrono::minutes(5));
  EXPECT_FALSE(test.tickets.take(test.scope, ticket));
}

TEST(LoginTickets, MayBePutBackAFewTimesButNotForLonger) {
  TestTickets test;
  const std::string ticket = test.tickets.put(test.scope, test.login).value();
  for (int i = 0; i < 5; ++i) {
    const auto taken = test.tickets.take(test.scope, ticket);
    ASSERT_TRUE(taken) << i;
    ASSERT_TRUE(test.tickets.put_back(test.scope, ticket, *taken));
  }
  EXPECT_FALSE(test.tickets.take(test.scope, ticket));
  const std::string late = test.tickets.put(test.scope, test.login).value();
  const ProvenLogin taken = test.tickets.take(test.scope, late).value();
  test.identity.clock.advance(std::chrono::minutes(5));
  ASSERT_TRUE(test.tickets.put_back(test.scope, late, taken));
  EXPECT_FALSE(test.tickets.take(test.scope, late));
}

TEST(LoginTickets, AStateComesOnce) {
  TestTickets test;
  EXPECT_TRUE(test.tickets.use_state(test.scope, "state"));
  EXPECT_EQ(test.tickets.use_state(test.scope, "state").error().code, ErrorCode::Conflict);
  test.identity.clock.advance(std::chrono::minutes(14));
  EXPECT_EQ(test.tickets.use_state(test.scope, "state").error().code, ErrorCode::Conflict);
}

TEST(LoginTickets, AreUnreadableWhereTheyAreStored) {
  TestTickets test;
  const std::string ticket = test.tickets.put(test.scope, test.login).value();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test.identity.tenants.directory())) {
    if (!entry.is_regular_file()) continue;
    const std::string content = read_file(entry.path(), 64 << 20).value();
    for (const std::string& secret : {ticket, std::string("Ann Name"), std::string("ann@example.com")})
      EXPECT_EQ(content.find(secret), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace warder::manager
