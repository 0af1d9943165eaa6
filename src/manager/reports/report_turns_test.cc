#include "manager/reports/report_turns.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "manager/reports/report_files.h"
#include "manager/reports/testing.h"

namespace warder::manager {
namespace {

/// The cells of the first row of a table that begins with this text; empty when there is none.
ReportRow row_of(const ReportDocument& document, std::string_view table, const std::string& first) {
  for (const ReportTable& each : document.tables) {
    if (each.key != table) continue;
    for (const ReportRow& row : each.rows)
      if (std::holds_alternative<std::string>(row.at(0)) && std::get<std::string>(row.at(0)) == first) return row;
  }
  return {};
}

class ReportTurnsTest : public ::testing::Test, protected testing::TestReports {
 protected:
  ReportTurns turns(TellOfReport tell = {}) {
    return {reports_, deliveries_, who_.identity, sources_, clock_, {std::chrono::days{90}, "a"}, std::move(tell)};
  }
  /// Has it made now, for these people.
  ReportTurn make(const std::string& kind, const std::vector<User>& people, const json::object& change = {}) {
    json::object wanted = body(kind, people);
    for (const auto& [key, value] : change) wanted[key] = value;
    const Report made = reports_.create(scope_, wanted).value();
    EXPECT_TRUE(reports_.run(scope_, made.id));
    return turns().turn(scope_).value();
  }
  ReportDocument document_for(const User& user) {
    return parse_report_document(TestReports::document_of(user)).value();
  }

