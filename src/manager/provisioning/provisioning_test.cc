#include "manager/provisioning/provisioning.h"

#include <algorithm>

#include "base/json.h"
#include "manager/provisioning/testing.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;

json::object document(const std::string& text) {
  return parse_json(text).value().as_object();
}

TEST_F(ProvisioningTest, ATenantComesWithItsAdministratorWhoChoosesAPasswordByALink) {
  const NewTenant made = make("acme");
  EXPECT_EQ(made.username, "acme/admin");
  EXPECT_EQ(made.tenant.terms.status, TenantStatus::Active);
  EXPECT_FALSE(made.tenant.terms.deletion_due);
  choose_password(made);
  const LoggedIn login = test_.log_in(made.username).value();
  EXPECT_EQ(login.principal.tenant, made.tenant.id);
  EXPECT_FALSE(login.principal.must_change_password);
  EXPECT_TRUE(login.principal.may("users:write"));
  EXPECT_EQ(audited(operator_.tenant()).front(), "tenant.create");
  const auto own = audited(made.tenant.id);
  EXPECT_NE(std::ranges::find(own, "tenant.create"), own.end());
}

TEST_F(ProvisioningTest, NobodyOutsideOfTheFirstTenantRunsTenants) {
  const TenantScope other = scope_of(make("acme").tenant.id);
  TenantDraft draft;
  draft.name = "mine";
  EXPECT_EQ(provisioning_.create(other, draft).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(provisioning_.list(other).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(provisioning_.find(other, other.tenant()).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(provisioning_.change(other, other.tenant(), {}).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(provisioning_.resume(other, other.tenant()).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(provisioning_.suspend(other, other.tenant(), "x").error().code, ErrorCode::Forbidden);
  EXPECT_EQ(provisioning_.request_deletion(other, operator_.tenant(), "x").error().code, ErrorCode::Forbidden);
  EXPECT_EQ(provisioning_.erase_due(other).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(provisioning_.tenant_template(other).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(provisioning_.set_template(other, "*", {}).error().code, ErrorCode::Forbidden);
}

TEST_F(ProvisioningTest, WhatCannotBeMadeWholeIsNotThere) {
  TenantDraft draft;
  draft.name = "acme";
  draft.limits = TenantLimits{std::nullopt, 0, std::nullopt};  // no room for its administrator
  EXPECT_FALSE(provisioning_.create(operator_, draft));
  EXPECT_EQ(provisioning_.list(operator_).value().size(), 1U);
  draft.limits.reset();
  draft.administrator = "root";
  EXPECT_EQ(provisioning_.create(operator_, draft).value().username, "acme/root") << "the name is free again";
  EXPECT_EQ(provisioning_.create(operator_, draft).error().code, ErrorCode::Conflict);
}

TEST_F(ProvisioningTest, ATenantThatACrashLeftUnfinishedIsErasedWithinTheHour) {
  TenantTerms terms;
  terms.status = TenantStatus::Suspended;
  terms.reason = "it is being made";
  terms.deletion_due = test_.clock.now() + hours{1};
  const TenantId half = test_.tenants->add("half", test_.clock.now(), terms).value().id;
  EXPECT_EQ(provisioning_.resume(operator_, half).error().code, ErrorCode::Conflict);
  EXPECT_TRUE(provisioning_.erase_due(operator_).value().empty());
  test_.clock.advance(hours{1});
  EXPECT_EQ(provisioning_.erase_due(operator_).value().size(), 1U);
  EXPECT_EQ(test_.tenants->find(half).error().code, ErrorCode::NotFound);
}

TEST_F(ProvisioningTest, ASuspendedTenantIsServedAgainWhenResumed) {
  const NewTenant made = make("acme");
  choose_password(made);
  ASSERT_TRUE(provisioning_.suspend(operator_, made.tenant.id, "unpaid"));
  EXPECT_EQ(audited(made.tenant.id).front(), "tenant.suspend");
  EXPECT_FALSE(test_.log_in(made.username));
  ASSERT_TRUE(provisioning_.resume(operator_, made.tenant.id));
  EXPECT_TRUE(test_.log_in(made.username));
  EXPECT_EQ(provisioning_.suspend(operator_, operator_.tenant(), "x").error().code, ErrorCode::Forbidden);
}

TEST_F(ProvisioningTest, ADeletionWaitsCanBeTakenBackAndTellsWhichKeysWent) {
  const NewTenant made = make("acme");
  choose_password(made);
  const TenantId id = made.tenant.id;
  const Tenant waiting = provisioning_.request_deletion(operator_, id, "they left").value();
  EXPECT_EQ(*waiting.terms.deletion_due, test_.clock.now() + days{30});
  test_.clock.advance(days{10});
  EXPECT_EQ(provisioning_.request_deletion(operator_, id, "again").value().terms.deletion_due,
            waiting.terms.deletion_due)
      << "the wait does not begin anew";
  EXPECT_EQ(provisioning_.suspend(operator_, id, "x").error().code, ErrorCode::Conflict);
  EXPECT_FALSE(test_.log_in(made.username));
  ASSERT_TRUE(provisioning_.resume(operator_, id));
  test_.clock.advance(days{25});
  EXPECT_TRUE(provisioning_.erase_due(operator_).value().empty());

  ASSERT_TRUE(provisioning_.request_deletion(operator_, id, "they left"));
  test_.clock.advance(days{30});
  const auto erased = provisioning_.erase_due(operator_).value();
  ASSERT_EQ(erased.size(), 1U);
  EXPECT_EQ(erased[0].name, "acme");
  EXPECT_EQ(provisioning_.find(operator_, id).error().code, ErrorCode::NotFound);
  const AuditPage page = test_.audit.list(operator_, {1, {}, {}}).value();
  EXPECT_EQ(page.items[0].record.action, "tenant.erase");
  EXPECT_FALSE(page.items[0].record.detail.at("destroyed_keys").as_array().empty());
  make("acme");
}

TEST_F(ProvisioningTest, LimitsChangeOneByOne) {
  const TenantId id = make("acme").tenant.id;
  TenantChange change;
  change.max_agents = std::optional<std::int64_t>{10};
  change.max_users = std::optional<std::int64_t>{5};
  ASSERT_TRUE(provisioning_.change(operator_, id, change));
  TenantChange without;
  without.max_agents = std::optional<std::int64_t>{};
  without.event_partition = "day";
  const TenantTerms terms = provisioning_.change(operator_, id, without).value().terms;
  EXPECT_FALSE(terms.max_agents);
  EXPECT_EQ(terms.max_users, 5);
  EXPECT_EQ(terms.event_partition, "day");
}

TEST_F(ProvisioningTest, NewTenantsBeginWithTheTemplate) {
  const json::object wanted = document(R"({"limits":{"max_agents":25},"event_partition":"day",
    "roles":[{"name":"helpdesk","description":"Looks","rights":["agents:read"]}],
    "policies":[{"name":"Base","document":{"agent":{"heartbeat_s":45}}},
                {"name":"Linux","document":{}},
                {"name":"Web","parent":"Linux","description":"Web servers","document":{"agent":{"heartbeat_s":20}}}]})");
  const TenantTemplate empty = provisioning_.tenant_template(operator_).value();
  EXPECT_EQ(empty.version, 0);
  ASSERT_TRUE(provisioning_.set_template(operator_, template_etag(empty), wanted));
  EXPECT_EQ(provisioning_.set_template(operator_, template_etag(empty), wanted).error().code, ErrorCode::Stale);

  const NewTenant made = make("acme");
  const TenantScope scope = scope_of(made.tenant.id);
  EXPECT_EQ(made.tenant.terms.max_agents, 25);
  EXPECT_EQ(made.tenant.terms.event_partition, "day");
  EXPECT_EQ(test_.identity.roles().find(scope, "helpdesk").value().description, "Looks");
  EXPECT_EQ(policies_.effective(scope, policies_.base(scope).value().id).value().heartbeat_s, 45);
  const auto policies = policies_.list(scope, {10, {}}).value();
  const auto web = std::ranges::find(policies.items, "Web", &Policy::name);
  ASSERT_NE(web, policies.items.end());
  EXPECT_EQ(policies_.find(scope, *web->parent).value().name, "Linux");
  EXPECT_EQ(policies_.effective(scope, web->id).value().heartbeat_s, 20);

  TenantDraft draft;
  draft.name = "large";
  draft.limits = TenantLimits{};
  draft.event_partition = "";
  const TenantTerms terms = provisioning_.create(operator_, draft).value().tenant.terms;
  EXPECT_FALSE(terms.max_agents) << "what is asked for goes before the template";
  EXPECT_EQ(terms.event_partition, "");
}

TEST_F(ProvisioningTest, ATemplateThatWouldNotDoIsRefusedWithThePlace) {
  const auto refusal = [&](const std::string& text) {
    const auto set = provisioning_.set_template(operator_, "*", document(text));
    return set ? std::string{} : set.error().message;
  };
  EXPECT_EQ(
      refusal(R"({"policies":[{"name":"A","document":{}},{"name":"B","parent":"C","document":{}}]})").substr(0, 18),
      "/policies/1/parent");
  EXPECT_EQ(refusal(R"({"policies":[{"name":"A","document":{"agent":{"heartbeat_s":0}}}]})").substr(0, 20),
            "/policies/0/document");
  EXPECT_EQ(refusal(R"({"roles":[{"name":"auditor","rights":["agents:read"]}]})").substr(0, 13), "/roles/0/name");
  EXPECT_EQ(refusal(R"({"roles":[{"name":"x","rights":["agents:fly"]}]})").substr(0, 15), "/roles/0/rights");
  EXPECT_EQ(provisioning_.tenant_template(operator_).value().version, 0) << "nothing of it was kept";
}

TEST(ProvisioningSchema, IsInOrder) {
  EXPECT_TRUE(check_schemas(std::vector<FeatureSchema>{provisioning_schema()}));
}

}  // namespace
}  // namespace warder::manager
