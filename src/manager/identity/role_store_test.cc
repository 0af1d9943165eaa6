#include "manager/identity/role_store.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::kGoodPassword;
using testing::TestIdentity;

const Reach kWhole{.everything = true};

/// Somebody who may do this and no more.
TenantScope acting(TestIdentity& test, Grants grants) {
  return ScopeMaker(*test.tenants)
      .make(test.tenants.scope().tenant(), "user:actor", {std::move(grants), kWhole, {}})
      .value();
}

/// For properties: each one or not.
Rights some_of(const std::vector<std::string>& pool) {
  Rights some;
  for (const std::string& right : pool)
    if (*rc::gen::arbitrary<bool>()) some.insert(right);
  return some;
}

TEST(Roles, AreKeptAndListedAfterTheBuiltInOnes) {
  TestIdentity test;
  Roles& roles = test.identity.roles();
  const TenantScope scope = test.tenants.scope();
  ASSERT_TRUE(roles.create(scope, {"helpdesk", "Looks at hosts", {"agents:read"}}));
  const auto all = roles.list(scope).value();
  ASSERT_EQ(all.size(), built_in_roles().size() + 1);
  EXPECT_TRUE(all.front().is_built_in);
  EXPECT_EQ(all.back().name, "helpdesk");
  RoleChange change;
  change.rights = Rights{"agents:read", "events:read"};
  EXPECT_EQ(roles.update(scope, "helpdesk", "\"7\"", change).error().code, ErrorCode::Stale);
  EXPECT_EQ(roles.update(scope, "helpdesk", "\"1\"", change).value().version, 2);
  EXPECT_EQ(roles.find(scope, "helpdesk").value().rights, *change.rights);
  EXPECT_TRUE(roles.remove(scope, "helpdesk", "*"));
  EXPECT_EQ(roles.find(scope, "helpdesk").error().code, ErrorCode::NotFound);
  EXPECT_EQ(test.audited(),
            (std::vector<std::string>{"role.delete success", "role.update success", "role.create success"}));
}

TEST(Roles, ThatReadEventsKeepTheSavedSearches) {
  FeatureSchema before = roles_schema();
  before.migrations.erase(before.migrations.begin() + 1, before.migrations.end());
  TestTenants tenants{{audit_schema(), before}};
  tenants.alter(
      "INSERT INTO roles VALUES ('watcher', '', 'agents:read,events:read', 1), "
      "('tagger', '', 'events:tag', 1)");
  const auto later = Tenants::create(tenants.options({audit_schema(), roles_schema()}), tenants.keys()).value();
  warder::testing::ManualClock clock;
  AuditLog audit{*later, clock};
  Roles roles{*later, audit};
  const TenantScope scope = ScopeMaker{*later}.make(tenants.scope().tenant(), "job:test").value();
  EXPECT_EQ(roles.find(scope, "watcher").value().rights, (Rights{"agents:read", "events:read", "searches:read"}));
  EXPECT_EQ(roles.find(scope, "tagger").value().rights, Rights{"events:tag"});
}

