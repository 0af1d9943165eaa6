// Rules tried on a capture, a file or paths that somebody sends; nothing of it is kept.
#pragma once

#include <filesystem>

#include "manager/api/router.h"
#include "manager/content/signatures.h"

namespace warder::manager {

/// testCapture, testFile, testIntegrityRules. `packs` is the folder of the product's rules of intrusion prevention; the
/// signatures outlive the routes.
void add_trial_routes(Routes& routes, Signatures& signatures, std::filesystem::path packs);

}  // namespace warder::manager
