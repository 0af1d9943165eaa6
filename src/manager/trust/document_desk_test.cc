#include "manager/trust/document_desk.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/testing/log.h"
#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"
#include "manager/trust/testing_pdf.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr std::string_view kRows =
    "- {id: tc-3, kind: organisational, en: Three., ja: う。, owner: people, evidence: 365d}";

class DocumentDeskTest : public ::testing::Test {
 protected:
  DocumentDeskTest() {
    EvidenceDraft draft;
    draft.commitment = "tc-3";
    draft.title = "Test <summary>";
    draft.issued = clock_.now() - days(1);
    draft.expires = clock_.now() + days(100);
    draft.owner = "olga";
    draft.attachment = testing::small_pdf();
    draft.is_on_request = true;
    document_ = center_.evidence().file(scope_, draft, "fred").value().id;
    EXPECT_TRUE(center_.evidence().review(scope_, document_, "rita"));
    DocumentTerms terms;
    terms.by = "olga";
    terms.en = "Keep it <secret>.\n\nFor you.";
    terms.ja = "秘密。";
    EXPECT_TRUE(requests_.publish_terms(scope_, terms));
  }
  HttpResponse send(const std::string& method, const std::string& path, const std::string& body = {},
                    const std::string& cookie = {}) {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.peer = peer_;
    if (!cookie.empty()) request.headers["cookie"] = cookie;
    return desk_.respond(request).value();
  }
  std::string stamp() {
    const std::string page = send("GET", "/trust/request").body;
    const std::string before = "name=\"stamp\" value=\"";
    const std::size_t at = page.find(before) + before.size();
    return page.substr(at, page.find('"', at) - at);
  }
  std::string form(const std::string& more = {}, const std::string& mail = "hanako%40example.com") {
    const std::string made = stamp();
    clock_.advance(seconds(3));
    return "document=" + document_ + "&name=Hanako+Yamada&mail=" + mail + "&organisation=Example&reason=Audit&lang=en" +
           "&website=&stamp=" + made + more;
  }
  std::size_t asked() { return requests_.list(scope_)->size(); }

