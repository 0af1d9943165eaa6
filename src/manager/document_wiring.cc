#include "manager/document_wiring.h"

#include "manager/events/own_event.h"

namespace warder::manager {
namespace {

void tell(Installation& installation, EventStore& events, Log& log, const TenantScope& scope,
          const DocumentRequest& request) {
  Event event = make_own_event(installation.clock.now(), "trust.document.requested", Severity::Info);
  event.action = Action::Logged;
  event.set("notice.about", "document-request:" + request.id);
  if (const auto stored = events.record(scope, std::move(event)); !stored)
    log.error("trust.event.lost", stored.error().message);
}

}  // namespace

DocumentRoom::DocumentRoom(Installation& installation, TrustCenter& center, NoticeChannels& channels,
                           EventStore& events, Log& log)
    : center_(center),
      log_(log),
      requests_(*installation.tenants, installation.audit, center.evidence(), installation.clock),
      post_{channels, *installation.tenants, installation.clock, installation.config.console_url},
      desk_({center, requests_, *installation.tenants, installation.scopes, installation.clock, log},
            [&installation, &events, &log](const TenantScope& scope, const DocumentRequest& request) {
              tell(installation, events, log, scope, request);
            }) {}

bool DocumentRoom::gives_documents() {
  const auto scope = center_.scope();
  if (!scope) return false;
  const auto terms = requests_.terms(*scope);
  return terms && !terms->empty();
}

void DocumentRoom::prune() {
  const auto scope = center_.scope();
  if (!scope) return;
  if (const auto pruned = requests_.prune(*scope); !pruned)
    log_.warning("trust.requests.prune-failed", pruned.error().message);
}

}  // namespace warder::manager
