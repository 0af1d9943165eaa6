#include "manager/search/tag_rules.h"

#include <gtest/gtest.h>

#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

struct TagRulesTest : ::testing::Test {
  TestTenants tenants{{audit_schema(), tag_rules_schema()}};
  warder::testing::ManualClock clock;
  AuditLog audit{*tenants, clock};
  TagRules rules{*tenants, audit, clock};
  TenantScope scope = tenants.scope();

  std::vector<std::string> tags_of(StoredEvent stored) {
    std::vector<StoredEvent*> events{&stored};
    EXPECT_TRUE(rules.apply(scope, events));
    return stored.tags;
  }
};

StoredEvent event_of(Severity severity, const std::string& host) {
  StoredEvent stored;
  stored.event.severity = severity;
  stored.host = host;
  return stored;
}

TEST_F(TagRulesTest, TagWhatTheirFilterMatches) {
  ASSERT_TRUE(rules.create(scope, {"b", "severity>=high", "urgent"}));
  ASSERT_TRUE(rules.create(scope, {"a", "host.name:\"pay-*\"", "pci"}));
  ASSERT_TRUE(rules.create(scope, {"c", "tag=pci and tag=urgent", "call"}));
  ASSERT_TRUE(rules.create(scope, {"d", "severity>=info", "never", false}));
  EXPECT_EQ(tags_of(event_of(Severity::High, "pay-1")), (std::vector<std::string>{"call", "pci", "urgent"}));
  EXPECT_EQ(tags_of(event_of(Severity::Low, "pay-1")), (std::vector<std::string>{"pci"}));
  EXPECT_TRUE(tags_of(event_of(Severity::Low, "web-1")).empty());
}

TEST_F(TagRulesTest, ApplyAtOnceWhenTheyChangeHere) {
  const TagRule rule = rules.create(scope, {"a", "severity>=high", "urgent"}).value();
  EXPECT_EQ(tags_of(event_of(Severity::High, "x")).size(), 1U);
  const TagRule changed = rules.update(scope, rule.id, "\"1\"", {"a", "severity>=critical", "urgent"}).value();
  EXPECT_TRUE(tags_of(event_of(Severity::High, "x")).empty());
  EXPECT_FALSE(rules.update(scope, rule.id, "\"1\"", changed.draft));
  ASSERT_TRUE(rules.remove(scope, rule.id, "*"));
  EXPECT_TRUE(tags_of(event_of(Severity::Critical, "x")).empty());
  std::vector<std::string> actions;
  const AuditPage page = audit.list(scope, {}).value();
  for (const AuditEntry& entry : page.items) actions.push_back(entry.record.action);
  EXPECT_EQ(actions, (std::vector<std::string>{"tag-rule.delete", "tag-rule.update", "tag-rule.create"}));
}

TEST_F(TagRulesTest, AnotherManagersAreKnownAfterAWhile) {
  EXPECT_TRUE(tags_of(event_of(Severity::High, "x")).empty());
  TagRules others{*tenants, audit, clock};
  ASSERT_TRUE(others.create(scope, {"a", "severity>=high", "urgent"}));
  EXPECT_TRUE(tags_of(event_of(Severity::High, "x")).empty());
  clock.advance(std::chrono::seconds{6});
  EXPECT_EQ(tags_of(event_of(Severity::High, "x")).size(), 1U);
}

TEST_F(TagRulesTest, AreRefusedWithTheirPlace) {
  EXPECT_EQ(rules.create(scope, {"a", "severity>=", "x"}).error().message.substr(0, 7), "/filter");
  EXPECT_EQ(rules.create(scope, {"a", " ", "x"}).error().message.substr(0, 7), "/filter");
  EXPECT_EQ(rules.create(scope, {"a", "severity>=high", "x,y"}).error().message.substr(0, 4), "/tag");
  EXPECT_EQ(rules.create(scope, {"", "severity>=high", "x"}).error().message.substr(0, 5), "/name");
  ASSERT_TRUE(rules.create(scope, {"a", "severity>=high", "x"}));
  EXPECT_EQ(rules.create(scope, {"a", "severity>=high", "y"}).error().code, ErrorCode::Conflict);
}

TEST(TagRulesSchema, IsWhole) {
  const std::vector<FeatureSchema> schemas{tag_rules_schema()};
  EXPECT_TRUE(check_schemas(schemas));
}

}  // namespace
}  // namespace warder::manager
