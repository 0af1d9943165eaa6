#include "manager/identity/access_grants.h"

#include <gtest/gtest.h>

#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::TestIdentity;

class AccessGrantsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    acme_ = test_.tenants->add("acme", test_.clock.now()).value().id;
    consenter_ = add(test_.tenants.scope_of(acme_), "owner");
    for (Principal* one : {&ann_, &bob_, &cid_}) *one = log_in(one == &ann_ ? "ann" : one == &bob_ ? "bob" : "cid");
  }
  UserId add(const TenantScope& scope, const std::string& name) {
    return test_.identity.users()
        .create(scope, {name, "", std::nullopt, testing::kGoodPassword, {std::string{kFullAccess}}})
        .value()
        .id;
  }
  Principal log_in(const std::string& name) {
    add(test_.tenants.scope(), name);
    return test_.log_in(name).value().principal;
  }
  AccessGrant request(const std::string& role = "auditor") {
    return grants_.request(ann_, {acme_, role, "ticket 7", hours{4}}).value();
  }
  [[nodiscard]] AccessGrantActor tenant() const { return {acme_, consenter_}; }
  [[nodiscard]] static AccessGrantActor of(const Principal& principal) { return {principal.tenant, principal.user}; }
  Result<Principal> act(const Principal& who) { return grants_.act(who, "acme", "listAgents"); }
  /// The tenant's own log, oldest first, of grants.
  std::vector<std::string> seen_by_tenant() {
    std::vector<std::string> steps;
    const AuditPage page = test_.audit.list(test_.tenants.scope_of(acme_), {}).value();
    for (const AuditEntry& entry : page.items)
      if (entry.record.action.starts_with("access-grant.")) steps.insert(steps.begin(), entry.record.action.substr(13));
    return steps;
  }

  TestIdentity test_;
  AccessGrants& grants_ = test_.identity.access_grants();
  TenantId acme_;
  UserId consenter_;
  Principal ann_;
  Principal bob_;
  Principal cid_;
};

