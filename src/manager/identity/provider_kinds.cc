#include "manager/identity/provider_kinds.h"

namespace warder::manager {

namespace {

constexpr const ProviderKind* kKinds[] = {
    &kOidcProvider,
    &kLdapProvider,
    &kScimProvider,
};

}  // namespace

std::span<const ProviderKind* const> provider_kinds() noexcept {
  return kKinds;
}

const ProviderKind* find_provider_kind(std::string_view name) noexcept {
  for (const ProviderKind* const kind : kKinds)
    if (kind->name == name) return kind;
  return nullptr;
}

bool is_equal_group(std::string_view mapped, std::string_view group) {
  return mapped == group;
}

}  // namespace warder::manager
