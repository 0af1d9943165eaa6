#include <gtest/gtest.h>

#include "base/json.h"
#include "manager/identity/directory_sync.h"
#include "manager/identity/provider_ldap.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::kGoodPassword;
using testing::TestIdentity;

constexpr const char* kOps = "cn=ops,dc=example,dc=com";

/// A directory in memory.
class FakeDirectories final : public DirectoryAccess {
 public:
  struct Member {
    DirectoryPerson person;
    std::string password;
    bool is_unread = false;
    std::string base = "dc=example,dc=com";  // of the one directory that knows them
  };

  Result<DirectoryPerson> authenticate(const DirectorySettings& settings, std::string_view username,
                                       std::string_view password, Timestamp /*now*/) override {
    asked.push_back(settings.user_base + " " + std::string(username) + " " + std::string(password));
    if (is_down) return fail(ErrorCode::Unavailable, "down");
    const auto found = members.find(std::string(username));
    if (found == members.end() || found->second.password != password || settings.user_base != found->second.base)
      return fail(ErrorCode::Unauthenticated, "no");
    if (found->second.person.state != AccountState::Active) return fail(ErrorCode::Forbidden, "disabled");
    return found->second.person;
  }
  Result<DirectoryPerson> find_principal(const DirectorySettings& /*settings*/, std::string_view principal,
                                         Timestamp /*now*/) override {
    const auto found = members.find(std::string(principal.substr(0, principal.find('@'))));
    if (found == members.end()) return fail(ErrorCode::Unauthenticated, "no");
    return found->second.person;
  }
  Result<DirectorySnapshot> snapshot(const DirectorySettings& /*settings*/, const std::set<std::string>& subjects,
                                     Timestamp /*now*/) override {
    ++snapshots;
    if (is_down) return fail(ErrorCode::Unavailable, "down");
    DirectorySnapshot snapshot;
    snapshot.everybody = members.size();
    for (const auto& [name, member] : members) {
      if (!subjects.contains(member.person.subject)) continue;
      if (member.is_unread) {
        snapshot.unread.insert(member.person.subject);
      } else {
        snapshot.people.push_back(member.person);
      }
    }
    return snapshot;
  }

  void add(const std::string& name, std::vector<std::string> groups = {kOps}) {
    members[name] = {{"subject-of-" + name, "uid=" + name, name, "Name of " + name, std::nullopt, AccountState::Active,
                      std::move(groups), std::nullopt},
                     "There-" + name};
  }

  std::map<std::string, Member> members;
  std::vector<std::string> asked;
  int snapshots = 0;
  bool is_down = false;
};

struct TestDirectory {
  TestDirectory() : provider(add_provider("Example", "dc=example,dc=com")) {
    for (const char* name : {"ann", "ben", "cia", "dan"}) directory->add(name);
  }

  static IdentityOptions options(const std::shared_ptr<FakeDirectories>& directory) {
    IdentityOptions options = TestIdentity::options();
    options.directories = directory;
    return options;
  }
  IdentityProviderId add_provider(const std::string& name, const std::string& base) {
    IdentityProviderDraft draft;
    draft.kind = "ldap";
    draft.name = name;
    draft.secret = "the-secret";
    draft.settings = {{"servers", {"ldaps://ldap.example.com"}}, {"bind_dn", "cn=warder"}, {"user_base", base}};
    draft.mappings = {{"CN=ops, DC=example, DC=com", {"operator"}, {}},
                      {"cn=audit,dc=example,dc=com", {"auditor"}, {}}};
    auto made = identity.identity_providers().create(tenant.scope(), draft);
    EXPECT_TRUE(made) << made.error().message;
    return made.value().id;
  }
  Result<LoggedIn> log_in(const std::string& name, const std::string& password) {
    return identity.log_in({name, password, false, IpAddress::v4(0x7f000001)});
  }
  Result<SyncReport> sync(bool accepts_leaving = false) {
    return identity.directory_sync().run(tenant.scope("job:test"), provider, accepts_leaving);
  }
  std::string token_of(const std::string& name) { return log_in(name, "There-" + name).value().token; }
  bool holds(const std::string& token) { return identity.authenticate(token, false).has_value(); }

