#include "manager/trust/document_requests.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"
#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"
#include "manager/trust/testing_pdf.h"
#include "manager/trust/trust_store.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using enum RequestState;

constexpr std::string_view kRows =
    "- {id: tc-3, kind: organisational, en: Three., ja: う。, owner: people, evidence: 365d}";

class DocumentRequestsTest : public ::testing::Test {
 protected:
  DocumentRequestsTest() {
    document_ = file("Penetration test", true);
    EXPECT_TRUE(requests_.publish_terms(scope_, terms("v1")));
  }
  std::string file(const std::string& title, bool is_on_request) {
    EvidenceDraft draft;
    draft.commitment = "tc-3";
    draft.title = title;
    draft.issued = clock_.now() - days(1);
    draft.expires = clock_.now() + days(100);
    draft.owner = "olga";
    draft.attachment = testing::small_pdf();
    draft.is_on_request = is_on_request;
    const std::string id = evidence_.file(scope_, draft, "fred").value().id;
    EXPECT_TRUE(evidence_.review(scope_, id, "rita"));
    return id;
  }
  static DocumentTerms terms(const std::string& text) {
    DocumentTerms made;
    made.by = "olga";
    made.en = text;
    made.ja = text;
    return made;
  }
  static Asker asker(const std::string& mail = "hanako@example.com") {
    return {"Hanako Yamada", mail, "Example Ltd.", "Due diligence", "ja"};
  }
  DocumentRequest ask(const std::string& mail = "hanako@example.com") {
    return requests_.ask(scope_, document_, asker(mail)).value().value();
  }
  ApprovedRequest approved(DocumentApproval approval = {}) {
    return requests_.approve(scope_, ask().id, {"rita", "rita@example.org"}, approval).value();
  }
  RequestState state(const DocumentRequest& request) {
    return requests_.find(scope_, request.id).value().state(clock_.now());
  }
  std::vector<std::string> actions() {
    std::vector<std::string> all;
    const AuditPage page = audit_.list(scope_, {}).value();
    for (const AuditEntry& entry : page.items)
      if (entry.record.action.starts_with("trust.document.")) all.push_back(entry.record.action.substr(15));
    std::ranges::reverse(all);
    return all;
  }

