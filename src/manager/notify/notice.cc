#include "manager/notify/notice.h"

#include "base/json.h"

namespace warder::manager {
namespace {

const NoticeText& one_text(const Notice& notice, const std::string& language) {
  static const NoticeText kNone;
  auto found = notice.texts.find(language);
  if (found == notice.texts.end()) found = notice.texts.find("en");
  return found == notice.texts.end() ? kNone : found->second;
}

}  // namespace

NoticeText text_in(const Notice& notice, std::string_view language) {
  if (language != "both") return one_text(notice, std::string(language));
  const NoticeText& first = one_text(notice, "en");
  const NoticeText& second = one_text(notice, "ja");
  if (first == second) return first;
  return {first.subject + " / " + second.subject, first.body + "\n----\n\n" + second.subject + "\n\n" + second.body};
}

std::string notice_to_json(const Notice& notice) {
  json::object texts;
  for (const auto& [language, text] : notice.texts) texts[language] = {{"subject", text.subject}, {"body", text.body}};
  return json::serialize(json::object{{"type", notice.type},
                                      {"about", notice.about},
                                      {"severity", static_cast<std::int64_t>(notice.severity)},
                                      {"texts", std::move(texts)},
                                      {"path", notice.path}});
}

Result<Notice> notice_from_json(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "notice");
  const json::object& object = value.get_object();
  Notice notice;
  notice.type = WD_TRY(get_string(object, "type"));
  notice.about = WD_TRY(get_string(object, "about"));
  notice.severity = static_cast<Severity>(WD_TRY(get_int(object, "severity")));
  notice.path = WD_TRY(get_string(object, "path"));
  for (const auto& [language, each] : *WD_TRY(get_object(object, "texts"))) {
    if (!each.is_object()) return fail(ErrorCode::Corrupt, "notice: texts");
    notice.texts[language] = {std::string(WD_TRY(get_string(each.get_object(), "subject"))),
                              std::string(WD_TRY(get_string(each.get_object(), "body")))};
  }
  return notice;
}

}  // namespace warder::manager
