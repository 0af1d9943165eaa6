// The mail with the link to a document, and to whom it goes.
#pragma once

#include <optional>
#include <string>

#include "manager/notify/channels.h"
#include "manager/trust/document_requests.h"

namespace warder::manager {

struct DocumentPostParts {
  NoticeChannels& channels;
  Tenants& tenants;
  const host::Clock& clock;
  std::string base_url;  // of the links; empty: nobody knows where the page is, and no mail is sent
};

/// "https://manager.example/trust/access/…"; only the path when nobody knows where the page is.
std::string document_link(const DocumentPostParts& parts, std::string_view token);

/// Hands the link over to the mail server of a channel, waiting for it at most half a minute; past the outbox, for a
/// link is not to be kept. Returns the channel's name. `channel`: its id; absent: the first by name that is for mail
/// and enabled. NotFound when there is none; else what the server said.
Result<std::string> mail_document_link(const DocumentPostParts& parts, const TenantScope& scope,
                                       const std::optional<NoticeChannelId>& channel, const DocumentRequest& request,
                                       std::string_view token);

}  // namespace warder::manager
