#include "manager/notify/channel_kinds.h"

#include <algorithm>
#include <array>

#include "base/rest.h"
#include "base/secret_filter.h"
#include "base/text.h"
#include "manager/notify/mail.h"
#include "manager/notify/smtp.h"
#include "manager/siem/http_client.h"
#include "manager/siem/sink.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

MailSecurity security_of(const MailSettings& settings) {
  if (settings.security == "none") return MailSecurity::Loopback;
  return settings.security == "tls" ? MailSecurity::Tls : MailSecurity::StartTls;
}

Result<MailSettings> read_mail_settings(const WayOptions& options) {
  auto settings = WD_TRY(read_sink_settings<MailSettings>(options.settings));
  const auto is_host_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':';
  };
  if (settings.host.empty() || !std::ranges::all_of(settings.host, is_host_letter))
    return fail(ErrorCode::Invalid, "/settings/host: is no name or address of a mail server");
  if (settings.security == "none" && !options.is_plain_mail_allowed)
    return fail(ErrorCode::Invalid,
                "/settings/security: mail without TLS is off (notice_plaintext_on_loopback of the manager)");
  WD_TRY(check_mail_address(settings.from).in("/settings/from"));
  for (std::size_t i = 0; i < settings.to.size(); ++i)
    WD_TRY(check_mail_address(settings.to[i]).in("/settings/to/" + std::to_string(i)));
  WD_TRY(check_ca_pem(settings.ca_pem).in("/settings/ca_pem"));
  const bool has_secret = !options.secret.empty();
  if (has_secret && settings.username.empty())
    return fail(ErrorCode::Invalid, "/settings/username: is missing, and there is a password");
  if (options.secret.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return fail(ErrorCode::Invalid, "/secret: a password is one line");
  return settings;
}

class MailWay final : public NoticeWay {
 public:
  MailWay(MailSettings settings, WayOptions options) : settings_(std::move(settings)) {
    server_.host = settings_.host;
    server_.port = static_cast<std::uint16_t>(settings_.port);
    server_.security = security_of(settings_);
    server_.ca_pem = settings_.ca_pem;
    server_.username = settings_.username;
    server_.password = std::move(options.secret);
    server_.may_reach = std::move(options.may_reach);
  }

  Result<void> send(const OutgoingNotice& notice, const std::stop_token& stop) override {
    const NoticeText text = text_in(notice.notice, notice.language);
    Mail mail;
    mail.id = notice.id.text();
    mail.from = settings_.from;
    mail.to = notice.to.empty() ? settings_.to : notice.to;
    mail.subject = "[" + notice.tenant_name + "] " + text.subject;
    mail.body = text.body + (notice.link.empty() ? "" : "\n" + notice.link + "\n");
    mail.language = notice.language == "both" ? "en, ja" : notice.language;
    std::erase(mail.language, ' ');
    mail.time = notice.time;
    const std::string composed = WD_TRY(compose_mail(mail));
    return send_mail(server_, mail.from, mail.to, composed, seconds(settings_.timeout_s), stop);
  }

 private:
  const MailSettings settings_;
  MailServer server_;
};

/// An event of the notice's type, with its id, so that a receiver knows a repetition.
formats::OutgoingEvent event_of(const OutgoingNotice& notice) {
  const NoticeText text = text_in(notice.notice, notice.language);
  formats::OutgoingEvent event;
  event.event.time = notice.time;
  event.event.id = EventId{notice.id.uuid};
  event.event.module = ModuleKind::Manager;
  event.event.type = notice.notice.type;
  event.event.severity = notice.notice.severity;
  event.event.set("notice.about", notice.notice.about);
  if (!notice.link.empty()) event.event.set("notice.link", notice.link);
  event.event.set("notice.text", std::string(cut_utf8(without_secrets(text.body), kMaxEventTextBytes)));
  event.received = notice.time;
  event.host = "warder-manager";
  event.tenant = notice.tenant;
  event.tenant_name = notice.tenant_name;
  event.title = without_secrets(text.subject);
  return event;
}

class SinkWay final : public NoticeWay {
 public:
  explicit SinkWay(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}

  Result<void> send(const OutgoingNotice& notice, const std::stop_token& stop) override {
    constexpr seconds kPatience{15};
    constexpr milliseconds kPause{50};
    const std::array events{event_of(notice)};
    const SinkReport report = sink_->send(events, stop);
    if (report.error) return fail(*report.error);
    if (!report.refused.empty()) return fail(ErrorCode::Invalid, report.refused.front().reason);
    const auto end = steady_clock::now() + kPatience;
    while (WD_TRY(sink_->unsettled()) > 0) {
      if (steady_clock::now() >= end || stop.stop_requested())
        return fail(ErrorCode::Timeout, "the receiver has not taken it within 15 s");
      rest(stop, kPause);
    }
    return {};
  }

 private:
  const std::unique_ptr<Sink> sink_;
};

}  // namespace

std::span<const Field<MailSettings>> MailSettings::fields() {
  using S = MailSettings;
  using enum PersonalData;
  static const std::array kFields{
      Field<S>{"host", &S::host, 1, 253, None, "Name or address of the mail server"},
      Field<S>{"port", &S::port, 1, 65'535, None, "Its port"},
      Field<S>{"security", &S::security, 3, 8, None,
               "How TLS begins; none: only to this machine, where that is allowed", "starttls|tls|none"},
      Field<S>{"ca_pem", &S::ca_pem, 0, 65'536, None, "Certificates to trust; empty: those that the system trusts"},
      Field<S>{"username", &S::username, 0, 255, Identifier, "To log in with; the password is the channel's secret"},
      Field<S>{"from", &S::from, 3, 254, Contact, "Sender's address"},
      Field<S>{"to", &S::to, 0, 50, Contact, "Addresses of those who get notices that name nobody"},
      Field<S>{"timeout_s", &S::timeout_s, 1, 30, None, "How long handing over a mail may take"},
  };
  return kFields;
}

bool is_channel_kind(std::string_view kind) noexcept {
  return kind == "mail" || find_sink_kind(kind) != nullptr;
}

Result<void> check_channel(std::string_view kind, const WayOptions& options) {
  if (kind == "mail") {
    WD_TRY(read_mail_settings(options));
    return {};
  }
  const SinkKind* const sink = find_sink_kind(kind);
  if (sink == nullptr) return fail(ErrorCode::Invalid, "/kind: there is no kind " + std::string(kind));
  return sink->check(options.settings, options.secret);
}

Result<std::unique_ptr<NoticeWay>> make_way(std::string_view kind, WayOptions options) {
  if (kind == "mail") {
    auto settings = WD_TRY(read_mail_settings(options));
    return std::unique_ptr<NoticeWay>(std::make_unique<MailWay>(std::move(settings), std::move(options)));
  }
  const SinkKind* const sink = find_sink_kind(kind);
  if (sink == nullptr) return fail(ErrorCode::Invalid, "there is no kind " + std::string(kind));
  SinkOptions sink_options;
  sink_options.settings = std::move(options.settings);
  sink_options.secret = std::move(options.secret);
  sink_options.render.version = std::move(options.version);
  sink_options.may_reach = std::move(options.may_reach);
  return std::unique_ptr<NoticeWay>(std::make_unique<SinkWay>(WD_TRY(sink->make(std::move(sink_options)))));
}

}  // namespace warder::manager
