#include "manager/reports/reports.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "manager/reports/testing.h"

namespace warder::manager {
namespace {

class ReportsTest : public ::testing::Test, protected testing::TestReports {
 protected:
  std::string refusal(json::object change) {
    json::object whole = body("events", {ann_});
    for (auto& [key, value] : change) whole[key] = value;
    const auto made = reports_.create(scope_, whole);
    return made ? "" : made.error().message;
  }
  static json::object daily() { return {{"every", "day"}, {"at", "06:00"}, {"zone", "Asia/Tokyo"}}; }
  std::int64_t count(const std::string& table) {
    auto db = tenants_.config(scope_).acquire().value();
    return read_row(*db, "SELECT count(*) FROM " + table, {},
                    [](const Row& row) -> Result<std::int64_t> { return row.integer(0); })
        .value()
        .value();
  }

  const User ann_ = who_.add_user("ann");
  const User bob_ = who_.add_user("bob");
  const std::string holder_ = "a";
};

TEST_F(ReportsTest, IsKeptAsItWasMade) {
  json::object wanted = body("events", {ann_, bob_});
  wanted["schedule"] = daily();
  wanted["filter"] = "severity>=high";
  wanted["language"] = "ja";
  const TenantScope scope = who_.scope_of(ann_);
  const Report made = reports_.create(scope, wanted).value();
  EXPECT_EQ(made.next, parse_rfc3339("2026-11-22T21:00:00Z").value());
  EXPECT_EQ(made.owner, "user:" + ann_.id.text());
  EXPECT_EQ(report_json(reports_.find(scope, made.id).value()), report_json(made));
  EXPECT_EQ(reports_.list(scope, {}).value().items.size(), 1U);
  const Report changed = reports_.update(scope, made.id, made.etag(), {{"enabled", false}}).value();
  EXPECT_FALSE(changed.next) << "its schedule rests";
  EXPECT_EQ(changed.draft.filter, "severity>=high") << "what is absent stays";
  EXPECT_EQ(reports_.update(scope, made.id, made.etag(), {{"name", "x"}}).error().code, ErrorCode::Stale);
  EXPECT_EQ(reports_.remove(scope, made.id, made.etag()).error().code, ErrorCode::Stale);
  ASSERT_TRUE(reports_.remove(scope, made.id, changed.etag()));
  EXPECT_EQ(reports_.find(scope, made.id).error().code, ErrorCode::NotFound);
  const auto audited = who_.audited();
  EXPECT_EQ(audited.at(0), "report.delete success");
  EXPECT_EQ(audited.at(1), "report.update success");
  EXPECT_EQ(audited.at(2), "report.create success");
}

TEST_F(ReportsTest, WhatCannotBeNamesTheMember) {
  EXPECT_EQ(refusal({}), "");
  EXPECT_TRUE(refusal({{"name", "  "}}).starts_with("/name: "));
  EXPECT_TRUE(refusal({{"name", "two\nlines"}}).starts_with("/name: "));
  EXPECT_TRUE(refusal({{"kind", "secrets"}}).starts_with("/kind: "));
  EXPECT_TRUE(refusal({{"filter", "severity>=often"}}).starts_with("/filter: "));
  EXPECT_TRUE(refusal({{"kind", "hosts"}, {"filter", "severity=high"}}).starts_with("/filter: "));
  EXPECT_TRUE(refusal({{"kind", "alerts"}, {"filter", "severity=high"}}).starts_with("/filter: "));
  EXPECT_TRUE(refusal({{"range", "400d"}}).starts_with("/range: "));
  EXPECT_TRUE(refusal({{"language", "fr"}}).starts_with("/language: "));
  EXPECT_TRUE(
      refusal({{"schedule", {{"every", "day"}, {"at", "25:00"}, {"zone", "UTC"}}}}).starts_with("/schedule/at"));
  EXPECT_TRUE(refusal({{"recipients", {ann_.id.text(), ann_.id.text()}}}).starts_with("/recipients/1: "));
  EXPECT_TRUE(refusal({{"recipients", {make_id<UserId>(kNow).text()}}}).starts_with("/recipients/0: "));
  EXPECT_TRUE(refusal({{"recipients", {"ann"}}}).starts_with("/recipients/0: "));
}

TEST_F(ReportsTest, APageGoesOnWhereTheOneBeforeEnded) {
  for (const char* name : {"b", "a", "a", "c"}) {
    json::object wanted = body("events", {});
    wanted["name"] = name;
    ASSERT_TRUE(reports_.create(scope_, wanted));
  }
  std::string names;
  std::string cursor;
  do {
    const auto page = reports_.list(scope_, {1, cursor}).value();
    for (const Report& each : page.items) names += each.draft.name;
    cursor = page.next_cursor.value_or("");
  } while (!cursor.empty());
  EXPECT_EQ(names, "aabc");
}

TEST_F(ReportsTest, WhatWasMissedIsMadeOnceForTheLatest) {
  json::object wanted = body("events", {ann_});
  wanted["schedule"] = daily();
  const Report made = reports_.create(scope_, wanted).value();
  EXPECT_EQ(reports_.put_due(scope_).value(), 0);
  clock_.advance(std::chrono::days{10});
  EXPECT_EQ(reports_.put_due(scope_).value(), 1);
  EXPECT_EQ(reports_.put_due(scope_).value(), 0);
  EXPECT_EQ(count("report_deliveries"), 1);
  const ReportDelivery only = deliveries_.take(scope_, holder_).value().value();
  EXPECT_EQ(only.occurrence, parse_rfc3339("2026-12-01T21:00:00Z").value());
  EXPECT_EQ(only.period.to, only.occurrence);
  EXPECT_EQ(reports_.find(scope_, made.id)->next, parse_rfc3339("2026-12-02T21:00:00Z").value());
  EXPECT_EQ(reports_.find(scope_, made.id)->last, only.occurrence);
}

TEST_F(ReportsTest, AnOccurrenceIsPutDownOnceThoughItIsFoundDueAgain) {
  json::object wanted = body("events", {ann_});
  wanted["schedule"] = daily();
  ASSERT_TRUE(reports_.create(scope_, wanted));
  clock_.advance(std::chrono::days{1});
  ASSERT_EQ(reports_.put_due(scope_).value(), 1);
  ASSERT_TRUE(tenants_.config(scope_).acquire().value()->execute("UPDATE reports SET next_at = 1"));
  const auto again = reports_.put_due(scope_);
  EXPECT_TRUE(again) << again.error().message;
  EXPECT_EQ(count("report_deliveries"), 1);
  EXPECT_EQ(count("report_runs"), 1);
}

TEST_F(ReportsTest, TwoManagersPutDownAndTakeEachOnce) {
  json::object wanted = body("events", {ann_, bob_});
  wanted["schedule"] = daily();
  ASSERT_TRUE(reports_.create(scope_, wanted));
  clock_.advance(std::chrono::days{1});
  const auto other = who_.tenants.another_manager();
  Reports others_reports{*other, who_.audit, who_.identity.users(), clock_};
  ReportDeliveries others{*other, who_.audit, clock_};
  EXPECT_EQ(reports_.put_due(scope_).value() + others_reports.put_due(scope_).value(), 1);
  EXPECT_EQ(count("report_deliveries"), 2);
  const auto first = deliveries_.take(scope_, "a").value();
  const auto second = others.take(scope_, "b").value();
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->id, second->id);
  EXPECT_FALSE(deliveries_.take(scope_, "a").value()) << "both are held";
  EXPECT_EQ(others.put_made(scope_, first->id, "b", "{}", 0).error().code, ErrorCode::Conflict);
  EXPECT_TRUE(deliveries_.put_made(scope_, first->id, "a", "{}", 0));
  EXPECT_EQ(deliveries_.put_failed(scope_, first->id, "a", "no").error().code, ErrorCode::Conflict) << "it is made";
}

TEST_F(ReportsTest, OneWhoseMakerIsGoneIsTakenByAnother) {
  const Report made = reports_.create(scope_, body("events", {ann_})).value();
  EXPECT_EQ(reports_.run(scope_, made.id).value(), 1);
  EXPECT_EQ(reports_.run(scope_, made.id).error().code, ErrorCode::Conflict) << "one waits";
  const auto first = deliveries_.take(scope_, "a").value().value();
  clock_.advance(ReportDeliveries::kHold);
  EXPECT_EQ(deliveries_.take(scope_, "b").value().value().id, first.id);
  EXPECT_EQ(deliveries_.put_made(scope_, first.id, "a", "{}", 0).error().code, ErrorCode::Conflict);
}

TEST_F(ReportsTest, WhatFailsForNowIsTriedAgainAndAtLastNoMore) {
  const Report made = reports_.create(scope_, body("events", {ann_})).value();
  ASSERT_TRUE(reports_.run(scope_, made.id));
  for (std::int64_t tries = 0; tries < ReportDeliveries::kMaxTries; ++tries) {
    EXPECT_TRUE(deliveries_.untold(scope_)->empty());
    const auto taken = deliveries_.take(scope_, holder_).value();
    ASSERT_TRUE(taken) << tries;
    ASSERT_TRUE(deliveries_.put_back(scope_, taken->id, holder_, "the database is away"));
    EXPECT_FALSE(deliveries_.take(scope_, holder_).value()) << "not at once";
    clock_.advance(std::chrono::hours{6});
  }
  EXPECT_FALSE(deliveries_.take(scope_, holder_).value());
  const auto runs = deliveries_.untold(scope_).value();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].deliveries.at(0).state, DeliveryState::Failed);
  EXPECT_EQ(runs[0].deliveries.at(0).reason, "the database is away");
}