  std::shared_ptr<FakeDirectories> directory = std::make_shared<FakeDirectories>();
  TestTenants tenant{TestIdentity::schemas({}), TestIdentity::control({})};
  warder::testing::ManualClock clock;
  AuditLog audit{*tenant, clock};
  Identity identity{*tenant, audit, clock, options(directory)};
  IdentityProviderId provider;
};

const std::vector<std::string> kOperator{"operator"};

TEST(DirectoryLogins, APasswordOfTheDirectoryBeginsASessionWithTheRolesOfTheGroups) {
  TestDirectory test;
  const auto ann = test.log_in("ann", "There-ann");
  ASSERT_TRUE(ann) << ann.error().message;
  EXPECT_EQ(ann->principal.username, "ann");
  EXPECT_EQ(ann->principal.roles, kOperator);
  const auto sessions = test.identity.sessions_of(ann->principal).value();
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(sessions.front().method, "ldap");
}

TEST(DirectoryLogins, EveryRefusalIsTheSame) {
  TestDirectory test;
  ASSERT_TRUE(test.log_in("ann", "There-ann"));
  test.directory->add("eve", {});
  test.directory->members["dan"].person.state = AccountState::Disabled;
  const Error refusal = test.log_in("nobody", "x").error();
  EXPECT_EQ(refusal.code, ErrorCode::Unauthenticated);
  EXPECT_EQ(test.log_in("ann", "wrong").error(), refusal);
  EXPECT_EQ(test.log_in("ann", "").error(), refusal);
  EXPECT_EQ(test.log_in("eve", "There-eve").error(), refusal) << "no group of theirs gives a role";
  EXPECT_EQ(test.log_in("dan", "There-dan").error(), refusal) << "disabled there";
  test.directory->is_down = true;
  EXPECT_EQ(test.log_in("ben", "There-ben").error(), refusal);
}

TEST(DirectoryLogins, AUserKnownHereIsLookedForHereAlone) {
  TestDirectory test;
  test.directory->add("local");
  ASSERT_TRUE(
      test.identity.users().create(test.tenant.scope(), {"local", "L", "l@example.com", kGoodPassword, {"auditor"}}));
  EXPECT_FALSE(test.log_in("local", "There-local"));
  EXPECT_TRUE(test.log_in("local", kGoodPassword));
  for (const std::string& question : test.directory->asked) {
    EXPECT_EQ(question.find("local"), std::string::npos) << question;
    EXPECT_EQ(question.find("There-"), std::string::npos) << "no password goes to where it is not of";
  }
}

TEST(DirectoryLogins, ARefusalAsksAsMuchForEveryName) {
  TestDirectory test;
  test.add_provider("Further", "dc=further,dc=com");
  ASSERT_TRUE(
      test.identity.users().create(test.tenant.scope(), {"local", "L", "l@example.com", kGoodPassword, {"auditor"}}));
  ASSERT_TRUE(test.log_in("ann", "There-ann"));
  for (const char* name : {"local", "ann", "nobody"}) {
    SCOPED_TRACE(name);
    test.directory->asked.clear();
    EXPECT_FALSE(test.log_in(name, "wrong"));
    EXPECT_EQ(test.directory->asked.size(), 2U);
  }
}

TEST(DirectoryLogins, ADirectoryTakesNobodysUserOfAnother) {
  TestDirectory test;
  ASSERT_TRUE(test.log_in("ann", "There-ann"));
  test.directory->members["ann"].person.subject = "somebody-else";
  EXPECT_FALSE(test.log_in("ann", "There-ann"));
}

TEST(DirectoryLogins, AnotherDirectoryVouchesForNobodyWhoIsKnownFromOne) {
  TestDirectory test;
  test.add_provider("Further", "dc=further,dc=com");
  ASSERT_TRUE(test.log_in("ann", "There-ann"));
  for (const char* name : {"ann", "ben"}) test.directory->members[name].base = "dc=further,dc=com";
  EXPECT_TRUE(test.log_in("ben", "There-ben")) << "nobody before: the further directory may bring them";
  test.directory->asked.clear();
  EXPECT_FALSE(test.log_in("ann", "There-ann")) << "the same name, subject and password in the further directory";
  for (const std::string& question : test.directory->asked)
    EXPECT_FALSE(question.starts_with("dc=further") && question.ends_with("There-ann"))
        << "it has been told the password";
}

