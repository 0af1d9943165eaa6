#include "manager/fleet/groups.h"

#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

class GroupsTest : public FleetTest {};

TEST_F(GroupsTest, ComeBackAsTheyWereMadeAndChanged) {
  const Policy policy = make_policy("P");
  const Group outer = groups_.create(scope_, {"Outer", {}, policy.id}).value();
  const Group inner = groups_.create(scope_, {"Inner", outer.id, {}}).value();
  add_agent("a", inner.id);
  EXPECT_EQ(groups_.find(scope_, inner.id)->agents, 1);
  EXPECT_EQ(groups_.find(scope_, inner.id)->parent, outer.id);
  changes_.clear();
  const auto changed = groups_.update(scope_, inner.id, inner.etag(), {"Inside", {}, policy.id});
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->name, "Inside");
  EXPECT_FALSE(changed->parent);
  EXPECT_EQ(changed->version, 2);
  EXPECT_EQ(changes_.size(), 1U);
  EXPECT_EQ(groups_.update(scope_, inner.id, inner.etag(), {"X", {}, {}}).error().code, ErrorCode::Stale);
  EXPECT_EQ(groups_.list(scope_, {})->items.size(), 2U);
}

TEST_F(GroupsTest, ValueTheAgentsThatHaveNoValueOfTheirOwn) {
  const Group outer = groups_.create(scope_, {"Outer", {}, {}, 20}).value();
  const Group inner = groups_.create(scope_, {"Inner", outer.id, {}}).value();
  const AgentId id = add_agent("a", inner.id);
  const auto value = [&] { return agents_.asset_value_of(scope_, id).value(); };
  EXPECT_EQ(value(), 20);
  const std::optional<std::int64_t> forty = 40;
  ASSERT_TRUE(groups_.update(scope_, inner.id, "*", {"Inner", outer.id, {}, forty}));
  EXPECT_EQ(value(), 40);
  // A change that says nothing of it leaves it as it is.
  EXPECT_EQ(groups_.update(scope_, inner.id, "*", {"Inside", outer.id, {}})->asset_value, 40);
  AgentChange change;
  change.asset_value.emplace(90);
  EXPECT_EQ(agents_.update(scope_, id, "*", change)->asset_value, 90);
  EXPECT_EQ(value(), 90);
  change.asset_value.emplace(std::nullopt);
  ASSERT_TRUE(agents_.update(scope_, id, "*", change));
  const std::optional<std::int64_t> none;
  EXPECT_FALSE(groups_.update(scope_, inner.id, "*", {"Inside", outer.id, {}, none})->asset_value);
  EXPECT_EQ(value(), 20);
  ASSERT_TRUE(groups_.update(scope_, inner.id, "*", {"Inside", {}, {}}));
  EXPECT_FALSE(value());
}

TEST_F(GroupsTest, CycleUnknownReferenceAndTakenNameAreRefused) {
  const Group a = groups_.create(scope_, {"A", {}, {}}).value();
  const Group b = groups_.create(scope_, {"B", a.id, {}}).value();
  const auto update = [&](const GroupDraft& draft) { return groups_.update(scope_, a.id, "*", draft).error(); };
  EXPECT_TRUE(update({"A", a.id, {}}).message.starts_with("/parent_id:"));
  EXPECT_TRUE(update({"A", b.id, {}}).message.starts_with("/parent_id:"));
  EXPECT_TRUE(update({"A", GroupId{}, {}}).message.starts_with("/parent_id:"));
  EXPECT_TRUE(update({"A", {}, PolicyId{}}).message.starts_with("/policy_id:"));
  EXPECT_EQ(update({"B", {}, {}}).code, ErrorCode::Conflict);
}

TEST_F(GroupsTest, TreeIsAtMostSixteenDeepHoweverItIsBuilt) {
  std::optional<GroupId> leaf;
  for (int i = 0; i < 16; ++i) leaf = groups_.create(scope_, {"G" + std::to_string(i), leaf, {}})->id;
  EXPECT_EQ(groups_.create(scope_, {"Deeper", leaf, {}}).error().code, ErrorCode::Invalid);
  const Group top = groups_.create(scope_, {"Top", {}, {}}).value();
  ASSERT_TRUE(groups_.create(scope_, {"Below", top.id, {}}));
  const auto middle = groups_.find(scope_, *leaf)->parent;
  EXPECT_EQ(groups_.update(scope_, top.id, "*", {"Top", middle, {}}).error().code, ErrorCode::Invalid);
}

TEST_F(GroupsTest, OnlyAnEmptyGroupCanBeRemoved) {
  const Group a = groups_.create(scope_, {"A", {}, {}}).value();
  const Group b = groups_.create(scope_, {"B", a.id, {}}).value();
  const AgentId agent = add_agent("a", b.id);
  EXPECT_EQ(groups_.remove(scope_, a.id, "*").error().code, ErrorCode::Conflict);
  EXPECT_EQ(groups_.remove(scope_, b.id, "*").error().code, ErrorCode::Conflict);
  ASSERT_TRUE(agents_.remove(scope_, agent, "*"));
  EXPECT_TRUE(groups_.remove(scope_, b.id, "*"));
  EXPECT_TRUE(groups_.remove(scope_, a.id, "*"));
}

}  // namespace
}  // namespace warder::manager
