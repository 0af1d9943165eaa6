#pragma once

#include "base/json.h"
#include "manager/api/router.h"
#include "manager/content/content.h"
#include "manager/content/signature_mirror.h"

namespace warder::manager {

/// listContent, importContent, activateContent.
void add_content_routes(Routes& routes, Content& content);
/// getSignatures, findMissingSignatureChunks, addSignatureChunk, putSignatureFile, removeSignatureFile,
/// publishSignatures, fetchSignatures.
void add_signature_routes(Routes& routes, Signatures& signatures, SignatureMirror& mirror);
json::object pack_to_json(const ContentPack& pack);

}  // namespace warder::manager
