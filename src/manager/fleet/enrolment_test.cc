#include "manager/fleet/enrolment.h"

#include <atomic>
#include <thread>

#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

using std::chrono::seconds;

class EnrolmentTest : public FleetTest {
 protected:
  EnrolToken make_token(std::int64_t uses = 1, seconds life = seconds{3600}) {
    return enrolment_.create(scope_, {"t", {}, {}, life, uses}).value();
  }
  Result<Enrolled> enrol(const std::string& token) {
    return enrolment_.enrol(scope_, {token, crypto::make_csr(crypto::KeyPair::generate()).value(), "web-1"});
  }
  EnrolToken stored() { return enrolment_.list(scope_, {})->items.at(0); }

  crypto::CertificateAuthority authority_ =
      crypto::CertificateAuthority::create("Test CA", clock_.now(), clock_.now() + std::chrono::days{365}).value();
  Enrolment enrolment_{*tenants_, audit_, agents_, authority_, clock_, {{"https://m.example:8444"}}};
};

TEST_F(EnrolmentTest, TokenCarriesWhatANewAgentNeedsAndIsNotKept) {
  const EnrolToken token = make_token();
  const auto claims = protocol::parse_enrol_token(token.token);
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->urls, std::vector<std::string>{"https://m.example:8444"});
  EXPECT_EQ(claims->ca_sha256, authority_.fingerprint());
  EXPECT_EQ(claims->tenant, scope_.tenant());
  EXPECT_EQ(claims->expires, token.expires);
  EXPECT_TRUE(stored().token.empty());
  EXPECT_EQ(stored().expires, token.expires);
}

TEST_F(EnrolmentTest, AgentGetsACertificateThatNamesIt) {
  const Group group = groups_.create(scope_, {"G", {}, {}}).value();
  const Policy policy = make_policy("P");
  const EnrolToken token = enrolment_.create(scope_, {"t", group.id, policy.id}).value();
  const auto enrolled = enrol(token.token);
  ASSERT_TRUE(enrolled) << enrolled.error().message;
  const auto certificate = crypto::read_certificate(enrolled->certificate_pem).value();
  EXPECT_EQ(certificate.uris, std::vector<std::string>{protocol::agent_uri(scope_.tenant(), enrolled->agent)});
  EXPECT_LE(certificate.not_before, clock_.now());
  EXPECT_EQ(certificate.not_after, clock_.now() + std::chrono::days{30});
  const Agent agent = find(enrolled->agent);
  EXPECT_EQ(agent.hostname, "web-1");
  EXPECT_EQ(agent.group, group.id);
  EXPECT_EQ(agent.policy, policy.id);
  EXPECT_EQ(agent.state, AgentState::NeverConnected);
}

TEST_F(EnrolmentTest, ATenantHasNoMoreAgentsThanItsTermsAllow) {
  const auto limit = [&](std::int64_t agents) {
    const TenantId other = tenants_->add("acme", clock_.now()).value().id;
    scope_ = tenants_.scope_of(other);
    ASSERT_TRUE(tenants_->change_terms(other, [&](TenantTerms& terms) -> Result<void> {
      terms.max_agents = agents;
      return {};
    }));
  };
  limit(1);
  const EnrolToken token = make_token(3);
  ASSERT_TRUE(enrol(token.token));
  EXPECT_EQ(enrol(token.token).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(stored().uses_left, 2) << "the refused one costs nothing";
  ASSERT_TRUE(tenants_->change_terms(scope_.tenant(), [](TenantTerms& terms) -> Result<void> {
    terms.max_agents.reset();
    terms.status = TenantStatus::Suspended;
    return {};
  }));
  EXPECT_EQ(enrol(token.token).error().code, ErrorCode::Forbidden) << "suspended";
  EXPECT_EQ(stored().uses_left, 2);
}

TEST_F(EnrolmentTest, UsedUpRevokedExpiredAndForgedTokensGetTheSameAnswer) {
  const EnrolToken used = make_token();
  ASSERT_TRUE(enrol(used.token));
  const EnrolToken revoked = make_token();
  ASSERT_TRUE(enrolment_.revoke(scope_, revoked.id));
  const EnrolToken expired = make_token(1, seconds{60});
  auto claims = protocol::parse_enrol_token(make_token().token).value();
  const std::string forged = protocol::make_enrol_token(claims, crypto::SigningKey::generate());
  clock_.advance(seconds{61});
  for (const std::string& token : {used.token, revoked.token, expired.token, forged, std::string{"wdt1_"}}) {
    const auto refused = enrol(token);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unauthenticated);
    EXPECT_EQ(refused.error().message, enrol("").error().message);
  }
  EXPECT_EQ(agents_.summary(scope_)->agents, 1);
}

