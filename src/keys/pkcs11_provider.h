// Root keys in a PKCS#11 token (HSM, smart card, SoftHSM): they never leave it.
#pragma once

#include <chrono>
#include <memory>

#include "crypto/key_provider.h"
#include "keys/pkcs11_token.h"

namespace warder::keys {

/// Makes the first root key when the token has none of the label. Each use waits `limit` at the most: then Timeout, and
/// Unavailable until the module comes back. A module that crashes takes this process with it.
Result<std::unique_ptr<crypto::KeyProvider>> make_pkcs11_provider(const Pkcs11Options& options,
                                                                  std::chrono::milliseconds limit);

}  // namespace warder::keys