TEST_F(AccessGrantsTest, NothingIsSeenWithoutAGrant) {
  EXPECT_EQ(act(ann_).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(grants_.act(ann_, "absent", "x").error(), act(ann_).error()) << "nor whether there is such a tenant";
  request();
  EXPECT_EQ(act(ann_).error().code, ErrorCode::Forbidden) << "nobody has agreed";
  EXPECT_EQ(seen_by_tenant(), std::vector<std::string>{"request"});
}

TEST_F(AccessGrantsTest, TheTenantsConsentOpensAndItsWordEndsIt) {
  const AccessGrant grant = request();
  ASSERT_TRUE(grants_.decide(tenant(), grant.id, true, "go ahead"));
  const Principal inside = act(ann_).value();
  EXPECT_EQ(inside.tenant, acme_);
  EXPECT_EQ(inside.home, ann_.tenant);
  EXPECT_TRUE(inside.may("agents:read"));
  EXPECT_FALSE(inside.may("agents:write"));
  EXPECT_EQ(test_.identity.scope_of(inside)->actor(), "operator:" + ann_.user.text());
  EXPECT_FALSE(act(bob_)) << "only who asked";
  ASSERT_TRUE(grants_.end(tenant(), grant.id, "enough"));
  EXPECT_FALSE(act(ann_));
  EXPECT_EQ(seen_by_tenant(), (std::vector<std::string>{"request", "agree", "use", "end"}));
}

TEST_F(AccessGrantsTest, TwoOtherOperatorsStandInForTheTenant) {
  const AccessGrant grant = request();
  EXPECT_EQ(grants_.decide(of(ann_), grant.id, true, "").error().code, ErrorCode::Forbidden) << "the requester";
  ASSERT_TRUE(grants_.decide(of(bob_), grant.id, true, ""));
  EXPECT_EQ(grants_.decide(of(bob_), grant.id, true, "").error().code, ErrorCode::Conflict) << "twice the same";
  EXPECT_FALSE(act(ann_));
  ASSERT_TRUE(grants_.decide(of(cid_), grant.id, true, ""));
  EXPECT_TRUE(act(ann_));
  EXPECT_EQ(grants_.decide(tenant(), grant.id, false, "").error().code, ErrorCode::Conflict)
      << "decided; it can end it";
}

TEST_F(AccessGrantsTest, ARefusalIsFinal) {
  const AccessGrant grant = request();
  ASSERT_TRUE(grants_.decide(tenant(), grant.id, false, "no"));
  EXPECT_EQ(grants_.decide(of(bob_), grant.id, true, "").error().code, ErrorCode::Conflict);
  EXPECT_FALSE(act(ann_));
  EXPECT_EQ(grants_.find(acme_, grant.id)->end_reason, "no");
}

TEST_F(AccessGrantsTest, ItEndsByItself) {
  const AccessGrant grant = request();
  ASSERT_TRUE(grants_.decide(tenant(), grant.id, true, ""));
  test_.clock.advance(hours{4} - seconds{1});
  EXPECT_EQ(act(ann_)->expires, grant.expires);
  test_.clock.advance(seconds{1});
  EXPECT_FALSE(act(ann_));
  EXPECT_EQ(grants_.find(acme_, grant.id)->state(test_.clock.now()), AccessGrantState::Ended);
}

TEST_F(AccessGrantsTest, NoGrantGivesWhatWouldOutlastIt) {
  const Rights rights = rights_under_grant(kFullAccess);
  EXPECT_TRUE(rights.contains("policies:write"));
  EXPECT_TRUE(rights.contains("users:read"));
  for (const char* lasting : {"users:write", "approvals:decide", "approvals:request", "tenants:write", "tenant:export",
                              "access-grants:decide", "access-grants:request"})
    EXPECT_FALSE(rights.contains(lasting)) << lasting;
}

TEST_F(AccessGrantsTest, EachTenantSeesItsOwn) {
  const TenantId other = test_.tenants->add("other", test_.clock.now()).value().id;
  const AccessGrant grant = request();
  EXPECT_EQ(grants_.list(acme_)->size(), 1U);
  EXPECT_EQ(grants_.list(ann_.tenant)->size(), 1U);
  EXPECT_TRUE(grants_.list(other)->empty());
  EXPECT_EQ(grants_.find(other, grant.id).error().code, ErrorCode::NotFound);
  EXPECT_EQ(grants_.decide({other, consenter_}, grant.id, true, "").error().code, ErrorCode::NotFound);
  EXPECT_EQ(grants_.end({other, consenter_}, grant.id, "").error().code, ErrorCode::NotFound);
}

TEST_F(AccessGrantsTest, RefusesWhatMakesNoSense) {
  const auto code = [&](const AccessGrantDraft& draft) { return grants_.request(ann_, draft).error().message; };
  EXPECT_TRUE(code({ann_.tenant, "auditor", "x", hours{1}}).starts_with("/tenant"));
  EXPECT_TRUE(code({acme_, "god", "x", hours{1}}).starts_with("/role"));
  EXPECT_TRUE(code({acme_, "auditor", "", hours{1}}).starts_with("/reason"));
  EXPECT_TRUE(code({acme_, "auditor", "x", seconds{0}}).starts_with("/expires_in_s"));
  EXPECT_TRUE(code({acme_, "auditor", "x", AccessGrants::kLongest + seconds{1}}).starts_with("/expires_in_s"));
  EXPECT_TRUE(seen_by_tenant().empty());
}

TEST_F(AccessGrantsTest, OnlyTheFirstTenantHasOperators) {
  const Principal owner = test_.log_in("acme/owner").value().principal;
  EXPECT_FALSE(owner.may("tenants:read"));
  EXPECT_FALSE(owner.may("access-grants:request"));
  EXPECT_TRUE(owner.may("access-grants:decide"));
  EXPECT_TRUE(ann_.may("tenants:read"));
  EXPECT_EQ(grants_.act(owner, "primary", "x").error().code, ErrorCode::Forbidden);
}

TEST_F(AccessGrantsTest, NobodyOfASuspendedTenantGetsIn) {
  const LoggedIn session = test_.log_in("acme/owner").value();
  ASSERT_TRUE(test_.tenants->change_terms(acme_, [](TenantTerms& terms) -> Result<void> {
    terms.status = TenantStatus::Suspended;
    terms.reason = "unpaid";
    return {};
  }));
  EXPECT_EQ(test_.identity.authenticate(session.token, false).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(test_.log_in("acme/owner").error().message, "the tenant is suspended: unpaid");
  EXPECT_EQ(test_.log_in("acme/owner", "wrong").error().code, ErrorCode::Unauthenticated) << "not told to strangers";
}

}  // namespace
}  // namespace warder::manager
