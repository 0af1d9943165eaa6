// Reports over the API, with rights; every answer is held against the contract.
#include "manager/api/routes_reports.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "manager/api/testing.h"
#include "manager/reports/report_document.h"

namespace warder::manager {
namespace {

using testing::Answer;
using testing::ApiClient;
using testing::TestApi;

constexpr const char* kReports = "/api/v1/reports";
constexpr const char* kDeliveries = "/api/v1/report-deliveries";

struct Fixture {
  void add(Routes& routes, testing::TestIdentity& test) {
    reports = std::make_unique<Reports>(*test.tenants, test.audit, test.identity.users(), test.clock);
    deliveries = std::make_unique<ReportDeliveries>(*test.tenants, test.audit, test.clock);
    PdfOptions pdf;
    pdf.program = "/nonexistent/chromium";
    add_report_routes(routes, {*reports, *deliveries, [this] { ++woken; }, pdf});
  }
  User user_of(const std::string& name) {
    const auto users = api.identity.identity.users().list(api.identity.tenants.scope(), 100, "");
    for (const User& user : users.value().items)
      if (user.username == name) return user;
    return {};
  }
  static std::string body(const std::string& name, const std::vector<User>& recipients) {
    json::array ids;
    for (const User& each : recipients) ids.emplace_back(each.id.text());
    return json::serialize(json::object{{"name", name}, {"kind", "hosts"}, {"recipients", std::move(ids)}});
  }
  /// The document that was made for each recipient of the run that waits.
  std::map<std::string, std::string> make_all(const std::string& title = "Hosts") {
    const TenantScope scope = api.identity.tenants.scope();
    std::map<std::string, std::string> made;
    for (;;) {
      const auto delivery = deliveries->take(scope, "test").value();
      if (!delivery) return made;
      ReportDocument document;
      document.report_name = delivery->report_name;
      document.recipient_id = delivery->recipient.text();
      document.language = "en";
      document.tables.push_back({"hosts", title, {"Host"}, {{std::string("=cmd()")}}, 1});
      made[delivery->recipient.text()] = to_canonical_json(document);
      EXPECT_TRUE(deliveries->put_made(scope, delivery->id, "test", made[delivery->recipient.text()], 1));
    }
  }

