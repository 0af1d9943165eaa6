// Requests for documents of the Trust Center, for those who decide about them.
#pragma once

#include "manager/api/router.h"
#include "manager/notify/rotas.h"
#include "manager/trust/document_post.h"
#include "manager/trust/trust_center.h"

namespace warder::manager {

struct DocumentRouteParts {
  TrustCenter& center;
  DocumentRequests& requests;
  const DocumentPostParts& post;
  FindPerson find_person;  // for nobody answers themselves
  const host::Clock& clock;
};

/// `parts.post` outlives the routes.
void add_document_routes(Routes& routes, const DocumentRouteParts& parts);

}  // namespace warder::manager
