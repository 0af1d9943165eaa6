// An export of a tenant without a server, for `warder-manager tenant export`.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "manager/installation.h"
#include "manager/provisioning/tenant_export.h"

namespace warder::manager {

/// Makes the file, mode 0600, and puts it into its place when it is whole. Conflict when there is one already.
Result<ExportReceipt> export_to_file(Installation& installation, const TenantScope& scope,
                                     const std::filesystem::path& output);

}  // namespace warder::manager