  const GroupId web_ = groups_.create(scope_, {"web", {}, {}}).value().id;
  const GroupId db_ = groups_.create(scope_, {"db", {}, {}}).value().id;
  const AgentRef web_1_ = add_host("web-1", web_);
  const AgentRef db_1_ = add_host("db-1", db_);
  const User all_ = who_.add_user("all");
  const User part_ = add_limited("part", kOperator, web_);
};

TEST_F(ReportTurnsTest, EveryoneGetsTheEventsOfTheHostsThatTheyReach) {
  happen(web_1_, "integrity.file.updated", Severity::High);
  happen(db_1_, "integrity.file.updated", Severity::High);
  happen(db_1_, "integrity.file.updated", Severity::Low);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(make("events", {all_, part_}).made, 2);
  const ReportDocument whole = document_for(all_);
  EXPECT_EQ(row_of(whole, "by-severity", "High"), (ReportRow{"High", 2}));
  EXPECT_EQ(row_of(whole, "top-hosts", "db-1"), (ReportRow{"db-1", 2}));
  EXPECT_EQ(row_of(whole, "by-module", "Integrity monitoring"), (ReportRow{"Integrity monitoring", 3}));
  EXPECT_EQ(row_of(whole, "by-day", "2026-11-22"), (ReportRow{"2026-11-22", 0, 2, 0, 1, 0}));
  const ReportDocument part = document_for(part_);
  EXPECT_EQ(row_of(part, "by-severity", "High"), (ReportRow{"High", 1}));
  EXPECT_EQ(TestReports::document_of(part_).find("db-1"), std::string::npos);
  EXPECT_EQ(part.recipient_name, "part");
}

TEST_F(ReportTurnsTest, TheHashIsOfWhatIsDownloaded) {
  make("events", {all_});
  const std::string document = TestReports::document_of(all_);
  EXPECT_EQ(report_hash(document), deliveries_of(all_).at(0).sha256);
  EXPECT_NE(report_html(document).value().find(deliveries_of(all_).at(0).sha256), std::string::npos);
}

TEST_F(ReportTurnsTest, WhatTheFilterAndTheRangeLeaveOutIsNotCounted) {
  happen(web_1_, "integrity.file.updated", Severity::High);
  happen(web_1_, "integrity.file.updated", Severity::Low);
  clock_.advance(std::chrono::seconds(1));
  make("events", {all_}, {{"filter", "severity>=high"}});
  EXPECT_EQ(row_of(document_for(all_), "by-severity", "Low"), (ReportRow{"Low", 0}));
  EXPECT_EQ(row_of(document_for(all_), "by-severity", "High"), (ReportRow{"High", 1}));
  make("events", {part_}, {{"range", "30m"}});
  EXPECT_EQ(row_of(document_for(part_), "by-severity", "High"), (ReportRow{"High", 0}));
}

TEST_F(ReportTurnsTest, WhoMayNotGetsNoDataAndHoldsNobodyUp) {
  const User gone = who_.add_user("gone");
  const User disabled = who_.add_user("disabled");
  UserChange change;
  change.disabled = true;
  ASSERT_TRUE(who_.identity.users().update(scope_, disabled.id, "*", change));
  json::object wanted = body("incidents", {gone, disabled, part_, all_});
  const Report made = reports_.create(scope_, wanted).value();
  ASSERT_TRUE(who_.identity.users().remove(scope_, gone.id, "*"));
  ASSERT_TRUE(reports_.run(scope_, made.id));
  const ReportTurn turn = turns().turn(scope_).value();
  EXPECT_EQ(turn.made, 1);
  EXPECT_EQ(turn.failed, 3);
  EXPECT_EQ(deliveries_of(all_).at(0).state, DeliveryState::Made);
  const ReportDelivery refused = deliveries_of(part_).at(0);
  EXPECT_EQ(refused.state, DeliveryState::Failed);
  EXPECT_NE(refused.reason.find("incidents:read"), std::string::npos);
  EXPECT_EQ(refused.sha256, "");
  EXPECT_EQ(deliveries_.download(who_.scope_of(part_), refused.id, ReportFormat::Json).error().code,
            ErrorCode::Conflict);
  EXPECT_EQ(deliveries_of(disabled).at(0).reason, "the user may not log in");
  EXPECT_EQ(event_types(), std::vector<std::string>{"report.failed"});
}

TEST_F(ReportTurnsTest, ARightThatIsTakenAwayCountsAtOnce) {
  const Report made = reports_.create(scope_, body("events", {part_})).value();
  ASSERT_TRUE(reports_.run(scope_, made.id));
  EXPECT_EQ(turns().turn(scope_).value().made, 1);
  UserChange change;
  change.scoped_roles.emplace();
  change.roles = std::vector<std::string>{"backups-only"};
  ASSERT_TRUE(who_.identity.roles().create(scope_, {"backups-only", "", {"backups:read"}}));
  ASSERT_TRUE(who_.identity.users().update(scope_, part_.id, "*", change));
  clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(reports_.run(scope_, made.id));
  EXPECT_EQ(turns().turn(scope_).value().failed, 1);
}

TEST_F(ReportTurnsTest, TwoTurnsNeverMakeTheSameTwice) {
  json::object wanted = body("events", {all_, part_});
  wanted["schedule"] = {{"every", "day"}, {"at", "06:00"}, {"zone", "UTC"}};
  ASSERT_TRUE(reports_.create(scope_, wanted));
  clock_.advance(std::chrono::days{1});
  int told = 0;
  const TellOfReport tell = [&told](Db&, const TenantScope&, const FinishedRun& run) -> Result<void> {
    told += static_cast<int>(run.deliveries.size());
    return {};
  };
  EXPECT_EQ(turns(tell).turn(scope_).value().made, 2);
  EXPECT_EQ(turns(tell).turn(scope_).value().made, 0);
  EXPECT_EQ(deliveries_of(all_).size(), 1U);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(event_types(), std::vector<std::string>{"report.made"});
}

TEST_F(ReportTurnsTest, WhatCouldNotBeToldIsToldLaterAndTheEventIsOne) {
  const Report made = reports_.create(scope_, body("events", {all_})).value();
  ASSERT_TRUE(reports_.run(scope_, made.id));
  bool is_away = true;
  const TellOfReport tell = [&is_away](Db&, const TenantScope&, const FinishedRun&) -> Result<void> {
    if (is_away) return fail(ErrorCode::Unavailable, "nobody takes mail");
    return {};
  };
  EXPECT_EQ(turns(tell).turn(scope_).value().problems.size(), 1U);
  EXPECT_EQ(deliveries_.untold(scope_)->size(), 1U);
  is_away = false;
  EXPECT_TRUE(turns(tell).turn(scope_).value().problems.empty());
  EXPECT_TRUE(deliveries_.untold(scope_)->empty());
  EXPECT_EQ(event_types().size(), 1U);
}

TEST_F(ReportTurnsTest, StopsBetweenTwo) {
  const Report made = reports_.create(scope_, body("events", {all_, part_})).value();
  ASSERT_TRUE(reports_.run(scope_, made.id));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(turns().turn(scope_, stop.get_token()).value().made, 0);
  EXPECT_EQ(turns().turn(scope_).value().made, 2);
}

TEST_F(ReportTurnsTest, OfASilentHostNothingIsKnown) {
  AgentHello hello;
  hello.hostname = "web-1";
  hello.machine = "m";
  hello.certificate_expires = clock_.now() + std::chrono::days{30};
  ASSERT_TRUE(agents_.record_hello(scope_, web_1_.id, hello));
  AgentHeartbeat beat;
  beat.modules = {{"firewall", "on", "", {}},
                  {"integrity", "degraded", "no audit", {}},
                  {"anti-malware", "on", "", {{"signatures_age_h", 200}}}};
  agents_.record_heartbeat(scope_, web_1_.id, beat);
  ASSERT_TRUE(agents_.flush());
  make("hosts", {part_});
  const ReportDocument live = document_for(part_);
  EXPECT_EQ(row_of(live, "modules", "Firewall"), (ReportRow{"Firewall", 1, 0, 0, 0}));
  EXPECT_EQ(row_of(live, "modules", "Intrusion prevention"), (ReportRow{"Intrusion prevention", 0, 0, 0, 1}))
      << "of which the agent has said nothing";
  EXPECT_EQ(row_of(live, "not-protected", "web-1").at(3), ReportCell("Integrity monitoring: no audit"));
  EXPECT_EQ(row_of(live, "content-age", "more than 7 days"), (ReportRow{"more than 7 days", 1}));
  EXPECT_EQ(row_of(live, "by-group", "web"), (ReportRow{"web", 1}));
  EXPECT_EQ(row_of(live, "fleet", "All"), (ReportRow{"All", 1})) << "db-1 is out of reach";
  clock_.advance(std::chrono::hours{1});
  make("hosts", {all_}, {{"filter", "group:web"}});
  const ReportDocument silent = document_for(all_);
  EXPECT_EQ(row_of(silent, "modules", "Firewall"), (ReportRow{"Firewall", 0, 0, 0, 1}));
  EXPECT_EQ(row_of(silent, "content-age", "Not known"), (ReportRow{"Not known", 1}));
  EXPECT_EQ(row_of(silent, "fleet", "Offline"), (ReportRow{"Offline", 1}));
  EXPECT_EQ(row_of(silent, "not-protected", "web-1").at(3), ReportCell("Offline"));
}

TEST_F(ReportTurnsTest, ChangesAreApprovedOrNot) {
  happen(web_1_, "integrity.file.updated", Severity::High, "etc");
  happen(web_1_, "integrity.file.created", Severity::High, "etc");
  const auto stored = events_.list(scope_, {}, 1, "").value().items.at(0);
  ASSERT_TRUE(events_.explain(scope_, stored.event.id, {"user:1", "ticket 7", {}}));
  clock_.advance(std::chrono::seconds(1));
  make("integrity", {all_});
  const ReportDocument document = document_for(all_);
  EXPECT_EQ(row_of(document, "by-rule", "etc"), (ReportRow{"etc", 2, 1, 1}));
  EXPECT_EQ(row_of(document, "by-host", "web-1"), (ReportRow{"web-1", 2, 1, 1}));
  EXPECT_EQ(document.tables.at(2).rows.size(), 1U);
}

TEST_F(ReportTurnsTest, AlertsAreCountedByWhatBecameOfThem) {
  Alert alert;
  alert.id = make_id<AlertId>(clock_.now());
  alert.rule = "agent-silent";
  alert.group = {{"host.name", "web-1"}};
  alert.severity = Severity::High;
  alert.opened = alert.last = clock_.now() - std::chrono::hours(2);
  alert.acknowledged = clock_.now() - std::chrono::hours(1);
  alert.state = AlertState::Acknowledged;
  Alert old = alert;
  old.id = make_id<AlertId>(clock_.now());
  old.group = {{"host.name", "db-1"}};
  old.opened = clock_.now() - std::chrono::days(20);
  old.state = AlertState::Resolved;
  old.resolved = clock_.now() - std::chrono::hours(3);
  {
    auto db = tenants_.config(scope_).acquire().value();
    ASSERT_TRUE(Alerts::write(*db, alert));
    ASSERT_TRUE(Alerts::write(*db, old));
  }
  make("alerts", {all_});
  const ReportDocument document = document_for(all_);
  EXPECT_EQ(row_of(document, "alerts-by-kind", "agent-silent"), (ReportRow{"agent-silent", 1, 1}));
  EXPECT_EQ(row_of(document, "alerts-time", "High"), (ReportRow{"High", 1, 1, 3600, 3600}));
  EXPECT_EQ(row_of(document, "alerts-time", "Low"), (ReportRow{"Low", 0, 0, "", ""})) << "no time, not none";
  ASSERT_EQ(document.tables.at(1).rows.size(), 1U);
  EXPECT_EQ(document.tables.at(1).rows.at(0).at(4), ReportCell("host.name=web-1"));
}

TEST_F(ReportTurnsTest, IncidentsInTheLanguageOfTheReport) {
  IncidentDraft draft;
  draft.title = "worm";
  ASSERT_TRUE(incidents_.declare(scope_, draft));
  clock_.advance(std::chrono::seconds(1));
  make("incidents", {all_}, {{"language", "ja"}});
  const ReportDocument document = document_for(all_);
  EXPECT_EQ(row_of(document, "incidents-by-severity", "中"), (ReportRow{"中", 1, 0, 1}));
  ASSERT_EQ(document.tables.at(2).rows.size(), 1U);
  EXPECT_EQ(document.tables.at(2).rows.at(0).at(1), ReportCell("worm"));
  EXPECT_EQ(document.tables.at(2).columns.at(1), "タイトル");
}

TEST_F(ReportTurnsTest, AWordThatIsMissingInOneLanguageWouldShowItsKey) {
  for (const char* kind : {"events", "alerts", "incidents", "hosts", "integrity"}) {
    for (const char* language : {"en", "ja"}) {
      make(kind, {all_}, {{"language", language}});
      for (const ReportTable& table : document_for(all_).tables) {
        EXPECT_NE(table.title, table.key) << kind << language;
        for (const std::string& column : table.columns) EXPECT_EQ(column.find('-'), std::string::npos) << column;
      }
      clock_.advance(std::chrono::seconds(1));
    }
  }
}

}  // namespace
}  // namespace warder::manager
