// The page and the signed status, and what the verifier of formats/ makes of forged ones.
#include "manager/trust/trust_site.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/random.h"
#include "base/testing/log.h"
#include "formats/trust_status.h"
#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

using formats::TrustReport;
using formats::verify_trust_status;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::string_view kRows = R"(
- {id: tc-1, kind: technical, en: "One <b>.", ja: 一つ。, owner: security, checks: [a], pci: ["4.2.1"]}
- {id: tc-2, kind: technical, en: Two., ja: 二つ。, owner: security, checks: [a, b], public: ratio}
- {id: tc-3, kind: organisational, en: Three., ja: 三つ。, owner: people, evidence: 365d, supersedes: Old 1, superseded_by: New 2}
)";

class TrustSiteTest : public ::testing::Test {
 protected:
  TrustSiteTest() {
    const auto check = [this](const std::string& id) {
      return Check{id, "How " + id, "方法 " + id,
                   [this, id](const std::stop_token&) -> Result<CheckOutcome> { return outcomes_.at(id); }};
    };
    EXPECT_TRUE(center_.use({check("a"), check("b")}));
  }
  HttpResponse get(const std::string& path, const std::string& language = "en") {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.headers["accept-language"] = language;
    return site_.respond(request).value();
  }
  std::string status() { return get("/trust/v1/status.json").body; }
  static std::string shown(const TrustReport& report, const std::string& id) {
    const auto found = std::ranges::find(report.lines, id, &formats::TrustLine::id);
    return found == report.lines.end() ? "" : found->shown;
  }
  std::string shown(const std::string& text, const std::string& id, Timestamp now) {
    const auto report = verify_trust_status(text, std::nullopt, now);
    return report ? shown(*report, id) : report.error().message;
  }
  /// The status with another payload, signed as a lying server with the right key would.
  std::string forged(const std::function<void(json::object&)>& change) {
    json::value envelope = parse_json(status(), 8 << 20).value();
    const Bytes before = from_base64(std::string_view(envelope.at("payload").as_string())).value();
    json::value payload = parse_json(as_text(before), 8 << 20).value();
    change(payload.as_object());
    const std::string text = json::serialize(payload);
    const auto signature = center_.store().signing_key(scope_).value().sign(
        as_bytes(formats::dsse_encoding(formats::kTrustStatusType, text)));
    envelope.at("payload") = to_base64(as_bytes(text));
    envelope.at("signatures").at(0).at("sig") = to_base64(signature);
    return json::serialize(envelope);
  }