  TestTenants tenants_{{audit_schema(), trust_schema(), document_requests_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  const std::vector<Commitment> commitments_ = parse_commitments("security", kRows).value();
  EvidenceRegister evidence_{*tenants_, audit_, clock_, commitments_};
  DocumentRequests requests_{*tenants_, audit_, evidence_, clock_};
  const TenantScope scope_ = tenants_.scope("user:1");
  std::string document_;
};

TEST_F(DocumentRequestsTest, FromTheQuestionToTheCopyEachStepIsInTheAuditLog) {
  const ApprovedRequest given = approved();
  EXPECT_EQ(given.request.number, 1);
  EXPECT_EQ(state(given.request), Approved);
  EXPECT_EQ(requests_.download(scope_, given.token, "").error().code, ErrorCode::NotFound) << "before the terms";
  const auto accepted = requests_.accept(scope_, given.token, 1, " Hanako@Example.com ");
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(accepted->request.terms, 1);
  EXPECT_EQ(state(given.request), Accepted);
  const auto copy = requests_.download(scope_, given.token, accepted->device);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_TRUE(copy->pdf.starts_with("%PDF-"));
  EXPECT_NE(copy->pdf, evidence_.attachment(scope_, document_).value());
  EXPECT_EQ(copy->request.downloads, 1);
  EXPECT_EQ(actions(), (std::vector<std::string>{"ask", "approve", "accept", "download"}));
}

TEST_F(DocumentRequestsTest, WhoAsksCannotTellWhatThereIs) {
  const std::string hidden = file("Not for visitors", false);
  for (const std::string& document : {hidden, std::string("no-such-document"), std::string()})
    EXPECT_EQ(requests_.ask(scope_, document, asker()).value(), std::nullopt) << document;
  ask();
  EXPECT_EQ(requests_.ask(scope_, document_, asker("HANAKO@example.com")).value(), std::nullopt) << "asked already";
  EXPECT_EQ(requests_.list(scope_)->size(), 1U);
  ask("taro@example.com");
  EXPECT_EQ(requests_.list(scope_)->front().number, 2);
}

TEST_F(DocumentRequestsTest, WhatIsNoLineOrNoAddressIsRefusedWithItsField) {
  const auto refused = [&](const auto& change) {
    Asker bad = asker();
    change(bad);
    const auto asked = requests_.ask(scope_, document_, bad);
    return asked ? "" : asked.error().message.substr(0, asked.error().message.find(':'));
  };
  EXPECT_EQ(refused([](Asker& a) { a.name = "  "; }), "/name");
  EXPECT_EQ(refused([](Asker& a) { a.name = "a\r\nBcc: all@example.com"; }), "/name");
  EXPECT_EQ(refused([](Asker& a) { a.name = std::string(101, 'a'); }), "/name");
  EXPECT_EQ(refused([](Asker& a) { a.organisation = "\xff"; }), "/organisation");
  EXPECT_EQ(refused([](Asker& a) { a.reason.clear(); }), "/reason");
  EXPECT_EQ(refused([](Asker& a) { a.mail = "a@example.com, b@example.com"; }), "/mail");
  EXPECT_EQ(refused([](Asker&) {}), "");
}

TEST_F(DocumentRequestsTest, NobodyAnswersThemselvesAndNobodyTwice) {
  const DocumentRequest asked = ask();
  EXPECT_EQ(requests_.approve(scope_, asked.id, {"h", "HANAKO@example.com"}, {}).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(requests_.approve(scope_, asked.id, {"hanako@example.com", ""}, {}).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(requests_.approve(scope_, asked.id, {"rita", ""}, {0, 1}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(requests_.approve(scope_, asked.id, {"rita", ""}, {1, 11}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(requests_.approve(scope_, asked.id, {"rita", ""}, {31, 1}).error().code, ErrorCode::Invalid);
  ASSERT_TRUE(requests_.refuse(scope_, asked.id, {"rita", ""}));
  EXPECT_EQ(requests_.refuse(scope_, asked.id, {"rita", ""}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(state(asked), Refused);
  EXPECT_EQ(requests_.approve(scope_, asked.id, {"rita", ""}, {}).error().code, ErrorCode::Conflict);
  EXPECT_TRUE(requests_.ask(scope_, document_, asker()).value()) << "who was refused may ask again";
  const DocumentRequest other = ask("taro@example.com");
  ASSERT_TRUE(requests_.approve(scope_, other.id, {"rita", ""}, {}));
  EXPECT_EQ(requests_.approve(scope_, other.id, {"rita", ""}, {}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(requests_.refuse(scope_, other.id, {"rita", ""}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(state(other), Approved);
  EXPECT_EQ(requests_.ask(scope_, document_, asker("taro@example.com")).value(), std::nullopt) << "has a link";
}

TEST_F(DocumentRequestsTest, EveryDecisionIsInTheAuditLog) {
  ASSERT_TRUE(requests_.refuse(scope_, ask().id, {"rita", ""}));
  ASSERT_TRUE(requests_.revoke(scope_, approved().request.id, {"rita", ""}));
  EXPECT_EQ(actions(), (std::vector<std::string>{"ask", "refuse", "ask", "approve", "revoke"}));
  AuditQuery query;
  query.action = "trust.terms.publish";
  EXPECT_EQ(audit_.list(scope_, query)->items.size(), 1U);
}

TEST_F(DocumentRequestsTest, WithoutTermsNothingIsApproved) {
  ASSERT_TRUE(tenants_->config(scope_).acquire().value()->execute("DELETE FROM trust_terms"));
  EXPECT_EQ(requests_.approve(scope_, ask().id, {"rita", ""}, {}).error().code, ErrorCode::Conflict);
}

TEST_F(DocumentRequestsTest, WithoutADocumentThatHoldsNothingIsGiven) {
  DocumentRequests another{*tenants_, audit_, evidence_, clock_};
  const DocumentRequest asked = ask();
  clock_.advance(days(101));
  EXPECT_EQ(requests_.approve(scope_, asked.id, {"rita", ""}, {}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(requests_.publish_terms(scope_, terms(" ")).error().code, ErrorCode::Invalid);
  EXPECT_EQ(requests_.publish_terms(scope_, terms(std::string(kMaxTermsBytes + 1, 'x'))).error().code,
            ErrorCode::Invalid);
}

TEST_F(DocumentRequestsTest, ALinkIsForOneBrowserOnly) {
  const ApprovedRequest given = approved();
  const auto first = requests_.accept(scope_, given.token, 1, "hanako@example.com");
  ASSERT_TRUE(first);
  EXPECT_EQ(requests_.by_link(scope_, given.token, "").error().code, ErrorCode::NotFound);
  EXPECT_EQ(requests_.by_link(scope_, given.token, "another").error().code, ErrorCode::NotFound);
  EXPECT_EQ(requests_.accept(scope_, given.token, 1, "hanako@example.com").error().code, ErrorCode::NotFound);
  EXPECT_TRUE(requests_.by_link(scope_, given.token, first->device));
  EXPECT_EQ(requests_.by_link(scope_, given.token + "x", first->device).error().code, ErrorCode::NotFound);
  EXPECT_EQ(requests_.by_link(scope_, "", first->device).error().code, ErrorCode::NotFound);
}

TEST_F(DocumentRequestsTest, TheTermsInForceAreTheOnesThatAreAccepted) {
  const ApprovedRequest given = approved();
  ASSERT_TRUE(requests_.publish_terms(scope_, terms("v2")));
  EXPECT_EQ(requests_.accept(scope_, given.token, 1, "hanako@example.com").error().code, ErrorCode::Stale);
  EXPECT_EQ(requests_.accept(scope_, given.token, 2, "taro@example.com").error().code, ErrorCode::Forbidden);
  EXPECT_TRUE(requests_.accept(scope_, given.token, 2, "hanako@example.com"));
  EXPECT_EQ(requests_.terms(scope_)->front().en, "v2");
}

TEST_F(DocumentRequestsTest, ALinkEndsByTimeByUseAndByRevocation) {
  const ApprovedRequest given = approved({1, 2});
  const std::string device = requests_.accept(scope_, given.token, 1, "hanako@example.com")->device;
  ASSERT_TRUE(requests_.download(scope_, given.token, device));
  ASSERT_TRUE(requests_.download(scope_, given.token, device));
  EXPECT_EQ(state(given.request), Used);
  EXPECT_EQ(requests_.download(scope_, given.token, device).error().code, ErrorCode::NotFound);

  const ApprovedRequest late = approved({1, 2});
  clock_.advance(hours(24) - std::chrono::microseconds(1));
  EXPECT_TRUE(requests_.by_link(scope_, late.token, ""));
  clock_.advance(std::chrono::microseconds(1));
  EXPECT_EQ(state(late.request), Expired);
  EXPECT_EQ(requests_.by_link(scope_, late.token, "").error().code, ErrorCode::NotFound);

  const ApprovedRequest taken = approved();
  ASSERT_TRUE(requests_.revoke(scope_, taken.request.id, {"rita", ""}));
  EXPECT_EQ(state(taken.request), Revoked);
  EXPECT_EQ(requests_.by_link(scope_, taken.token, "").error().code, ErrorCode::NotFound);
  EXPECT_EQ(requests_.revoke(scope_, taken.request.id, {"rita", ""}).error().code, ErrorCode::Conflict);

  const ApprovedRequest orphan = approved();
  ASSERT_TRUE(evidence_.remove(scope_, document_, "*"));
  EXPECT_EQ(requests_.by_link(scope_, orphan.token, "").error().code, ErrorCode::NotFound) << "with its document";
}

TEST_F(DocumentRequestsTest, NeitherTokenNorAskerIsInTheDatabase) {
  const ApprovedRequest given = approved();
  const auto accepted = requests_.accept(scope_, given.token, 1, "hanako@example.com");
  auto db = tenants_->config(scope_).acquire().value();
  const StmtHandle statement = db->prepare("SELECT * FROM trust_requests").value();
  const Row* row = statement->step().value();
  ASSERT_NE(row, nullptr);
  std::string all;
  for (int column = 0; column < 18; ++column) {
    const DbValue value = row->value(column);
    if (const auto* text = std::get_if<std::string>(&value)) all += *text + "\n";
    if (const auto* bytes = std::get_if<Bytes>(&value)) all += std::string(as_text(*bytes)) + "\n";
  }
  for (const std::string& secret : {given.token, accepted->device, std::string("hanako"), std::string("Hanako")})
    EXPECT_EQ(all.find(secret), std::string::npos) << secret;
}

TEST_F(DocumentRequestsTest, TooManyAreRefusedAndOldOnesForgotten) {
  for (std::int64_t i = 0; i < kMaxOpenRequests; ++i) ask("a" + std::to_string(i) + "@example.com");
  EXPECT_EQ(requests_.ask(scope_, document_, asker()).error().code, ErrorCode::TooMany);
  EXPECT_EQ(requests_.ask(scope_, "no-such-document", asker()).error().code, ErrorCode::TooMany) << "the same for all";
  clock_.advance(kUnansweredKept + hours(1));
  ASSERT_TRUE(requests_.prune(scope_));
  EXPECT_TRUE(requests_.list(scope_)->empty());
  document_ = file("Another test", true);
  const ApprovedRequest given = approved();
  ask("taro@example.com");
  clock_.advance(kUnansweredKept + hours(1));
  ASSERT_TRUE(requests_.prune(scope_));
  ASSERT_EQ(requests_.list(scope_)->size(), 1U);
  EXPECT_EQ(state(given.request), Expired) << "what was answered is kept for longer";
  clock_.advance(kRequestsKept);
  ASSERT_TRUE(requests_.prune(scope_));
  EXPECT_TRUE(requests_.list(scope_)->empty());
}

RC_GTEST_PROP(RequestStateProperty, WhatAWorkingLinkNeeds, ()) {
  const Timestamp now = from_micros(1'790'000'000'000'000);
  const auto any_time = [&] { return now + hours(*rc::gen::inRange(-1000, 1000)); };
  DocumentRequest request;
  request.is_refused = *rc::gen::arbitrary<bool>();
  request.is_revoked = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) request.decided = any_time();
  if (*rc::gen::arbitrary<bool>()) request.expires = any_time();
  if (*rc::gen::arbitrary<bool>()) request.accepted = any_time();
  request.downloads = *rc::gen::inRange(0, 4);
  request.downloads_allowed = *rc::gen::inRange(0, 4);
  const RequestState state = request.state(now);
  const bool works = state == Approved || state == Accepted;
  RC_ASSERT(works == (!request.is_refused && !request.is_revoked && request.decided && request.expires &&
                      *request.decided <= now + kClockTolerance && now < *request.expires &&
                      request.downloads < request.downloads_allowed));
  // What has ended ends for good: time alone brings nothing back.
  if (!works && state != Asked && (!request.decided || *request.decided <= now)) {
    const RequestState later = request.state(now + hours(*rc::gen::inRange(0, 100'000)));
    RC_ASSERT(later != Approved && later != Accepted);
  }
}

}  // namespace
}  // namespace warder::manager
