#include "manager/identity/external_users.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "crypto/totp.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::from_base32;
using testing::kGoodPassword;
using testing::TestIdentity;

struct TestProvider {
  TestProvider() {
    IdentityProviderDraft draft;
    draft.kind = "oidc";
    draft.name = "Example";
    draft.settings = {{"issuer", "https://id.example.com"}, {"client_id", "warder"}, {"client_authentication", "none"}};
    draft.mappings = {{"ops", {"operator"}, {}}, {"sec", {"auditor"}, {{"operator", {.tags = {"pci"}}}}}};
    provider = test.identity.identity_providers().create(test.tenants.scope(), draft).value().id;
  }

  [[nodiscard]] ExternalPerson person(const std::string& name, std::vector<std::string> groups = {"ops"}) const {
    return {provider, "subject-of-" + name, name, "Name of " + name, name + "@example.com", std::move(groups), false};
  }
  Result<User> admit(const ExternalPerson& who) { return users.admit(test.tenants.scope("job:test"), who); }
  Result<LoggedIn> log_in(const ExternalPerson& who, bool has_second_factor = false, const std::string& code = {}) {
    return test.identity.log_in_external(
        {test.tenants.scope().tenant(), who, "oidc", has_second_factor, false, IpAddress::v4(0x7f000001), code});
  }
  Result<IdentityProvider> change(const IdentityProviderChange& change) {
    return test.identity.update_identity_provider(test.tenants.scope(), provider, "*", change);
  }

  TestIdentity test;
  ExternalUsers& users = test.identity.external_users();
  IdentityProviderId provider;
};

TEST(ExternalUsers, ComeInWithTheRolesOfTheirGroups) {
  TestProvider test;
  const User ann = test.admit(test.person("ann", {"sec", "ops", "choir"})).value();
  EXPECT_EQ(ann.username, "ann");
  EXPECT_EQ(ann.email, "ann@example.com");
  EXPECT_EQ(ann.roles, (std::vector<std::string>{"operator", "auditor"}));
  ASSERT_EQ(ann.scoped_roles.size(), 1U);
  ASSERT_TRUE(ann.source);
  EXPECT_EQ(ann.source->name, "Example");
  EXPECT_FALSE(ann.must_change_password);
  const User again = test.admit(test.person("ann", {"ops"})).value();
  EXPECT_EQ(again.id, ann.id);
  EXPECT_EQ(again.roles, std::vector<std::string>{"operator"});
  EXPECT_TRUE(again.scoped_roles.empty());
  EXPECT_EQ(test.users.list(test.test.tenants.scope(), test.provider)->size(), 1U);
}

TEST(ExternalUsers, NothingIsWrittenWhenNothingChanges) {
  TestProvider test;
  ASSERT_TRUE(test.admit(test.person("ann")));
  const std::size_t entries = test.test.audited().size();
  const User again = test.admit(test.person("ann")).value();
  EXPECT_EQ(again.version, 1);
  EXPECT_EQ(test.test.audited().size(), entries);
}

