// The tables of config.db, of all of reports.
#include "manager/reports/reports.h"

namespace warder::manager {

FeatureSchema reports_schema() {
  using enum PersonalData;
  return {
      .feature = "reports",
      .migrations =
          {{1,
            "reports and what was made of them",
            {"CREATE TABLE reports (id TEXT PRIMARY KEY, name TEXT NOT NULL, kind BIGINT NOT NULL, filter TEXT NOT "
             "NULL, period TEXT NOT NULL, schedule TEXT NOT NULL, language TEXT NOT NULL, recipients TEXT NOT NULL, "
             "enabled BIGINT NOT NULL, owner TEXT NOT NULL, created BIGINT NOT NULL, next_at BIGINT, last_at BIGINT, "
             "version BIGINT NOT NULL)",
             "CREATE TABLE report_runs (id TEXT PRIMARY KEY, report TEXT NOT NULL, report_name TEXT NOT NULL, kind "
             "BIGINT NOT NULL, occurrence BIGINT NOT NULL, asked_by TEXT NOT NULL, told BIGINT NOT NULL, UNIQUE "
             "(report, occurrence))",
             "CREATE TABLE report_deliveries (id TEXT PRIMARY KEY, run TEXT NOT NULL, report TEXT NOT NULL, "
             "report_name "
             "TEXT NOT NULL, kind BIGINT NOT NULL, recipient TEXT NOT NULL, occurrence BIGINT NOT NULL, from_time "
             "BIGINT NOT NULL, to_time BIGINT NOT NULL, filter TEXT NOT NULL, language TEXT NOT NULL, state BIGINT NOT "
             "NULL, tries BIGINT NOT NULL, due BIGINT NOT NULL, holder TEXT NOT NULL, held_until BIGINT NOT NULL, "
             "reason TEXT NOT NULL, made BIGINT, sha256 TEXT NOT NULL, row_count BIGINT NOT NULL, bytes BIGINT NOT "
             "NULL, document BLOB, UNIQUE (report, occurrence, recipient))",
             "CREATE INDEX report_deliveries_by_recipient ON report_deliveries (recipient, id)",
             "CREATE INDEX report_deliveries_by_run ON report_deliveries (run)",
             "CREATE INDEX report_deliveries_by_state ON report_deliveries (state, due)"}}},
      .fields = {{"reports", "id", None},
                 {"reports", "name", None},
                 {"reports", "kind", None},
                 {"reports", "filter", Content},
                 {"reports", "period", None},
                 {"reports", "schedule", None},
                 {"reports", "language", None},
                 {"reports", "recipients", Identifier},
                 {"reports", "enabled", None},
                 {"reports", "owner", Identifier},
                 {"reports", "created", None},
                 {"reports", "next_at", None},
                 {"reports", "last_at", None},
                 {"reports", "version", None},
                 {"report_runs", "id", None},
                 {"report_runs", "report", None},
                 {"report_runs", "report_name", None},
                 {"report_runs", "kind", None},
                 {"report_runs", "occurrence", None},
                 {"report_runs", "asked_by", Identifier},
                 {"report_runs", "told", None},
                 {"report_deliveries", "id", None},
                 {"report_deliveries", "run", None},
                 {"report_deliveries", "report", None},
                 {"report_deliveries", "report_name", None},
                 {"report_deliveries", "kind", None},
                 {"report_deliveries", "recipient", Identifier},
                 {"report_deliveries", "occurrence", None},
                 {"report_deliveries", "from_time", None},
                 {"report_deliveries", "to_time", None},
                 {"report_deliveries", "filter", Content},
                 {"report_deliveries", "language", None},
                 {"report_deliveries", "state", None},
                 {"report_deliveries", "tries", None},
                 {"report_deliveries", "due", None},
                 {"report_deliveries", "holder", None},
                 {"report_deliveries", "held_until", None},
                 {"report_deliveries", "reason", None},
                 {"report_deliveries", "made", None},
                 {"report_deliveries", "sha256", None},
                 {"report_deliveries", "row_count", None},
                 {"report_deliveries", "bytes", None},
                 {"report_deliveries", "document", Content, "id"}}};
}

}  // namespace warder::manager
