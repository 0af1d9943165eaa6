#include "manager/trust/measures.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "crypto/hash.h"
#include "manager/trust/html.h"

namespace warder::manager {
namespace {

struct Group {
  std::string_view letter;
  std::string_view en;
  std::string_view ja;
};
/// GDPR Art. 32(1).
constexpr auto kGroups = std::to_array<Group>({
    {"a", "Pseudonymisation and encryption", "仮名化と暗号化"},
    {"b", "Confidentiality, integrity, availability and resilience", "機密性、完全性、可用性、回復力"},
    {"c", "Restoring availability and access after an incident", "インシデント後の可用性とアクセスの復旧"},
    {"d", "Testing, assessing and evaluating the measures regularly", "対策の定期的な試験、査定、評価"},
});

constexpr auto kWords = std::to_array<Words>({
    {"title", "Technical and organisational measures", "技術的・組織的安全管理措置"},
    {"intro",
     "The measures of GDPR Article 32, as the Trust Center knows them now. The list is made from the promises and "
     "their "
     "checks; what is not kept, unknown or not measured is shown as such.",
     "GDPR 第32条の措置の現在の状態です。この一覧は約束とその検査から作成され、守られていないもの、不明なもの、測定され"
     "ていないものもそのまま示します。"},
    {"back", "Trust Center", "トラストセンター"},
    {"measure", "Measure", "措置"},
    {"state", "State", "状態"},
    {"checked", "Last checked", "最終検査"},
    {"how", "How it is checked", "検査の方法"},
    {"never", "never", "なし"},
    {"nothing", "Nothing checks this yet.", "これを検査するものはまだありません。"},
    {"versions", "Versions of the list", "一覧の版"},
    {"as-of", "As of", "時点"},
    {"other", "日本語", "English"},
});

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

json::object evidence_row(std::chrono::days life) {
  const std::string days = std::to_string(life.count());
  return {{"check", json::value()},
          {"en", "Evidence that somebody else has reviewed, at most " + days + " days old."},
          {"ja", "別の担当者が確認した、" + days + "日以内の証拠によります。"}};
}

json::object to_json(const Commitment& commitment, std::span<const Check> checks) {
  json::array how;
  for (const std::string& id : commitment.checks) {
    const auto check = std::ranges::find(checks, id, &Check::id);
    if (check != checks.end()) how.push_back(json::object{{"check", id}, {"en", check->en}, {"ja", check->ja}});
  }
  if (commitment.evidence_life) how.push_back(evidence_row(*commitment.evidence_life));
  return {{"id", commitment.id},
          {"kind", name(commitment.kind)},
          {"text", json::object{{"en", commitment.en}, {"ja", commitment.ja}}},
          {"how", std::move(how)}};
}

class MeasuresPage : public Html {
 public:
  explicit MeasuresPage(PageLanguage language) : Html(kWords, language), language_(language) {}

  void page(const MeasuresNow& now) {
    raw("<!doctype html>\n<html lang=\"").raw(code());
    raw("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    raw("<title>").say("title").raw("</title><link rel=\"stylesheet\" href=\"/trust/style.css\"></head><body><header>");
    raw("<h1>").say("title").raw("</h1>").paragraph("intro").raw("<nav><a href=\"/trust\">").say("back");
    raw("</a> <a href=\"/trust/v1/measures.json\">measures.json</a> ");
    raw("<a lang=\"").raw(is_japanese() ? "en" : "ja").raw("\" href=\"?lang=").raw(is_japanese() ? "en" : "ja");
    raw("\">").say("other").raw("</a></nav></header><main>\n");
    for (const json::value& each : now.measures.at("groups").as_array()) group(each);
    raw("<section id=\"versions\"><h2>").say("versions").raw("</h2><ul>");
    for (const NoticeVersion& version : now.versions) {
      raw("<li>").text(std::to_string(version.number)).raw(": ").time(version.since).raw(" <code>");
      text(version.digest.substr(0, 16)).raw("</code></li>");
    }
    raw("</ul></section>\n</main><footer><p>")
        .say("as-of")
        .raw(" ")
        .time(now.time)
        .raw("</p></footer></body></html>\n");
  }

 private:
  [[nodiscard]] std::string_view in_language(const json::value& texts) const {
    return std::string_view(texts.at(is_japanese() ? "ja" : "en").as_string());
  }

  void group(const json::value& group) {
    const std::string_view letter(group.at("letter").as_string());
    raw("<section id=\"").raw(letter).raw("\"><h2>").text("Art. 32(1)(").text(letter).text(") ");
    text(in_language(group.at("title"))).raw("</h2><table><thead><tr>");
    for (const std::string_view key : {"measure", "state", "checked", "how"})
      raw("<th scope=\"col\">").say(key).raw("</th>");
    raw("</tr></thead><tbody>\n");
    for (const json::value& each : group.at("measures").as_array()) measure(each);
    raw("</tbody></table></section>\n");
  }

