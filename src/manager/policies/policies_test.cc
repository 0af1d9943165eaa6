#include "manager/policies/policies.h"

#include <gtest/gtest.h>

#include "host/testing/clock.h"
#include "manager/policies/blocking.h"
#include "manager/policies/sections.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

namespace json = boost::json;

class PoliciesTest : public ::testing::Test {
 protected:
  Policy create(std::string name, std::optional<PolicyId> parent = {}, json::object document = {}) {
    auto policy = policies_.create(scope_, {std::move(name), "", parent, std::move(document)});
    EXPECT_TRUE(policy) << (policy ? "" : policy.error().message);
    return policy.value();
  }
  Result<Policy> set(const Policy& policy, json::object document) {
    PolicyChange change;
    change.document = std::move(document);
    return policies_.update(scope_, policy.id, policy.etag(), change);
  }
  static json::object heartbeat(int seconds) { return {{"agent", {{"heartbeat_s", seconds}}}}; }

  TestTenants tenants_{{audit_schema(), policies_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  ChangeBus bus_;
  int published_ = 0;
  std::unique_ptr<ChangeBus::Subscription> subscription_ = bus_.subscribe([this](const Change&) { ++published_; });
  Policies policies_{*tenants_, audit_, bus_, clock_};
  TenantScope scope_ = tenants_.scope("user:1");
};

TEST(PoliciesSchema, IsInTheCommonDialectAndEveryColumnIsDeclared) {
  const std::vector<FeatureSchema> schemas{policies_schema()};
  const auto checked = check_schemas(schemas);
  EXPECT_TRUE(checked) << checked.error().message;
}

TEST_F(PoliciesTest, BaseIsThereOnceAndIsTheRoot) {
  const Policy base = policies_.base(scope_).value();
  EXPECT_EQ(base.name, "Base");
  EXPECT_FALSE(base.parent);
  EXPECT_EQ(policies_.base(scope_)->id, base.id);
  EXPECT_EQ(create("Web").parent, base.id);
}

TEST_F(PoliciesTest, ChildOverridesSingleKeysAndSaysWhereEachComesFrom) {
  const Policy servers = create("Servers", {}, {{"agent", {{"heartbeat_s", 60}, {"spool_max_mb", 100}}}});
  const Policy web = create("Web", servers.id, heartbeat(10));
  const auto settings = policies_.explain(scope_, web.id);
  ASSERT_TRUE(settings) << settings.error().message;
  std::map<std::string, std::pair<json::value, std::optional<PolicyId>>> seen;
  for (const EffectiveSetting& setting : *settings)
    seen[setting.section + "." + setting.key] = {setting.value, setting.origin};
  EXPECT_EQ(seen["agent.heartbeat_s"], std::pair(json::value(10), std::optional(web.id)));
  EXPECT_EQ(seen["agent.spool_max_mb"], std::pair(json::value(100), std::optional(servers.id)));
  EXPECT_EQ(seen["agent.self_protection"].first, json::value(true));
  EXPECT_FALSE(seen["agent.self_protection"].second);
  EXPECT_TRUE(seen.contains("integrity.watch"));
  EXPECT_EQ(policies_.effective(scope_, web.id)->heartbeat_s, 10);
}

TEST_F(PoliciesTest, EffectiveDigestFollowsAncestorsAndOnlyThem) {
  const Policy parent = create("Parent");
  const Policy child = create("Child", parent.id);
  const Policy other = create("Other");
  const auto before = policies_.effective(scope_, child.id).value();
  const auto other_before = policies_.effective(scope_, other.id).value();
  ASSERT_TRUE(set(parent, heartbeat(77)));
  const auto after = policies_.effective(scope_, child.id).value();
  EXPECT_NE(after.digest, before.digest);
  EXPECT_EQ(after.heartbeat_s, 77);
  EXPECT_EQ(policies_.effective(scope_, other.id)->digest, other_before.digest);
}

TEST_F(PoliciesTest, ALimitGoesOverWhatPoliciesSay) {
  const Policy policy = create("Sends", {}, {{"forwarding", {{"enabled", true}, {"host", "siem.example"}}}});
  bool is_limited = false;
  policies_.set_limit([&](const TenantScope&, json::object& effective) -> Result<void> {
    if (is_limited) effective["forwarding"].as_object()["enabled"] = false;
    return {};
  });
  const auto is_on = [&] {
    const auto effective = policies_.effective(scope_, policy.id).value();
    return json::parse(effective.document).at("forwarding").at("enabled").as_bool();
  };
  EXPECT_TRUE(is_on());
  const int published = published_;
  is_limited = true;
  policies_.limit_changed(scope_);
  EXPECT_FALSE(is_on());
  EXPECT_EQ(published_, published + 1) << "agents are told";
  policies_.set_limit([](const TenantScope&, json::object&) -> Result<void> { return fail(ErrorCode::Corrupt, "x"); });
  policies_.limit_changed(scope_);
  EXPECT_FALSE(policies_.effective(scope_, policy.id)) << "rather none than one without its limit";
}

TEST_F(PoliciesTest, BadDocumentIsRefusedWithItsPlaceAndNothingChanges) {
  const Policy policy = create("P");
  const std::pair<json::object, std::string_view> cases[] = {
      {{{"agent", {{"heartbeat_s", 1}}}}, "/document/agent/heartbeat_s"},
      {{{"agent", {{"no_such", 1}}}}, "/document/agent/no_such"},
      {{{"firewool", json::object{}}}, "/document/firewool"},
      {{{"agent", 7}}, "/document/agent"},
  };
  published_ = 0;
  for (const auto& [document, pointer] : cases) {
    SCOPED_TRACE(pointer);
    const auto changed = set(policy, document);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, ErrorCode::Invalid);
    EXPECT_TRUE(changed.error().message.starts_with(std::string{pointer} + ":")) << changed.error().message;
  }
  EXPECT_EQ(policies_.find(scope_, policy.id)->version, 1);
  EXPECT_EQ(published_, 0);
}

TEST_F(PoliciesTest, StaleEtagIsRefused) {
  const Policy policy = create("P");
  ASSERT_TRUE(set(policy, heartbeat(20)));
  EXPECT_EQ(set(policy, heartbeat(21)).error().code, ErrorCode::Stale);
  EXPECT_EQ(policies_.remove(scope_, policy.id, policy.etag()).error().code, ErrorCode::Stale);
  PolicyChange rename;
  rename.name = "Q";
  EXPECT_EQ(policies_.update(scope_, policy.id, "*", rename)->version, 3);
}

TEST_F(PoliciesTest, CycleIsRefused) {
  const Policy a = create("A");
  const Policy b = create("B", a.id);
  const Policy c = create("C", b.id);
  for (const PolicyId& parent : {a.id, c.id}) {
    PolicyChange change;
    change.parent = parent;
    const auto changed = policies_.update(scope_, a.id, "*", change);
    ASSERT_FALSE(changed);
    EXPECT_TRUE(changed.error().message.starts_with("/parent_id:")) << changed.error().message;
  }
  PolicyChange change;
  change.parent = a.id;
  EXPECT_EQ(policies_.update(scope_, c.id, "*", change)->parent, a.id);
}

TEST_F(PoliciesTest, UnknownParentAndTakenNameAreRefused) {
  create("A");
  EXPECT_EQ(policies_.create(scope_, {"B", "", PolicyId{}, {}}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(policies_.create(scope_, {"A", "", {}, {}}).error().code, ErrorCode::Conflict);
}

TEST_F(PoliciesTest, TreeIsAtMostSixteenDeepHoweverItIsBuilt) {
  std::optional<PolicyId> leaf;
  for (int i = 0; i < 15; ++i) leaf = create("P" + std::to_string(i), leaf).id;
  EXPECT_TRUE(policies_.effective(scope_, *leaf));
  EXPECT_EQ(policies_.create(scope_, {"Deeper", "", leaf, {}}).error().code, ErrorCode::Invalid);
  const Policy top = create("Top");
  const Policy below = create("Below", top.id);
  PolicyChange move;
  move.parent = policies_.find(scope_, *leaf)->parent;
  EXPECT_TRUE(policies_.update(scope_, below.id, "*", move)) << "as deep as the leaf";
  EXPECT_TRUE(policies_.effective(scope_, below.id));
  move.parent = top.id;
  ASSERT_TRUE(policies_.update(scope_, below.id, "*", move));
  move.parent = policies_.find(scope_, *leaf)->parent;
  EXPECT_EQ(policies_.update(scope_, top.id, "*", move).error().code, ErrorCode::Invalid) << "what is below counts too";
}

TEST_F(PoliciesTest, OnlyAnUnusedPolicyCanBeRemoved) {
  const Policy a = create("A");
  const Policy b = create("B", a.id);
  EXPECT_EQ(policies_.remove(scope_, policies_.base(scope_)->id, "*").error().code, ErrorCode::Conflict);
  EXPECT_EQ(policies_.remove(scope_, a.id, "*").error().code, ErrorCode::Conflict);
  EXPECT_TRUE(policies_.remove(scope_, b.id, b.etag()));
  EXPECT_TRUE(policies_.remove(scope_, a.id, a.etag()));
  EXPECT_EQ(policies_.find(scope_, a.id).error().code, ErrorCode::NotFound);
}

TEST_F(PoliciesTest, RestoringAVersionMakesANewOne) {
  Policy policy = create("P", {}, heartbeat(20));
  policy = set(policy, heartbeat(40)).value();
  const auto versions = policies_.versions(scope_, policy.id, {}).value();
  ASSERT_EQ(versions.items.size(), 2U);
  EXPECT_EQ(versions.items[0].version, 2);
  EXPECT_EQ(versions.items[1].document, heartbeat(20));
  const auto restored = policies_.restore(scope_, policy.id, 1, policy.etag());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->version, 3);
  EXPECT_EQ(restored->document, heartbeat(20));
  EXPECT_EQ(policies_.restore(scope_, policy.id, 9, "*").error().code, ErrorCode::NotFound);
}

TEST_F(PoliciesTest, ListComesInPagesWithoutGapOrRepetition) {
  for (const char* name : {"D", "A", "C"}) create(name);
  std::vector<std::string> names;
  PageRequest request{1, ""};
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = policies_.list(scope_, request).value();
    for (const Policy& policy : page.items) names.push_back(policy.name);
    if (!page.next_cursor) break;
    request.cursor = *page.next_cursor;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"A", "Base", "C", "D"}));
  EXPECT_EQ(policies_.list(scope_, {1, "?"}).error().code, ErrorCode::Invalid);
}

