#include "manager/identity/users.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::kGoodPassword;
using testing::TestIdentity;

std::string secret_of(const ResetLink& link) {
  return link.token.substr(link.token.find('.') + 1);
}

TEST(Users, KeepsWhatWasGiven) {
  TestIdentity test;
  const User made = test.add_user("ann", "auditor");
  const User read = test.identity.users().find(test.tenants.scope(), made.id).value();
  EXPECT_EQ(read.username, "ann");
  EXPECT_EQ(read.display_name, "Display");
  EXPECT_EQ(read.email, "mail@example.com");
  EXPECT_EQ(read.roles, std::vector<std::string>{"auditor"});
  EXPECT_TRUE(read.must_change_password);
  EXPECT_FALSE(read.last_login);
}

TEST(Users, StoresContactDataAndPasswordsUnreadably) {
  TestIdentity test;
  test.add_user("ann");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test.tenants.directory())) {
    if (!entry.is_regular_file()) continue;
    const std::string content = read_file(entry.path(), 64 << 20).value();
    for (const char* secret : {"Display", "mail@example.com", kGoodPassword}) {
      EXPECT_EQ(content.find(secret), std::string::npos) << entry.path() << " has " << secret;
    }
  }
}

TEST(Users, RefusesATakenNameAndABadPasswordOrRole) {
  TestIdentity test;
  test.add_user("ann");
  Users& users = test.identity.users();
  const TenantScope scope = test.tenants.scope();
  EXPECT_EQ(users.create(scope, {"ann", "", std::nullopt, kGoodPassword, {"auditor"}}).error().code,
            ErrorCode::Conflict);
  EXPECT_TRUE(
      users.create(scope, {"bob", "", std::nullopt, "short", {"auditor"}}).error().message.starts_with("/password: "));
  EXPECT_TRUE(
      users.create(scope, {"bob", "", std::nullopt, kGoodPassword, {"god"}}).error().message.starts_with("/roles/0: "));
  EXPECT_TRUE(
      users.create(scope, {"bob", "", std::nullopt, kGoodPassword, {}}).error().message.starts_with("/roles: "));
}

