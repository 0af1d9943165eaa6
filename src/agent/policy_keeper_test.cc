#include "agent/policy_keeper.h"

#include <gtest/gtest.h>

#include "agent/testing.h"
#include "base/file.h"
#include "crypto/hash.h"

namespace warder::agent {
namespace {

class Owner : public ModuleHostOwner {
 public:
  Result<void> store(std::span<const protocol::Event> /*events*/) override { return {}; }
  void on_failure(const ModuleFailure& /*failure*/) override {}
  void on_state_change() override {}
};

Policy make_policy(const std::string& document) {
  return {to_hex(crypto::sha256(as_bytes(document))), "id", "name", document};
}

class PolicyKeeperTest : public ::testing::Test {
 protected:
  PolicyKeeperTest() {
    second_.name = "second";
    for (const ModuleDescription* description : {&first_, &second_}) {
      ModuleHostOptions options;
      options.command = testing::probe_command(directory_.path());
      options.command.emplace_back(description->name);
      modules_.push_back(std::make_unique<ModuleHost>(*loop_, *description, options, owner_));
    }
    keeper_ = std::make_unique<PolicyKeeper>(file(), modules_);
  }
  [[nodiscard]] std::filesystem::path file() const { return directory_.path() / "policy.json"; }
  std::string apply(const Policy& policy) {
    std::string answer = "(none)";
    keeper_->apply(policy, [&](const Policy&, const std::string& error) { answer = error; });
    testing::run_until(*loop_, [&] { return answer != "(none)"; });
    return answer;
  }

  testing::Directory directory_;
  std::unique_ptr<Loop> loop_ = std::move(*Loop::create());
  ModuleDescription first_ = testing::probe_module();
  ModuleDescription second_ = testing::probe_module();
  Owner owner_;
  std::vector<std::unique_ptr<ModuleHost>> modules_;
  std::unique_ptr<PolicyKeeper> keeper_;
};

TEST_F(PolicyKeeperTest, PutsADocumentIntoForceAndKeepsIt) {
  const auto policy = make_policy(R"({"agent":{"heartbeat_s":7},"probe":{"emit":0}})");
  EXPECT_EQ(apply(policy), "");
  EXPECT_EQ(keeper_->agent().heartbeat_s, 7);
  EXPECT_EQ(modules_[0]->section(), R"({"emit":0})");
  EXPECT_EQ(modules_[1]->section(), "{}");
  const auto kept = load_policy(file());
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->digest, policy.digest);
}

TEST_F(PolicyKeeperTest, IsAllOrNothingOverTheModules) {
  const auto good = make_policy(R"({"probe":{"emit":0},"second":{}})");
  ASSERT_EQ(apply(good), "");
  EXPECT_EQ(apply(make_policy(R"({"probe":{"emit":0,"new":1},"second":{"refuse":"/x: bad"}})")), "/second: /x: bad");
  EXPECT_EQ(modules_[0]->section(), R"({"emit":0})");
  EXPECT_EQ(keeper_->current()->digest, good.digest);
  EXPECT_EQ((*load_policy(file()))->digest, good.digest);
}

TEST_F(PolicyKeeperTest, RefusesDocumentsItCannotTrustOrRead) {
  struct Case {
    std::string name;
    Policy policy;
    std::string error;
  };
  auto torn = make_policy(R"({"probe":{}})");
  torn.document.pop_back();
  const std::vector<Case> cases = {
      {"another document than the digest's", torn, "/: the document is not the one that the digest names"},
      {"not an object", make_policy("[]"), "/: not an object"},
      {"a bad setting of the agent", make_policy(R"({"agent":{"heartbeat_s":0}})"), "/agent"},
      {"no JSON", make_policy("{"), ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto error = apply(c.policy);
    EXPECT_FALSE(error.empty());
    EXPECT_EQ(error.substr(0, c.error.size()), c.error);
    EXPECT_FALSE(keeper_->current());
  }
}

TEST_F(PolicyKeeperTest, RefusesWhatItCannotKeep) {
  std::filesystem::create_directories(file() / "in-the-way");
  EXPECT_NE(apply(make_policy("{}")), "");
  EXPECT_FALSE(keeper_->current());
  EXPECT_EQ(modules_[0]->state().state(), "off");
}

TEST_F(PolicyKeeperTest, OfSeveralThatArriveTheLastWins) {
  std::vector<std::string> applied;
  const auto note = [&](const Policy& policy, const std::string& error) {
    EXPECT_EQ(error, "");
    applied.push_back(policy.document);
  };
  keeper_->apply(make_policy(R"({"a":1})"), note);
  keeper_->apply(make_policy(R"({"b":1})"), note);
  keeper_->apply(make_policy(R"({"c":1})"), note);
  EXPECT_TRUE(testing::run_until(*loop_, [&] { return applied.size() == 2; }));
  EXPECT_EQ(applied.back(), R"({"c":1})");
}

TEST_F(PolicyKeeperTest, RestoresThePolicyOfTheLastRun) {
  const auto policy = make_policy(R"({"agent":{"self_protection":false},"second":{"refuse":"now I do"}})");
  ASSERT_TRUE(save_policy(file(), policy));
  keeper_->restore(**load_policy(file()));
  EXPECT_FALSE(keeper_->agent().self_protection);
  EXPECT_TRUE(testing::run_until(*loop_, [&] {
    return modules_[0]->state().state() == "on" && modules_[1]->state().reason() == "agent.policy.refused";
  }));
}

TEST_F(PolicyKeeperTest, NamesADamagedFile) {
  ASSERT_TRUE(write_file_atomically(file(), "{"));
  const auto policy = load_policy(file());
  ASSERT_FALSE(policy);
  EXPECT_NE(policy.error().message.find("policy.json"), std::string::npos);
}

}  // namespace
}  // namespace warder::agent
