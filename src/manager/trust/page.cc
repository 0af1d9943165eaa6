#include "manager/trust/page.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "manager/trust/html.h"

namespace warder::manager {
namespace {

constexpr auto kWords = std::to_array<Words>({
    {"title", "Trust Center", "トラストセンター"},
    {"intro",
     "Every sentence on this page is a promise with a running check or with evidence behind it. Nothing is shown as "
     "kept "
     "by default: green means that each of its checks has passed within its time, and that its evidence holds today.",
     "このページの各文は、実行中の検査または証拠に裏付けられた約束です。初期状態で「遵守」と表示されるものはありません"
     "。"
     "緑は、期限内にすべての検査に合格し、証拠が本日有効であることを意味します。"},
    {"notice", "Data Collection Notice", "データ収集に関する通知"},
    {"measures", "Measures (GDPR Art. 32)", "安全管理措置（GDPR 第32条）"},
    {"compliance", "Compliance", "コンプライアンス"},
    {"privacy", "Privacy", "プライバシー"},
    {"security", "Security", "セキュリティ"},
    {"faq", "Frequently asked", "よくある質問"},
    {"pass", "kept", "遵守"},
    {"fail", "not kept", "未遵守"},
    {"unknown", "unknown", "不明"},
    {"stale", "out of date", "期限切れ"},
    {"not-measured", "not measured", "未測定"},
    {"not-claimed", "not claimed", "未表明"},
    {"statement", "statement", "表明"},
    {"check-failed", "A check found that this is not so at present.", "検査の結果、現在は守られていません。"},
    {"check-not-carried-out", "A check could not be carried out.", "検査を実施できませんでした。"},
    {"result-stale", "The last result is too old to rely on.", "最後の結果が古く、信頼できません。"},
    {"result-of-the-future", "The clock does not agree with the results.", "時計と結果の時刻が一致しません。"},
    {"no-check", "There is no check for this yet.", "これに対する検査はまだありません。"},
    {"no-check-absent", "The part of the product that would measure this does not exist yet.",
     "これを測定する機能は、製品にまだありません。"},
    {"no-check-build", "This is decided where the program is built; the running service cannot see it.",
     "これはプログラムの構築時に決まるもので、稼働中のサービスからは確認できません。"},
    {"no-check-people", "A program cannot see this; it rests on evidence alone.",
     "プログラムからは確認できず、証拠だけに基づきます。"},
    {"pending", "not measured yet", "測定準備中"},
    {"not-measured-yet", "What is checked is being prepared.", "検査の対象は準備中です。"},
    {"pending-too-long", "What is checked has been in preparation for too long.",
     "検査の対象の準備が、許容される時間を過ぎても終わっていません。"},
    {"no-result-yet", "Its check has not been carried out yet.", "検査はまだ実施されていません。"},
    {"no-evidence", "The operator has filed no evidence.", "運営者は証拠を登録していません。"},
    {"evidence-not-reviewed", "Evidence is filed, and nobody else has reviewed it yet.",
     "証拠は登録されていますが、まだ第三者による確認がありません。"},
    {"evidence-expired", "The evidence has expired.", "証拠の有効期限が切れています。"},
    {"evidence-of-the-future", "The evidence is dated in the future.", "証拠の日付が未来です。"},
    {"standard-superseded", "The evidence is for a version of the standard that is no longer in force.",
     "証拠は、失効した版の規格に対するものです。"},
    {"superseded", "This promise once named {old}; that version is superseded by {new}.",
     "この約束はかつて {old} を挙げていましたが、現在は {new} に置き換えられています。"},
    {"checked", "Last checked", "最終検査"},
    {"until", "holds until", "有効期限"},
    {"how", "What is checked, and how", "検査の内容と方法"},
    {"controls", "Controls", "対応する管理策"},
    {"documents", "Published documents", "公開文書"},
    {"on-request", "Documents on request", "請求により提供する文書"},
    {"ask", "Ask for it", "請求する"},
    {"history", "Changes of this page", "このページの変更履歴"},
    {"no-history", "There are none yet.", "まだありません。"},
    {"verify", "Verify it yourself", "ご自身で検証する"},
    {"verify-text",
     "The same states are in a signed file. Each result in it is an entry of an append-only log, with a proof. "
     "Command: warder trust verify <address of this page>/v1/status.json",
     "同じ内容を署名付きファイルで提供しています。各結果は追記専用ログの項目であり、証明が付いています。"
     "コマンド: warder trust verify <このページのアドレス>/v1/status.json"},
    {"verified-good",
     "Your browser has verified the signature, the log's checkpoint and {n} results. Signed by {key}; compare it with "
     "a "
     "key that you know.",
     "お使いのブラウザーが署名、ログのチェックポイント、{n} 件の結果を検証しました。署名鍵は {key} です。"
     "既知の鍵と照合してください。"},
    {"verified-old", "The signature is right, but the status is of the past. Signed by {key}.",
     "署名は正しいものの、過去の状態です。署名鍵は {key} です。"},
    {"verified-bad", "Your browser could not verify the status:", "ブラウザーで状態を検証できませんでした:"},
    {"verified-unproven", "not proven", "証明なし"},
    {"witnessed-some", "{n} of {m} agents that the file names have cosigned this log.",
     "ファイルに記載された {m} 台のエージェントのうち {n} 台が、このログに連署しています。"},
    {"witnessed-none",
     "No agent has cosigned this log: that it is the same for everybody rests on the operator's word.",
     "このログに連署したエージェントはありません。全員に同じログが示されていることは、運営者の言明だけに基づきます。"},
    {"witnessed-wrong", "not right", "不正"},
    {"as-of", "As of", "時点"},
    {"ratio", "at least {n} percent", "{n}% 以上"},
    {"other", "日本語", "English"},
});

std::string filled(std::string_view text, std::string_view name, std::string_view value) {
  std::string out{text};
  if (const std::size_t at = out.find(name); at != std::string::npos) out.replace(at, name.size(), value);
  return out;
}

class TrustPage : public Html {
 public:
  explicit TrustPage(const PageInput& input) : Html(kWords, input.language), input_(input) {}

