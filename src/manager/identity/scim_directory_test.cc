#include "manager/identity/scim_directory.h"

#include <gtest/gtest.h>

#include <map>

#include "base/file.h"
#include "base/json.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::TestIdentity;

json::object document(std::string_view text) {
  return parse_json(text).value().as_object();
}

json::value patch_of(std::string_view operations) {
  return json::object{{"Operations", parse_json(operations).value()}};
}

struct TestScim {
  explicit TestScim(const std::string& name = "Directory") : provider(make("scim", name, {})) {}

  IdentityProvider make(const std::string& kind, const std::string& name, json::object settings) {
    IdentityProviderDraft draft;
    draft.kind = kind;
    draft.name = name;
    draft.settings = std::move(settings);
    draft.mappings = {{"ops", {"operator"}, {}}, {"sec", {"auditor"}, {}}};
    return test.identity.identity_providers().create(test.tenants.scope(), draft).value();
  }
  Result<ScimRow> add(const std::string& name, const std::string& more = "") {
    return scim.create(scope, provider, scim::user_kind(), document(R"({"userName":")" + name + "\"" + more + "}"));
  }
  Result<ScimRow> group(const std::string& name, const std::vector<std::string>& people) {
    json::array members;
    for (const std::string& person : people) members.push_back(json::object{{"value", person}});
    return scim.create(scope, provider, scim::group_kind(), {{"displayName", name}, {"members", members}});
  }
  Result<ScimRow> patch(const ScimRow& row, std::string_view operations, std::string_view if_match = "") {
    return scim.patch(scope, provider, scim::user_kind(), row.id, if_match, patch_of(operations));
  }
  Result<ScimRow> patch_group(const ScimRow& row, std::string_view operations) {
    return scim.patch(scope, provider, scim::group_kind(), row.id, "", patch_of(operations));
  }
  std::optional<User> user(const ScimRow& row) {
    return test.identity.external_users().find(scope, provider.id, row.id).value();
  }
  /// A session of the user, as after a login at the provider that is linked.
  std::string session(const ScimRow& row) {
    ExternalPerson person;
    person.provider = provider.id;
    person.subject = row.id;
    person.username = std::string(row.attributes.at("userName").as_string());
    for (const ScimGroupName& group : scim.groups_of(scope, provider, scim::user_kind(), row.id).value())
      person.groups.push_back(group.name);
    return test.identity.log_in_external({scope.tenant(), person, "oidc", false, true, IpAddress::v4(0x7f000001), ""})
        .value()
        .token;
  }
  std::size_t found(std::string_view filter, const scim::Kind& kind = scim::user_kind()) {
    scim::Query query;
    query.filter = scim::parse_filter(filter).value();
    return scim.list(scope, provider, kind, query, "https://m/scim/v2")->resources.size();
  }

  TestIdentity test;
  TenantScope scope = test.tenants.scope();
  ScimDirectory& scim = test.identity.scim_directory();
  IdentityProvider provider;
};

TEST(ScimDirectory, PeopleAreUsersWhenAGroupGivesThemARole) {
  TestScim test;
  const ScimRow ann =
      test.add("ann", R"(,"name":{"givenName":"Ann","familyName":"Lind"},"emails":[{"value":"old@e.org"},
      {"value":"ann@e.org","primary":true}])")
          .value();
  EXPECT_FALSE(test.user(ann)) << "nobody without a role";
  const ScimRow ops = test.group("ops", {ann.id}).value();
  const User user = test.user(ann).value();
  EXPECT_EQ(user.username, "ann");
  EXPECT_EQ(user.display_name, "Ann Lind");
  EXPECT_EQ(user.email, "ann@e.org");
  EXPECT_EQ(user.roles, std::vector<std::string>{"operator"});
  ASSERT_TRUE(user.source);
  EXPECT_EQ(user.source->provider, test.provider.id);

  ASSERT_TRUE(test.group("sec", {ann.id}));
  EXPECT_EQ(test.user(ann)->roles, (std::vector<std::string>{"operator", "auditor"}));
  ASSERT_TRUE(test.patch_group(ops, R"([{"op":"replace","path":"displayName","value":"choir"}])"));
  EXPECT_EQ(test.user(ann)->roles, std::vector<std::string>{"auditor"}) << "the name counts";
  ASSERT_TRUE(test.patch(ann, R"([{"op":"replace","path":"displayName","value":"Ann B."}])"));
  EXPECT_EQ(test.user(ann)->display_name, "Ann B.");
}