TEST(DirectoryLogins, GuessingLocksTheUserAndThenNobodyIsAsked) {
  TestDirectory test;
  ASSERT_TRUE(test.log_in("ann", "There-ann"));
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(test.log_in("ann", "guess"));
    test.clock.advance(std::chrono::minutes(1));  // no more than the limiter allows
  }
  test.directory->asked.clear();
  EXPECT_FALSE(test.log_in("ann", "There-ann"));
  for (const std::string& question : test.directory->asked) EXPECT_EQ(question.find("There-ann"), std::string::npos);
}

TEST(DirectoryLogins, AGroupOfTheSameNameElsewhereGivesNothing) {
  TestDirectory test;
  test.directory->add("eve", {"cn=ops,ou=elsewhere,dc=example,dc=com"});
  EXPECT_FALSE(test.log_in("eve", "There-eve"));
}

TEST(DirectorySync, WhoIsGoneDisabledOrInNoMappedGroupIsOutAndOthersStay) {
  TestDirectory test;
  std::map<std::string, std::string> tokens;
  for (const char* name : {"ann", "ben", "cia", "dan"}) tokens[name] = test.token_of(name);
  test.directory->members.erase("ann");
  test.directory->members["ben"].person.state = AccountState::Expired;
  ASSERT_TRUE(test.sync());
  EXPECT_FALSE(test.holds(tokens["ann"]));
  EXPECT_FALSE(test.holds(tokens["ben"]));
  EXPECT_TRUE(test.holds(tokens["cia"]));
  test.directory->members["cia"].person.groups = {"cn=choir,dc=example,dc=com"};
  const SyncReport report = test.sync().value();
  EXPECT_EQ(report.left, 1U);
  EXPECT_FALSE(test.holds(tokens["cia"]));
  EXPECT_TRUE(test.holds(tokens["dan"]));
}

TEST(DirectorySync, RolesFollowAndWhoComesBackIsBack) {
  TestDirectory test;
  const std::string before = test.token_of("ann");
  test.directory->members["ann"].person.groups = {"cn=audit,dc=example,dc=com"};
  EXPECT_EQ(test.sync().value().changed, 1U);
  EXPECT_FALSE(test.holds(before)) << "who gets other roles begins anew";
  EXPECT_EQ(test.log_in("ann", "There-ann")->principal.roles, std::vector<std::string>{"auditor"});
  test.directory->members["ann"].person.state = AccountState::Disabled;
  EXPECT_EQ(test.sync().value().left, 1U);
  EXPECT_EQ(test.sync().value().left, 0U) << "once";
  test.directory->members["ann"].person.state = AccountState::Active;
  EXPECT_EQ(test.sync().value().changed, 1U);
  EXPECT_TRUE(test.log_in("ann", "There-ann"));
}

TEST(DirectorySync, AWrongPasswordThereLocksNobodyOutHere) {
  TestDirectory test;
  const std::string token = test.token_of("ann");
  test.directory->members["ann"].person.state = AccountState::Locked;
  ASSERT_TRUE(test.sync());
  EXPECT_TRUE(test.holds(token));
}