TEST_F(PoliciesTest, EveryChangeIsPublishedAndAudited) {
  Policy policy = create("P");
  published_ = 0;
  policy = set(policy, heartbeat(20)).value();
  ASSERT_TRUE(policies_.remove(scope_, policy.id, policy.etag()));
  EXPECT_EQ(published_, 2);
  std::vector<std::string> actions;
  const AuditPage page = audit_.list(scope_, {}).value();
  for (const AuditEntry& entry : page.items) actions.push_back(entry.record.action);
  EXPECT_EQ(actions, (std::vector<std::string>{"policy.delete", "policy.update", "policy.create"}));
}

TEST_F(PoliciesTest, TenantsDoNotSeeEachOther) {
  const Policy policy = create("P");
  const auto other = tenants_.scope_of(tenants_->add("other", Timestamp{})->id);
  EXPECT_EQ(policies_.find(other, policy.id).error().code, ErrorCode::NotFound);
  EXPECT_NE(policies_.base(other)->id, policies_.base(scope_)->id);
  EXPECT_EQ(policies_.list(other, {})->items.size(), 1U);
}

TEST(PolicySections, DefaultsOfEverySectionPassTheirOwnCheck) {
  for (const PolicySection& section : policy_sections()) {
    SCOPED_TRACE(section.name);
    const auto checked = section.check(section.defaults());
    EXPECT_TRUE(checked) << checked.error().message;
  }
}