TEST(ScimDirectory, InactivePeopleLoseTheirSessionsAtOnce) {
  TestScim test;
  const ScimRow ann = test.add("ann").value();
  const ScimRow ops = test.group("ops", {ann.id}).value();
  for (const char* change :
       {R"([{"op":"Replace","path":"active","value":"False"}])", R"([{"op":"replace","value":{"active":false}}])"}) {
    const std::string token = test.session(ann);
    ASSERT_TRUE(test.test.identity.authenticate(token, true));
    ASSERT_TRUE(test.patch(ann, change));
    EXPECT_EQ(test.test.identity.authenticate(token, true).error().code, ErrorCode::Unauthenticated);
    EXPECT_TRUE(test.user(ann)->disabled);
    ASSERT_TRUE(test.patch(ann, R"([{"op":"replace","path":"active","value":true}])"));
    EXPECT_FALSE(test.user(ann)->disabled);
  }
  const std::string token = test.session(ann);
  ASSERT_TRUE(test.patch_group(ops, R"([{"op":"remove","path":"members"}])"));
  EXPECT_FALSE(test.test.identity.authenticate(token, true)) << "out of the last group with a role";
  EXPECT_TRUE(test.user(ann)->disabled);
}

TEST(ScimDirectory, ADeletedPersonIsGoneAndMayComeAnew) {
  TestScim test;
  const ScimRow ann = test.add("ann").value();
  const ScimRow ops = test.group("ops", {ann.id}).value();
  const UserId user = test.user(ann)->id;
  const std::string token = test.session(ann);
  ASSERT_TRUE(test.scim.remove(test.scope, test.provider, scim::user_kind(), ann.id, ""));
  EXPECT_FALSE(test.test.identity.authenticate(token, true));
  EXPECT_EQ(test.test.identity.users().find(test.scope, user).error().code, ErrorCode::NotFound);
  EXPECT_EQ(test.scim.find(test.scope, test.provider, scim::user_kind(), ann.id).error().code, ErrorCode::NotFound);
  EXPECT_EQ(test.scim.remove(test.scope, test.provider, scim::user_kind(), ann.id, "").error().code,
            ErrorCode::NotFound);
  EXPECT_FALSE(test.scim.find(test.scope, test.provider, scim::group_kind(), ops.id)->attributes.contains("members"));
  EXPECT_TRUE(test.add("ann"));
}

TEST(ScimDirectory, WhoWasDisabledHereStaysSo) {
  TestScim test;
  const ScimRow ann = test.add("ann").value();
  ASSERT_TRUE(test.group("ops", {ann.id}));
  UserChange change;
  change.disabled = true;
  ASSERT_TRUE(test.test.identity.users().update(test.scope, test.user(ann)->id, "*", change));
  ASSERT_TRUE(test.patch(ann, R"([{"op":"replace","path":"displayName","value":"Ann"}])"));
  EXPECT_TRUE(test.user(ann)->disabled);
  ASSERT_TRUE(test.scim.remove(test.scope, test.provider, scim::user_kind(), ann.id, ""));
  const ScimRow again = test.add("ann").value();
  const auto refused = test.group("ops", {again.id});
  ASSERT_FALSE(refused) << "not by being deleted and made again";
  EXPECT_EQ(scim::type_of(refused.error()), "uniqueness");
}

TEST(ScimDirectory, NamesAreThereOnceWhateverTheirCase) {
  TestScim test;
  const ScimRow ann = test.add("Ann").value();
  EXPECT_EQ(scim::type_of(test.add("aNN").error()), "uniqueness");
  EXPECT_EQ(test.add("aNN").error().code, ErrorCode::Conflict);
  const ScimRow bob = test.add("bob").value();
  EXPECT_EQ(scim::type_of(test.patch(bob, R"([{"op":"replace","path":"userName","value":"ANN"}])").error()),
            "uniqueness");
  EXPECT_TRUE(test.patch(ann, R"([{"op":"replace","path":"userName","value":"ANN"}])")) << "one's own";
}

TEST(ScimDirectory, NobodyTakesOverALocalUser) {
  TestScim test;
  const User boss = test.test.add_user("boss");
  const ScimRow named_alike = test.add("boss").value();
  const auto refused = test.group("ops", {named_alike.id});
  ASSERT_FALSE(refused);
  EXPECT_EQ(scim::type_of(refused.error()), "uniqueness");
  EXPECT_EQ(test.found(R"(displayName pr)", scim::group_kind()), 0U) << "what makes no user is not there";
  EXPECT_EQ(test.test.identity.users().find(test.scope, boss.id)->roles, boss.roles);
  const ScimRow ann = test.add("ann").value();
  ASSERT_TRUE(test.group("ops", {ann.id}));
  EXPECT_FALSE(test.patch(ann, R"([{"op":"replace","path":"userName","value":"boss"}])"));
  EXPECT_EQ(test.scim.find(test.scope, test.provider, scim::user_kind(), ann.id)->attributes.at("userName"),
            json::value("ann"));
  EXPECT_EQ(scim::type_of(test.patch(ann, R"([{"op":"replace","path":"userName","value":"a b/c"}])").error()),
            "invalidValue");
}

