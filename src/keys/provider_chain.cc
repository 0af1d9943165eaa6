#include "keys/provider_chain.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace warder::keys {
namespace {

using Provider = std::unique_ptr<crypto::KeyProvider>;

class ProviderChain final : public crypto::KeyProvider {
 public:
  ProviderChain(Provider present, std::vector<FormerProvider> former)
      : present_(std::move(present)), former_(std::move(former)) {}

  [[nodiscard]] std::string name() const override { return present_->name(); }
  Result<Bytes> wrap(std::string_view purpose, ByteView key) override { return present_->wrap(purpose, key); }
  Result<Bytes> unwrap(std::string_view purpose, ByteView wrapped) override {
    crypto::KeyProvider* const provider = WD_TRY(provider_of(WD_TRY(root_of(wrapped))));
    return provider->unwrap(purpose, wrapped);
  }
  Result<std::string> root() override { return present_->root(); }
  [[nodiscard]] Result<std::string> root_of(ByteView wrapped) const override { return present_->root_of(wrapped); }
  Result<void> rotate() override { return present_->rotate(); }
  Result<bool> has_old() override { return present_->has_old(); }
  Result<void> forget_old() override { return present_->forget_old(); }

 private:
  Result<crypto::KeyProvider*> provider_of(const std::string& root) {
    const auto named = std::ranges::find_if(
        former_, [&](const FormerProvider& former) { return root.starts_with(former.root_prefix); });
    if (named == former_.end()) return present_.get();
    const std::lock_guard lock(mutex_);
    Provider& opened = opened_[named->root_prefix];
    if (!opened) opened = WD_TRY(named->open().in("the provider of root key " + root));
    return opened.get();
  }

  const Provider present_;
  const std::vector<FormerProvider> former_;
  std::mutex mutex_;  // guards opened_
  std::map<std::string, Provider> opened_;
};

}  // namespace

Provider make_provider_chain(Provider present, std::vector<FormerProvider> former) {
  if (former.empty()) return present;
  return std::make_unique<ProviderChain>(std::move(present), std::move(former));
}

}  // namespace warder::keys
