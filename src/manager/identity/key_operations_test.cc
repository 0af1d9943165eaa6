#include "manager/identity/key_operations.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::TestIdentity;

const KeyTarget kRootKey{"root", ""};

class KeyOperationsTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string own() const { return test_.tenants.scope().tenant().text(); }
  ApprovalId request(const User& user, const std::string& object) {
    return test_.identity.approvals()
        .request(test_.scope_of(user), user.id, {std::string(kRotateKeys), object, "yearly"})
        ->id;
  }
  ApprovalId approved(const User& asks, const User& agrees, const std::string& object) {
    const ApprovalId id = request(asks, object);
    EXPECT_TRUE(test_.identity.approvals().decide(test_.scope_of(agrees), agrees.id, id, true, ""));
    return id;
  }
  ErrorCode refusal(const User& acts, const KeyTarget& target, const std::optional<ApprovalId>& approval) {
    const auto rotated = keys_.rotate(test_.scope_of(acts), target, approval);
    return rotated ? ErrorCode::Internal : rotated.error().code;
  }
  /// Of the first tenant's log, newest first.
  [[nodiscard]] std::vector<AuditEntry> entries(std::string_view action) {
    AuditQuery query;
    query.action = action;
    return test_.audit.list(test_.tenants.scope(), query)->items;
  }
  std::string root() { return test_.tenants->keys().list()->front().root; }

  TestIdentity test_;
  User ann_ = test_.add_user("ann");
  User bob_ = test_.add_user("bob");
  User eve_ = test_.add_user("eve");
  KeyOperations keys_{*test_.tenants,         test_.audit, test_.identity.approvals(),
                      test_.identity.users(), test_.clock, {"ann", "bob"}};
};

TEST_F(KeyOperationsTest, AClassKeyTakesNoSecondPerson) {
  const auto rotated = keys_.rotate(test_.scope_of(eve_), {"contact", own()}, std::nullopt);
  ASSERT_TRUE(rotated) << rotated.error().message;
  EXPECT_EQ(rotated->epoch, 2U);
  const AuditEntry entry = entries(kRotateKeys).at(0);
  EXPECT_EQ(entry.actor, "user:" + eve_.id.text());
  EXPECT_EQ(entry.record.object, "key:" + own() + "/contact");
  EXPECT_EQ(refusal(eve_, {"derivation", own()}, std::nullopt), ErrorCode::Invalid);
  EXPECT_EQ(refusal(eve_, {"nonsense", own()}, std::nullopt), ErrorCode::Invalid);
  EXPECT_EQ(refusal(eve_, {"contact", ""}, std::nullopt), ErrorCode::Invalid);
  EXPECT_EQ(refusal(eve_, {"contact", "nobody"}, std::nullopt), ErrorCode::NotFound);
}