TEST(ScimDirectory, VersionsCountChangesAndAreHeldAgainstIfMatch) {
  TestScim test;
  const ScimRow ann = test.add("ann").value();
  EXPECT_EQ(scim_etag(ann.version), "W/\"1\"");
  const char* const change = R"([{"op":"replace","path":"displayName","value":"A"}])";
  EXPECT_EQ(test.patch(ann, change, "W/\"2\"").error().code, ErrorCode::Stale);
  EXPECT_EQ(test.patch(ann, change, "W/\"9\", W/\"1\"")->version, 2);
  EXPECT_EQ(test.patch(ann, change, "\"2\"")->version, 2) << "nothing was changed";
  EXPECT_EQ(test.patch(ann, R"([{"op":"remove","path":"displayName"}])", "*")->version, 3);
  EXPECT_EQ(test.scim.remove(test.scope, test.provider, scim::user_kind(), ann.id, "W/\"1\"").error().code,
            ErrorCode::Stale);
}

TEST(ScimDirectory, FindsByFilterSortsAndPages) {
  TestScim test;
  std::map<std::string, std::string> ids;
  for (const char* name : {"cat", "Ann", "bob"}) {
    ids[name] = test.add(name, R"(,"externalId":"x-)" + std::string(name) + "\"")->id;
    test.test.clock.advance(std::chrono::seconds(1));
  }
  ASSERT_TRUE(test.group("choir", {ids["bob"]}));
  EXPECT_EQ(test.found(R"(userName eq "ANN")"), 1U);
  EXPECT_EQ(test.found(R"(externalId eq "x-Ann")"), 1U);
  EXPECT_EQ(test.found(R"(externalId eq "X-ann")"), 0U);
  EXPECT_EQ(test.found("id eq \"" + ids["bob"] + "\""), 1U);
  EXPECT_EQ(test.found(R"(userName eq "nobody")"), 0U);
  EXPECT_EQ(test.found(R"(groups.display eq "choir")"), 1U);
  EXPECT_EQ(test.found(R"(userName co "a" and active eq true)"), 2U);
  EXPECT_EQ(test.found("members[value eq \"" + ids["bob"] + "\"]", scim::group_kind()), 1U);
  scim::Query query;
  query.sort_by = scim::parse_attribute("userName").value();
  query.start = 2;
  query.count = 1;
  const ScimPage page =
      test.scim.list(test.scope, test.provider, scim::user_kind(), query, "https://m/scim/v2").value();
  EXPECT_EQ(page.total, 3);
  ASSERT_EQ(page.resources.size(), 1U);
  EXPECT_EQ(page.resources[0].at("userName"), json::value("bob"));
  EXPECT_EQ(page.resources[0].at("meta").at("location"), json::value("https://m/scim/v2/Users/" + ids["bob"]));
  query.filter = scim::parse_filter("shoeSize eq \"42\"").value();
  EXPECT_FALSE(test.scim.list(test.scope, test.provider, scim::user_kind(), query, ""));
}

TEST(ScimDirectory, GroupsHaveOnlyPeopleThatAreThere) {
  TestScim test;
  TestScim other("Other");
  const ScimRow stranger = other.add("eve").value();
  EXPECT_EQ(scim::type_of(test.group("ops", {stranger.id}).error()), "invalidValue");
  EXPECT_EQ(scim::type_of(test.group("ops", {"x"}).error()), "invalidValue");
}

TEST(ScimDirectory, ProvidersAreApart) {
  TestScim test;
  const IdentityProvider second = test.make("scim", "Second", {});
  const ScimRow ann = test.add("ann").value();
  EXPECT_EQ(test.scim.find(test.scope, second, scim::user_kind(), ann.id).error().code, ErrorCode::NotFound);
  EXPECT_EQ(test.scim.remove(test.scope, second, scim::user_kind(), ann.id, "").error().code, ErrorCode::NotFound);
  EXPECT_EQ(test.scim.list(test.scope, second, scim::user_kind(), {}, "")->total, 0);
  const json::array members{json::object{{"value", ann.id}}};
  EXPECT_FALSE(
      test.scim.create(test.scope, second, scim::group_kind(), {{"displayName", "ops"}, {"members", members}}));

  EXPECT_EQ(test.scim.provider_of(test.scope, second.id)->id, second.id);
  EXPECT_EQ(test.scim.provider_of(test.scope, std::nullopt).error().code, ErrorCode::Conflict) << "there are two";
  IdentityProviderChange change;
  change.is_enabled = false;
  ASSERT_TRUE(test.test.identity.update_identity_provider(test.scope, second.id, "*", change));
  EXPECT_EQ(test.scim.provider_of(test.scope, std::nullopt)->id, test.provider.id);
  EXPECT_FALSE(test.scim.provider_of(test.scope, second.id)) << "not in use";
}

