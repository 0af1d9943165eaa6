#include "manager/incidents/incidents.h"

namespace warder::manager {

FeatureSchema incidents_schema() {
  using enum PersonalData;
  FeatureSchema schema{
      .feature = "incidents",
      .migrations =
          {{1,
            "create incidents",
            {"CREATE TABLE incidents (id TEXT NOT NULL, number BIGINT NOT NULL, title TEXT NOT NULL, "
             "description TEXT NOT NULL, impact BIGINT NOT NULL, urgency BIGINT NOT NULL, severity BIGINT NOT NULL, "
             "state BIGINT NOT NULL, declared_by TEXT NOT NULL, assignee TEXT NOT NULL, roles TEXT NOT NULL, "
             "occurred BIGINT NOT NULL, declared BIGINT NOT NULL, told BIGINT, acknowledged BIGINT, contained BIGINT, "
             "closed BIGINT, root_cause TEXT NOT NULL, corrective_action TEXT NOT NULL, plan_review TEXT NOT NULL, "
             "plan_reviewed_by TEXT NOT NULL, plan_reviewed BIGINT, breach_aware BIGINT, breach_notified BIGINT, "
             "delay_reason TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (id))",
             "CREATE TABLE incident_timeline (incident TEXT NOT NULL, number BIGINT NOT NULL, time BIGINT NOT NULL, "
             "actor TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, detail TEXT NOT NULL, "
             "PRIMARY KEY (incident, number))",
             "CREATE TABLE incident_tasks (id TEXT NOT NULL, incident TEXT NOT NULL, title TEXT NOT NULL, "
             "assignee TEXT NOT NULL, created BIGINT NOT NULL, done BIGINT, PRIMARY KEY (id))",
             "CREATE INDEX incident_tasks_by_incident ON incident_tasks (incident, id)",
             "CREATE TABLE incident_links (incident TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, "
             "snapshot TEXT NOT NULL, PRIMARY KEY (incident, kind, id))",
             "CREATE TABLE incident_isolations (incident TEXT NOT NULL, command TEXT NOT NULL, agent TEXT NOT NULL, "
             "action TEXT NOT NULL, time BIGINT NOT NULL, PRIMARY KEY (incident, command))",
             "CREATE TABLE incident_settings (one BIGINT NOT NULL, settings TEXT NOT NULL, PRIMARY KEY (one))"}},
           {2,
            "incidents are given to who is on call",
            {"ALTER TABLE incidents ADD COLUMN skill TEXT NOT NULL DEFAULT ''",
             "ALTER TABLE incidents ADD COLUMN level BIGINT NOT NULL DEFAULT 0"}}},
      .fields = {}};
  const auto add = [&schema](std::string_view table, PersonalData data,
                             std::initializer_list<std::string_view> columns) {
    for (const std::string_view column : columns) schema.fields.push_back({table, column, data});
  };
  add("incidents", None,
      {"id", "number", "impact", "urgency", "severity", "state", "occurred", "declared", "told", "acknowledged",
       "contained", "closed", "plan_reviewed", "breach_aware", "breach_notified", "skill", "level", "version"});
  add("incidents", Identifier, {"declared_by", "assignee", "roles", "plan_reviewed_by"});
  add("incidents", Content, {"title", "description", "root_cause", "corrective_action", "plan_review", "delay_reason"});
  add("incident_timeline", None, {"incident", "number", "time", "kind"});
  add("incident_timeline", Identifier, {"actor"});
  add("incident_timeline", Content, {"text", "detail"});
  add("incident_tasks", None, {"id", "incident", "created", "done"});
  add("incident_tasks", Identifier, {"assignee"});
  add("incident_tasks", Content, {"title"});
  add("incident_links", None, {"incident", "kind", "id"});
  add("incident_links", Content, {"snapshot"});
  add("incident_isolations", None, {"incident", "command", "agent", "action", "time"});
  add("incident_settings", None, {"one", "settings"});
  return schema;
}

}  // namespace warder::manager
