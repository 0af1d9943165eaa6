#include "manager/incidents/incidents.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "manager/events/testing.h"
#include "manager/identity/rows.h"
#include "manager/incidents/testing.h"

namespace warder::manager {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using enum IncidentState;

class IncidentsTest : public ::testing::Test, protected TestIncidents {
 protected:
  std::vector<std::string> kinds(const Incident& incident) {
    std::vector<std::string> kinds;
    const auto timeline = incidents_.timeline(scope_, incident.id, {});
    for (const TimelineEntry& each : timeline.value().items) kinds.push_back(each.kind);
    return kinds;
  }
  void fill_closing(const Incident& incident) {
    IncidentChange words;
    words.root_cause = "a weak password";
    words.corrective_action = "passkeys";
    words.plan_review = "nobody knew the rota";
    ASSERT_TRUE(incidents_.change(scope_, incident.id, "*", words));
  }
};

TEST_F(IncidentsTest, IsToldWhenItIsDeclared) {
  IncidentSettings settings;
  settings.channels = {make_id<NoticeChannelId>(kNow).text()};
  ASSERT_TRUE(incidents_.change_settings(scope_, settings));
  const Incident incident = declare("a host sends mail");
  EXPECT_EQ(incident.number, 1);
  EXPECT_EQ(incident.told, kNow);
  EXPECT_EQ(incident.severity, Severity::Medium);
  const auto told = events_.all(parse_filter("type=incident.declared").value());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(notices_.list(scope_, "incident:" + incident.id.text(), 10).value().size(), 1U);
  ASSERT_TRUE(incidents_.keep_up(scope_));
  EXPECT_EQ(events_.all(parse_filter("type=incident.declared").value()).size(), 1U);
  EXPECT_EQ(declare("another").number, 2);
}

TEST_F(IncidentsTest, IsOpenedFromEventsAsTheyWere) {
  const Event event = make_event(kNow - hours{2}, Severity::High);
  ASSERT_TRUE(events_.ingest({{1, event}}));
  IncidentDraft draft;
  draft.title = "passwd changed";
  draft.events = {event.id};
  draft.alerts = {"alert-7"};
  const Incident incident = incidents_.declare(scope_, draft).value();
  EXPECT_EQ(incident.occurred, event.time);
  const auto links = incidents_.links(scope_, incident.id).value();
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[1].snapshot.at("fields").at("file.path").as_string(), "/etc/passwd");
  draft.events = {make_id<EventId>(kNow)};
  EXPECT_FALSE(incidents_.declare(scope_, draft));
  draft.events.clear();
  draft.title = " ";
  EXPECT_TRUE(incidents_.declare(scope_, draft).error().message.starts_with("/title"));
}

TEST_F(IncidentsTest, TheQueueGoesBySeverityAndAge) {
  const auto of = [this](const std::string& title, Grade grade) {
    clock().advance(minutes{1});
    IncidentDraft draft;
    draft.title = title;
    draft.impact = draft.urgency = grade;
    return incidents_.declare(scope_, draft).value();
  };
  of("low", Grade::Low);
  const Incident done = of("done", Grade::High);
  of("first high", Grade::High);
  of("second high", Grade::High);
  of("middle", Grade::Medium);
  fill_closing(done);
  ASSERT_TRUE(incidents_.move(scope_, done.id, Closed, "false alarm"));
  std::vector<std::string> titles;
  PageRequest page{2, ""};
  for (int pages = 0; pages < 5; ++pages) {
    const auto found = incidents_.list(scope_, page).value();
    for (const Incident& each : found.items) titles.push_back(each.title);
    if (!found.next_cursor) break;
    page.cursor = *found.next_cursor;
  }
  EXPECT_EQ(titles, (std::vector<std::string>{"first high", "second high", "middle", "low", "done"}));
  EXPECT_FALSE(incidents_.list(scope_, {2, "x"}));
  const auto of_these = [this](const IncidentSelection& which) {
    std::vector<std::string> found;
    const auto listed = incidents_.list(scope_, {10, ""}, which);
    for (const Incident& each : listed.value().items) found.push_back(each.title);
    return found;
  };
  EXPECT_EQ(of_these({.state = Closed}), std::vector<std::string>{"done"});
  EXPECT_EQ(of_these({.is_active_only = true, .least = incidents_.list(scope_, {1, ""}).value().items[0].severity}),
            (std::vector<std::string>{"first high", "second high"}));
  EXPECT_EQ(of_these({.state = Triaged}), std::vector<std::string>{});
}

