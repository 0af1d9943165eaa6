// How documents on request are joined to the rest of the manager: who is told, how mails go out, where the pages are.
#pragma once

#include <optional>

#include "manager/events/event_store.h"
#include "manager/installation.h"
#include "manager/notify/channels.h"
#include "manager/trust/document_desk.h"
#include "manager/trust/document_post.h"

namespace warder::manager {

/// Thread-safe.
class DocumentRoom {
 public:
  DocumentRoom(Installation& installation, TrustCenter& center, NoticeChannels& channels, EventStore& events, Log& log);

  /// What the public pages ask.
  std::optional<HttpResponse> respond(const HttpRequest& request) { return desk_.respond(request); }
  /// Whether there are terms, without which nothing can be given.
  bool gives_documents();
  void prune();

  DocumentRequests& requests() noexcept { return requests_; }
  [[nodiscard]] const DocumentPostParts& post() const noexcept { return post_; }

 private:
  TrustCenter& center_;
  Log& log_;
  DocumentRequests requests_;
  const DocumentPostParts post_;
  DocumentDesk desk_;
};

}  // namespace warder::manager