  TestTenants tenants_{{audit_schema(), trust_schema(), written_policies_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  ScopeMaker scopes_{*tenants_};
  warder::testing::RecordingLog log_;
  std::map<std::string, CheckOutcome, std::less<>> outcomes_{{"a", passed("")},
                                                             {"b", passed("secret", Ratio{99, 100})}};
  TrustCenter center_{{*tenants_, scopes_, audit_, clock_, log_},
                      {},
                      parse_commitments("security", kRows).value(),
                      [](const TenantScope&, const TrustNews&) {}};
  TrustSite site_{center_, audit_, clock_, {"mailto:security@example.com", "https://manager.example:8443"}};
  const TenantScope scope_ = tenants_.scope("user:1");
};

TEST_F(TrustSiteTest, ThePageSaysWhatIsKnownAndNothingElse) {
  std::string page = get("/trust").body;
  EXPECT_NE(page.find("<html lang=\"en\""), std::string::npos);
  EXPECT_NE(page.find("One &lt;b&gt;."), std::string::npos);
  EXPECT_EQ(page.find("class=\"pass\""), std::string::npos) << "green by default";
  ASSERT_TRUE(center_.work());
  clock_.advance(minutes(1));
  page = get("/trust").body;
  EXPECT_NE(page.find("id=\"tc-1\" class=\"pass\" data-until=\""), std::string::npos);
  EXPECT_NE(page.find("id=\"tc-3\" class=\"not-claimed\""), std::string::npos);
  EXPECT_NE(page.find("superseded by New 2"), std::string::npos);
  EXPECT_NE(page.find("at least 95 percent"), std::string::npos);
  EXPECT_NE(page.find("PCI DSS 4.0.1: 4.2.1"), std::string::npos);
  EXPECT_EQ(page.find("secret"), std::string::npos) << "details are for the operator";
  EXPECT_EQ(page.find("99"), std::string::npos) << "numbers as well";
}

TEST_F(TrustSiteTest, ThePageLeadsToItsNoticesAndSaysWhatItsVerifierFound) {
  for (const char* language : {"en", "ja"}) {
    const std::string page = get("/trust", language).body;
    EXPECT_NE(page.find("<a href=\"/trust/notice\">"), std::string::npos) << language;
    const std::size_t at = page.find("id=\"witnessed\"");
    ASSERT_NE(at, std::string::npos) << language;
    for (const char* word : {" data-some=\"", " data-none=\"", " data-wrong=\""})
      EXPECT_NE(page.find(word, at), std::string::npos) << language << word;
  }
}

TEST_F(TrustSiteTest, WhatTheClockMakesOfThePage) {
  ASSERT_TRUE(center_.work());
  clock_.advance(hours(3));
  EXPECT_NE(get("/trust").body.find("id=\"tc-1\" class=\"stale\""), std::string::npos);
  clock_.step_to(clock_.now() - hours(24));
  EXPECT_NE(get("/trust").body.find("id=\"tc-1\" class=\"unknown\""), std::string::npos);
}

TEST_F(TrustSiteTest, SpeaksBothLanguages) {
  EXPECT_NE(get("/trust", "ja-JP,en;q=0.5").body.find("一つ。"), std::string::npos);
  EXPECT_NE(get("/trust", "de, ja;q=0.9, en;q=0.8").body.find("<html lang=\"ja\""), std::string::npos);
  EXPECT_NE(get("/trust", "ja;q=0, en").body.find("<html lang=\"en\""), std::string::npos);
  EXPECT_EQ(page_language("ja", "en"), PageLanguage::English) << "who asks gets it";
  EXPECT_EQ(page_language("en", "ja"), PageLanguage::Japanese);
  EXPECT_EQ(page_language("", "xx"), PageLanguage::English);
}

TEST_F(TrustSiteTest, IsReadOnlyAndStrict) {
  HttpRequest post;
  post.method = "POST";
  post.path = "/trust";
  EXPECT_EQ(site_.respond(post)->status, 405);
  post.path = "/trusted";
  EXPECT_FALSE(site_.respond(post).has_value()) << "not its own";
  const HttpResponse page = get("/trust");
  const std::string& policy = page.headers.at("content-security-policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(page.body.find("<script>"), std::string::npos) << "nothing inline";
  EXPECT_EQ(page.body.find(" style="), std::string::npos);
  EXPECT_EQ(get("/trust/none").status, 404);
  EXPECT_EQ(get("/trust/live.js").status, 200);
  EXPECT_EQ(get("/trust/style.css").status, 200);
}

TEST_F(TrustSiteTest, SecurityTxtHoldsAndIsThereOnlyWithAContact) {
  const std::string text = get("/.well-known/security.txt").body;
  EXPECT_TRUE(text.starts_with("Contact: mailto:security@example.com\n"));
  const std::size_t at = text.find("Expires: ") + 9;
  EXPECT_GT(parse_rfc3339(text.substr(at, text.find('\n', at) - at)).value(), clock_.now() + hours(24));
  TrustSite without{center_, audit_, clock_, {}};
  HttpRequest request;
  request.method = "GET";
  request.path = "/.well-known/security.txt";
  EXPECT_EQ(without.respond(request)->status, 404);
}

TEST_F(TrustSiteTest, TheStatusProvesItsResults) {
  ASSERT_TRUE(center_.work());
  const std::string text = status();
  const crypto::NoteKey key =
      crypto::NoteKey::parse(get("/trust/v1/key").body.substr(0, get("/trust/v1/key").body.size() - 1)).value();
  const TrustReport report = verify_trust_status(text, key, clock_.now()).value();
  EXPECT_TRUE(report.is_current);
  EXPECT_TRUE(report.is_honest());
  EXPECT_TRUE(report.is_key_pinned);
  EXPECT_EQ(report.proven, 2U);
  EXPECT_EQ(shown(report, "tc-1"), "pass");
  EXPECT_EQ(shown(report, "tc-3"), "not-claimed");
  EXPECT_EQ(
      from_base64(std::string_view(parse_json(text, 8 << 20).value().at("payload").as_string())).value().size() > 0,
      true);
  EXPECT_EQ(as_text(from_base64(std::string_view(parse_json(text, 8 << 20)->at("payload").as_string())).value())
                .find("secret"),
            std::string_view::npos);
}

TEST_F(TrustSiteTest, TheStatusShowsWhoHasSeenTheLog) {
  ASSERT_TRUE(center_.work());
  const AgentId agent = AgentId{UuidGenerator{fill_random}.next(clock_.now())};
  const auto key = crypto::SigningKey::generate();
  const crypto::WitnessKey witness{audit_witness_name(agent), key.public_key()};
  const AuditCheckpoint seen = audit_.make_checkpoint(scope_).value();
  const std::string line = crypto::cosign(seen.note, witness.name, key, clock_.now()).value();
  ASSERT_TRUE(audit_.take_cosignature(scope_, agent, {witness.text(), seen.entries, line}));
  ASSERT_TRUE(audit_.append(scope_, "policy.update", "policy:1", AuditOutcome::Success));
  const Timestamp now = clock_.now();
  const TrustReport report = verify_trust_status(status(), std::nullopt, now).value();
  ASSERT_EQ(report.witnesses.size(), 1U);
  EXPECT_EQ(report.witnesses[0].key, witness);
  EXPECT_EQ(report.witnesses[0].entries, static_cast<std::uint64_t>(seen.entries));
  EXPECT_TRUE(report.is_honest());
  const auto lied = [&](const char* member, const json::value& value) {
    const std::string text =
        forged([&](json::object& payload) { payload.at("log").at("witnesses").at(0).as_object()[member] = value; });
    const TrustReport other = verify_trust_status(text, std::nullopt, now).value();
    return other.witnesses.empty() && other.false_witness.size() == 1 && !other.is_honest();
  };
  EXPECT_TRUE(lied("key", json::string(crypto::WitnessKey{witness.name, {1}}.text())));
  EXPECT_TRUE(lied("note", json::string(seen.note)));
  EXPECT_TRUE(lied("proof", json::array{}));
  const std::string doubled = forged([](json::object& payload) {
    json::array& all = payload.at("log").at("witnesses").as_array();
    const json::value first = all.at(0);
    all.push_back(first);
  });
  const TrustReport twice = verify_trust_status(doubled, std::nullopt, now).value();
  EXPECT_EQ(twice.witnesses.size(), 1U);
  EXPECT_EQ(twice.false_witness.size(), 1U) << "one agent counts once";
}

TEST_F(TrustSiteTest, AnOldStatusIsOfThePastAndItsResultsTurnStale) {
  ASSERT_TRUE(center_.work());
  const std::string text = status();
  EXPECT_FALSE(verify_trust_status(text, std::nullopt, clock_.now() + minutes(16))->is_current);
  EXPECT_EQ(shown(text, "tc-1", clock_.now() + hours(2)), "pass");
  EXPECT_EQ(shown(text, "tc-1", clock_.now() + hours(3)), "stale");
  EXPECT_EQ(shown(text, "tc-1", clock_.now() - hours(1)), "unknown");
}

TEST_F(TrustSiteTest, AForgedOrTruncatedStatusIsFound) {
  ASSERT_TRUE(center_.work());
  const std::string text = status();
  const Timestamp now = clock_.now();
  for (std::size_t cut = 0; cut < text.size(); cut += 97)
    EXPECT_FALSE(verify_trust_status(text.substr(0, cut), std::nullopt, now)) << cut;
  std::string changed = text;
  const std::size_t at = changed.find("\"payload\":\"") + 400;
  changed[at] = changed[at] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(verify_trust_status(changed, std::nullopt, now));
  const crypto::NoteKey other{"other", crypto::SigningKey::generate().public_key()};
  EXPECT_EQ(verify_trust_status(text, other, now).error().code, ErrorCode::Forbidden);
}

TEST_F(TrustSiteTest, NotEvenTheRightKeySignsAPassThatTheLogDoesNotHave) {
  outcomes_.at("b") = failed("broken");
  ASSERT_TRUE(center_.work());
  const Timestamp now = clock_.now();
  EXPECT_EQ(shown(status(), "tc-2", now), "fail");
  const auto claim = [](json::object& payload) { payload.at("commitments").at(1).at("state") = "pass"; };
  EXPECT_EQ(shown(forged(claim), "tc-2", now), "unproven");
  EXPECT_FALSE(verify_trust_status(forged(claim), std::nullopt, now)->is_honest());
  const auto with = [&](const auto& more) {
    return shown(forged([&](json::object& payload) {
                   claim(payload);
                   more(payload);
                 }),
                 "tc-2", now);
  };
  EXPECT_EQ(with([](json::object& p) { p.at("results").at(1).at("verdict") = "pass"; }), "unproven")
      << "the entry counts";
  EXPECT_EQ(with([](json::object& p) { p.at("results").at(1).as_object().erase("proof"); }), "unproven");
  EXPECT_EQ(with([](json::object& p) { p.at("results").at(1).at("leaf") = p.at("results").at(0).at("leaf"); }),
            "unproven");
  EXPECT_EQ(with([](json::object& p) {
              p.at("results").at(1) = p.at("results").at(0);
              p.at("results").at(1).at("check") = "b";
            }),
            "unproven")
      << "the proof of another check";
  EXPECT_EQ(with([](json::object& p) { p.at("commitments").at(1).at("checks") = json::array(); }), "unproven");
  EXPECT_EQ(with([](json::object& p) { p.at("log") = nullptr; }), "unproven");
}

}  // namespace
}  // namespace warder::manager
