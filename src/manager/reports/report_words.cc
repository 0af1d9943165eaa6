#include "manager/reports/report_words.h"

#include <algorithm>
#include <array>

namespace warder::manager {
namespace {

struct Word {
  std::string_view key;
  std::string_view en;
  std::string_view ja;
};

constexpr auto kWords = std::to_array<Word>({
    // The frame of every report.
    {"report", "Report", "レポート"},
    {"report.events", "Events", "イベント"},
    {"report.alerts", "Alerts", "アラート"},
    {"report.incidents", "Incidents", "インシデント"},
    {"report.hosts", "Protection of hosts", "ホストの保護状況"},
    {"report.integrity", "Changes of files and settings", "ファイルと設定の変更"},
    {"tenant", "Tenant", "テナント"},
    {"recipient", "Made for", "受取人"},
    {"limit", "Limited to what {name} may see.", "内容は {name} が閲覧できる範囲に限られます。"},
    {"made", "Made", "作成日時"},
    {"range", "Time range", "対象期間"},
    {"query", "Query", "検索条件"},
    {"query.all", "everything", "すべて"},
    {"hash", "SHA-256 of the data", "データの SHA-256"},
    {"hash.how", "The hash is of the same report's JSON file: sha256sum report.json.",
     "ハッシュ値は同じレポートの JSON ファイルのものです: sha256sum report.json。"},
    {"empty", "Nothing.", "該当なし。"},
    {"cut", "Only the first rows are shown, of {count} in all.", "全 {count} 行のうち先頭の行だけを示します。"},
    {"unknown", "not known", "不明"},
    // What some of them say beside their tables.
    {"note.now", "The state of the hosts is that of the time at which the report was made, not of the time range.",
     "ホストの状態は対象期間ではなくレポート作成時点のものです。"},
    {"note.silent",
     "Of hosts that are offline nobody knows what their modules do now: they count as not known, not as protected.",
     "オフラインのホストのモジュールの現在の状態は分かりません。保護されているとは数えず、不明と数えます。"},
    {"note.open-now", "What is open is that of the time at which the report was made.",
     "未解決のものはレポート作成時点の状態です。"},
    {"note.names", "Policies and groups whose names the recipient may not see stand with their ids.",
     "受取人が名前を閲覧できないポリシーとグループは ID で示します。"},
    // Titles of tables.
    {"by-severity", "By severity", "重大度別"},
    {"by-module", "By module", "モジュール別"},
    {"by-day", "By day (UTC)", "日別 (UTC)"},
    {"top-hosts", "The 10 hosts with the most events", "イベントの多いホスト (上位 10)"},
    {"top-rules", "The 10 rules with the most events", "イベントの多いルール (上位 10)"},
    {"newest", "The newest 100 events of high or critical severity", "重大度「高」以上の最新イベント (100 件まで)"},
    {"alerts-by-kind", "Opened and closed, by kind", "種類別の発生と解決"},
    {"alerts-open", "Open now", "現在未解決"},
    {"alerts-time", "Time to acknowledge, of those opened in the time range",
     "確認までの時間 (対象期間に発生したもの)"},
    {"incidents-by-severity", "Declared and closed, by severity", "重大度別の宣言とクローズ"},
    {"incidents-time", "Time to close, of those closed in the time range",
     "クローズまでの時間 (対象期間にクローズしたもの)"},
    {"incidents-open", "Open now", "現在未クローズ"},
    {"fleet", "Hosts", "ホスト"},
    {"modules", "Protection by module", "モジュール別の保護状況"},
    {"not-protected", "Hosts that are offline, degraded or without protection", "オフライン・機能低下・未保護のホスト"},
    {"by-policy", "By policy", "ポリシー別"},
    {"by-group", "By group", "グループ別"},
    {"by-version", "By version of the agent", "エージェントのバージョン別"},
    {"content-age", "Age of the signatures of malware", "マルウェアシグネチャの経過時間"},
    {"by-rule", "By rule", "ルール別"},
    {"by-host", "By host", "ホスト別"},
    {"not-approved", "The newest 100 changes that nobody approved", "未承認の最新の変更 (100 件まで)"},
    // Columns.
    {"severity", "Severity", "重大度"},
    {"module", "Module", "モジュール"},
    {"day", "Day", "日"},
    {"host", "Host", "ホスト"},
    {"rule", "Rule", "ルール"},
    {"events", "Events", "イベント数"},
    {"time", "Time (UTC)", "日時 (UTC)"},
    {"what", "What happened", "内容"},
    {"kind", "Kind", "種類"},
    {"opened", "Opened", "発生"},
    {"closed", "Closed", "解決"},
    {"state", "State", "状態"},
    {"about", "About", "対象"},
    {"alerts", "Alerts", "アラート数"},
    {"acknowledged-count", "Acknowledged", "確認済み"},
    {"median", "Median (s)", "中央値 (秒)"},
    {"longest", "Longest (s)", "最長 (秒)"},
    {"declared", "Declared", "宣言"},
    {"open", "Open now", "現在未クローズ"},
    {"number", "Number", "番号"},
    {"title", "Title", "タイトル"},
    {"hosts", "Hosts", "ホスト数"},
    {"on", "On", "有効"},
    {"degraded", "Degraded", "機能低下"},
    {"off", "Off", "無効"},
    {"not-known", "Not known", "不明"},
    {"last-seen", "Last seen (UTC)", "最終通信 (UTC)"},
    {"why", "Why", "理由"},
    {"policy", "Policy", "ポリシー"},
    {"group", "Group", "グループ"},
    {"version", "Version", "バージョン"},
    {"age", "Age", "経過時間"},
    {"changes", "Changes", "変更数"},
    {"approved", "Approved", "承認済み"},
    {"not-approved-count", "Not approved", "未承認"},
    // Values.
    {"severity.info", "Info", "情報"},
    {"severity.low", "Low", "低"},
    {"severity.medium", "Medium", "中"},
    {"severity.high", "High", "高"},
    {"severity.critical", "Critical", "重大"},
    {"module.agent", "Agent", "エージェント"},
    {"module.anti-malware", "Anti-malware", "不正プログラム対策"},
    {"module.firewall", "Firewall", "ファイアウォール"},
    {"module.ips", "Intrusion prevention", "侵入防御"},
    {"module.integrity", "Integrity monitoring", "変更監視"},
    {"module.log-inspection", "Log inspection", "セキュリティログ監視"},
    {"module.manager", "Manager", "マネージャー"},
    {"alert.open", "Open", "未確認"},
    {"alert.acknowledged", "Acknowledged", "確認済み"},
    {"alert.silenced", "Silenced", "通知抑止中"},
    {"incident.declared", "Declared", "宣言済み"},
    {"incident.triaged", "Triaged", "トリアージ済み"},
    {"incident.contained", "Contained", "封じ込め済み"},
    {"incident.eradicated", "Eradicated", "根絶済み"},
    {"incident.recovered", "Recovered", "復旧済み"},
    {"agent.online", "Online", "オンライン"},
    {"agent.offline", "Offline", "オフライン"},
    {"agent.never-connected", "Never connected", "未接続"},
    {"agent.all", "All", "すべて"},
    {"agent.unprotected", "Without protection", "未保護"},
    {"why.no-protection", "no module protects", "保護しているモジュールがありません"},
    {"none", "none", "なし"},
    {"age.day", "up to 1 day", "1 日以内"},
    {"age.week", "up to 7 days", "7 日以内"},
    {"age.older", "more than 7 days", "7 日超"},
});

}  // namespace

std::string_view report_word(std::string_view key, std::string_view language) {
  const auto* const found = std::ranges::find(kWords, key, &Word::key);
  if (found == kWords.end()) return key;
  return language == "ja" ? found->ja : found->en;
}

std::string report_sentence(std::string_view key, std::string_view language, std::string_view place,
                            std::string_view value) {
  std::string sentence(report_word(key, language));
  const std::string braced = "{" + std::string(place) + "}";
  const std::size_t at = sentence.find(braced);
  if (at != std::string::npos) sentence.replace(at, braced.size(), value);
  return sentence;
}

}  // namespace warder::manager
