#include "manager/alerts/alert_notice.h"

#include <array>

namespace warder::manager {
namespace {

struct Words {
  std::string_view language;
  std::array<std::string_view, 5> severities;  // by Severity
  std::string_view resolved, escalated, grown, listed, means, do_this, about, count, since, until, flood;
};

constexpr std::array kWords{
    Words{"en",
          {"info", "low", "medium", "high", "critical"},
          "Resolved: ",
          "Nobody has acknowledged: ",
          "More: ",
          "Lists",
          "What it means",
          "What to do",
          "About",
          "Events",
          "Since",
          "Resolved",
          "There are many alerts of this rule: for ten minutes further ones are not told one by one. The console shows "
          "them all."},
    Words{"ja",
          {"情報", "低", "中", "高", "緊急"},
          "解決: ",
          "未確認のまま: ",
          "追加: ",
          "該当項目",
          "意味",
          "対応",
          "対象",
          "イベント数",
          "発生",
          "解決",
          "このルールのアラートが多数発生しています。今後10分間、個別の通知は送られません。すべてのアラートはコンソール"
          "に表示されます。"}};

NoticeText text_of(const AlertRule& rule, const Alert& alert, AlertNews news, bool is_last, const Words& words) {
  auto found = rule.texts.find(std::string(words.language));
  if (found == rule.texts.end() || found->second.title.empty()) found = rule.texts.find("en");
  const AlertText& text = found->second;
  const std::string title = fill_text(text.title, alert);
  NoticeText out;
  out.subject = "[" + std::string(words.severities.at(static_cast<std::size_t>(alert.severity))) + "] ";
  if (news == AlertNews::Resolved) out.subject += words.resolved;
  if (news == AlertNews::Escalated) out.subject += words.escalated;
  if (news == AlertNews::Grown) out.subject += words.grown;
  out.subject += title;
  const auto line = [&out](std::string_view key, const std::string& value) {
    out.body += std::string(key) + ": " + value + "\n";
  };
  out.body = title + "\n\n";
  for (const auto& [key, value] : alert.group) line(words.about, key + " = " + value);
  for (const std::string& each : alert.members) line(words.listed, each);
  if (alert.count > 0) line(words.count, std::to_string(alert.count));
  line(words.since, to_rfc3339(alert.opened));
  if (news == AlertNews::Resolved) {
    if (alert.resolved) line(words.until, to_rfc3339(*alert.resolved));
    return out;
  }
  if (!text.meaning.empty())
    out.body += "\n" + std::string(words.means) + ":\n" + fill_text(text.meaning, alert) + "\n";
  if (!text.action.empty())
    out.body += "\n" + std::string(words.do_this) + ":\n" + fill_text(text.action, alert) + "\n";
  if (is_last) out.body += "\n" + std::string(words.flood) + "\n";
  return out;
}

std::string_view type_of(AlertNews news) {
  switch (news) {
    case AlertNews::Opened:
      return "alert.opened";
    case AlertNews::Grown:
      return "alert.grown";
    case AlertNews::Escalated:
      return "alert.escalated";
    case AlertNews::Resolved:
      return "alert.resolved";
  }
  return "";
}

}  // namespace

Notice alert_notice(const AlertRule& rule, const Alert& alert, AlertNews news, bool is_last) {
  Notice notice;
  notice.type = type_of(news);
  notice.about = "alert:" + alert.id.text();
  notice.severity = alert.severity;
  for (const Words& words : kWords)
    notice.texts[std::string(words.language)] = text_of(rule, alert, news, is_last, words);
  notice.path = "/alerts/" + alert.id.text();
  return notice;
}

Notice heartbeat_notice(const AlertHeartbeat& heartbeat) {
  Notice notice;
  notice.type = "alert.heartbeat";
  notice.about = "heartbeat:" + heartbeat.id;
  const std::string seconds = std::to_string(heartbeat.interval.count());
  notice.texts["en"] = {"Warder is alive: " + heartbeat.name, "The next sign of life comes within " + seconds +
                                                                  " seconds. If it does not, alerts may not arrive.\n"};
  notice.texts["ja"] = {
      "Warder 稼働確認: " + heartbeat.name,
      "次の稼働確認は " + seconds + " 秒以内に届きます。届かない場合、アラートも届かないおそれがあります。\n"};
  return notice;
}

}  // namespace warder::manager
