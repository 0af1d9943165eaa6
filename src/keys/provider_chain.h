// One provider that wraps, and others whose root keys still unwrap: for moving from one to another.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crypto/key_provider.h"

namespace warder::keys {

/// A provider that is opened when something is to be unwrapped that names its root keys.
struct FormerProvider {
  std::string root_prefix;  // "root-", "pkcs11:", "arn:"
  std::function<Result<std::unique_ptr<crypto::KeyProvider>>()> open;
};

/// All but `unwrap` is `present`'s. So what is under a former provider's root key is not under the present root key,
/// and is wrapped anew by the next rewrap. The former one's keys stay where they are.
std::unique_ptr<crypto::KeyProvider> make_provider_chain(std::unique_ptr<crypto::KeyProvider> present,
                                                         std::vector<FormerProvider> former);

}  // namespace warder::keys