TEST(DirectorySync, UnknownIsNotGone) {
  TestDirectory test;
  const std::string token = test.token_of("ann");
  test.directory->is_down = true;
  EXPECT_EQ(test.sync().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(test.identity.directory_sync().last(test.tenant.scope(), test.provider).value()->error, "down");
  test.directory->is_down = false;
  auto members = std::exchange(test.directory->members, {});
  EXPECT_EQ(test.sync().error().code, ErrorCode::Unavailable) << "an empty list";
  test.directory->members = std::move(members);
  test.directory->members["ann"].is_unread = true;
  EXPECT_EQ(test.sync().value().failed, 1U);
  EXPECT_TRUE(test.holds(token));
  EXPECT_EQ(test.audit.list(test.tenant.scope(), {}).value().items.front().record.action, "identity-provider.sync");
}

TEST(DirectorySync, AnOutageIsToldOnceWhenItBeginsAndOnceWhenItEnds) {
  TestDirectory test;
  Identity other(*test.tenant, test.audit, test.clock, TestDirectory::options(test.directory));
  std::vector<std::string> told;
  bool is_heard = true;
  for (DirectorySync* sync : {&test.identity.directory_sync(), &other.directory_sync()}) {
    sync->set_tell([&](const TenantScope&, const SyncNews& news) -> Result<void> {
      if (!is_heard) return fail(ErrorCode::Unavailable, "the events are away");
      told.push_back(news.directory + ":" + news.error);
      return {};
    });
  }
  ASSERT_TRUE(test.sync());
  EXPECT_TRUE(told.empty());
  test.directory->is_down = true;
  is_heard = false;
  EXPECT_FALSE(test.sync());
  is_heard = true;
  EXPECT_FALSE(test.sync());
  EXPECT_FALSE(test.sync());
  EXPECT_FALSE(other.directory_sync().run(test.tenant.scope("job:test"), test.provider));
  EXPECT_EQ(told, std::vector<std::string>{"Example:down"});
  test.directory->is_down = false;
  ASSERT_TRUE(other.directory_sync().run(test.tenant.scope("job:test"), test.provider));
  ASSERT_TRUE(test.sync());
  EXPECT_EQ(told, (std::vector<std::string>{"Example:down", "Example:"}));
}

TEST(DirectorySync, NotEverybodyGoesAtOnceUnlessThatIsSaid) {
  TestDirectory test;
  std::vector<std::string> tokens;
  for (const char* name : {"ann", "ben", "cia", "dan"}) tokens.push_back(test.token_of(name));
  for (const char* name : {"ann", "ben", "cia"}) test.directory->members.erase(name);
  EXPECT_EQ(test.sync().error().code, ErrorCode::Conflict);
  for (const std::string& token : tokens) EXPECT_TRUE(test.holds(token));
  EXPECT_EQ(test.sync(true).value().left, 3U);
  EXPECT_FALSE(test.holds(tokens.front()));
}

TEST(DirectorySync, IsDueOncePerIntervalForAllManagersTogether) {
  TestDirectory test;
  const TenantScope scope = test.tenant.scope("job:directories");
  Identity other(*test.tenant, test.audit, test.clock, TestDirectory::options(test.directory));
  EXPECT_EQ(test.identity.directory_sync().run_due(scope).value().size(), 1U);
  EXPECT_EQ(other.directory_sync().run_due(scope).value().size(), 0U);
  test.clock.advance(std::chrono::seconds(899));
  EXPECT_EQ(other.directory_sync().run_due(scope).value().size(), 0U);
  test.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(other.directory_sync().run_due(scope).value().size(), 1U);
  EXPECT_EQ(test.identity.directory_sync().run_due(scope).value().size(), 0U);
  EXPECT_EQ(test.directory->snapshots, 2);
}

TEST(DirectorySync, ARemovedUserIsOutWithinTheInterval) {
  TestDirectory test;
  const TenantScope scope = test.tenant.scope("job:directories");
  const std::string token = test.token_of("ann");
  ASSERT_TRUE(test.identity.directory_sync().run_due(scope));
  test.directory->members.erase("ann");
  test.clock.advance(std::chrono::seconds(900));
  ASSERT_TRUE(test.identity.directory_sync().run_due(scope));
  EXPECT_FALSE(test.holds(token));
  EXPECT_FALSE(test.log_in("ann", "There-ann"));
}

TEST(DirectorySync, SchemaHolds) {
  EXPECT_TRUE(check_schemas(std::vector<FeatureSchema>{directory_sync_schema()}));
}

TEST(ProviderLdap, SettingsAreCheckedByTheirName) {
  const json::object good{
      {"servers", {"ldaps://ldap.example.com"}}, {"bind_dn", "cn=warder"}, {"user_base", "dc=example,dc=com"}};
  EXPECT_TRUE(read_ldap_settings(good)) << read_ldap_settings(good).error().message;
  struct Case {
    const char* key;
    json::value value;
  };
  const std::vector<Case> cases{{"servers", json::array{"http://x"}},
                                {"servers", json::array{}},
                                {"ca_certificates", "none"},
                                {"schema", "novell"},
                                {"bind_dn", ""},
                                {"user_base", "people"},
                                {"user_filter", "(uid=x)"},
                                {"group_filter", "(member={dn}"},
                                {"principal_filter", "(uid=x)"},
                                {"subject_attribute", "a)(b"},
                                {"sync_interval_s", 59}};
  for (const Case& each : cases) {
    SCOPED_TRACE(each.key);
    json::object settings = good;
    settings[each.key] = each.value;
    const auto read = read_ldap_settings(settings);
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().message.starts_with(std::string("/") + each.key)) << read.error().message;
  }
}

}  // namespace
}  // namespace warder::manager