TEST_F(IncidentsTest, ClosingIsRefusedUntilItIsUnderstood) {
  const Incident incident = declare("worm");
  clock().advance(minutes{5});
  ASSERT_TRUE(incidents_.move(scope_, incident.id, Triaged, ""));
  clock().advance(minutes{5});
  ASSERT_TRUE(incidents_.move(scope_, incident.id, Contained, "host isolated"));
  EXPECT_EQ(incidents_.move(scope_, incident.id, Closed, "").error().code, ErrorCode::Invalid);
  fill_closing(incident);
  clock().advance(hours{1});
  const Incident closed = incidents_.move(scope_, incident.id, Closed, "").value();
  EXPECT_EQ(closed.closing.plan_reviewed_by, "user:1");
  EXPECT_EQ(closed.acknowledged, kNow + minutes{5});
  EXPECT_EQ(closed.contained, kNow + minutes{10});
  EXPECT_EQ(closed.closed, kNow + minutes{70});
  EXPECT_EQ(incidents_.change(scope_, incident.id, "*", {}).error().code, ErrorCode::Conflict);
  const auto times = incidents_.times(scope_, kNow - hours{1}).value().at(Severity::Medium);
  EXPECT_EQ(times.seconds.at("contain"), std::vector<std::int64_t>{600});
  EXPECT_EQ(times.seconds.at("close"), std::vector<std::int64_t>{4200});
  const Incident open = incidents_.move(scope_, incident.id, Triaged, "it came back").value();
  EXPECT_FALSE(open.closed);
  EXPECT_EQ(incidents_.move(scope_, incident.id, Closed, "").error().code, ErrorCode::Invalid) << "the plan anew";
  EXPECT_EQ(kinds(incident), (std::vector<std::string>{"declared", "state", "state", "changed", "state", "state"}));
  EXPECT_EQ(audit_.list(scope_, {}).value().items.size(), 6U) << "an entry for each line";
}

TEST_F(IncidentsTest, PeopleTakeItAndWork) {
  const Incident incident = declare("phishing");
  const std::string user = make_id<UserId>(kNow).text();
  IncidentChange change;
  change.assignee = user;
  change.roles = {{"forensics", user}};
  change.impact = Grade::High;
  change.urgency = Grade::High;
  EXPECT_EQ(incidents_.change(scope_, incident.id, "\"9\"", change).error().code, ErrorCode::Stale);
  const Incident taken = incidents_.change(scope_, incident.id, "\"1\"", change).value();
  EXPECT_EQ(taken.severity, Severity::Critical);
  EXPECT_EQ(taken.acknowledged, kNow);
  EXPECT_EQ(taken.roles.at("forensics"), user);
  change.roles = {{"cook", user}};
  EXPECT_TRUE(incidents_.change(scope_, incident.id, "*", change).error().message.starts_with("/roles/cook"));
  const IncidentTask task = incidents_.add_task(scope_, incident.id, "reset passwords", user).value();
  ASSERT_TRUE(incidents_.finish_task(scope_, incident.id, task.id));
  EXPECT_EQ(incidents_.finish_task(scope_, incident.id, task.id).error().code, ErrorCode::Conflict);
  ASSERT_TRUE(incidents_.note(scope_, incident.id, "the mail came from 192.0.2.7"));
  EXPECT_TRUE(incidents_.tasks(scope_, incident.id)->front().done);
  EXPECT_EQ(kinds(incident), (std::vector<std::string>{"declared", "changed", "task", "task", "note"}));
}

TEST_F(IncidentsTest, ABreachHasItsClock) {
  const Incident incident = declare("a stolen disk");
  EXPECT_FALSE(incidents_.note_notified(scope_, incident.id, kNow, ""));
  EXPECT_TRUE(incidents_.mark_breach(scope_, incident.id, kNow + hours{1}).error().message.starts_with("/aware"));
  ASSERT_TRUE(incidents_.mark_breach(scope_, incident.id, kNow - hours{1}));
  EXPECT_EQ(incidents_.mark_breach(scope_, incident.id, kNow).error().code, ErrorCode::Conflict);
  const auto refused = [&](Timestamp notified) {
    return incidents_.note_notified(scope_, incident.id, notified, "x").error().message;
  };
  EXPECT_TRUE(refused(kNow - hours{2}).starts_with("/notified")) << "before anybody was aware";
  EXPECT_TRUE(refused(kNow + hours{1}).starts_with("/notified")) << "not yet";
  clock().advance(hours{72});
  EXPECT_TRUE(
      incidents_.note_notified(scope_, incident.id, kNow + hours{72}, "").error().message.starts_with("/delay_reason"));
  const Incident late = incidents_.note_notified(scope_, incident.id, kNow + hours{72}, "a long weekend").value();
  EXPECT_EQ(late.breach->delay_reason, "a long weekend");
}

TEST_F(IncidentsTest, OneThatNobodyWasToldOfIsToldLater) {
  const Incident incident = declare("declared when the store was away");
  {
    auto db = events_.tenants()->config(scope_).acquire().value();
    ASSERT_TRUE(db->execute("UPDATE incidents SET told = NULL"));
  }
  clock().advance(minutes{1});
  ASSERT_TRUE(incidents_.keep_up(scope_));
  EXPECT_EQ(incidents_.find(scope_, incident.id)->told, kNow + minutes{1});
}

}  // namespace
}  // namespace warder::manager