TEST(Roles, RefuseWhatMakesNoSense) {
  TestIdentity test;
  Roles& roles = test.identity.roles();
  const TenantScope scope = test.tenants.scope();
  EXPECT_EQ(roles.create(scope, {"odd", "", {"agents:fly"}}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(roles.create(scope, {"odd", "", {}}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(roles.create(scope, {"auditor", "", {"agents:read"}}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(roles.update(scope, "auditor", "*", {}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(roles.remove(scope, "auditor", "*").error().code, ErrorCode::Conflict);
  ASSERT_TRUE(roles.create(scope, {"mine", "", {"agents:read"}}));
  EXPECT_EQ(roles.create(scope, {"mine", "", {"agents:read"}}).error().code, ErrorCode::Conflict);
  test.add_user("ann", "mine");
  EXPECT_EQ(roles.remove(scope, "mine", "*").error().code, ErrorCode::Conflict);
}

TEST(Roles, NobodyMakesOneAboveTheOwnRights) {
  TestIdentity test;
  Roles& roles = test.identity.roles();
  const TenantScope weak =
      acting(test, {{"roles:write", kWhole}, {"agents:read", kWhole}, {"events:read", {.tags = {"web"}}}});
  EXPECT_TRUE(roles.create(weak, {"fine", "", {"agents:read"}}));
  EXPECT_EQ(roles.create(weak, {"more", "", {"users:write"}}).error().code, ErrorCode::Forbidden);
  EXPECT_NE(weak.refusal().find("users:write"), std::string::npos);
  EXPECT_EQ(roles.create(weak, {"wider", "", {"events:read"}}).error().code, ErrorCode::Forbidden);
  ASSERT_TRUE(roles.create(test.tenants.scope(), {"strong", "", {"users:write"}}));
  EXPECT_EQ(roles.remove(weak, "strong", "*").error().code, ErrorCode::Forbidden);
  RoleChange change;
  change.rights = Rights{"agents:read", "users:write"};
  EXPECT_EQ(roles.update(weak, "fine", "*", change).error().code, ErrorCode::Forbidden);
}

TEST(Users, HaveRolesForAPartOfTheFleet) {
  TestIdentity test;
  Users& users = test.identity.users();
  UserDraft draft{"ann", "", std::nullopt, kGoodPassword, {"infosec"}};
  draft.scoped_roles = {{"operator", {.tags = {"web"}}}};
  const User ann = users.create(test.tenants.scope(), draft).value();
  EXPECT_EQ(users.find(test.tenants.scope(), ann.id).value().scoped_roles, draft.scoped_roles);
  EXPECT_EQ(users.list(test.tenants.scope(), 10, "").value().items.front().scoped_roles, draft.scoped_roles);
  const Principal principal = test.log_in("ann").value().principal;
  EXPECT_TRUE(principal.grants.at("events:read").everything);  // infosec's
  EXPECT_EQ(principal.grants.at("agents:write"), (Reach{.tags = {"web"}}));
  EXPECT_FALSE(principal.may("approvals:request")) << "what is not about the fleet is never given for a part of it";
  EXPECT_FALSE(test.identity.scope_of(principal, "agents:write").value().is_whole());
  EXPECT_TRUE(test.identity.scope_of(principal, "agents:read").value().is_whole());
  EXPECT_TRUE(test.identity.scope_of(principal).value().reach().is_empty());

  draft.username = "bob";
  draft.scoped_roles = {{"operator", {}}};
  EXPECT_EQ(users.create(test.tenants.scope(), draft).error().code, ErrorCode::Invalid);
  draft.scoped_roles = {{"god", {.tags = {"web"}}}};
  EXPECT_EQ(users.create(test.tenants.scope(), draft).error().code, ErrorCode::Invalid);
}

TEST(Users, NobodyTouchesSomebodyStronger) {
  TestIdentity test;
  Users& users = test.identity.users();
  const User boss = test.add_user("boss");
  test.add_user("second");
  Rights all_but_keys = rights_of(*find_built_in_role(kFullAccess));
  all_but_keys.erase("api-keys:write");
  ASSERT_TRUE(test.identity.roles().create(test.tenants.scope(), {"users-admin", "", all_but_keys}));
  const User admin = test.add_user("admin", "users-admin");
  const TenantScope scope = test.identity.scope_of(test.log_in("admin").value().principal, "users:write").value();
  UserChange name;
  name.display_name = "Somebody else";
  EXPECT_EQ(users.update(scope, boss.id, "*", name).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(users.remove(scope, boss.id, "*").error().code, ErrorCode::Forbidden);
  EXPECT_EQ(users.create(scope, {"eve", "", std::nullopt, kGoodPassword, {"full-access"}}).error().code,
            ErrorCode::Forbidden);
  EXPECT_TRUE(users.create(scope, {"eve", "", std::nullopt, kGoodPassword, {"auditor"}}));
}

// Whatever people with limited rights do to roles and users, nobody ends up with more than a full-access user gave out.
// Here that is: nothing beyond kGiven, for all but the one with full access.
TEST(Roles, NoSequenceOfChangesRaisesAnybodyAboveWhatWasGiven) {
  const std::vector<std::string> pool = {"agents:read", "agents:write", "audit:read", "events:read",
                                         "roles:write", "users:read",   "users:write"};
  std::optional<TestIdentity> shared;
  int cases = 0;
  const bool is_right = rc::check("rights stay within what was given", [&] {
    // A tenant has a hundred roles at most: a new one now and then.
    if (cases++ % 20 == 0) shared.emplace().add_user("root");
    TestIdentity& test = *shared;
    const std::string mark = std::to_string(cases);
    Rights base = some_of(pool);
    base.insert({"roles:write", "users:write"});
    const std::string kind = "given-" + mark;
    RC_ASSERT(test.identity.roles().create(test.tenants.scope(), {kind, "", base}).has_value());
    std::vector<User> users;
    for (const char* name : {"ann", "bob"}) users.push_back(test.add_user(name + mark, kind));
    UserDraft part{"cyd" + mark, "", std::nullopt, kGoodPassword, {}};
    part.scoped_roles = {{kind, {.tags = {"web"}}}};
    users.push_back(test.identity.users().create(test.tenants.scope(), part).value());

    const std::vector<std::string> names = {kind, "r1-" + mark, "r2-" + mark, "full-access", "auditor", "operator"};
    const auto steps = *rc::gen::inRange(1, 9);
    for (int step = 0; step < steps; ++step) {
      const User& actor = users[*rc::gen::inRange<std::size_t>(0, users.size())];
      const User& target = users[*rc::gen::inRange<std::size_t>(0, users.size())];
      auto db = test.tenants->config(test.tenants.scope()).acquire().value();
      const User now = test.identity.users().find(test.tenants.scope(), actor.id).value();
      const Grants grants = grants_of(*db, now.roles, now.scoped_roles).value();
      const TenantScope scope =
          ScopeMaker(*test.tenants)
              .make(test.tenants.scope().tenant(), "user:" + actor.id.text(), {grants, kWhole, {}})
              .value();
      const std::string role = *rc::gen::elementOf(names);
      const Rights rights = some_of(pool);
      UserChange change;
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          static_cast<void>(test.identity.roles().create(scope, {role, "", rights}));
          break;
        case 1: {
          RoleChange other;
          other.rights = rights;
          static_cast<void>(test.identity.roles().update(scope, role, "*", other));
          break;
        }
        case 2:
          change.roles = {role};
          static_cast<void>(test.identity.users().update(scope, target.id, "*", change));
          break;
        default:
          change.scoped_roles = {{role, {.tags = {*rc::gen::elementOf(std::vector<std::string>{"web", "db"})}}}};
          static_cast<void>(test.identity.users().update(scope, target.id, "*", change));
      }
    }
    auto db = test.tenants->config(test.tenants.scope()).acquire().value();
    for (const User& user : users) {
      const User now = test.identity.users().find(test.tenants.scope(), user.id).value();
      const Grants grants = grants_of(*db, now.roles, now.scoped_roles).value();
      for (const auto& [right, reach] : grants) RC_ASSERT(base.contains(right));
    }
  });
  EXPECT_TRUE(is_right);
}

TEST(RolesSchema, DeclaresEveryColumn) {
  EXPECT_TRUE(check_schemas(std::vector<FeatureSchema>{roles_schema()}));
}

}  // namespace
}  // namespace warder::manager
