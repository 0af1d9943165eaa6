#include "manager/audit/audit_log.h"

namespace warder::manager {
namespace {

Result<std::optional<std::int64_t>> number_of(Db& db, std::string_view sql, std::initializer_list<DbValue> values) {
  const StmtHandle statement = WD_TRY(db.prepare(sql));
  WD_TRY(statement->bind(values));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr || row->is_null(0)) return std::optional<std::int64_t>();
  return std::optional(row->integer(0));
}

/// The first entry that is not before `time`; behind the last one when all are.
Result<std::int64_t> first_since(Db& db, std::int64_t entries, Timestamp time) {
  std::int64_t low = 1;
  std::int64_t high = entries + 1;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const auto at = WD_TRY(number_of(db, "SELECT time FROM audit WHERE entry = ?1", {middle}));
    if (at && *at < to_micros(time))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace

Result<AuditActivity> AuditLog::activity(const TenantScope& scope, Timestamp from, Timestamp to) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const std::int64_t all = WD_TRY(number_of(*db, "SELECT max(entry) FROM audit", {})).value_or(0);
  const std::int64_t first = WD_TRY(first_since(*db, all, from));
  const std::int64_t behind = WD_TRY(first_since(*db, all, to));
  const auto refused = WD_TRY(number_of(*db,
                                        "SELECT count(*) FROM audit WHERE action = 'session.login' AND entry >= ?1 "
                                        "AND entry < ?2 AND outcome <> ?3",
                                        {first, behind, std::string(name(AuditOutcome::Success))}));
  return AuditActivity{behind - first, refused.value_or(0)};
}

}  // namespace warder::manager
