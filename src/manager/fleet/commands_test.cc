#include "manager/fleet/commands.h"

#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

class CommandsTest : public FleetTest {
 protected:
  Command create() { return commands_.create(scope_, agent_, {"integrity", "rescan", {{"path", "/etc"}}}).value(); }
  Command only() { return commands_.list(scope_, agent_, {})->items.at(0); }

  AgentId agent_ = add_agent("web-1");
};

TEST_F(CommandsTest, GoFromQueuedToSentToSucceeded) {
  changes_.clear();
  const Command created = create();
  EXPECT_EQ(only().state, CommandState::Queued);
  ASSERT_EQ(changes_.size(), 1U);
  EXPECT_EQ(changes_[0].agent, agent_);
  const auto taken = commands_.take(scope_, agent_).value();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].arguments, (boost::json::object{{"path", "/etc"}}));
  EXPECT_TRUE(commands_.take(scope_, agent_)->empty());
  ASSERT_TRUE(commands_.finish(scope_, agent_, created.id, "", R"({"files":3})"));
  EXPECT_EQ(only().state, CommandState::Succeeded);
  EXPECT_EQ(only().output, (boost::json::object{{"files", 3}}));
  EXPECT_EQ(only().finished, clock_.now());
}

TEST_F(CommandsTest, FailedOnesKeepTheError) {
  const Command created = create();
  ASSERT_TRUE(commands_.take(scope_, agent_));
  ASSERT_TRUE(commands_.finish(scope_, agent_, created.id, "no such path", ""));
  EXPECT_EQ(only().state, CommandState::Failed);
  EXPECT_EQ(only().error, "no such path");
}

TEST_F(CommandsTest, OutputThatIsNotJsonOrTooLargeFailsTheCommandNotTheStore) {
  for (const std::string& output : {std::string{"{"}, '"' + std::string(kMaxCommandOutputBytes, 'x') + '"'}) {
    const Command created = create();
    ASSERT_TRUE(commands_.take(scope_, agent_));
    ASSERT_TRUE(commands_.finish(scope_, agent_, created.id, "", output));
    EXPECT_EQ(only().state, CommandState::Failed);
  }
}

TEST_F(CommandsTest, AnswerOfAnotherAgentOrToNoCommandIsRefused) {
  const Command created = create();
  const AgentId other = add_agent("web-2");
  EXPECT_EQ(commands_.finish(scope_, agent_, created.id, "", "").error().code, ErrorCode::NotFound) << "not sent yet";
  ASSERT_TRUE(commands_.take(scope_, agent_));
  EXPECT_EQ(commands_.finish(scope_, other, created.id, "", "").error().code, ErrorCode::NotFound);
  ASSERT_TRUE(commands_.finish(scope_, agent_, created.id, "", ""));
  EXPECT_EQ(commands_.finish(scope_, agent_, created.id, "again", "").error().code, ErrorCode::NotFound);
  EXPECT_EQ(only().state, CommandState::Succeeded);
}

TEST_F(CommandsTest, SentOnesOfALostConnectionAreSentAgain) {
  create();
  ASSERT_TRUE(commands_.take(scope_, agent_));
  ASSERT_TRUE(commands_.requeue(scope_, agent_));
  EXPECT_EQ(commands_.take(scope_, agent_)->size(), 1U);
}

TEST_F(CommandsTest, NobodyGetsAnExpiredOne) {
  create();
  clock_.advance(kCommandLife);
  EXPECT_EQ(only().state, CommandState::Expired);
  EXPECT_TRUE(commands_.take(scope_, agent_)->empty());
  EXPECT_EQ(only().state, CommandState::Expired);
}

TEST_F(CommandsTest, AreBoundedForEachAgent) {
  for (std::int64_t i = 0; i < kMaxQueuedCommands; ++i) create();
  EXPECT_EQ(commands_.create(scope_, agent_, {"", "self-test", {}}).error().code, ErrorCode::TooMany);
  EXPECT_TRUE(commands_.create(scope_, add_agent("web-2"), {"", "self-test", {}}));
}

}  // namespace
}  // namespace warder::manager