  void page() {
    raw("<!doctype html>\n<html lang=\"").raw(code());
    raw("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    raw("<title>").say("title").raw("</title><link rel=\"stylesheet\" href=\"/trust/style.css\">");
    raw("<script type=\"module\" src=\"/trust/live.js\"></script></head><body><header><h1>")
        .say("title")
        .raw("</h1><p>");
    say("intro").raw("</p><nav>");
    for (const std::string_view section : kTrustSections)
      raw("<a href=\"#").raw(section).raw("\">").say(section).raw("</a> ");
    raw("<a href=\"/trust/notice\">").say("notice").raw("</a> ");
    raw("<a href=\"/trust/measures\">").say("measures").raw("</a> ");
    raw("<a lang=\"").raw(is_japanese() ? "en" : "ja").raw("\" href=\"?lang=").raw(is_japanese() ? "en" : "ja");
    raw("\">").say("other").raw("</a></nav></header><main>\n");
    for (const std::string_view section : kTrustSections) this->section(section);
    documents();
    documents_on_request();
    history();
    raw("<section id=\"verify\"><h2>").say("verify").raw("</h2><p>").say("verify-text");
    raw("</p><p id=\"verified\"");
    for (const std::string_view key : {"good", "old", "bad", "stale", "unproven"})
      raw(" data-").raw(key).raw("=\"").say(key == "stale" ? "stale" : "verified-" + std::string(key)).raw("\"");
    raw("></p><div id=\"witnessed\"");
    for (const std::string_view key : {"some", "none", "wrong"})
      raw(" data-").raw(key).raw("=\"").say("witnessed-" + std::string(key)).raw("\"");
    raw("></div><p><a href=\"/trust/v1/status.json\">status.json</a> <a "
        "href=\"/trust/v1/key\">key</a></p></section>\n</main><footer><p>");
    say("as-of").raw(" ");
    time(input_.snapshot.time);
    raw("</p></footer></body></html>\n");
  }

 private:
  void section(std::string_view section) {
    raw("<section id=\"").raw(section).raw("\"><h2>").say(section).raw("</h2>\n");
    for (const TrustSnapshot::Line& each : input_.snapshot.lines)
      if (each.commitment->section == section) line(each);
    raw("</section>\n");
  }

  void line(const TrustSnapshot::Line& line) {
    const Commitment& commitment = *line.commitment;
    const std::string_view state = name(line.assessment.state);
    raw("<article id=\"").text(commitment.id).raw("\" class=\"").raw(state).raw("\"");
    if (line.assessment.state == TrustState::Kept && line.assessment.holds_until)
      raw(" data-until=\"")
          .raw(to_rfc3339(*line.assessment.holds_until))
          .raw("\" data-stale=\"")
          .say("stale")
          .raw("\"");
    raw("><h3>").text(is_japanese() ? commitment.ja : commitment.en).raw("</h3><p><strong class=\"state\">");
    say(state).raw("</strong> ");
    if (!line.assessment.reason.empty()) say(line.assessment.reason).raw(" ");
    if (line.assessment.checked) {
      say("checked").raw(": ");
      time(*line.assessment.checked);
    }
    if (line.assessment.state == TrustState::Kept && line.assessment.holds_until) {
      raw(", ").say("until").raw(" ");
      time(*line.assessment.holds_until);
    }
    raw("</p>");
    superseded(commitment);
    ratio(commitment);
    checks(commitment);
    controls(commitment);
    raw("</article>\n");
  }

  void superseded(const Commitment& commitment) {
    if (commitment.supersedes.empty()) return;
    const std::string said =
        filled(filled(word("superseded"), "{old}", commitment.supersedes), "{new}", commitment.superseded_by);
    raw("<p class=\"superseded\">").text(said).raw("</p>");
  }

