// What is told to people: a notice, in every language that somebody may want it in.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/event.h"
#include "model/ids.h"

namespace warder::manager {

using NoticeId = Id<struct NoticeTag>;
using NoticeChannelId = Id<struct NoticeChannelTag>;

struct NoticeText {
  std::string subject;  // one line
  std::string body;     // lines
  friend bool operator==(const NoticeText&, const NoticeText&) = default;
};

/// What looks like a secret is taken out of the texts before they leave; still, put none in.
struct Notice {
  std::string type;   // "alert.opened": what programs at the other end tell notices apart by
  std::string about;  // "alert:<id>", "incident:<id>"
  Severity severity = Severity::Info;
  std::map<std::string, NoticeText> texts;  // by language: "en" at least, "ja"
  std::string path;                         // in the console: "/alerts/<id>"; empty: none
  friend bool operator==(const Notice&, const Notice&) = default;
};

/// Through which channel, and to whom. Without people: to whom the channel itself names. People get it at the address
/// that they have when it is sent; only mail reaches them, other kinds of channel ignore them.
struct NoticeAddress {
  NoticeChannelId channel;
  std::vector<UserId> people{};
};

/// A person whom a notice can be sent to.
struct NoticePerson {
  std::string email;
  std::string language = "en";
};

/// The text in a language: "en", "ja", or "both", one below the other. English where there is no other.
NoticeText text_in(const Notice& notice, std::string_view language);

std::string notice_to_json(const Notice& notice);
Result<Notice> notice_from_json(std::string_view text);

}  // namespace warder::manager
