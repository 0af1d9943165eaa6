#include "manager/siem/destinations.h"

#include <gtest/gtest.h>

#include "host/testing/clock.h"
#include "manager/identity/rows.h"
#include "manager/siem/testing.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

using testing::syslog_draft;

class DestinationsTest : public ::testing::Test {
 protected:
  TestTenants tenants_{{audit_schema(), destinations_schema()}};
  warder::testing::ManualClock clock_{kNow};
  AuditLog audit_{*tenants_, clock_};
  Destinations destinations_{*tenants_, audit_, clock_};
  const TenantScope scope_ = tenants_.scope("user:1");

  Destination add(const std::string& name = "siem") {
    return destinations_.create(scope_, syslog_draft(name), {}).value();
  }
};

TEST_F(DestinationsTest, AreKeptAsTheyWereMade) {
  DestinationDraft draft = syslog_draft();
  draft.filter = "severity:high";
  draft.floor = Severity::Medium;
  draft.format = "cef";
  draft.secret = "key";
  const Destination made = destinations_.create(scope_, draft, {}).value();
  const Destination found = destinations_.find(scope_, made.id).value();
  EXPECT_EQ(found.filter, draft.filter);
  EXPECT_EQ(found.floor, Severity::Medium);
  EXPECT_EQ(found.settings, draft.settings);
  EXPECT_TRUE(found.has_secret);
  EXPECT_EQ(destinations_.secret(scope_, made.id).value(), "key");
  EXPECT_EQ(audit_.list(scope_, {}).value().items.at(0).record.action, "destination.create");
}

TEST_F(DestinationsTest, WhatCannotBeUsedIsRefusedWithItsPlace) {
  const auto error_of = [this](const auto& change) {
    DestinationDraft draft = syslog_draft();
    change(draft);
    const auto made = destinations_.create(scope_, draft, {});
    return made ? std::string() : made.error().message;
  };
  EXPECT_TRUE(error_of([](auto& d) { d.kind = "pigeon"; }).starts_with("/kind")) << "kind";
  EXPECT_TRUE(error_of([](auto& d) { d.filter = "("; }).starts_with("/filter")) << "filter";
  EXPECT_TRUE(error_of([](auto& d) { d.format = "xml"; }).starts_with("/format")) << "format";
  EXPECT_TRUE(error_of([](auto& d) { d.settings.erase("host"); }).starts_with("/settings/host")) << "host";
  EXPECT_TRUE(error_of([](auto& d) { d.settings["port"] = 0; }).starts_with("/settings/port")) << "port";
  EXPECT_TRUE(error_of([](auto& d) { d.settings["colour"] = 0; }).starts_with("/settings")) << "unknown";
  EXPECT_TRUE(error_of([](auto& d) { d.name = ""; }).starts_with("/name")) << "name";
  add("one");
  EXPECT_EQ(destinations_.create(scope_, syslog_draft("one"), {}).error().code, ErrorCode::Conflict);
}

TEST_F(DestinationsTest, AnUpdateKeepsTheSecretUnlessItBringsOne) {
  DestinationDraft draft = syslog_draft();
  draft.secret = "first";
  const Destination made = destinations_.create(scope_, draft, {}).value();
  draft.secret.reset();
  draft.is_enabled = false;
  EXPECT_EQ(destinations_.update(scope_, made.id, "\"7\"", draft).error().code, ErrorCode::Stale);
  EXPECT_FALSE(destinations_.update(scope_, made.id, "\"1\"", draft).value().is_enabled);
  EXPECT_EQ(destinations_.secret(scope_, made.id).value(), "first");
  draft.secret = "";
  ASSERT_TRUE(destinations_.update(scope_, made.id, "*", draft));
  EXPECT_EQ(destinations_.secret(scope_, made.id).value(), "");
  draft.kind = "webhook";
  EXPECT_FALSE(destinations_.update(scope_, made.id, "*", draft));
}

TEST_F(DestinationsTest, OneManagerServesAtATime) {
  const DestinationId id = add().id;
  EXPECT_TRUE(destinations_.hold(scope_, id, "a").value());
  EXPECT_FALSE(destinations_.hold(scope_, id, "b").value());
  clock_.advance(Destinations::kHold + std::chrono::seconds(1));
  EXPECT_TRUE(destinations_.hold(scope_, id, "b").value());
  EXPECT_EQ(destinations_.advance(scope_, id, "a", {}).error().code, ErrorCode::Conflict);
  ASSERT_TRUE(destinations_.let_go(scope_, id, "b"));
  EXPECT_TRUE(destinations_.hold(scope_, id, "a").value());
}

TEST_F(DestinationsTest, ProgressIsKeptAndClearsTheError) {
  const DestinationId id = add().id;
  ASSERT_TRUE(destinations_.hold(scope_, id, "a"));
  ASSERT_TRUE(destinations_.note_error(scope_, id, "down"));
  clock_.advance(std::chrono::minutes(1));
  ASSERT_TRUE(destinations_.note_error(scope_, id, "still down"));
  DestinationState state = destinations_.state(scope_, id).value();
  EXPECT_EQ(state.error, "still down");
  EXPECT_EQ(state.failing_since, kNow);
  Progress progress;
  progress.place.numbers = {{5, 7}};
  progress.delivered = 3;
  progress.refused.push_back({id, make_id<EventId>(kNow), kNow, kNow, "too long"});
  ASSERT_TRUE(destinations_.advance(scope_, id, "a", progress));
  state = destinations_.state(scope_, id).value();
  EXPECT_EQ(state.delivered, 3);
  EXPECT_EQ(state.refused, 1);
  EXPECT_EQ(state.error, "");
  EXPECT_FALSE(state.failing_since);
  EXPECT_EQ(destinations_.place(scope_, id).value(), progress.place);
  EXPECT_EQ(destinations_.dead_letters(scope_, id).value().at(0).reason, "too long");
  ASSERT_TRUE(destinations_.forget_dead_letters(scope_, id));
  EXPECT_TRUE(destinations_.dead_letters(scope_, id).value().empty());
}

TEST_F(DestinationsTest, ForgetsOnlyWhatAllHave) {
  EXPECT_FALSE(destinations_.served_by_all(scope_).value());
  OutboxPlace early;
  early.numbers = {{1, 10}, {2, 5}};
  OutboxPlace late;
  late.numbers = {{1, 8}, {3, 1}};
  ASSERT_TRUE(destinations_.create(scope_, syslog_draft("a"), early));
  ASSERT_TRUE(destinations_.create(scope_, syslog_draft("b"), late));
  EXPECT_EQ(destinations_.served_by_all(scope_).value()->numbers, (std::map<std::int64_t, std::int64_t>{{1, 8}}));
}

TEST_F(DestinationsTest, TheOutboxIsWantedWhileOneIsEnabled) {
  EXPECT_FALSE(destinations_.has_any(scope_));
  const Destination made = add();
  EXPECT_TRUE(destinations_.has_any(scope_));
  DestinationDraft draft = syslog_draft();
  draft.is_enabled = false;
  ASSERT_TRUE(destinations_.update(scope_, made.id, "*", draft));
  EXPECT_FALSE(destinations_.has_any(scope_));
  ASSERT_TRUE(destinations_.remove(scope_, made.id, "*"));
  EXPECT_EQ(destinations_.find(scope_, made.id).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace warder::manager
