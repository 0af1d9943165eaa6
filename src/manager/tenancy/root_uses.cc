// What the root key was used for.
#include <utility>

#include "crypto/key_provider.h"
#include "manager/tenancy/key_store.h"

namespace warder::manager {

std::string_view name(RootOperation operation) noexcept {
  switch (operation) {
    case RootOperation::Wrap:
      return "wrap";
    case RootOperation::Unwrap:
      return "unwrap";
    case RootOperation::Rotate:
      return "rotate";
    case RootOperation::Destroy:
      return "destroy";
  }
  return "";
}

void KeyStore::note(RootOperation operation, std::string key, bool succeeded) const {
  const std::lock_guard lock{uses_mutex_};
  uses_.push_back({operation, std::move(key), provider_.name(), succeeded});
}

std::vector<RootUse> KeyStore::take_uses() {
  const std::lock_guard lock{uses_mutex_};
  return std::exchange(uses_, {});
}

void KeyStore::put_back(std::vector<RootUse> uses) {
  const std::lock_guard lock{uses_mutex_};
  uses_.insert(uses_.begin(), uses.begin(), uses.end());
}

void KeyStore::report() const {
  {
    const std::lock_guard lock{uses_mutex_};
    if (uses_.empty()) return;
  }
  if (listener_) listener_();
}

}  // namespace warder::manager