TEST_F(ReportsTest, ADeliveryIsForItsRecipientAlone) {
  const Report made = reports_.create(scope_, body("events", {ann_})).value();
  ASSERT_TRUE(reports_.run(scope_, made.id));
  const auto taken = deliveries_.take(scope_, holder_).value().value();
  EXPECT_TRUE(deliveries_of(ann_).empty()) << "it is not made yet";
  ASSERT_TRUE(deliveries_.put_made(scope_, taken.id, holder_, R"({"a":"a secret of hosts"})", 3));
  EXPECT_EQ(deliveries_of(ann_).at(0).rows, 3);
  EXPECT_TRUE(deliveries_of(bob_).empty());
  EXPECT_EQ(deliveries_.find(who_.scope_of(bob_), taken.id).error().code, ErrorCode::NotFound);
  EXPECT_EQ(deliveries_.download(who_.scope_of(bob_), taken.id, ReportFormat::Json).error().code, ErrorCode::NotFound);
  EXPECT_EQ(deliveries_.find(who_.tenants.scope("operator:" + ann_.id.text()), taken.id).error().code,
            ErrorCode::NotFound);
  EXPECT_EQ(deliveries_.download(who_.scope_of(ann_), taken.id, ReportFormat::Csv).value(),
            R"({"a":"a secret of hosts"})");
  EXPECT_EQ(who_.audited().front(), "report.download success");
}