TEST(ScimDirectory, NewMappingsGoForWhoHadNoRoleBefore) {
  TestScim test;
  const ScimRow ann = test.add("ann").value();
  ASSERT_TRUE(test.group("choir", {ann.id}));
  EXPECT_FALSE(test.user(ann));
  IdentityProviderChange change;
  change.mappings = std::vector<GroupMapping>{{"choir", {"auditor"}, {}}};
  ASSERT_TRUE(test.test.identity.update_identity_provider(test.scope, test.provider.id, "*", change));
  ASSERT_TRUE(test.user(ann));
  EXPECT_EQ(test.user(ann)->roles, std::vector<std::string>{"auditor"});
}

TEST(ScimDirectory, PeopleLogInAtTheProviderThatIsLinked) {
  TestScim test;
  const IdentityProvider oidc = test.make(
      "oidc", "Login", {{"issuer", "https://id.example"}, {"client_id", "w"}, {"client_authentication", "none"}});
  IdentityProviderChange change;
  change.settings = json::object{{"link_provider", oidc.id.text()}, {"link_by", "externalId"}};
  ASSERT_TRUE(test.test.identity.update_identity_provider(test.scope, test.provider.id, "*", change));
  const ScimRow ann = test.add("ann", R"(,"externalId":"sub-1")").value();
  ASSERT_TRUE(test.group("sec", {ann.id}));
  const auto log_in = [&](const std::string& subject, const std::string& name) {
    const ExternalPerson person{oidc.id, subject, name, "N", std::nullopt, {"ops"}, false};
    return test.test.identity.log_in_external(
        {test.scope.tenant(), person, "oidc", false, true, IpAddress::v4(0x7f000001), ""});
  };
  const LoggedIn in = log_in("sub-1", "whatever").value();
  EXPECT_EQ(in.principal.user, test.user(ann)->id);
  EXPECT_TRUE(in.principal.may("audit:read")) << "the roles of her groups, not those of the token";
  EXPECT_FALSE(in.principal.may("agents:write"));
  EXPECT_EQ(log_in("sub-2", "ann").error().code, ErrorCode::Forbidden) << "an equal name is not enough";
  EXPECT_EQ(log_in("SUB-1", "ann").error().code, ErrorCode::Forbidden);
  EXPECT_EQ(test.test.audited().front(), "user.admit denied");
  ASSERT_TRUE(test.patch(ann, R"([{"op":"replace","path":"active","value":false}])"));
  EXPECT_EQ(log_in("sub-1", "ann").error().code, ErrorCode::Forbidden);
  ASSERT_TRUE(test.add("twin", R"(,"externalId":"sub-1")"));
  ASSERT_TRUE(test.patch(ann, R"([{"op":"replace","path":"active","value":true}])"));
  EXPECT_EQ(log_in("sub-1", "ann").error().code, ErrorCode::Forbidden) << "of two nobody knows which";

  change.settings = json::object{{"link_provider", oidc.id.text()}, {"link_by", "userName"}};
  ASSERT_TRUE(test.test.identity.update_identity_provider(test.scope, test.provider.id, "*", change));
  EXPECT_EQ(log_in("anything", "ANN")->principal.user, test.user(ann)->id);
}

TEST(ScimDirectory, NothingOfAPersonIsReadableInTheFiles) {
  TestScim test;
  ASSERT_TRUE(test.add(
      "ann", R"(,"externalId":"ext-ann-77","name":{"familyName":"Lindqvist"},"emails":["ann@secret.example"])"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test.test.tenants.directory())) {
    if (!entry.is_regular_file()) continue;
    const std::string content = read_file(entry.path(), 64 << 20).value();
    for (const char* secret : {"Lindqvist", "ann@secret.example", "ext-ann-77"})
      EXPECT_EQ(content.find(secret), std::string::npos) << entry.path() << " has " << secret;
  }
}

TEST(ScimDirectory, EachChangeIsAudited) {
  TestScim test;
  const ScimRow ann = test.add("ann").value();
  ASSERT_TRUE(test.patch(ann, R"([{"op":"replace","path":"displayName","value":"A"}])"));
  ASSERT_TRUE(test.scim.remove(test.scope, test.provider, scim::user_kind(), ann.id, ""));
  const auto audited = test.test.audited();
  EXPECT_EQ(audited[0], "scim.user.delete success");
  EXPECT_EQ(audited[1], "scim.user.update success");
  EXPECT_EQ(audited[2], "scim.user.create success");
}

}  // namespace
}  // namespace warder::manager
