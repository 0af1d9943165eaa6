#include "manager/events/event_store.h"

namespace warder::manager {
namespace {

using enum PersonalData;

// Clustered by (time, id): the primary key is the order in which events are read, and needs no second copy.
constexpr std::string_view kEvents =
    "CREATE TABLE events (time BIGINT NOT NULL, id BLOB NOT NULL, received BIGINT NOT NULL, agent_id BLOB, "
    "host TEXT NOT NULL, module BIGINT NOT NULL, type TEXT NOT NULL, severity BIGINT NOT NULL, "
    "action BIGINT NOT NULL, rule TEXT NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (time, id)) WITHOUT ROWID "
    "/*postgres: PARTITION BY RANGE (time)*/";

constexpr std::string_view kRollups =
    "CREATE TABLE rollups (hour BIGINT NOT NULL, host TEXT NOT NULL, module BIGINT NOT NULL, "
    "severity BIGINT NOT NULL, rule TEXT NOT NULL, events BIGINT NOT NULL, "
    "PRIMARY KEY (hour, host, module, severity, rule)) WITHOUT ROWID /*postgres: PARTITION BY RANGE (hour)*/";

constexpr std::string_view kSpools =
    "CREATE TABLE spools (agent_id BLOB NOT NULL, epoch BLOB NOT NULL, acknowledged BIGINT NOT NULL, "
    "PRIMARY KEY (agent_id, epoch)) WITHOUT ROWID";

// Events whose id does not tell their time: the agent's clock was set in between, or the time was beyond the limits.
constexpr std::string_view kDisplaced =
    "CREATE TABLE displaced (id BLOB NOT NULL, time BIGINT NOT NULL, PRIMARY KEY (id)) WITHOUT ROWID";

constexpr std::string_view kOutbox =
    "CREATE TABLE outbox (number BIGINT NOT NULL, time BIGINT NOT NULL, id BLOB NOT NULL, PRIMARY KEY (number))";
constexpr std::string_view kOutboxEnd =
    "CREATE TABLE outbox_end (one BIGINT NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (one))";

// In PostgreSQL without partitions: a row for many events.
constexpr std::string_view kTypeCounts =
    "CREATE TABLE type_counts (slot BIGINT NOT NULL, agent_id BLOB NOT NULL, module BIGINT NOT NULL, "
    "severity BIGINT NOT NULL, type TEXT NOT NULL, failed_login BIGINT NOT NULL, events BIGINT NOT NULL, "
    "PRIMARY KEY (slot, agent_id, module, severity, type, failed_login)) WITHOUT ROWID";

// Of the severity and the value: kRankSql.
constexpr std::string_view kByRank =
    "CREATE INDEX events_by_rank ON events ((asset_value * (CASE severity WHEN 0 THEN 1 ELSE severity * 25 END)), "
    "time)";

// What the console counts its events by.
constexpr std::string_view kRollupsByType =
    "CREATE TABLE rollups (hour BIGINT NOT NULL, host TEXT NOT NULL, module BIGINT NOT NULL, "
    "severity BIGINT NOT NULL, rule TEXT NOT NULL, type TEXT NOT NULL, action BIGINT NOT NULL, "
    "events BIGINT NOT NULL, PRIMARY KEY (hour, host, module, severity, rule, type, action)) WITHOUT ROWID";
constexpr std::string_view kCountAll =
    "INSERT INTO rollups (hour, host, module, severity, rule, type, action, events) "
    "SELECT time / 3600000000, host, module, severity, rule, type, action, count(*) FROM events "
    "GROUP BY 1, 2, 3, 4, 5, 6, 7";

constexpr std::string_view kLosses =
    "CREATE TABLE event_losses (agent_id BLOB NOT NULL, epoch BLOB NOT NULL, first_sequence BIGINT NOT NULL, "
    "last_sequence BIGINT NOT NULL, events BIGINT NOT NULL, added BIGINT NOT NULL, severity BIGINT NOT NULL, "
    "explained BIGINT NOT NULL, event_time BIGINT NOT NULL, event_id BLOB NOT NULL, "
    "PRIMARY KEY (agent_id, epoch, first_sequence, last_sequence, events))";

/// What both kinds of stores share.
FeatureSchema events_schema() {
  return {
      .feature = "events",
      .migrations = {{1,
                      "create events",
                      {kEvents, "CREATE INDEX events_by_host ON events (host, time)",
                       "CREATE INDEX events_by_severity ON events (severity, time)", kRollups, kSpools, kDisplaced}},
                     {2, "create outbox", {kOutbox, kOutboxEnd}},
                     {3, "create counts of types", {kTypeCounts}},
                     {4,
                      "value of the asset, rank and tags of events",
                      {"ALTER TABLE events ADD COLUMN asset_value BIGINT NOT NULL DEFAULT 1",
                       "ALTER TABLE events ADD COLUMN tags TEXT", kByRank,
                       "CREATE INDEX events_with_tags ON events (time) WHERE tags IS NOT NULL"}}},
      .fields = {{"events", "time", None},
                 {"events", "id", None},
                 {"events", "received", None},
                 {"events", "agent_id", None},
                 {"events", "host", None},
                 {"events", "module", None},
                 {"events", "type", None},
                 {"events", "severity", None},
                 {"events", "action", None},
                 {"events", "rule", None},
                 {"events", "fields", Content},  // each field has its own class in
                                                 // event_fields()
                 {"events", "asset_value", None},
                 {"events", "tags", None},
                 {"rollups", "hour", None},
                 {"rollups", "host", None},
                 {"rollups", "module", None},
                 {"rollups", "severity", None},
                 {"rollups", "rule", None},
                 {"rollups", "type", None},
                 {"rollups", "action", None},
                 {"rollups", "events", None},
                 {"type_counts", "slot", None},
                 {"type_counts", "agent_id", None},
                 {"type_counts", "module", None},
                 {"type_counts", "severity", None},
                 {"type_counts", "type", None},
                 {"type_counts", "failed_login", None},
                 {"type_counts", "events", None},
                 {"spools", "agent_id", None},
                 {"spools", "epoch", None},
                 {"spools", "acknowledged", None},
                 {"displaced", "id", None},
                 {"displaced", "time", None},
                 {"outbox", "number", None},
                 {"outbox", "time", None},
                 {"outbox", "id", None},
                 {"outbox_end", "one", None},
                 {"outbox_end", "number", None}}};
}

}  // namespace

FeatureSchema events_file_schema() {
  FeatureSchema schema = events_schema();
  schema.migrations.push_back({5, "counts by type and action", {"DROP TABLE rollups", kRollupsByType, kCountAll}});
  return schema;
}

FeatureSchema events_partitioned_schema() {
  FeatureSchema schema = events_schema();
  schema.feature = "events-partitioned";  // beside "events" of the configuration in the same schema
  // So that a partition may be divided by module, where modules are kept for different times.
  schema.migrations.push_back(
      {5,
       "events by module",
       {"ALTER TABLE events DROP CONSTRAINT events_pkey", "ALTER TABLE events ADD PRIMARY KEY (time, id, module)"}});
  schema.migrations.push_back(
      {6,
       "counts by type and action",
       {"ALTER TABLE rollups DROP CONSTRAINT rollups_pkey", "DELETE FROM rollups",
        "ALTER TABLE rollups ADD COLUMN type TEXT NOT NULL", "ALTER TABLE rollups ADD COLUMN action BIGINT NOT NULL",
        "ALTER TABLE rollups ADD PRIMARY KEY (hour, host, module, severity, rule, type, action)", kCountAll}});
  return schema;
}

FeatureSchema events_config_schema() {
  return {.feature = "events",
          .migrations = {{1,
                          "create losses and places in spools",
                          {kLosses,
                           "CREATE TABLE event_spools (agent_id BLOB NOT NULL, epoch BLOB NOT NULL, "
                           "acknowledged BIGINT NOT NULL, PRIMARY KEY (agent_id, epoch))"}},
                         {2,
                          "times to keep modules, and ends of outboxes that are gone",
                          {"CREATE TABLE event_retention (module BIGINT NOT NULL, days BIGINT NOT NULL, "
                           "PRIMARY KEY (module))",
                           "CREATE TABLE event_outboxes_gone (file BIGINT NOT NULL, number BIGINT NOT NULL, "
                           "PRIMARY KEY (file))"}},
                         {3,
                          "how far the audit log is told as events",
                          {"CREATE TABLE audit_events_told (one BIGINT NOT NULL, number BIGINT NOT NULL, "
                           "PRIMARY KEY (one))"}}},
          .fields = {{"event_losses", "agent_id", None},
                     {"event_losses", "epoch", None},
                     {"event_losses", "first_sequence", None},
                     {"event_losses", "last_sequence", None},
                     {"event_losses", "events", None},
                     {"event_losses", "added", None},
                     {"event_losses", "severity", None},
                     {"event_losses", "explained", None},
                     {"event_losses", "event_time", None},
                     {"event_losses", "event_id", None},
                     {"event_spools", "agent_id", None},
                     {"event_spools", "epoch", None},
                     {"event_spools", "acknowledged", None},
                     {"event_retention", "module", None},
                     {"event_retention", "days", None},
                     {"event_outboxes_gone", "file", None},
                     {"event_outboxes_gone", "number", None},
                     {"audit_events_told", "one", None},
                     {"audit_events_told", "number", None}}};
}

}  // namespace warder::manager
