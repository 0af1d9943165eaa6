#include "manager/events/audit_events.h"

#include <gtest/gtest.h>

#include "base/testing/log.h"
#include "manager/events/testing.h"

namespace warder::manager {
namespace {

struct AuditEventsTest : ::testing::Test {
  TestEvents events{{}, {audit_schema()}};
  AuditLog audit{*events.tenants(), events.clock()};
  ScopeMaker scopes{*events.tenants()};
  warder::testing::RecordingLog log;

  AuditEvents::Parts parts() { return {*events.tenants(), scopes, audit, *events, events.clock(), log}; }
  AuditEvents told{parts()};

  TenantScope scope_of(const std::string& actor) { return scopes.make(events.scope().tenant(), actor).value(); }
  void append(const std::string& actor, std::string_view action, std::string_view object = "",
              AuditOutcome outcome = AuditOutcome::Success) {
    ASSERT_TRUE(audit.append(scope_of(actor), action, object, outcome, {{"detail", "between us"}}));
    events.clock().advance(std::chrono::seconds{1});
  }
  static std::string text(const StoredEvent& stored, std::string_view key) {
    const EventValue* value = stored.event.find(key);
    return value == nullptr ? "" : std::get<std::string>(*value);
  }
};

TEST_F(AuditEventsTest, TellWhoDidWhatAndHowItEndedWithoutTheDetail) {
  append("user:1", "policy.update", "policy:7");
  append("user:9", "session.login", "", AuditOutcome::Denied);
  append("key:3", "agent.delete", "agent:4", AuditOutcome::Failure);
  EXPECT_EQ(told.tell(events.scope(), 100).value(), 3U);
  const auto all = events.all();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].event.type, "audit.action.failed");
  EXPECT_EQ(all[1].event.type, "audit.action.refused");
  EXPECT_EQ(all[1].event.severity, Severity::Low);
  EXPECT_EQ(all[2].event.type, "audit.action.done");
  EXPECT_EQ(all[2].event.severity, Severity::Info);
  EXPECT_EQ(text(all[2], "audit.action"), "policy.update");
  EXPECT_EQ(text(all[2], "audit.object"), "policy:7");
  EXPECT_EQ(text(all[2], "audit.actor"), "user:1");
  EXPECT_EQ(std::get<std::int64_t>(*all[2].event.find("audit.entry")), 1);
  EXPECT_EQ(all[2].event.fields.size(), 4U);
}

TEST_F(AuditEventsTest, AreTheSameEventsAfterACrashBeforeThePlaceWasKept) {
  for (int i = 0; i < 5; ++i) append("user:1", "a.b");
  EXPECT_EQ(told.tell(events.scope(), 2).value(), 2U);
  ASSERT_TRUE(events.tenants()->config(events.scope()).acquire().value()->execute("DELETE FROM audit_events_told"));
  AuditEvents again(parts());
  EXPECT_EQ(again.tell(events.scope(), 100).value(), 5U);
  EXPECT_EQ(again.tell(events.scope(), 100).value(), 0U);
  EXPECT_EQ(events.all().size(), 5U);
}

TEST_F(AuditEventsTest, WhatCannotBeStoredComesAgain) {
  append("user:1", "a.b");
  told.note({events.scope().tenant()});
  bool is_broken = true;
  events->set_probe([&](IngestStep /*step*/) -> Result<void> {
    if (is_broken) return fail(ErrorCode::Unavailable, "disk");
    return {};
  });
  told.keep_up();
  EXPECT_EQ(log.ids, std::vector<std::string>{"audit.events.failed"});
  is_broken = false;
  told.keep_up();
  EXPECT_EQ(events.all().size(), 1U);
  EXPECT_EQ(told.tell(events.scope(), 100).value(), 0U);
}

TEST_F(AuditEventsTest, FollowEveryListAndBeginWithTheLastDay) {
  append("user:1", "old");
  events.clock().advance(std::chrono::hours{25});
  append("user:1", "young");
  const TenantScope other = events.tenants().scope_of(events.tenants()->add("other", events.clock().now()).value().id);
  ASSERT_TRUE(audit.append(scopes.make(other.tenant(), "user:2").value(), "c.d", "", AuditOutcome::Success));
  told.keep_up();
  EXPECT_TRUE(events.all().empty()) << "nobody has said so";
  told.note({events.scope().tenant(), other.tenant()});
  told.keep_up();
  ASSERT_EQ(events.all().size(), 1U);
  EXPECT_EQ(text(events.all()[0], "audit.action"), "young");
  EXPECT_EQ(events->list(other, {}, 10, "")->items.size(), 1U);
  // It was announced, and is committed a round later.
  append("user:1", "new");
  told.keep_up();
  EXPECT_EQ(events.all().size(), 2U);
}

// What a job writes down because of an event must not become an event that it does the same for.
TEST_F(AuditEventsTest, WhatJobsDoIsNotTold) {
  append("job:incidents", "incident.open", "incident:1");
  append("job:command-line", "user.reset", "user:1");
  append("agent:1", "agent.enrol", "agent:1");
  EXPECT_EQ(told.tell(events.scope(), 100).value(), 3U);
  EXPECT_EQ(events.all().size(), 2U);
  EXPECT_EQ(told.tell(events.scope(), 100).value(), 0U);
}

TEST_F(AuditEventsTest, AHostileEntryStopsNothing) {
  const std::string no_text = is_on_postgres() ? "" : "\xff";  // PostgreSQL takes no such text in
  append("user:1", std::string(70'000, 'a'), std::string(70'000, 'b') + "\n|=" + no_text);
  append("user:1", "after");
  told.note({events.scope().tenant()});
  told.keep_up();
  std::set<std::int64_t> entries;
  for (const StoredEvent& stored : events.all())
    entries.insert(std::get<std::int64_t>(*stored.event.find("audit.entry")));
  EXPECT_EQ(entries, (std::set<std::int64_t>{1, 2}));
  EXPECT_TRUE(log.ids.empty());
}

}  // namespace
}  // namespace warder::manager
