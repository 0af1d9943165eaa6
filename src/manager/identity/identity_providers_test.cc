#include "manager/identity/identity_providers.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::TestIdentity;

IdentityProviderDraft draft_of(const std::string& name, std::vector<GroupMapping> mappings = {}) {
  IdentityProviderDraft draft;
  draft.kind = "oidc";
  draft.name = name;
  draft.settings = {{"issuer", "https://id.example.com"}, {"client_id", "warder"}};
  draft.secret = "Seldom-Seen-Secret-9";
  draft.mappings = std::move(mappings);
  return draft;
}

/// Somebody with the rights of one role, as the API would make the scope.
TenantScope limited(TestIdentity& test, const std::string& name, const std::string& role) {
  const User user = test.add_user(name, role);
  auto logged_in = test.log_in(name);
  EXPECT_TRUE(logged_in);
  return test.identity.scope_of(logged_in->principal, "sso:write").value();
}

TEST(IdentityProviders, KeepsWhatWasGivenAndCompletesTheSettings) {
  TestIdentity test;
  IdentityProviders& providers = test.identity.identity_providers();
  const auto made = providers.create(test.tenants.scope(), draft_of("Example", {{"ops", {"operator"}, {}}}));
  ASSERT_TRUE(made) << made.error().message;
  const IdentityProvider read = providers.find(test.tenants.scope(), made->id).value();
  EXPECT_EQ(read.name, "Example");
  EXPECT_EQ(read.settings.at("issuer"), "https://id.example.com");
  EXPECT_EQ(read.settings.at("groups_claim"), "groups");
  EXPECT_EQ(read.mappings, made->mappings);
  EXPECT_TRUE(read.has_secret);
  EXPECT_EQ(providers.secret(test.tenants.scope(), made->id), "Seldom-Seen-Secret-9");
  EXPECT_EQ(providers.list(test.tenants.scope())->size(), 1U);
}

TEST(IdentityProviders, StoresTheSecretUnreadably) {
  TestIdentity test;
  ASSERT_TRUE(test.identity.identity_providers().create(test.tenants.scope(), draft_of("Example")));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test.tenants.directory())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(read_file(entry.path(), 64 << 20)->find("Seldom-Seen"), std::string::npos) << entry.path();
  }
  const AuditPage page = test.audit.list(test.tenants.scope(), {}).value();
  for (const AuditEntry& entry : page.items)
    EXPECT_EQ(json::serialize(entry.record.detail).find("Seldom-Seen"), std::string::npos);
}

TEST(IdentityProviders, SayWhatIsWrong) {
  struct Case {
    const char* name;
    std::function<void(IdentityProviderDraft&)> spoil;
    const char* message;
  };
  const Case cases[] = {
      {"kind", [](auto& d) { d.kind = "magic"; }, "/kind: "},
      {"setting", [](auto& d) { d.settings["colour"] = "red"; }, "/settings/colour: "},
      {"issuer without TLS", [](auto& d) { d.settings["issuer"] = "http://id.example.com"; }, "/settings/issuer: "},
      {"issuer with a user", [](auto& d) { d.settings["issuer"] = "https://a@b.example"; }, "/settings/issuer: "},
      {"issuer with a query", [](auto& d) { d.settings["issuer"] = "https://b.example/?a=b"; }, "/settings/issuer: "},
      {"symmetric algorithm", [](auto& d) { d.settings["algorithms"] = json::array{"HS256"}; }, "/settings/algorithms"},
      {"no algorithm", [](auto& d) { d.settings["algorithms"] = json::array{"none"}; }, "/settings/algorithms"},
      {"no ID token", [](auto& d) { d.settings["scopes"] = json::array{"profile"}; }, "/settings/scopes: "},
      {"no client", [](auto& d) { d.settings.erase("client_id"); }, "/settings/client_id: "},
      {"no secret", [](auto& d) { d.secret.clear(); }, "/settings/client_authentication: "},
      {"name", [](auto& d) { d.name.clear(); }, "/name: "},
      {"role",
       [](auto& d) {
         d.mappings = {{"ops", {"god"}, {}}};
       },
       "/mappings/0/roles/0: "},
      {"group twice",
       [](auto& d) {
         d.mappings = {{"ops", {"operator"}, {}}, {"ops", {"auditor"}, {}}};
       },
       "/mappings/0/group: "},
      {"mapping to nothing",
       [](auto& d) {
         d.mappings = {{"ops", {}, {}}};
       },
       "/mappings/0/roles: "},
      {"group",
       [](auto& d) {
         d.mappings = {{"", {"operator"}, {}}};
       },
       "/mappings/0/group: "},
  };
  TestIdentity test;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    IdentityProviderDraft draft = draft_of("Example");
    c.spoil(draft);
    const auto made = test.identity.identity_providers().create(test.tenants.scope(), draft);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::Invalid);
    EXPECT_TRUE(made.error().message.starts_with(c.message)) << made.error().message;
  }
  EXPECT_TRUE(test.identity.identity_providers().list(test.tenants.scope())->empty());
}

