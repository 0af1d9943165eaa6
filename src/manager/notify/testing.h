// For tests: people, channels to a mail server without TLS, and notices.
#pragma once

#include <map>
#include <string>

#include "manager/events/testing.h"
#include "manager/identity/rows.h"
#include "manager/notify/channels.h"
#include "manager/notify/notice_outbox.h"
#include "manager/notify/rotas.h"

namespace warder::manager::testing {

/// Users as far as notices know them.
struct People {
  std::map<UserId, NoticePerson> known;
  UserId add(const std::string& email, const std::string& language = "en") {
    const auto id = make_id<UserId>(kNow);
    known[id] = {email, language};
    return id;
  }
  FindPerson find() {
    return [this](const TenantScope&, const UserId& id) -> Result<NoticePerson> {
      const auto found = known.find(id);
      if (found == known.end()) return fail(ErrorCode::NotFound, "no such user");
      return found->second;
    };
  }
};

inline NoticeChannelDraft mail_draft(std::uint16_t port, const std::string& name = "mail") {
  NoticeChannelDraft draft;
  draft.name = name;
  draft.kind = "mail";
  draft.settings = {{"host", "127.0.0.1"},          {"port", std::int64_t{port}}, {"security", "none"},
                    {"from", "warder@example.com"}, {"to", {"soc@example.com"}},  {"timeout_s", 5}};
  return draft;
}

inline ChannelRules plain_mail() {
  ChannelRules rules;
  rules.is_plain_mail_allowed = true;
  return rules;
}

inline Notice simple_notice(const std::string& about = "alert:1") {
  Notice notice;
  notice.type = "alert.opened";
  notice.about = about;
  notice.severity = Severity::High;
  notice.texts["en"] = {"Agent web-1 is silent", "Look at it.\n"};
  notice.texts["ja"] = {"エージェント web-1 の応答なし", "確認してください。\n"};
  notice.path = "/alerts/1";
  return notice;
}

}  // namespace warder::manager::testing
