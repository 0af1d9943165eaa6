#include "manager/review/reviews.h"

namespace warder::manager {

FeatureSchema review_schema() {
  using enum PersonalData;
  FeatureSchema schema{
      .feature = "review",
      .migrations =
          {{1,
            "create reviews",
            {"CREATE TABLE review_settings (one BIGINT NOT NULL, deadline_hours BIGINT NOT NULL, PRIMARY KEY (one))",
             "CREATE TABLE review_days (day TEXT NOT NULL, zone TEXT NOT NULL, from_time BIGINT NOT NULL, "
             "to_time BIGINT NOT NULL, deadline BIGINT NOT NULL, triaged BIGINT, events BIGINT NOT NULL, "
             "missed_told BIGINT, PRIMARY KEY (day))",
             "CREATE TABLE review_systems (day TEXT NOT NULL, system TEXT NOT NULL, name TEXT NOT NULL, "
             "result BIGINT, events BIGINT NOT NULL, summary TEXT NOT NULL, findings TEXT NOT NULL, "
             "PRIMARY KEY (day, system))",
             "CREATE INDEX review_systems_by_system ON review_systems (system, day)",
             "CREATE TABLE review_sign_offs (id TEXT NOT NULL, day TEXT NOT NULL, actor TEXT NOT NULL, "
             "time BIGINT NOT NULL, note TEXT NOT NULL, whole_day BIGINT NOT NULL, PRIMARY KEY (id))",
             "CREATE INDEX review_sign_offs_by_day ON review_sign_offs (day)",
             "CREATE TABLE review_covered (sign_off TEXT NOT NULL, day TEXT NOT NULL, system TEXT NOT NULL, "
             "time BIGINT NOT NULL, events BIGINT NOT NULL, result BIGINT NOT NULL, judgement TEXT NOT NULL, "
             "note TEXT NOT NULL, PRIMARY KEY (sign_off, system))",
             "CREATE INDEX review_covered_by_day ON review_covered (day, system)"}}},
      .fields = {{"review_systems", "name", Identifier},
                 {"review_sign_offs", "actor", Identifier},
                 {"review_sign_offs", "note", Content},
                 {"review_covered", "note", Content}}};
  const auto add = [&schema](std::string_view table, std::initializer_list<std::string_view> columns) {
    for (const std::string_view column : columns) schema.fields.push_back({table, column, None});
  };
  add("review_settings", {"one", "deadline_hours"});
  add("review_days", {"day", "zone", "from_time", "to_time", "deadline", "triaged", "events", "missed_told"});
  add("review_systems", {"day", "system", "result", "events", "summary", "findings"});
  add("review_sign_offs", {"id", "day", "time", "whole_day"});
  add("review_covered", {"sign_off", "day", "system", "time", "events", "result", "judgement"});
  return schema;
}

}  // namespace warder::manager