  TestTenants tenants_{{audit_schema(), trust_schema(), document_requests_schema(), written_policies_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  ScopeMaker scopes_{*tenants_};
  warder::testing::RecordingLog log_;
  TrustCenter center_{{*tenants_, scopes_, audit_, clock_, log_},
                      {},
                      parse_commitments("security", kRows).value(),
                      [](const TenantScope&, const TrustNews&) {}};
  DocumentRequests requests_{*tenants_, audit_, center_.evidence(), clock_};
  int told_ = 0;
  DocumentDesk desk_{{center_, requests_, *tenants_, scopes_, clock_, log_},
                     [this](const TenantScope&, const DocumentRequest&) { ++told_; }};
  const TenantScope scope_ = tenants_.scope("user:1");
  std::string document_;
  IpAddress peer_ = IpAddress::v4(0xc0000201);
};

TEST_F(DocumentDeskTest, TheFormNeedsNoScriptAndNamesWhatMayBeAskedFor) {
  const HttpResponse page = send("GET", "/trust/request");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("Test &lt;summary&gt;"), std::string::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
  EXPECT_EQ(page.headers.at("cache-control"), "no-store");
  EXPECT_NE(page.headers.at("content-security-policy").find("form-action 'self'"), std::string::npos);
  HttpRequest other;
  other.path = "/trust";
  EXPECT_EQ(desk_.respond(other), std::nullopt);
  EXPECT_EQ(send("DELETE", "/trust/request").status, 405);
}

TEST_F(DocumentDeskTest, TheAnswerIsTheSameWhateverThereIs) {
  const HttpResponse good = send("POST", "/trust/request", form());
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(asked(), 1U);
  EXPECT_EQ(told_, 1);
  const HttpResponse again = send("POST", "/trust/request", form());
  std::string unknown = form({}, "other%40example.com");
  unknown.replace(unknown.find(document_), document_.size(), "0197f1c2-0000-7000-8000-000000000000");
  const HttpResponse none = send("POST", "/trust/request", unknown);
  std::string filled = form({}, "robot%40example.com");
  filled.replace(filled.find("website="), 8, "website=buy");
  const HttpResponse robot = send("POST", "/trust/request", filled);
  for (const HttpResponse* each : {&again, &none, &robot}) {
    EXPECT_EQ(each->status, good.status);
    EXPECT_EQ(each->body, good.body);
    EXPECT_EQ(each->headers, good.headers);
  }
  EXPECT_EQ(asked(), 1U);
  EXPECT_EQ(told_, 1);
}

TEST_F(DocumentDeskTest, AFormIsSentOnceMoreWhenItIsTooQuickTooOldOrNotOurs) {
  std::string quick = "document=" + document_ + "&name=a&mail=a%40example.com&organisation=b&reason=c&stamp=" + stamp();
  EXPECT_EQ(send("POST", "/trust/request", quick).status, 400);
  clock_.advance(seconds(2));
  EXPECT_EQ(send("POST", "/trust/request", quick).status, 200) << "the stamp stays good";
  std::string old = form({}, "b%40example.com");
  clock_.advance(hours(24));
  EXPECT_EQ(send("POST", "/trust/request", old).status, 400);
  std::string forged = form({}, "c%40example.com");
  forged.back() = forged.back() == '0' ? '1' : '0';
  const HttpResponse refused = send("POST", "/trust/request", forged);
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("c@example.com"), std::string::npos) << "nothing is to be typed again";
  for (const char* hostile : {"", "%", "a=1&a=2", "name=%00", "#", "stamp=99999999999999999999.", "mail=%ff"})
    EXPECT_EQ(send("POST", "/trust/request", hostile).status, 400) << hostile;
  EXPECT_EQ(asked(), 1U);
}

TEST_F(DocumentDeskTest, OneNetworkCannotFillTheList) {
  int taken = 0;
  for (int i = 0; i < 20; ++i)
    if (send("POST", "/trust/request", form({}, "a" + std::to_string(i) + "%40example.com")).status == 200) ++taken;
  EXPECT_EQ(taken, 5);
  peer_ = IpAddress::v4(0xc0000202);
  EXPECT_EQ(send("POST", "/trust/request", form({}, "other%40example.com")).status, 200);
}

TEST_F(DocumentDeskTest, FromTheLinkToTheCopy) {
  ASSERT_EQ(send("POST", "/trust/request", form()).status, 200);
  const auto given = requests_.approve(scope_, requests_.list(scope_)->front().id, {"rita", ""}, {}).value();
  const std::string link = "/trust/access/" + given.token;
  const HttpResponse terms = send("GET", link);
  EXPECT_EQ(terms.status, 200);
  EXPECT_NE(terms.body.find("Keep it &lt;secret&gt;."), std::string::npos);
  EXPECT_EQ(send("GET", link + "/document").status, 404) << "reading changes nothing and gives nothing";
  EXPECT_EQ(send("POST", link + "/document").status, 404) << "not before the terms";
  EXPECT_EQ(send("POST", link + "/accept", "terms=1&mail=taro%40example.com").status, 400);
  EXPECT_EQ(send("POST", link + "/accept", "terms=2&mail=hanako%40example.com").status, 400);
  const HttpResponse accepted = send("POST", link + "/accept", "terms=1&mail=hanako%40example.com&lang=en");
  ASSERT_EQ(accepted.status, 303);
  EXPECT_EQ(accepted.headers.at("location"), link + "?lang=en");
  const std::string set = accepted.headers.at("set-cookie");
  for (const std::string& part :
       {"Path=" + link, std::string("Secure"), std::string("HttpOnly"), std::string("SameSite=Lax")})
    EXPECT_NE(set.find(part), std::string::npos) << part;
  const std::string cookie = "other=1; " + set.substr(0, set.find(';'));
  EXPECT_EQ(send("GET", link).status, 404) << "another browser";
  EXPECT_EQ(send("GET", link + "/document", {}, cookie).status, 404) << "only the button gives one";
  EXPECT_NE(send("GET", link, {}, cookie).body.find("Copies left: 3"), std::string::npos);
  const HttpResponse copy = send("POST", link + "/document", {}, cookie);
  ASSERT_EQ(copy.status, 200);
  EXPECT_EQ(copy.headers.at("content-type"), "application/pdf");
  EXPECT_TRUE(copy.headers.at("content-disposition").starts_with("attachment;"));
  EXPECT_EQ(copy.headers.at("cache-control"), "no-store");
  EXPECT_TRUE(copy.body.starts_with("%PDF-"));
  EXPECT_NE(send("GET", link, {}, cookie).body.find("Copies left: 2"), std::string::npos);
  ASSERT_TRUE(requests_.revoke(scope_, given.request.id, {"rita", ""}));
  const HttpResponse dead = send("GET", link, {}, cookie);
  EXPECT_EQ(dead.status, 404);
  EXPECT_EQ(dead.body, send("GET", "/trust/access/never-was").body) << "a dead link is none";
}

TEST_F(DocumentDeskTest, WithoutTermsThereIsNothingToAskFor) {
  EXPECT_NE(send("GET", "/trust/request").body.find(document_), std::string::npos);
  ASSERT_TRUE(tenants_->config(scope_).acquire().value()->execute("DELETE FROM trust_terms"));
  EXPECT_EQ(send("GET", "/trust/request").body.find(document_), std::string::npos);
}

TEST_F(DocumentDeskTest, OneNetworkCannotTryManyLinks) {
  int tried = 0;
  while (tried < 100 && send("GET", "/trust/access/never-was").status == 404) ++tried;
  EXPECT_EQ(tried, 30);
  EXPECT_EQ(send("GET", "/trust/access/never-was").status, 429);
  peer_ = IpAddress::v4(0xc0000202);
  EXPECT_EQ(send("GET", "/trust/access/never-was").status, 404);
}

TEST(VisitorLimits, CountsNetworksAndAllTogether) {
  VisitorLimits limits(60, 2, 5, 3);
  TokenBucket::Time now{};
  const auto from = [](std::uint8_t subnet, std::uint8_t host) {
    return IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, subnet, 0, 0, 0, 0, 0, 0, 0, host});
  };
  EXPECT_TRUE(limits.take(from(1, 1), now));
  EXPECT_TRUE(limits.take(from(1, 2), now));
  EXPECT_FALSE(limits.take(from(1, 3), now)) << "one household";
  EXPECT_TRUE(limits.take(from(2, 1), now));
  EXPECT_TRUE(limits.take(from(3, 1), now));
  EXPECT_FALSE(limits.take(from(4, 1), now)) << "no more are remembered";
  EXPECT_TRUE(limits.take(from(2, 1), now));
  EXPECT_FALSE(limits.take(from(3, 1), now)) << "all together";
  EXPECT_TRUE(limits.take(from(4, 1), now + hours(1))) << "who was quiet is forgotten";
}

RC_GTEST_PROP(FormProperty, WhatABrowserSendsIsWhatIsRead, ()) {
  FormFields fields;
  const int many = *rc::gen::inRange(0, 8);
  std::string body;
  for (int i = 0; i < many; ++i) {
    const auto value = *rc::gen::container<std::string>(rc::gen::inRange<char>(0x20, 0x7f));
    const std::string key = "f" + std::to_string(i);
    fields[key] = value;
    if (!body.empty()) body += "&";
    body += key + "=";
    for (const char c : value) body += c == ' ' ? "+" : "%" + to_hex(as_bytes(std::string_view(&c, 1)));
  }
  const auto read = parse_form(body);
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == fields);
}

RC_GTEST_PROP(FormProperty, AnyBytesAreReadOrRefused, (const std::string& bytes)) {
  const auto read = parse_form(bytes);
  if (read) RC_ASSERT(read->size() <= 64U);
}

}  // namespace
}  // namespace warder::manager
