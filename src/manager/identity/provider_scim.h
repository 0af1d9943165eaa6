// Settings of a provider that pushes its people by SCIM.
#pragma once

#include <span>
#include <string>

#include "base/fields.h"

namespace warder::manager {

struct ScimSettings {
  std::string link_provider;  // id of the provider by which its people log in; empty: there is none
  std::string link_by = "externalId";

  static std::span<const Field<ScimSettings>> fields();
};

/// Of a provider's stored settings. Invalid as in ProviderKind::complete.
Result<ScimSettings> read_scim_settings(const boost::json::object& settings);

}  // namespace warder::manager
