// Which key provider the settings name.
#pragma once

#include <memory>

#include "base/result.h"
#include "crypto/key_provider.h"
#include "manager/config.h"

namespace warder::manager {

/// The provider of `key_provider`. What a provider has wrapped that was chosen before still opens, as long as its
/// settings (or its file) are there.
Result<std::unique_ptr<crypto::KeyProvider>> open_key_provider(const Config& config);

/// Whether the manager has been initialised, as far as its keys tell.
bool has_keys(const Config& config);

}  // namespace warder::manager