TEST(ExternalUsers, AreRefusedWithoutARole) {
  TestProvider test;
  EXPECT_EQ(test.admit(test.person("ann", {"choir"})).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(test.test.audited().front(), "user.admit denied");
  EXPECT_TRUE(test.users.list(test.test.tenants.scope(), test.provider)->empty());
  // Who loses the last one goes, with the sessions.
  const auto logged_in = test.log_in(test.person("ann"));
  ASSERT_TRUE(logged_in) << logged_in.error().message;
  EXPECT_EQ(test.admit(test.person("ann", {})).error().code, ErrorCode::Forbidden);
  EXPECT_FALSE(test.test.identity.authenticate(logged_in->token, false));
  EXPECT_TRUE(test.users.find(test.test.tenants.scope(), test.provider, "subject-of-ann").value()->disabled);
  // And comes back with one.
  EXPECT_FALSE(test.admit(test.person("ann")).value().disabled);
}

TEST(ExternalUsers, NobodyTakesOverAnotherUserByAnEqualNameOrAddress) {
  TestProvider test;
  const User local = test.test.add_user("ann", "full-access");
  const auto refused = test.admit(test.person("ann"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_EQ(test.test.audited().front(), "user.admit denied");
  ExternalPerson equal_mail = test.person("bob");
  equal_mail.email = local.email;
  const User bob = test.admit(equal_mail).value();
  EXPECT_NE(bob.id, local.id);
  EXPECT_EQ(bob.roles, std::vector<std::string>{"operator"});
  // Nor by a later change of the name.
  equal_mail.username = "ann";
  EXPECT_EQ(test.admit(equal_mail).error().code, ErrorCode::Conflict);
  ExternalPerson look_alike = test.person("ann");
  look_alike.username = "Ann";
  EXPECT_EQ(test.admit(look_alike).error().code, ErrorCode::Conflict);
  // The subject alone tells people apart.
  ExternalPerson impostor = test.person("bob");
  impostor.subject = "another";
  EXPECT_EQ(test.admit(impostor).error().code, ErrorCode::Conflict);
}

TEST(ExternalUsers, WhatCannotBeANameIsRefused) {
  TestProvider test;
  for (const char* name : {"", "acme/ann", "ann smith", "ann\n"}) {
    SCOPED_TRACE(name);
    ExternalPerson person = test.person("ann");
    person.username = name;
    EXPECT_EQ(test.admit(person).error().code, ErrorCode::Invalid);
  }
  ExternalPerson nobody = test.person("ann");
  nobody.subject.clear();
  EXPECT_EQ(test.admit(nobody).error().code, ErrorCode::Invalid);
}

TEST(ExternalUsers, WhoIsDisabledHereStaysSo) {
  TestProvider test;
  const User ann = test.admit(test.person("ann")).value();
  UserChange change;
  change.disabled = true;
  ASSERT_TRUE(test.test.identity.users().update(test.test.tenants.scope(), ann.id, "*", change));
  EXPECT_TRUE(test.admit(test.person("ann")).value().disabled);
  const auto refused = test.log_in(test.person("ann"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Forbidden);
  EXPECT_EQ(test.test.audited().front(), "session.login denied");
}

TEST(ExternalUsers, GoAndComeByTheProvidersWord) {
  TestProvider test;
  const auto logged_in = test.log_in(test.person("ann"));
  ASSERT_TRUE(logged_in);
  const TenantScope scope = test.test.tenants.scope();
  ASSERT_TRUE(test.users.leave(scope, test.provider, "subject-of-ann", "not in the directory"));
  EXPECT_FALSE(test.test.identity.authenticate(logged_in->token, false));
  EXPECT_TRUE(test.users.list(scope, test.provider)->front().is_disabled);
  EXPECT_EQ(test.users.leave(scope, test.provider, "nobody", "x").error().code, ErrorCode::NotFound);
  EXPECT_FALSE(test.admit(test.person("ann")).value().disabled);
  ExternalPerson gone = test.person("ann");
  gone.is_disabled = true;
  EXPECT_TRUE(test.admit(gone).value().disabled);
  // Disabled here meanwhile: the provider's word brings nobody back.
  UserChange change;
  change.disabled = true;
  ASSERT_TRUE(test.test.identity.users().update(scope, logged_in->principal.user, "*", change));
  EXPECT_TRUE(test.admit(test.person("ann")).value().disabled);
}

TEST(ExternalUsers, HaveNoPassword) {
  TestProvider test;
  const User ann = test.admit(test.person("ann")).value();
  Users& users = test.test.identity.users();
  const TenantScope scope = test.test.tenants.scope();
  EXPECT_EQ(test.test.log_in("ann", kGoodPassword).error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(test.test.log_in("ann", "!").error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(users.make_reset_link(scope, ann.id).error().code, ErrorCode::Conflict);
  EXPECT_EQ(users.mark_compromised(scope, ann.id).error().code, ErrorCode::Conflict);
  EXPECT_EQ(users.recover(scope, "ann").error().code, ErrorCode::Conflict);
  EXPECT_EQ(users.change_password(scope, ann.id, "!", "Own-Phrase-Qzkw-1").error().code, ErrorCode::Conflict);
  // However often somebody tries, the provider's way in stays open, and no age of a password ends it.
  for (int i = 0; i < 30; ++i) EXPECT_FALSE(users.check(scope, "ann", "guess")->is_right);
  test.test.clock.advance(std::chrono::hours(24 * 400));
  const auto logged_in = test.log_in(test.person("ann"));
  ASSERT_TRUE(logged_in) << logged_in.error().message;
  EXPECT_FALSE(logged_in->principal.must_change_password);
}

TEST(ExternalUsers, WhatComesFromTheProviderIsNotChangedHere) {
  TestProvider test;
  const User ann = test.admit(test.person("ann")).value();
  UserChange change;
  change.roles = std::vector<std::string>{"full-access"};
  EXPECT_EQ(test.test.identity.users().update(test.test.tenants.scope(), ann.id, "*", change).error().code,
            ErrorCode::Conflict);
  UserChange own;
  own.locale = "ja";
  EXPECT_TRUE(test.test.identity.users().update(test.test.tenants.scope(), ann.id, "*", own));
  EXPECT_EQ(test.admit(test.person("ann")).value().locale, "ja");
}

TEST(ExternalUsers, NewMappingsGoForEverybodyAtOnce) {
  TestProvider test;
  const auto logged_in = test.log_in(test.person("ann"));
  ASSERT_TRUE(logged_in);
  EXPECT_TRUE(logged_in->principal.may("agents:write"));
  IdentityProviderChange change;
  change.mappings = std::vector<GroupMapping>{GroupMapping{"ops", {"infosec"}, {}}};
  ASSERT_TRUE(test.change(change));
  const User ann = test.users.find(test.test.tenants.scope(), test.provider, "subject-of-ann").value().value();
  EXPECT_EQ(ann.roles, std::vector<std::string>{"infosec"});
  EXPECT_FALSE(test.test.identity.authenticate(logged_in->token, false));
  change.mappings = std::vector<GroupMapping>{GroupMapping{"others", {"infosec"}, {}}};
  ASSERT_TRUE(test.change(change));
  EXPECT_TRUE(test.users.find(test.test.tenants.scope(), test.provider, "subject-of-ann").value()->disabled);
}

TEST(ExternalUsers, ADisabledProviderLetsNobodyInAndEndsWhatGoesOn) {
  TestProvider test;
  const auto logged_in = test.log_in(test.person("ann"));
  ASSERT_TRUE(logged_in);
  const auto key = test.test.identity.api_keys().create(
      test.test.tenants.scope(), {"script", logged_in->principal.user, {"agents:read"}, {}, std::chrono::hours(1)});
  ASSERT_TRUE(key) << key.error().message;
  ASSERT_TRUE(test.test.identity.authenticate_key(key->text, IpAddress::v4(0x7f000001)));
  IdentityProviderChange change;
  change.is_enabled = false;
  ASSERT_TRUE(test.change(change));
  EXPECT_FALSE(test.test.identity.authenticate(logged_in->token, false));
  EXPECT_FALSE(test.test.identity.authenticate_key(key->text, IpAddress::v4(0x7f000001)));
  EXPECT_FALSE(test.log_in(test.person("ann")));
  EXPECT_EQ(test.test.identity.identity_providers().remove(test.test.tenants.scope(), test.provider, "*").error().code,
            ErrorCode::Conflict);
}

TEST(ExternalUsers, OneWhoIsKnownHereKeepsFullAccess) {
  TestProvider test;
  const User local = test.test.add_user("root", "full-access");
  const User other = test.test.add_user("boss", "full-access");
  IdentityProviderChange change;
  change.mappings = std::vector<GroupMapping>{GroupMapping{"ops", {"full-access"}, {}}};
  ASSERT_TRUE(test.change(change));
  ASSERT_TRUE(test.admit(test.person("ann")));
  Users& users = test.test.identity.users();
  ASSERT_TRUE(users.remove(test.test.tenants.scope(), other.id, "*"));
  EXPECT_EQ(users.remove(test.test.tenants.scope(), local.id, "*").error().code, ErrorCode::Conflict);
}

TEST(ExternalUsers, ShowTheSecondFactorUnlessTheProviderHasProvenOne) {
  TestProvider test;
  const auto first = test.log_in(test.person("ann"));
  ASSERT_TRUE(first);
  // Soon after the login, no password is needed to set one up; later another login is.
  test.test.clock.advance(std::chrono::minutes(11));
  EXPECT_EQ(test.test.identity.begin_second_factor(first->principal, {}).error().code, ErrorCode::Forbidden);
  const auto second = test.log_in(test.person("ann"));
  const auto setup = test.test.identity.begin_second_factor(second->principal, {});
  ASSERT_TRUE(setup) << setup.error().message;
  const Bytes secret = from_base32(setup->secret);
  const auto code = [&] {
    return crypto::hotp(secret, static_cast<std::uint64_t>(crypto::totp_step(test.test.clock.now())));
  };
  ASSERT_TRUE(test.test.identity.confirm_second_factor(second->principal, code()));
  test.test.clock.advance(std::chrono::seconds(30));
  EXPECT_TRUE(test.log_in(test.person("ann"))->needs_code);
  EXPECT_FALSE(test.log_in(test.person("ann"), false, "000000"));
  EXPECT_FALSE(test.log_in(test.person("ann"), false, code())->needs_code);
  EXPECT_FALSE(test.log_in(test.person("ann"), true)->needs_code);
}

TEST(ExternalUsers, AreFreeOfADemandedSecondFactorOnlyWhenTheProviderHasProvenOne) {
  TestProvider test;
  ASSERT_TRUE(
      test.test.identity.password_policies().set(test.test.tenants.scope(), "*", kDefaultProfile, {}, {"operator"}));
  EXPECT_TRUE(test.log_in(test.person("ann"))->principal.must_enrol);
  const auto proven = test.log_in(test.person("ann"), true);
  EXPECT_FALSE(proven->principal.must_enrol);
  EXPECT_FALSE(test.test.identity.authenticate(proven->token, false)->must_enrol);
}

TEST(ExternalUsers, KeepTheIssuerThatTheyAreKnownFrom) {
  TestProvider test;
  ASSERT_TRUE(test.admit(test.person("ann")));
  IdentityProviderChange change;
  change.settings = test.test.identity.identity_providers().find(test.test.tenants.scope(), test.provider)->settings;
  (*change.settings)["client_id"] = "renamed";
  EXPECT_TRUE(test.change(change));
  (*change.settings)["issuer"] = "https://other.example";
  EXPECT_EQ(test.change(change).error().code, ErrorCode::Conflict) << "the same subject would be another person";
}

TEST(ExternalUsers, RemovedOnesAreMadeAnew) {
  TestProvider test;
  const User ann = test.admit(test.person("ann")).value();
  ASSERT_TRUE(test.test.identity.users().remove(test.test.tenants.scope(), ann.id, "*"));
  EXPECT_NE(test.admit(test.person("ann")).value().id, ann.id);
}

}  // namespace
}  // namespace warder::manager