TEST(Blocking, IsSeenWhereAChangeLetsMoreBeBlocked) {
  const auto section = [](std::string_view text) { return json::parse(text).as_object(); };
  const struct {
    std::string_view before;
    std::string_view after;
    bool is_more;
  } kCases[] = {
      {R"({"mode": "detect"})", R"({"mode": "prevent"})", true},
      {R"({})", R"({"mode": "prevent"})", true},
      {R"({"mode": "prevent"})", R"({"mode": "detect", "pack_stages": ["web prevent"]})", false},
      {R"({"mode": "prevent"})", R"({"mode": "prevent", "pack_stages": ["web prevent"]})", true},
      {R"({"mode": "prevent"})", R"({"mode": "prevent", "pack_stages": ["web shadow"]})", false},
      {R"({"mode": "prevent", "rule_modes": ["1 prevent"]})", R"({"mode": "prevent", "rule_modes": ["1 off"]})", false},
      {R"({"mode": "prevent"})", R"({"mode": "prevent", "rule_modes": ["1 prevent"]})", true},
      {R"({"mode": "prevent"})", R"({"mode": "prevent", "block_classes": ["web-application-attack"]})", true},
      {R"({"mode": "prevent", "rules": ["a", "b"]})", R"({"mode": "prevent", "rules": ["b"]})", false},
      {R"({"mode": "prevent", "rules": ["a"]})", R"({"mode": "prevent", "rules": ["c"]})", true},
      {R"({"mode": "prevent", "rule_modes": ["1 off", "2 detect"]})", R"({"mode": "prevent", "rule_modes": ["1 off"]})",
       true},
      {R"({"mode": "prevent"})", R"({"mode": "prevent", "shadow_hours": 1})", true},
      {R"({"mode": "prevent"})", R"({"mode": "prevent", "shadow_hours": 48})", false},
      {R"({"mode": "prevent", "rule_packs": ["a"]})", R"({"mode": "prevent", "rule_packs": ["a", "b"]})", true},
      {R"({"mode": "prevent", "rule_packs": ["a"]})", R"({"mode": "prevent"})", true},
      {R"({"mode": "prevent"})", R"({"mode": "prevent", "rule_packs": ["a"]})", false},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.after);
    EXPECT_EQ(blocks_more(section(c.before), section(c.after)), c.is_more);
  }
}

}  // namespace
}  // namespace warder::manager