TEST(Users, ATenantHasNoMoreThanItsTermsAllow) {
  TestIdentity test;
  test.add_user("ann");
  ASSERT_TRUE(test.tenants->change_terms(test.tenants.scope().tenant(), [](TenantTerms& terms) -> Result<void> {
    terms.max_users = 1;
    return {};
  }));
  const auto refused =
      test.identity.users().create(test.tenants.scope(), {"bob", "", std::nullopt, kGoodPassword, {"auditor"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Forbidden);
  EXPECT_EQ(test.identity.users().list(test.tenants.scope(), 10, {})->items.size(), 1U);
}

TEST(Users, ChangesOnlyWhatIsNamedAndOnlyTheVersionRead) {
  TestIdentity test;
  const User user = test.add_user("ann");
  Users& users = test.identity.users();
  UserChange change;
  change.email.emplace();  // to nothing
  const User changed = users.update(test.tenants.scope(), user.id, "\"1\"", change).value();
  EXPECT_EQ(changed.display_name, "Display");
  EXPECT_FALSE(changed.email);
  EXPECT_EQ(changed.version, 2);
  EXPECT_EQ(users.update(test.tenants.scope(), user.id, "\"1\"", change).error().code, ErrorCode::Stale);
  EXPECT_EQ(users.remove(test.tenants.scope(), user.id, "\"1\"").error().code, ErrorCode::Stale);
}

TEST(Users, NobodyChangesTheOwnPower) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  test.add_user("bob");
  Users& users = test.identity.users();
  UserChange roles;
  roles.roles = {{"auditor"}};
  UserChange disabled;
  disabled.disabled = true;
  EXPECT_EQ(users.update(test.scope_of(ann), ann.id, "*", roles).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(users.update(test.scope_of(ann), ann.id, "*", disabled).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(users.remove(test.scope_of(ann), ann.id, "*").error().code, ErrorCode::Forbidden);
  UserChange name;
  name.display_name = "Ann";
  EXPECT_TRUE(users.update(test.scope_of(ann), ann.id, "*", name));
}

TEST(Users, AnAuditorCannotGainPowerEither) {
  TestIdentity test;
  test.add_user("ann");
  const User bob = test.add_user("bob", "auditor");
  UserChange roles;
  roles.roles = {{"full-access"}};
  EXPECT_EQ(test.identity.users().update(test.scope_of(bob), bob.id, "*", roles).error().code, ErrorCode::Forbidden);
}

TEST(Users, TheLastWithFullAccessStays) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  const User bob = test.add_user("bob");
  test.add_user("eve", "auditor");
  Users& users = test.identity.users();
  UserChange disabled;
  disabled.disabled = true;
  EXPECT_TRUE(users.update(test.scope_of(ann), bob.id, "*", disabled));
  const TenantScope other = test.tenants.scope("job:other");
  UserChange roles;
  roles.roles = {{"auditor"}};
  EXPECT_EQ(users.update(other, ann.id, "*", disabled).error().code, ErrorCode::Conflict);
  EXPECT_EQ(users.update(other, ann.id, "*", roles).error().code, ErrorCode::Conflict);
  EXPECT_EQ(users.remove(other, ann.id, "*").error().code, ErrorCode::Conflict);
  EXPECT_TRUE(users.remove(other, bob.id, "*"));  // a disabled one was not the last
}

TEST(Users, LocksAfterTenFailuresAndUnlocksByItself) {
  TestIdentity test;
  test.add_user("ann");
  Users& users = test.identity.users();
  const TenantScope scope = test.tenants.scope();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(users.check(scope, "ann", "wrong")->is_locked);
  EXPECT_EQ(users.count_locked(scope).value(), 1);
  EXPECT_TRUE(users.check(scope, "ann", kGoodPassword)->is_locked);
  EXPECT_FALSE(users.check(scope, "ann", kGoodPassword)->is_right);
  test.clock.advance(std::chrono::minutes(29));
  EXPECT_TRUE(users.check(scope, "ann", kGoodPassword)->is_locked);
  test.clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(users.check(scope, "ann", kGoodPassword)->is_right);
}

TEST(Users, ASuccessForgetsEarlierFailures) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  Users& users = test.identity.users();
  const TenantScope scope = test.tenants.scope();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(users.check(scope, "ann", "wrong")->is_right);
    EXPECT_TRUE(users.check(scope, "ann", kGoodPassword)->is_right);
    EXPECT_TRUE(users.note_login(scope, ann.id, "192.0.2.5"));
  }
}

TEST(Users, OwnersChangeTheirPassword) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  Users& users = test.identity.users();
  const TenantScope scope = test.scope_of(ann);
  EXPECT_TRUE(users.change_password(scope, ann.id, "wrong", "Another-Horse-8").error().message.starts_with("/current"));
  EXPECT_TRUE(users.change_password(scope, ann.id, kGoodPassword, "short").error().message.starts_with("/new"));
  EXPECT_TRUE(users.change_password(scope, ann.id, kGoodPassword, kGoodPassword).error().message.starts_with("/new"));
  EXPECT_TRUE(users.change_password(scope, ann.id, kGoodPassword, "Another-Horse-8"));
  EXPECT_FALSE(users.find(scope, ann.id)->must_change_password);
  EXPECT_TRUE(users.check(scope, "ann", "Another-Horse-8")->is_right);
}

