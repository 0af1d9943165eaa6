#include "manager/trust/document_post.h"

#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

Notice notice_of(const DocumentRequest& request) {
  Notice notice;
  notice.type = "trust.document.link";
  notice.about = "document-request:" + request.id;
  const std::string until = request.expires ? to_rfc3339(*request.expires) : std::string();
  notice.texts["en"] = {"The document that you have asked for (request " + std::to_string(request.number) + ")",
                        "\"" + request.title +
                            "\" can be had at the following address, once you have accepted the terms there.\nThe "
                            "link is for you alone and ends at " +
                            until + ".\n"};
  notice.texts["ja"] = {"ご請求の文書について (請求番号 " + std::to_string(request.number) + ")",
                        "「" + request.title +
                            "」は、次のアドレスで利用条件に同意のうえダウンロードできます。\n"
                            "リンクはご本人専用で、有効期限は " +
                            until + " です。\n"};
  return notice;
}

Result<NoticeChannel> channel_for(NoticeChannels& channels, const TenantScope& scope,
                                  const std::optional<NoticeChannelId>& asked) {
  if (!asked) return first_mail_channel(channels, scope);
  NoticeChannel channel = WD_TRY(channels.find(scope, *asked).in("/channel"));
  if (channel.kind != "mail") return fail(ErrorCode::Invalid, "/channel: is not for mail");
  return channel;
}

}  // namespace

std::string document_link(const DocumentPostParts& parts, std::string_view token) {
  return parts.base_url + "/trust/access/" + std::string(token);
}

Result<std::string> mail_document_link(const DocumentPostParts& parts, const TenantScope& scope,
                                       const std::optional<NoticeChannelId>& channel, const DocumentRequest& request,
                                       std::string_view token) {
  if (parts.base_url.empty())
    return fail(ErrorCode::NotFound, "console_url is not set, so that a mail could not say where the link leads");
  const NoticeChannel through = WD_TRY(channel_for(parts.channels, scope, channel));
  const auto way = WD_TRY(parts.channels.way(scope, through.id));
  OutgoingNotice out;
  out.time = parts.clock.now();
  out.id = make_id<NoticeId>(out.time);
  out.notice = notice_of(request);
  out.to = {request.asker.mail};
  out.language = request.asker.language;
  out.link = document_link(parts, token) + "?lang=" + request.asker.language;
  out.tenant = scope.tenant();
  out.tenant_name = WD_TRY(parts.tenants.find(scope.tenant())).name;
  const std::stop_token never;
  WD_TRY(way->send(out, never));
  return through.name;
}

}  // namespace warder::manager