TEST_F(KeyOperationsTest, ATenantSeesAndRotatesItsOwnKeysOnly) {
  const TenantScope acme = test_.tenants.scope_of(test_.tenants->add("acme", Timestamp{})->id);
  EXPECT_EQ(keys_.rotate(acme, {"contact", own()}, std::nullopt).error().code, ErrorCode::NotFound);
  EXPECT_EQ(keys_.rotate(acme, {"contact", "control"}, std::nullopt).error().code, ErrorCode::NotFound);
  EXPECT_TRUE(keys_.rotate(acme, {"contact", acme.tenant().text()}, std::nullopt));
  EXPECT_EQ(keys_.rotate(acme, {"tenant", acme.tenant().text()}, std::nullopt).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(keys_.rotate(acme, kRootKey, std::nullopt).error().code, ErrorCode::Forbidden);
  const auto seen = keys_.list(acme);
  ASSERT_FALSE(seen->empty());
  for (const KeyState& key : *seen) {
    EXPECT_EQ(key.owner, acme.tenant().text());
    EXPECT_TRUE(key.root.empty());
  }
  const auto all = keys_.list(test_.tenants.scope());
  EXPECT_GT(all->size(), 2 * seen->size());
}

TEST_F(KeyOperationsTest, TheRootKeyTakesTwoCustodians) {
  const std::string before = root();
  const std::string object = key_object(kRootKey);
  EXPECT_EQ(refusal(ann_, kRootKey, std::nullopt), ErrorCode::Forbidden) << "alone";
  EXPECT_EQ(refusal(ann_, kRootKey, request(ann_, object)), ErrorCode::Forbidden) << "not approved yet";
  EXPECT_EQ(refusal(ann_, kRootKey, approved(ann_, eve_, object)), ErrorCode::Forbidden) << "by nobody of the list";
  EXPECT_EQ(refusal(eve_, kRootKey, approved(eve_, bob_, object)), ErrorCode::Forbidden) << "for nobody of the list";
  EXPECT_EQ(refusal(ann_, kRootKey, approved(ann_, bob_, "key:x/tenant")), ErrorCode::Forbidden) << "another key";
  EXPECT_EQ(refusal(eve_, kRootKey, approved(ann_, bob_, object)), ErrorCode::Forbidden) << "somebody else's";
  EXPECT_EQ(root(), before);
  EXPECT_TRUE(entries("root-key.rotate").empty());

  ASSERT_TRUE(keys_.note_uses("job:start"));
  const ApprovalId id = approved(ann_, bob_, object);
  ASSERT_TRUE(keys_.rotate(test_.scope_of(ann_), kRootKey, id));
  EXPECT_NE(root(), before);
  EXPECT_EQ(refusal(ann_, kRootKey, id), ErrorCode::Forbidden) << "it is used";
  EXPECT_EQ(entries("root-key.rotate").at(0).actor, "user:" + ann_.id.text());
  EXPECT_EQ(entries("root-key.wrap").at(0).record.detail.at("keys").as_array().size(), 2U) << "of control and tenant";
  EXPECT_EQ(entries("root-key.destroy").size(), 1U);
}

TEST_F(KeyOperationsTest, ATenantKeyTakesThemToo) {
  const KeyTarget target{"tenant", own()};
  EXPECT_EQ(refusal(ann_, target, approved(ann_, bob_, key_object(kRootKey))), ErrorCode::Forbidden);
  const auto rotated = keys_.rotate(test_.scope_of(ann_), target, approved(ann_, bob_, key_object(target)));
  ASSERT_TRUE(rotated) << rotated.error().message;
  EXPECT_EQ(rotated->epoch, 2U);
}

TEST_F(KeyOperationsTest, WhoIsNoCustodianAnyMoreDoesNotCount) {
  const ApprovalId id = approved(ann_, bob_, key_object(kRootKey));
  UserChange change;
  change.disabled = true;
  ASSERT_TRUE(test_.identity.users().update(test_.tenants.scope(), bob_.id, "*", change));
  EXPECT_EQ(refusal(ann_, kRootKey, id), ErrorCode::Forbidden);
}

TEST_F(KeyOperationsTest, WithoutCustodiansNobodyMayAndTheHostsRootMay) {
  KeyOperations keys{*test_.tenants, test_.audit, test_.identity.approvals(), test_.identity.users(), test_.clock, {}};
  const auto refused = keys.rotate(test_.scope_of(ann_), kRootKey, approved(ann_, bob_, key_object(kRootKey)));
  EXPECT_EQ(refused.error().code, ErrorCode::Forbidden);
  EXPECT_NE(refused.error().message.find("root_key_custodians"), std::string::npos);
  EXPECT_TRUE(keys.rotate_offline(test_.tenants.scope("job:command-line"), kRootKey));
  EXPECT_EQ(entries(kRotateKeys).at(0).actor, "job:command-line");
}

TEST_F(KeyOperationsTest, EveryUseOfTheRootKeyIsAnEntry) {
  ASSERT_TRUE(keys_.note_uses("job:start"));
  const std::size_t wraps = entries("root-key.wrap").size();
  const std::string acme = test_.tenants->add("acme", Timestamp{})->id.text();
  ASSERT_EQ(entries("root-key.wrap").size(), wraps + 1) << "at once";
  EXPECT_EQ(entries("root-key.wrap").at(0).record.detail.at("keys").as_array().at(0).as_string(), acme + "/tenant/1");

  const auto other = test_.tenants.another_manager();
  AuditLog audit{*other, test_.clock};
  KeyOperations keys{*other, audit, test_.identity.approvals(), test_.identity.users(), test_.clock, {}};
  ASSERT_TRUE(keys.note_uses("job:start"));
  const AuditEntry start = entries("root-key.unwrap").at(0);
  EXPECT_EQ(start.actor, "job:start");
  EXPECT_EQ(start.record.detail.at("keys").as_array().size(), 3U) << "control, the first tenant, acme";
  const std::size_t unwraps = entries("root-key.unwrap").size();
  ASSERT_TRUE(keys.note_uses("job:start"));
  EXPECT_EQ(entries("root-key.unwrap").size(), unwraps) << "each once";
}

TEST_F(KeyOperationsTest, AUseThatFailsIsAnEntryToo) {
  std::filesystem::remove(test_.tenants.directory() / "root.key");
  EXPECT_FALSE(keys_.rotate_offline(test_.tenants.scope("job:command-line"), {"tenant", own()}));
  EXPECT_EQ(entries("root-key.wrap").at(0).record.outcome, AuditOutcome::Failure);
  EXPECT_EQ(entries(kRotateKeys).at(0).record.outcome, AuditOutcome::Failure);
}

}  // namespace
}  // namespace warder::manager