TEST(Users, ARecoveryGivesALinkUnlocksAndEndsThePassword) {
  TestIdentity test;
  test.add_user("ann");
  Users& users = test.identity.users();
  const TenantScope scope = test.tenants.scope();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(users.check(scope, "ann", "wrong")->is_right);
  const InvitedUser recovered = users.recover(scope, "ann").value();
  EXPECT_TRUE(recovered.user.must_change_password);
  EXPECT_FALSE(users.check(scope, "ann", kGoodPassword)->is_locked);
  EXPECT_FALSE(users.check(scope, "ann", kGoodPassword)->is_right);
  const std::string secret = secret_of(recovered.link);
  EXPECT_FALSE(users.redeem_reset_link(scope, secret, kGoodPassword)) << "the one that was lost";
  ASSERT_TRUE(users.redeem_reset_link(scope, secret, "Another-Horse-8"));
  EXPECT_TRUE(users.check(scope, "ann", "Another-Horse-8")->is_right);
  EXPECT_EQ(users.redeem_reset_link(scope, secret, "Third-Horse-99").error().code, ErrorCode::NotFound);
  EXPECT_EQ(users.recover(scope, "nobody").error().code, ErrorCode::NotFound);
}

TEST(Users, WhoIsInvitedChoosesTheFirstPasswordAlone) {
  TestIdentity test;
  Users& users = test.identity.users();
  const TenantScope scope = test.tenants.scope();
  const InvitedUser invited = users.invite(scope, {"bob", "", std::nullopt, "", {"auditor"}}).value();
  for (const char* guess : {"", "!", "bob"}) EXPECT_FALSE(users.check(scope, "bob", guess)->is_right) << guess;
  const std::string secret = secret_of(invited.link);
  EXPECT_EQ(users.redeem_reset_link(scope, secret, "short").error().code, ErrorCode::Invalid) << "and the link stays";
  EXPECT_EQ(users.redeem_reset_link(scope, secret, kGoodPassword).value(), invited.user.id);
  const Credentials credentials = users.check(scope, "bob", kGoodPassword).value();
  EXPECT_TRUE(credentials.is_right);
  EXPECT_FALSE(credentials.user.must_change_password);
  EXPECT_EQ(users.redeem_reset_link(scope, secret, "Another-Horse-8").error().code, ErrorCode::NotFound) << "once";
  EXPECT_EQ(users.invite(scope, {"bob", "", std::nullopt, "", {"auditor"}}).error().code, ErrorCode::Conflict);

  const InvitedUser late = users.invite(scope, {"cat", "", std::nullopt, "", {"auditor"}}).value();
  test.clock.advance(std::chrono::hours{24});
  EXPECT_EQ(users.redeem_reset_link(scope, secret_of(late.link), kGoodPassword).error().code, ErrorCode::NotFound);
}

TEST(Users, ListsPageByPage) {
  TestIdentity test;
  for (const char* name : {"eve", "ann", "cat", "dan", "bob"}) test.add_user(name);
  std::string names;
  std::string cursor;
  for (;;) {
    const UserPage page = test.identity.users().list(test.tenants.scope(), 2, cursor).value();
    for (const User& user : page.items) names += user.username + " ";
    if (!page.next_cursor) break;
    cursor = *page.next_cursor;
  }
  EXPECT_EQ(names, "ann bob cat dan eve ");
  EXPECT_EQ(test.identity.users().list(test.tenants.scope(), 2, "!").error().code, ErrorCode::Invalid);
}

TEST(Users, EveryChangeIsAudited) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  test.add_user("bob");
  UserChange change;
  change.display_name = "A";
  ASSERT_TRUE(test.identity.users().update(test.tenants.scope(), ann.id, "*", change));
  ASSERT_TRUE(test.identity.users().remove(test.tenants.scope(), ann.id, "*"));
  EXPECT_EQ(test.audited(), (std::vector<std::string>{"user.delete success", "user.update success",
                                                      "user.create success", "user.create success"}));
}

TEST(Users, SchemasDeclareEveryColumn) {
  EXPECT_TRUE(check_schemas(std::vector<FeatureSchema>{users_schema(), approvals_schema(), password_policy_schema()}));
  EXPECT_TRUE(check_schemas(std::vector<FeatureSchema>{sessions_schema(), authority_schema()}));
}

}  // namespace
}  // namespace warder::manager