TEST_F(ReportsTest, ADocumentIsSealedAndAnotherInItsPlaceIsFound) {
  const Report made = reports_.create(scope_, body("events", {ann_})).value();
  ASSERT_TRUE(reports_.run(scope_, made.id));
  const auto taken = deliveries_.take(scope_, holder_).value().value();
  ASSERT_TRUE(deliveries_.put_made(scope_, taken.id, holder_, R"({"a":"a secret of hosts"})", 1));
  auto db = tenants_.config(scope_).acquire().value();
  const auto stored = read_row(*db, "SELECT document FROM report_deliveries", {},
                               [](const Row& row) -> Result<Bytes> { return row.bytes(0); })
                          .value()
                          .value();
  EXPECT_EQ(as_text(stored).find("secret"), std::string_view::npos);
  ASSERT_TRUE(db->execute("UPDATE report_deliveries SET sha256 = 'no'"));
  EXPECT_EQ(deliveries_.download(who_.scope_of(ann_), taken.id, ReportFormat::Json).error().code, ErrorCode::Corrupt);
}

TEST_F(ReportsTest, WithItsReportGoesWhatWaitsAndWhatWasMadeStays) {
  const Report made = reports_.create(scope_, body("events", {ann_, bob_})).value();
  ASSERT_TRUE(reports_.run(scope_, made.id));
  const auto taken = deliveries_.take(scope_, holder_).value().value();
  ASSERT_TRUE(deliveries_.put_made(scope_, taken.id, holder_, "{}", 0));
  ASSERT_TRUE(reports_.remove(scope_, made.id, "*"));
  EXPECT_EQ(count("report_deliveries"), 1);
  EXPECT_EQ(deliveries_.untold(scope_)->size(), 1U) << "of what was made somebody is told";
}