  void ratio(const Commitment& commitment) {
    if (!commitment.shows_ratio) return;
    for (const std::string& check : commitment.checks) {
      const auto result = input_.snapshot.results.find(check);
      if (result == input_.snapshot.results.end() || !result->second.ratio) continue;
      if (const auto percent = result->second.ratio->shown_percent())
        raw("<p>").text(filled(word("ratio"), "{n}", std::to_string(*percent))).raw("</p>");
    }
  }

  void checks(const Commitment& commitment) {
    if (commitment.checks.empty()) return;
    raw("<details><summary>").say("how").raw("</summary><ul>");
    for (const std::string& id : commitment.checks) {
      const auto check = std::ranges::find(input_.checks, id, &Check::id);
      if (check == input_.checks.end()) continue;
      raw("<li>").text(is_japanese() ? check->ja : check->en);
      if (const auto result = input_.snapshot.results.find(id); result != input_.snapshot.results.end()) {
        const Verdict verdict = result->second.verdict;
        raw(" <em>").say(verdict == Verdict::Unknown ? "unknown" : name(verdict)).raw("</em> ");
        time(result->second.time);
      }
      raw("</li>");
    }
    raw("</ul></details>");
  }

  void controls(const Commitment& commitment) {
    if (commitment.controls.empty()) return;
    raw("<details><summary>").say("controls").raw("</summary><ul>");
    for (const std::string& control : commitment.controls) raw("<li>").text(control).raw("</li>");
    raw("</ul></details>");
  }

  void documents() {
    if (input_.published.empty()) return;
    raw("<section id=\"documents\"><h2>").say("documents").raw("</h2><ul>");
    for (const EvidenceRecord& record : input_.published) {
      raw("<li><a href=\"/trust/documents/").raw(record.sha256).raw("\">").text(record.title).raw("</a> (<a href=\"#");
      text(record.facts.commitment).raw("\">").text(record.facts.commitment).raw("</a>) SHA-256 <code>");
      text(record.sha256).raw("</code></li>");
    }
    raw("</ul></section>\n");
  }

  void documents_on_request() {
    if (input_.on_request.empty()) return;
    raw("<section id=\"on-request\"><h2>").say("on-request").raw("</h2><ul>");
    for (const EvidenceRecord& record : input_.on_request) {
      raw("<li>").text(record.title).raw(" (<a href=\"#").text(record.facts.commitment).raw("\">");
      text(record.facts.commitment).raw("</a>) <a href=\"/trust/request?document=").text(record.id).raw("\">");
      say("ask").raw("</a></li>");
    }
    raw("</ul></section>\n");
  }

  void history() {
    raw("<section id=\"history\"><h2>").say("history").raw("</h2>");
    if (input_.history.empty()) raw("<p>").say("no-history").raw("</p>");
    raw("<ul>");
    for (const StateChange& change : input_.history) {
      raw("<li>");
      time(change.time);
      raw(" <a href=\"#")
          .text(change.commitment)
          .raw("\">")
          .text(change.commitment)
          .raw("</a> ")
          .say(name(change.state))
          .raw("</li>");
    }
    raw("</ul></section>\n");
  }

  const PageInput& input_;
};

}  // namespace

PageLanguage page_language(std::string_view accept_language, std::string_view asked) {
  if (asked == "ja") return PageLanguage::Japanese;
  if (asked == "en") return PageLanguage::English;
  for (const std::string_view part : split(accept_language, ',')) {
    const std::string_view tag = trim(part.substr(0, part.find(';')));
    if (part.find("q=0") != std::string_view::npos && part.find("q=0.") == std::string_view::npos) continue;
    if (equals_ignoring_case(tag.substr(0, 2), "ja")) return PageLanguage::Japanese;
    if (equals_ignoring_case(tag.substr(0, 2), "en")) return PageLanguage::English;
  }
  return PageLanguage::English;
}

std::string_view trust_word(std::string_view key, PageLanguage language) {
  return Html(kWords, language).word(key);
}

std::string trust_page(const PageInput& input) {
  TrustPage html(input);
  html.page();
  return html.take();
}

std::string_view trust_style() noexcept {
  return R"(:root{color-scheme:light dark}
body{font:1rem/1.6 system-ui,sans-serif;max-width:60rem;margin:auto;padding:1rem}
nav a{margin-right:1rem}
article{border-left:.4rem solid #767676;padding:.1rem 1rem;margin:1rem 0}
article h3{font-size:1rem;margin:.4rem 0}
article.pass{border-color:#1a7f37}
article.fail{border-color:#c62828}
article.unknown{border-color:#9a6700}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.1rem .6rem .1rem 0;vertical-align:top}
.state{border:1px solid;border-radius:.3rem;padding:0 .4rem}
.superseded{font-style:italic}
.unseen{position:absolute;left:-100rem}
.problem{border-left:.4rem solid #c62828;padding-left:.6rem}
.terms{border:1px solid #767676;padding:0 1rem;overflow-wrap:anywhere}
)";
}

}  // namespace warder::manager