  void measure(const json::value& measure) {
    const std::string_view id(measure.at("id").as_string());
    const std::string_view state(measure.at("state").as_string());
    const std::string_view reason(measure.at("reason").as_string());
    raw("<tr class=\"").raw(state).raw("\"><td><a href=\"/trust#").text(id).raw("\">");
    text(in_language(measure.at("text")))
        .raw("</a></td><td><strong class=\"state\">")
        .text(trust_word(state, language_));
    raw("</strong>");
    if (!reason.empty()) raw(" ").text(trust_word(reason, language_));
    raw("</td><td>");
    const json::value& checked = measure.at("checked");
    const auto when = checked.is_string() ? parse_rfc3339(std::string_view(checked.as_string()))
                                          : Result<Timestamp>(fail(ErrorCode::NotFound, ""));
    if (when)
      time(*when);
    else
      say("never");
    raw("</td><td>");
    const json::array& how = measure.at("how").as_array();
    if (how.empty()) say("nothing");
    for (const json::value& each : how) raw("<p>").text(in_language(each)).raw("</p>");
    raw("</td></tr>\n");
  }

  PageLanguage language_;
};

}  // namespace

json::object make_measures(std::span<const Commitment> commitments, std::span<const Check> checks) {
  json::array groups;
  for (const Group& group : kGroups) {
    json::array measures;
    for (const Commitment& commitment : commitments)
      if (std::ranges::find(commitment.art32, group.letter) != commitment.art32.end())
        measures.push_back(to_json(commitment, checks));
    groups.push_back(json::object{{"letter", group.letter},
                                  {"title", json::object{{"en", group.en}, {"ja", group.ja}}},
                                  {"measures", std::move(measures)}});
  }
  return {{"groups", std::move(groups)}};
}

json::object with_states(json::object measures, const TrustSnapshot& snapshot) {
  for (json::value& group : measures.at("groups").as_array()) {
    for (json::value& each : group.as_object().at("measures").as_array()) {
      json::object& measure = each.as_object();
      const std::string_view id(measure.at("id").as_string());
      const auto line =
          std::ranges::find(snapshot.lines, id, [](const TrustSnapshot::Line& one) { return one.commitment->id; });
      const bool is_known = line != snapshot.lines.end();
      const Assessment assessment = is_known ? line->assessment : Assessment{};
      measure["state"] = name(assessment.state);
      measure["reason"] = assessment.reason;
      measure["checked"] = time_or_null(assessment.checked);
      measure["holds_until"] = time_or_null(assessment.holds_until);
    }
  }
  return measures;
}

std::string measures_digest(const json::object& measures) {
  return to_hex(crypto::sha256(as_bytes(json::serialize(measures))));
}

Result<MeasuresNow> measures_now(TrustCenter& center) {
  MeasuresNow now;
  now.measures = make_measures(center.commitments(), center.checks());
  now.versions = WD_TRY(center.store().measures_versions(WD_TRY(center.scope()), measures_digest(now.measures)));
  const TrustSnapshot snapshot = WD_TRY(center.snapshot());
  now.measures = with_states(std::move(now.measures), snapshot);
  now.time = snapshot.time;
  return now;
}

json::object to_json(const MeasuresNow& now) {
  const NoticeVersion& version = now.versions.front();
  json::object made{{"format", 1},
                    {"version", version.number},
                    {"since", to_rfc3339(version.since)},
                    {"digest", version.digest},
                    {"time", to_rfc3339(now.time)}};
  made["groups"] = now.measures.at("groups");
  return made;
}

Result<json::object> without_states(const json::object& shown) {
  const json::value* const groups = find(shown, "groups");
  if (groups == nullptr || !groups->is_array()) return fail(ErrorCode::Invalid, "has no groups");
  json::object bare{{"groups", *groups}};
  for (json::value& group : bare.at("groups").as_array()) {
    json::value* const measures = group.is_object() ? group.get_object().if_contains("measures") : nullptr;
    if (measures == nullptr || !measures->is_array()) return fail(ErrorCode::Invalid, "a group has no measures");
    for (json::value& measure : measures->get_array())
      for (const std::string_view key : {"state", "reason", "checked", "holds_until"})
        if (!measure.is_object() || measure.get_object().erase(key) == 0)
          return fail(ErrorCode::Invalid, "a measure has no " + std::string(key));
  }
  return bare;
}

std::string measures_page(const MeasuresNow& now, PageLanguage language) {
  MeasuresPage html(language);
  html.page(now);
  return html.take();
}

}  // namespace warder::manager