TEST_F(EnrolmentTest, TokenOfAnotherTenantIsRefused) {
  const auto other = tenants_.scope_of(tenants_->add("other", Timestamp{})->id);
  const EnrolToken token = enrolment_.create(other, {"t", {}, {}}).value();
  EXPECT_EQ(enrol(token.token).error().code, ErrorCode::Unauthenticated);
}

TEST_F(EnrolmentTest, BadRequestCostsTheTokenNothing) {
  const EnrolToken token = make_token();
  EXPECT_FALSE(enrolment_.enrol(scope_, {token.token, Bytes{1, 2, 3}, "web-1"}));
  EXPECT_EQ(stored().uses_left, 1);
  EXPECT_TRUE(enrol(token.token));
  EXPECT_EQ(stored().uses_left, 0);
}

TEST_F(EnrolmentTest, ATokenOfThreeUsesMakesThreeAgentsHoweverManyTryAtOnce) {
  const EnrolToken token = make_token(3);
  std::atomic<int> enrolled = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        if (enrol(token.token)) ++enrolled;
      });
  }
  EXPECT_EQ(enrolled, 3);
  EXPECT_EQ(agents_.summary(scope_)->agents, 3);
}

TEST_F(EnrolmentTest, RenewalNamesTheSameAgentAndEndsWithIt) {
  const AgentId agent = enrol(make_token().token)->agent;
  clock_.advance(std::chrono::days{20});
  const Bytes csr = crypto::make_csr(crypto::KeyPair::generate()).value();
  const auto pem = enrolment_.renew(scope_, agent, csr);
  ASSERT_TRUE(pem) << pem.error().message;
  const auto certificate = crypto::read_certificate(*pem).value();
  EXPECT_EQ(certificate.uris, std::vector<std::string>{protocol::agent_uri(scope_.tenant(), agent)});
  EXPECT_EQ(certificate.not_after, clock_.now() + std::chrono::days{30});
  EXPECT_FALSE(enrolment_.renew(scope_, agent, Bytes{0}));
  ASSERT_TRUE(agents_.remove(scope_, agent, "*"));
  EXPECT_EQ(enrolment_.renew(scope_, agent, csr).error().code, ErrorCode::NotFound);
}

TEST_F(EnrolmentTest, MaintenanceTokenHoldsForThisAgentAndIsAudited) {
  const auto enrolled = enrol(make_token().token).value();
  const MaintenanceToken token = enrolment_.maintenance_token(scope_, enrolled.agent).value();
  const auto claims =
      protocol::verify_maintenance_token(token.token, enrolled.maintenance_key, enrolled.agent, clock_.now());
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->tenant, scope_.tenant());
  EXPECT_EQ(claims->expires, token.expires);
  EXPECT_FALSE(protocol::verify_maintenance_token(token.token, enrolled.maintenance_key, AgentId{}, clock_.now()));
  EXPECT_EQ(enrolment_.maintenance_token(scope_, AgentId{}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(audit_.list(scope_, {})->items.at(0).record.action, "maintenance-token.create");
}

TEST_F(EnrolmentTest, KeysOutliveARestart) {
  const EnrolToken token = make_token();
  const auto key = enrolment_.maintenance_key(scope_).value();
  tenants_.reopen();
  const TenantScope scope = tenants_.scope();
  AuditLog audit{*tenants_, clock_};
  Policies policies{*tenants_, audit, bus_, clock_};
  Agents agents{*tenants_, audit, policies, bus_, clock_};
  Enrolment enrolment{*tenants_, audit, agents, authority_, clock_, {}};
  EXPECT_EQ(enrolment.maintenance_key(scope).value(), key);
  EXPECT_TRUE(enrolment.enrol(scope, {token.token, crypto::make_csr(crypto::KeyPair::generate()).value(), "web-1"}));
}

}  // namespace
}  // namespace warder::manager