TEST(IdentityProviders, NobodyMapsMoreThanTheOwnRights) {
  TestIdentity test;
  IdentityProviders& providers = test.identity.identity_providers();
  ASSERT_TRUE(test.identity.roles().create(test.tenants.scope(), {"sso-admin", "", {"sso:read", "sso:write"}}));
  const TenantScope scope = limited(test, "ann", "sso-admin");
  const auto above = providers.create(scope, draft_of("Example", {{"ops", {"operator"}, {}}}));
  ASSERT_FALSE(above);
  EXPECT_EQ(above.error().code, ErrorCode::Forbidden);
  const auto own = providers.create(scope, draft_of("Example", {{"ops", {"sso-admin"}, {}}}));
  ASSERT_TRUE(own) << own.error().message;
  IdentityProviderChange change;
  change.mappings = std::vector<GroupMapping>{GroupMapping{"*", {"full-access"}, {}}};
  EXPECT_EQ(providers.update(scope, own->id, "*", change).error().code, ErrorCode::Forbidden);
  // An issuer of one's own, below mappings that somebody else has made, would be as good.
  ASSERT_TRUE(providers.update(test.tenants.scope(), own->id, "*", change));
  IdentityProviderChange issuer;
  issuer.settings = json::object{{"issuer", "https://mine.example"}, {"client_id", "warder"}};
  EXPECT_EQ(providers.update(scope, own->id, "*", issuer).error().code, ErrorCode::Forbidden);
  IdentityProviderChange secret;
  secret.secret = "other";
  EXPECT_EQ(providers.update(scope, own->id, "*", secret).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(providers.remove(scope, own->id, "*").error().code, ErrorCode::Forbidden);
}

TEST(IdentityProviders, ChangesOnlyWhatIsNamedAndOnlyTheVersionRead) {
  TestIdentity test;
  IdentityProviders& providers = test.identity.identity_providers();
  const IdentityProvider made = providers.create(test.tenants.scope(), draft_of("Example")).value();
  ASSERT_TRUE(providers.create(test.tenants.scope(), draft_of("Other")));
  IdentityProviderChange change;
  change.name = "Renamed";
  change.is_enabled = false;
  const auto changed = providers.update(test.tenants.scope(), made.id, "\"1\"", change);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->version, 2);
  EXPECT_EQ(changed->settings, made.settings);
  EXPECT_EQ(providers.secret(test.tenants.scope(), made.id), "Seldom-Seen-Secret-9");
  EXPECT_EQ(providers.update(test.tenants.scope(), made.id, "\"1\"", change).error().code, ErrorCode::Stale);
  change.name = "Other";
  EXPECT_EQ(providers.update(test.tenants.scope(), made.id, "*", change).error().code, ErrorCode::Conflict);
  EXPECT_EQ(providers.create(test.tenants.scope(), draft_of("Other")).error().code, ErrorCode::Conflict);
  EXPECT_EQ(providers.remove(test.tenants.scope(), made.id, "\"1\"").error().code, ErrorCode::Stale);
  ASSERT_TRUE(providers.remove(test.tenants.scope(), made.id, "\"2\""));
  EXPECT_EQ(providers.find(test.tenants.scope(), made.id).error().code, ErrorCode::NotFound);
  const auto audited = test.audited();
  EXPECT_EQ(audited[0], "identity-provider.delete success");
  EXPECT_EQ(audited[1], "identity-provider.update success");
}

TEST(IdentityProviders, ARoleThatAGroupHasStays) {
  TestIdentity test;
  ASSERT_TRUE(test.identity.roles().create(test.tenants.scope(), {"helpdesk", "", {"agents:read"}}));
  ASSERT_TRUE(test.identity.identity_providers().create(test.tenants.scope(),
                                                        draft_of("Example", {{"desk", {"helpdesk"}, {}}})));
  EXPECT_EQ(test.identity.roles().remove(test.tenants.scope(), "helpdesk", "*").error().code, ErrorCode::Conflict);
}

}  // namespace
}  // namespace warder::manager