  std::unique_ptr<Reports> reports;
  std::unique_ptr<ReportDeliveries> deliveries;
  int woken = 0;
  TestApi api{{}, "/nonexistent",
              {}, {reports_schema()},
              {}, [this](Routes& routes, testing::TestIdentity& test) {
        add(routes, test); }};
};

TEST(ReportRoutesTest, WhoMayDescribesAndChangesThemAndOthersRead) {
  Fixture test;
  ApiClient ann = test.api.member("ann");
  ApiClient auditor = test.api.member("aud", "auditor");
  const std::string body = Fixture::body("Weekly", {test.user_of("ann")});
  EXPECT_EQ(auditor.ask("POST", kReports, body).status, 403);
  const Answer made = ann.ask("POST", kReports, body);
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("/schedule"), "null");
  const std::string path = std::string(kReports) + "/" + made.at("/id");
  EXPECT_EQ(auditor.ask("GET", path).at("/name"), "Weekly");
  EXPECT_EQ(auditor.ask("GET", kReports).at("/items/0/etag"), made.at("/etag"));
  EXPECT_EQ(auditor.ask("PATCH", path, R"({"name":"Mine"})", {"If-Match: *"}).status, 403);
  EXPECT_EQ(ann.ask("PATCH", path, R"({"name":"Daily"})").status, 428);
  const std::string schedule = R"({"schedule":{"every":"week","weekday":"mon","at":"08:00","zone":"Asia/Tokyo"}})";
  const Answer changed = ann.ask("PATCH", path, schedule, {"If-Match: " + made.at("/etag")});
  ASSERT_EQ(changed.status, 200) << changed.text;
  EXPECT_EQ(changed.at("/schedule/weekday"), "mon");
  EXPECT_NE(changed.at("/next"), "null");
  EXPECT_EQ(ann.ask("PATCH", path, R"({"name":"Daily"})", {"If-Match: " + made.at("/etag")}).status, 412);
  EXPECT_EQ(ann.ask("DELETE", path, "", {"If-Match: *"}).status, 204);
  EXPECT_EQ(ann.ask("GET", path).status, 404);
}

TEST(ReportRoutesTest, SaysWhereADescriptionIsWrong) {
  Fixture test;
  ApiClient ann = test.api.member("ann");
  const Answer unknown =
      ann.ask("POST", kReports, R"({"name":"x","kind":"hosts","recipients":["0190c0de-0000-7000-8000-000000000001"]})");
  EXPECT_EQ(unknown.status, 400) << unknown.text;
  EXPECT_EQ(unknown.at("/errors/0/pointer"), "/recipients/0");
  const Answer zone = ann.ask("POST", kReports,
                              R"({"name":"x","kind":"hosts","schedule":{"every":"day","at":"08:00","zone":"Mars/X"}})");
  EXPECT_EQ(zone.at("/errors/0/pointer"), "/schedule/zone") << zone.text;
  EXPECT_EQ(ann.ask("POST", kReports, R"({"name":"x","kind":"weather"})").at("/errors/0/pointer"), "/kind");
  EXPECT_EQ(ann.ask("POST", kReports, R"({"name":"x","kind":"events","filter":"("})").at("/errors/0/pointer"),
            "/filter");
}

TEST(ReportRoutesTest, IsRunOnceAtATimeAndWakesWhoMakesIt) {
  Fixture test;
  ApiClient ann = test.api.member("ann");
  ApiClient auditor = test.api.member("aud", "auditor");
  const Answer made = ann.ask("POST", kReports, Fixture::body("Weekly", {test.user_of("ann"), test.user_of("aud")}));
  const std::string run = std::string(kReports) + "/" + made.at("/id") + "/run";
  EXPECT_EQ(auditor.ask("POST", run).status, 403);
  const Answer begun = ann.ask("POST", run);
  EXPECT_EQ(begun.status, 202) << begun.text;
  EXPECT_EQ(begun.at("/recipients"), "2");
  EXPECT_EQ(test.woken, 1);
  EXPECT_EQ(ann.ask("POST", run).status, 409);
  EXPECT_EQ(test.woken, 1) << "nothing new";
  EXPECT_EQ(test.make_all().size(), 2U);
  test.api.identity.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(ann.ask("POST", run).status, 202);
}

TEST(ReportRoutesTest, WhatWasMadeIsForItsRecipientAlone) {
  Fixture test;
  ApiClient ann = test.api.member("ann");
  ApiClient bob = test.api.member("bob");
  const Answer made = ann.ask("POST", kReports, Fixture::body("Weekly", {test.user_of("ann"), test.user_of("bob")}));
  ASSERT_EQ(ann.ask("POST", std::string(kReports) + "/" + made.at("/id") + "/run").status, 202);
  EXPECT_EQ(ann.ask("GET", kDeliveries).at("/items/0"), "absent") << "not made yet";
  const auto documents = test.make_all();
  const Answer list = ann.ask("GET", std::string(kDeliveries) + "?report=" + made.at("/id"));
  EXPECT_EQ(list.at("/items/0/recipient"), test.user_of("ann").id.text());
  EXPECT_EQ(list.at("/items/1"), "absent");
  EXPECT_EQ(ann.ask("GET", std::string(kDeliveries) + "?report=0190c0de-0000-7000-8000-000000000001").at("/items/0"),
            "absent");
  const std::string own = std::string(kDeliveries) + "/" + list.at("/items/0/id");
  EXPECT_EQ(ann.ask("GET", own).at("/report_name"), "Weekly");
  EXPECT_EQ(bob.ask("GET", own).status, 404);
  for (const char* format : {"json", "html", "csv", "pdf"})
    EXPECT_EQ(bob.ask("GET", own + "/content?format=" + format).status, 404) << format;
  const Answer json = ann.ask("GET", own + "/content?format=json");
  EXPECT_EQ(json.text, documents.at(test.user_of("ann").id.text())) << "byte for byte";
  EXPECT_EQ(report_hash(json.text), list.at("/items/0/sha256"));
}

TEST(ReportRoutesTest, GivesFilesThatNoBrowserOpensAsAPageOfTheConsole) {
  Fixture test;
  ApiClient ann = test.api.member("ann");
  const Answer made = ann.ask("POST", kReports, Fixture::body("W\"eekly\\r\\n", {test.user_of("ann")}));
  ASSERT_EQ(made.status, 201) << made.text;
  ASSERT_EQ(ann.ask("POST", std::string(kReports) + "/" + made.at("/id") + "/run").status, 202);
  test.make_all("Hosts <script>");
  const std::string content =
      std::string(kDeliveries) + "/" + ann.ask("GET", kDeliveries).at("/items/0/id") + "/content?format=";
  struct Case {
    std::string format;
    std::string type;
  };
  for (const Case& c : {Case{"json", "application/json"}, Case{"csv", "text/csv; charset=utf-8"},
                        Case{"html", "text/html; charset=utf-8"}}) {
    SCOPED_TRACE(c.format);
    const Answer file = ann.ask("GET", content + c.format);
    ASSERT_EQ(file.status, 200) << file.text;
    EXPECT_EQ(file.headers.at("content-type"), c.type);
    EXPECT_EQ(file.headers.at("x-content-type-options"), "nosniff");
    EXPECT_EQ(file.headers.at("content-security-policy"), "sandbox");
    const std::string& disposition = file.headers.at("content-disposition");
    EXPECT_TRUE(disposition.starts_with("attachment; filename=\"w-eekly-")) << disposition;
    EXPECT_TRUE(disposition.ends_with("." + c.format + "\"")) << disposition;
  }
  EXPECT_EQ(ann.ask("GET", content + "html").text.find("<script"), std::string::npos);
  EXPECT_EQ(ann.ask("GET", content + "odt").status, 400);
  EXPECT_EQ(ann.ask("GET", content.substr(0, content.find('?'))).status, 400);
  const Answer pdf = ann.ask("GET", content + "pdf");
  EXPECT_EQ(pdf.status, 503);
  EXPECT_NE(pdf.at("/detail").find("There is no Chromium on the manager"), std::string::npos) << pdf.text;
  const auto audited = test.api.identity.audited();
  EXPECT_EQ(std::ranges::count(audited, "report.download success"), 5) << "each of them";
}

TEST(ReportRoutesTest, OneThatFailedHasAReasonAndNoContent) {
  Fixture test;
  ApiClient ann = test.api.member("ann");
  const Answer made = ann.ask("POST", kReports, Fixture::body("Weekly", {test.user_of("ann")}));
  ASSERT_EQ(ann.ask("POST", std::string(kReports) + "/" + made.at("/id") + "/run").status, 202);
  const TenantScope scope = test.api.identity.tenants.scope();
  const auto delivery = test.deliveries->take(scope, "test").value();
  ASSERT_TRUE(delivery && test.deliveries->put_failed(scope, delivery->id, "test", "the right is missing"));
  const Answer list = ann.ask("GET", kDeliveries);
  EXPECT_EQ(list.at("/items/0/state") + ": " + list.at("/items/0/reason"), "failed: the right is missing");
  EXPECT_EQ(list.at("/items/0/sha256"), "null");
  const std::string content = std::string(kDeliveries) + "/" + delivery->id.text() + "/content?format=json";
  EXPECT_EQ(ann.ask("GET", content).status, 409);
}

TEST(ReportRoutesTest, WhoHasAPartOfTheFleetSeesTheirOwnReports) {
  Fixture test;
  ApiClient ann = test.api.member("ann");
  UserDraft draft;
  draft.username = "eve";
  draft.password = testing::kGoodPassword;
  draft.scoped_roles = {{std::string(kOperator), {.tags = {"shop"}}}};
  const User eve = test.api.identity.identity.users().create(test.api.identity.tenants.scope(), draft).value();
  const std::string password = "Own-Phrase-Qzkw-1";
  ASSERT_TRUE(test.api.identity.identity.users().change_password(test.api.identity.scope_of(eve), eve.id,
                                                                 testing::kGoodPassword, password));
  ApiClient scoped = test.api.client();
  scoped.bearer = test.api.identity.log_in("eve", password, true).value().token;
  const Answer others = ann.ask("POST", kReports, Fixture::body("Of the other hosts", {test.user_of("ann")}));
  const Answer own = ann.ask("POST", kReports, Fixture::body("Of the shop", {eve}));
  const Answer list = scoped.ask("GET", kReports);
  EXPECT_EQ(list.at("/items/0/name"), "Of the shop") << list.text;
  EXPECT_EQ(list.at("/items/1"), "absent");
  EXPECT_EQ(scoped.ask("GET", std::string(kReports) + "/" + own.at("/id")).status, 200);
  EXPECT_EQ(scoped.ask("GET", std::string(kReports) + "/" + others.at("/id")).status, 404);
  EXPECT_EQ(scoped.ask("POST", kReports, Fixture::body("More", {eve})).status, 403);
  ASSERT_EQ(ann.ask("POST", std::string(kReports) + "/" + own.at("/id") + "/run").status, 202);
  test.make_all();
  EXPECT_EQ(scoped.ask("GET", kDeliveries).at("/items/0/report_name"), "Of the shop");
}

}  // namespace
}  // namespace warder::manager
