// Everything that is kept of a tenant, as lines of JSON: for the tenant who leaves, or wants to see. docs/tenants.md
// has the format.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/events/event_store.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"
#include "model/messages.h"

namespace warder::manager {

/// Takes a line with its line break; an error ends the export.
using ExportSink = std::function<Result<void>(std::string_view line)>;

struct ExportReceipt {
  std::int64_t rows = 0;
  std::int64_t audit_entries = 0;
  std::int64_t events = 0;
  std::string sha256;  // of all lines before the last
};

/// Thread-safe. Blocks nobody who writes meanwhile: each table is as it was when its first row was read, events and
/// audit entries are those of the beginning, or newer.
class TenantExport {
 public:
  /// `schemas`: the tables; those of the audit log are left out, for its entries have lines of their own.
  TenantExport(Tenants& tenants, AuditLog& audit, EventStore& events, const Messages& messages,
               const host::Clock& clock, std::vector<FeatureSchema> schemas);

  /// Columns that are secret (hashes of passwords and tokens, keys) are left out; contact data is in clear. The last
  /// line is the receipt: without it an export is not whole.
  Result<ExportReceipt> write(const TenantScope& scope, const ExportSink& sink) const;

 private:
  struct Table {
    std::string name;
    std::vector<StoredField> columns;
  };
  struct Writing;
  Result<void> write_table(Writing& writing, Db& db, const Table& table) const;
  Result<void> write_audit(Writing& writing) const;
  Result<void> write_events(Writing& writing) const;

  Tenants& tenants_;
  AuditLog& audit_;
  EventStore& events_;
  const Messages& messages_;
  const host::Clock& clock_;
  std::vector<Table> tables_;
};

}  // namespace warder::manager