TEST_F(ReportsTest, OldOnesAndThoseOfPeopleWhoAreGoneAreForgotten) {
  const Report made = reports_.create(scope_, body("events", {ann_, bob_})).value();
  ASSERT_TRUE(reports_.run(scope_, made.id));
  while (const auto taken = deliveries_.take(scope_, holder_).value())
    ASSERT_TRUE(deliveries_.put_made(scope_, taken->id, holder_, "{}", 0));
  const auto run = deliveries_.untold(scope_)->at(0);
  {
    auto db = tenants_.config(scope_).acquire().value();
    EXPECT_TRUE(ReportDeliveries::mark_told(*db, run.id).value());
    EXPECT_FALSE(ReportDeliveries::mark_told(*db, run.id).value()) << "once";
  }
  ASSERT_TRUE(deliveries_.prune(scope_, std::chrono::days{90}));
  EXPECT_EQ(count("report_deliveries"), 2);
  ASSERT_TRUE(who_.identity.users().remove(scope_, bob_.id, "*"));
  ASSERT_TRUE(deliveries_.prune(scope_, std::chrono::days{90}));
  EXPECT_EQ(count("report_deliveries"), 1);
  clock_.advance(std::chrono::days{91});
  ASSERT_TRUE(deliveries_.prune(scope_, std::chrono::days{90}));
  EXPECT_EQ(count("report_deliveries"), 0);
  EXPECT_EQ(count("report_runs"), 0);
}

TEST_F(ReportsTest, WhatNobodyWasToldOfIsKeptLonger) {
  ASSERT_TRUE(reports_.run(scope_, reports_.create(scope_, body("events", {ann_})).value().id));
  const auto taken = deliveries_.take(scope_, holder_).value().value();
  ASSERT_TRUE(deliveries_.put_made(scope_, taken.id, holder_, "{}", 0));
  clock_.advance(std::chrono::days{91});
  ASSERT_TRUE(deliveries_.prune(scope_, std::chrono::days{90}));
  EXPECT_EQ(count("report_deliveries"), 1);
}

TEST(ReportFiles, ANameIsOneEverywhere) {
  ReportDelivery delivery;
  delivery.occurrence = kNow;
  delivery.report_name = "Weekly: events & \"hosts\"/../x";
  EXPECT_EQ(file_name(delivery, ReportFormat::Csv), "weekly-events-hosts-x-20261122.csv");
  delivery.report_name = "週次レポート";
  EXPECT_EQ(file_name(delivery, ReportFormat::Pdf), "report-20261122.pdf");
}

TEST(ReportsSchema, IsAsDeclared) {
  const auto checked = check_schemas(std::vector{reports_schema()});
  EXPECT_TRUE(checked) << checked.error().message;
}

}  // namespace
}  // namespace warder::manager
