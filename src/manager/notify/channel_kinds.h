// The ways that notices take: mail, and every kind of receiver that events are sent to (siem/sink.h), so that a web
// hook, a syslog server or a topic of SNS gets notices in the form in which it gets events.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "manager/notify/notice.h"
#include "sinks/socket_address.h"

namespace warder::manager {

struct MailSettings {
  std::string host;
  std::int64_t port = 587;
  std::string security = "starttls";
  std::string ca_pem;
  std::string username;  // its password is the channel's secret
  std::string from;
  std::vector<std::string> to;
  std::int64_t timeout_s = 20;

  static std::span<const Field<MailSettings>> fields();
};

/// A notice and what the one who sends it knows.
struct OutgoingNotice {
  NoticeId id;
  Timestamp time{};
  Notice notice;
  std::vector<std::string> to;  // mail addresses; empty: those of the channel
  std::string language = "en";
  std::string link;  // into the console; empty: none
  TenantId tenant;
  std::string tenant_name;
};

/// One receiver of notices. Single-threaded.
class NoticeWay {
 public:
  virtual ~NoticeWay() = default;
  NoticeWay() = default;
  NoticeWay(const NoticeWay&) = delete;
  NoticeWay& operator=(const NoticeWay&) = delete;
  /// Returns when the receiver has it. Invalid: it never will. Blocks at most about half a minute.
  virtual Result<void> send(const OutgoingNotice& notice, const std::stop_token& stop) = 0;
};

struct WayOptions {
  boost::json::object settings;
  std::string secret;
  bool is_plain_mail_allowed = false;  // to a mail server on this machine
  std::string version{};               // of the product, as receivers see it
  sinks::MayReach may_reach{};
};

/// "mail" and the names of sink_kinds().
bool is_channel_kind(std::string_view kind) noexcept;
/// Invalid, with a pointer below "/settings" or "/secret", for settings that cannot be used.
Result<void> check_channel(std::string_view kind, const WayOptions& options);
Result<std::unique_ptr<NoticeWay>> make_way(std::string_view kind, WayOptions options);

}  // namespace warder::manager
