#include "manager/identity/approvals.h"

#include <gtest/gtest.h>

#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::TestIdentity;

struct ApprovalsTest : ::testing::Test {
  TestIdentity test;
  User ann = test.add_user("ann");
  User bob = test.add_user("bob");
  Approvals& approvals = test.identity.approvals();
  Approval asked =
      approvals.request(test.scope_of(ann), ann.id, {"policy.delete", "policy:1", "obsolete", std::chrono::hours(1)})
          .value();
};

TEST_F(ApprovalsTest, SomebodyElseDecidesAndItIsUsedOnce) {
  EXPECT_EQ(approvals.decide(test.scope_of(ann), ann.id, asked.id, true, "").error().code, ErrorCode::Forbidden);
  EXPECT_EQ(approvals.use(test.scope_of(ann), asked.id, "policy.delete", "policy:1").error().code,
            ErrorCode::Forbidden);
  const Approval approved = approvals.decide(test.scope_of(bob), bob.id, asked.id, true, "fine").value();
  EXPECT_EQ(approved.state, ApprovalState::Approved);
  EXPECT_EQ(approved.approver, bob.id);
  EXPECT_EQ(approvals.decide(test.scope_of(bob), bob.id, asked.id, false, "").error().code, ErrorCode::Conflict);
  EXPECT_TRUE(approvals.use(test.scope_of(ann), asked.id, "policy.delete", "policy:1"));
  EXPECT_EQ(approvals.use(test.scope_of(ann), asked.id, "policy.delete", "policy:1").error().code,
            ErrorCode::Forbidden);
}

TEST_F(ApprovalsTest, IsForOneActOneObjectOnePerson) {
  ASSERT_TRUE(approvals.decide(test.scope_of(bob), bob.id, asked.id, true, ""));
  EXPECT_FALSE(approvals.use(test.scope_of(ann), asked.id, "policy.delete", "policy:2"));
  EXPECT_FALSE(approvals.use(test.scope_of(ann), asked.id, "user.delete", "policy:1"));
  EXPECT_FALSE(approvals.use(test.scope_of(bob), asked.id, "policy.delete", "policy:1"));
  EXPECT_TRUE(approvals.use(test.scope_of(ann), asked.id, "policy.delete", "policy:1"));
}

TEST_F(ApprovalsTest, ARejectedOneIsNotUsable) {
  ASSERT_TRUE(approvals.decide(test.scope_of(bob), bob.id, asked.id, false, "no"));
  EXPECT_FALSE(approvals.use(test.scope_of(ann), asked.id, "policy.delete", "policy:1"));
}

TEST_F(ApprovalsTest, Expires) {
  ASSERT_TRUE(approvals.decide(test.scope_of(bob), bob.id, asked.id, true, ""));
  test.clock.advance(std::chrono::hours(2));
  EXPECT_EQ(approvals.list(test.scope_of(ann), 10, "")->items.front().state, ApprovalState::Expired);
  EXPECT_FALSE(approvals.use(test.scope_of(ann), asked.id, "policy.delete", "policy:1"));
}

TEST_F(ApprovalsTest, ListsNewestFirstPageByPage) {
  for (int i = 0; i < 4; ++i) {
    test.clock.advance(std::chrono::seconds(1));
    ASSERT_TRUE(approvals.request(test.scope_of(ann), ann.id, {"a", std::to_string(i), "r", std::chrono::hours(1)}));
  }
  std::string objects;
  std::string cursor;
  for (;;) {
    const ApprovalPage page = approvals.list(test.scope_of(ann), 2, cursor).value();
    for (const Approval& approval : page.items) objects += approval.object + " ";
    if (!page.next_cursor) break;
    cursor = *page.next_cursor;
  }
  EXPECT_EQ(objects, "3 2 1 0 policy:1 ");
}

TEST_F(ApprovalsTest, EveryStepIsAudited) {
  ASSERT_TRUE(approvals.decide(test.scope_of(bob), bob.id, asked.id, true, ""));
  ASSERT_TRUE(approvals.use(test.scope_of(ann), asked.id, "policy.delete", "policy:1"));
  const auto actions = test.audited();
  EXPECT_EQ(actions[0], "approval.use success");
  EXPECT_EQ(actions[1], "approval.decide success");
  EXPECT_EQ(actions[2], "approval.request success");
}

}  // namespace
}  // namespace warder::manager
