#include "manager/privacy/collection_settings.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "manager/events/filter.h"
#include "manager/events/testing.h"
#include "manager/privacy/pseudonym.h"

namespace warder::manager {
namespace {

using enum Treatment;

struct CollectionTest : ::testing::Test {
  EventStoreOptions options() {
    EventStoreOptions options;
    options.keeps_outbox = [](const TenantScope&) { return true; };
    options.treatment = [this](const TenantScope& scope, std::span<Event* const> taken) {
      return settings.apply(scope, taken);
    };
    return options;
  }

  TestEvents events{options(), {audit_schema(), collection_schema()}};
  AuditLog audit{*events.tenants(), events.clock()};
  CollectionSettings settings{*events.tenants(), audit, events.clock()};

  static Event change_by(const std::string& user) {
    Event event = make_event(kNow);
    event.set("user.name", user);
    event.set("process.command_line", "vi /home/" + user + "/x");
    return event;
  }
  std::string value_of(std::string_view key) {
    const auto all = events.all();
    const EventValue* const value = all.front().event.find(key);
    return value == nullptr ? "(absent)" : std::get<std::string>(*value);
  }
  std::vector<AuditEntry> entries() { return audit.list(events.scope(), {}).value().items; }
};

TEST_F(CollectionTest, WhatIsOffIsNeitherStoredNorForwarded) {
  ASSERT_TRUE(settings.replace(events.scope(), {{"integrity", "command-lines", Off}}));
  ASSERT_TRUE(events.ingest({{1, change_by("alice")}}));
  EXPECT_EQ(value_of("process.command_line"), "(absent)");
  EXPECT_EQ(value_of("user.name"), "alice");
  const auto outbox = events->read_outbox(events.scope(), {}, 10).value();
  ASSERT_EQ(outbox.size(), 1U);
  EXPECT_EQ(outbox.front().event->event.find("process.command_line"), nullptr);
}

TEST_F(CollectionTest, WhatTheManagerStoresOfAModuleIsTreatedToo) {
  ASSERT_TRUE(settings.replace(events.scope(), {{"all", "users", Pseudonym}}));
  ASSERT_TRUE(events->record(events.scope(), change_by("alice")));
  EXPECT_TRUE(is_pseudonym(value_of("user.name")));
  EXPECT_EQ(value_of("process.command_line"), "vi /home/" + value_of("user.name") + "/x");
}

TEST_F(CollectionTest, APseudonymFindsTheSameUserAgain) {
  ASSERT_TRUE(settings.replace(events.scope(), {{"all", "users", Pseudonym}}));
  ASSERT_TRUE(events.ingest({{1, change_by("alice")}, {2, change_by("bob")}, {3, change_by("alice")}}));
  const auto answer = settings.resolve(events.scope(), "alice", "", "case 4711").value();
  const Filter filter = parse_filter("user.name=\"" + answer.pseudonym + "\"").value();
  EXPECT_EQ(events.all(filter).size(), 2U);
  EXPECT_EQ(events.all(parse_filter("user.name=alice").value()).size(), 0U);
}

TEST_F(CollectionTest, APseudonymIsComparedWithACandidateForAReason) {
  const std::string alice = settings.resolve(events.scope(), "alice", "", "case 1").value().pseudonym;
  EXPECT_TRUE(settings.resolve(events.scope(), "alice", alice, "case 1").value().is_the_same);
  EXPECT_FALSE(settings.resolve(events.scope(), "bob", alice, "case 1").value().is_the_same);
  EXPECT_EQ(settings.resolve(events.scope(), "alice", "", " ").error().code, ErrorCode::Invalid);
  EXPECT_EQ(settings.resolve(events.scope(), "alice", "bob", "case 1").error().code, ErrorCode::Invalid);
  const auto log = entries();
  ASSERT_EQ(log.size(), 3U) << "what was refused tells nothing";
  EXPECT_EQ(log.front().record.action, "privacy.resolve");
  EXPECT_EQ(log.front().record.object, "pseudonym:" + alice);
  EXPECT_EQ(json::serialize(log.front().record.detail), R"({"reason":"case 1","same":false})");
}

TEST_F(CollectionTest, AChangeIsOneEntryAndIsToldAfterwards) {
  int told = 0;
  settings.on_change([&](const TenantScope&) { ++told; });
  ASSERT_TRUE(settings.replace(events.scope(), {{"all", "users", Off}}));
  EXPECT_FALSE(settings.replace(events.scope(), {{"all", "nothing", Off}}));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries().front().record.action, "privacy.collection");
  EXPECT_EQ(settings.list(events.scope()).value(), (std::vector<CollectionRule>{{"all", "users", Off}}));
}

TEST_F(CollectionTest, AnotherManagersChangeIsKnownAfterAWhile) {
  ASSERT_TRUE(settings.rules(events.scope()).value()->empty());
  CollectionSettings others{*events.tenants(), audit, events.clock()};
  ASSERT_TRUE(others.replace(events.scope(), {{"all", "users", Off}}));
  events.clock().advance(std::chrono::seconds{6});
  EXPECT_FALSE(settings.rules(events.scope()).value()->empty());
}

TEST_F(CollectionTest, RulesThatCannotBeReadKeepEventsFromBeingStored) {
  auto db = events.tenants()->config(events.scope()).acquire().value();
  ASSERT_TRUE(db->execute("INSERT INTO collection_rules (module, data, treatment) VALUES ('all', 'future', 'off')"));
  EXPECT_FALSE(events.ingest({{1, change_by("alice")}}));
  EXPECT_TRUE(events.all().empty());
}

TEST_F(CollectionTest, TenantsHaveDifferentPseudonyms) {
  const auto other = events.tenants()->add("other", Timestamp{}).value().id;
  const auto scope = events.tenants().scope_of(other);
  EXPECT_NE(settings.resolve(scope, "alice", "", "x").value().pseudonym,
            settings.resolve(events.scope(), "alice", "", "x").value().pseudonym);
}

TEST(CollectionSchema, IsWhole) {
  const std::vector<FeatureSchema> schemas{collection_schema()};
  EXPECT_TRUE(check_schemas(schemas));
}

}  // namespace
}  // namespace warder::manager
