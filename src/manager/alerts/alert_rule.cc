#include "manager/alerts/alert_rule.h"

#include <algorithm>
#include <limits>

#include "base/json.h"

namespace warder::manager {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kMaxSeconds = 31 * 86'400;
constexpr std::size_t kMaxText = 2000;

Result<void> read_seconds(const json::object& object, std::string_view key, seconds& value) {
  if (!object.contains(key)) return {};
  const std::int64_t number = WD_TRY(get_int(object, key));
  if (number < 0 || number > kMaxSeconds)
    return fail(ErrorCode::Invalid, "/" + std::string(key) + ": is not in 0.." + std::to_string(kMaxSeconds));
  value = seconds(number);
  return {};
}

Result<void> read_text(const json::object& object, std::string_view key, std::string& value) {
  if (!object.contains(key)) return {};
  value = WD_TRY(get_string(object, key));
  if (value.size() > kMaxText * 4) return fail(ErrorCode::TooLarge, "/" + std::string(key) + ": is too long");
  return {};
}

Result<void> read_number(const json::object& object, std::string_view key, std::int64_t& value) {
  if (object.contains(key)) value = WD_TRY(get_int(object, key));
  return {};
}

Result<void> read_texts(const json::object& object, AlertRule& rule) {
  for (const auto& [language, each] : object) {
    const std::string place = "/texts/" + std::string(language);
    if ((language != "en" && language != "ja") || !each.is_object())
      return fail(ErrorCode::Invalid, place + ": is no text in English (en) or Japanese (ja)");
    AlertText& text = rule.texts[std::string(language)];
    WD_TRY(read_text(each.get_object(), "title", text.title).in(place));
    WD_TRY(read_text(each.get_object(), "meaning", text.meaning).in(place));
    WD_TRY(read_text(each.get_object(), "action", text.action).in(place));
  }
  return {};
}

Result<void> read_groups(const json::array& list, AlertRule& rule) {
  rule.group_by.clear();
  for (const json::value& each : list) {
    const std::string place = "/group_by/" + std::to_string(rule.group_by.size());
    if (!each.is_string()) return fail(ErrorCode::Invalid, place + ": is no field");
    rule.group_by.emplace_back(each.get_string());
    if (rule.state.empty() && find_filter_field(rule.group_by.back()) == nullptr)
      return fail(ErrorCode::Invalid, place + ": there is no field " + rule.group_by.back());
  }
  if (rule.group_by.size() > kMaxGroupFields) return fail(ErrorCode::TooLarge, "/group_by: has too many fields");
  return {};
}

Result<void> check_rule(const AlertRule& rule) {
  if (rule.state.empty()) {
    if (rule.filter.empty()) return fail(ErrorCode::Invalid, "/filter: is empty, and there is no state");
    WD_TRY(parse_filter(rule.filter).in("/filter"));
    if (!rule.resolve_filter.empty()) WD_TRY(parse_filter(rule.resolve_filter).in("/resolve_filter"));
    if (!rule.members.empty() && find_filter_field(rule.members) == nullptr)
      return fail(ErrorCode::Invalid, "/members: there is no field " + rule.members);
    if (!rule.members.empty() && rule.window != seconds(0))
      return fail(ErrorCode::Invalid, "/window_s: is not 0, and members stay until an event ends them");
    if (std::ranges::find(rule.group_by, rule.members) != rule.group_by.end())
      return fail(ErrorCode::Invalid, "/members: is among group_by");
    if (rule.hysteresis.fire_at < 1) return fail(ErrorCode::Invalid, "/fire_at: is less than 1");
  } else if (!rule.members.empty()) {
    return fail(ErrorCode::Invalid, "/members: is for rules about events");
  } else if (!rule.filter.empty() || !rule.resolve_filter.empty()) {
    return fail(ErrorCode::Invalid, rule.filter.empty() ? "/resolve_filter: is for rules about events"
                                                        : "/filter: is for rules about events, and there is a state");
  }
  if (rule.hysteresis.resolve_at > rule.hysteresis.fire_at)
    return fail(ErrorCode::Invalid, "/resolve_at: is more than fire_at");
  const auto english = rule.texts.find("en");
  if (english == rule.texts.end() || english->second.title.empty())
    return fail(ErrorCode::Invalid, "/texts/en/title: is missing");
  return {};
}

}  // namespace

json::object rule_to_json(const AlertRule& rule) {
  json::object texts;
  for (const auto& [language, text] : rule.texts)
    texts[language] = {{"title", text.title}, {"meaning", text.meaning}, {"action", text.action}};
  json::array groups;
  for (const std::string& each : rule.group_by) groups.emplace_back(each);
  return {{"enabled", rule.is_enabled},
          {"severity", name(rule.severity)},
          {"state", rule.state},
          {"filter", rule.filter},
          {"resolve_filter", rule.resolve_filter},
          {"group_by", std::move(groups)},
          {"members", rule.members},
          {"window_s", rule.window.count()},
          {"fire_at", rule.hysteresis.fire_at},
          {"resolve_at", rule.hysteresis.resolve_at},
          {"fire_after_s", rule.hysteresis.fire_after.count()},
          {"resolve_after_s", rule.hysteresis.resolve_after.count()},
          {"texts", std::move(texts)}};
}

Result<void> read_rule(const json::object& object, AlertRule& rule) {
  if (object.contains("enabled")) rule.is_enabled = WD_TRY(get_bool(object, "enabled"));
  if (object.contains("severity"))
    rule.severity = WD_TRY(parse_severity(WD_TRY(get_string(object, "severity"))).in("/severity"));
  WD_TRY(read_text(object, "state", rule.state));
  WD_TRY(read_text(object, "filter", rule.filter));
  WD_TRY(read_text(object, "resolve_filter", rule.resolve_filter));
  if (object.contains("group_by")) WD_TRY(read_groups(*WD_TRY(get_array(object, "group_by")), rule));
  WD_TRY(read_text(object, "members", rule.members));
  WD_TRY(read_seconds(object, "window_s", rule.window));
  WD_TRY(read_number(object, "fire_at", rule.hysteresis.fire_at));
  if (object.contains("fire_at") && !object.contains("resolve_at"))
    rule.hysteresis.resolve_at = std::min(rule.hysteresis.resolve_at, rule.hysteresis.fire_at);
  WD_TRY(read_number(object, "resolve_at", rule.hysteresis.resolve_at));
  WD_TRY(read_seconds(object, "fire_after_s", rule.hysteresis.fire_after));
  WD_TRY(read_seconds(object, "resolve_after_s", rule.hysteresis.resolve_after));
  if (object.contains("texts")) WD_TRY(read_texts(*WD_TRY(get_object(object, "texts")), rule));
  return check_rule(rule);
}

}  // namespace warder::manager
