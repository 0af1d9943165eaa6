#include "manager/key_commands.h"

#include <fmt/format.h>

#include "manager/installation.h"

namespace warder::manager {
namespace {

std::string name_of(const Tenants& tenants, const std::string& owner) {
  const auto id = parse_id<TenantId>(owner);
  const auto tenant = id ? tenants.find(*id) : Result<Tenant>(tl::unexpected(id.error()));
  return tenant ? tenant->name : owner;
}

Result<std::string> owner_of(const Tenants& tenants, const std::string& text) {
  if (text.empty() || text == kControlOwner || parse_id<TenantId>(text)) return text;
  return WD_TRY(tenants.find_by_name(text)).id.text();
}

}  // namespace

Result<void> list_keys(const Config& config) {
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const TenantScope scope = WD_TRY(installation->first_tenant("job:command-line"));
  for (const KeyState& key : WD_TRY(installation->key_operations.list(scope))) {
    const bool is_dated = key.created != Timestamp{};
    fmt::print("{} {} {}{} {} {}\n", name_of(*installation->tenants, key.owner), key.level, key.epoch,
               key.is_current ? " current" : "", is_dated ? to_rfc3339(key.created) : "-", key.root);
  }
  return {};
}

Result<void> rotate_keys(const Config& config, const std::string& level, const std::string& owner) {
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const TenantScope scope = WD_TRY(installation->first_tenant("job:command-line"));
  const KeyTarget target{level, WD_TRY(owner_of(*installation->tenants, owner))};
  const RotatedKey rotated = WD_TRY(installation->key_operations.rotate_offline(scope, target));
  if (rotated.epoch) {
    fmt::print("{} is at epoch {}\n", key_object(target), *rotated.epoch);
  } else {
    fmt::print("{} is new, and every tenant's key is wrapped under it\n", key_object(target));
  }
  return {};
}

}  // namespace warder::manager
