#include "manager/fleet/agents.h"

namespace warder::manager {
namespace {

constexpr std::string_view kGroups =
    "CREATE TABLE agent_groups (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
    "parent_id TEXT REFERENCES agent_groups (id), policy_id TEXT REFERENCES policies (id), version BIGINT NOT NULL)";

constexpr std::string_view kAgents =
    "CREATE TABLE agents (id TEXT NOT NULL PRIMARY KEY, hostname TEXT NOT NULL, "
    "group_id TEXT REFERENCES agent_groups (id), policy_id TEXT REFERENCES policies (id), version BIGINT NOT NULL, "
    "enrolled BIGINT NOT NULL, agent_version TEXT NOT NULL, os TEXT NOT NULL, kernel TEXT NOT NULL, "
    "address TEXT NOT NULL, machine TEXT NOT NULL, clone_seen BIGINT, connected BIGINT NOT NULL, last_seen BIGINT, "
    "heartbeat_s BIGINT NOT NULL, clock_offset_ms BIGINT, certificate_expires BIGINT, policy_digest TEXT NOT NULL, "
    "refused_digest TEXT NOT NULL, policy_error TEXT NOT NULL, modules TEXT NOT NULL, spool_events BIGINT NOT NULL)";

constexpr std::string_view kTokens =
    "CREATE TABLE enrol_tokens (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, secret_sha256 TEXT NOT NULL, "
    "group_id TEXT REFERENCES agent_groups (id), policy_id TEXT REFERENCES policies (id), created BIGINT NOT NULL, "
    "expires BIGINT NOT NULL, uses_left BIGINT NOT NULL, revoked BIGINT NOT NULL)";

constexpr std::string_view kCommandsTable =
    "CREATE TABLE agent_commands (id TEXT NOT NULL PRIMARY KEY, agent_id TEXT NOT NULL REFERENCES agents (id), "
    "module TEXT NOT NULL, name TEXT NOT NULL, arguments TEXT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL, "
    "output TEXT, created BIGINT NOT NULL, expires BIGINT NOT NULL, finished BIGINT)";

constexpr std::string_view kKeys = "CREATE TABLE fleet_keys (purpose TEXT NOT NULL PRIMARY KEY, seed BLOB NOT NULL)";

constexpr std::string_view kTags =
    "CREATE TABLE agent_tags (agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE, tag TEXT NOT NULL, "
    "PRIMARY KEY (agent_id, tag))";

constexpr std::string_view kInventoryLists =
    "CREATE TABLE inventory_lists (agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE, "
    "kind BIGINT NOT NULL, digest TEXT NOT NULL, items BIGINT NOT NULL, collected BIGINT NOT NULL, "
    "received BIGINT NOT NULL, PRIMARY KEY (agent_id, kind))";

constexpr std::string_view kInventoryItems =
    "CREATE TABLE inventory_items (agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE, "
    "kind BIGINT NOT NULL, item_key TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, "
    "attributes TEXT NOT NULL, first_seen BIGINT NOT NULL, changed BIGINT NOT NULL, "
    "PRIMARY KEY (agent_id, kind, item_key))";

constexpr std::string_view kSmartGroups =
    "CREATE TABLE smart_groups (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, filter TEXT NOT NULL, "
    "created BIGINT NOT NULL, version BIGINT NOT NULL)";

// Names are of users, too, and attributes hold what runs on a host: engines/inventory/item.cc has each one's class.
void add_inventory_fields(std::vector<StoredField>& fields) {
  for (const std::string_view column : {"agent_id", "kind", "digest", "items", "collected", "received"})
    fields.push_back({"inventory_lists", column, PersonalData::None});
  for (const std::string_view column : {"agent_id", "kind", "version", "first_seen", "changed"})
    fields.push_back({"inventory_items", column, PersonalData::None});
  for (const std::string_view column : {"item_key", "name"})
    fields.push_back({"inventory_items", column, PersonalData::Identifier});
  fields.push_back({"inventory_items", "attributes", PersonalData::Content});
}

std::vector<StoredField> agent_fields() {
  std::vector<StoredField> fields{{"agents", "hostname", PersonalData::Identifier},
                                  {"agents", "address", PersonalData::Identifier},
                                  {"agents", "machine", PersonalData::Identifier}};
  for (const std::string_view column : {"id",
                                        "group_id",
                                        "policy_id",
                                        "version",
                                        "enrolled",
                                        "agent_version",
                                        "os",
                                        "kernel",
                                        "clone_seen",
                                        "connected",
                                        "last_seen",
                                        "heartbeat_s",
                                        "clock_offset_ms",
                                        "certificate_expires",
                                        "policy_digest",
                                        "refused_digest",
                                        "policy_error",
                                        "modules",
                                        "spool_events",
                                        "modules_in_force",
                                        "modules_degraded",
                                        "asset_value"})
    fields.push_back({"agents", column, PersonalData::None});
  return fields;
}

}  // namespace

FeatureSchema fleet_schema() {
  FeatureSchema schema{
      "fleet",
      {{1,
        "agents, groups, enrolment tokens, commands",
        {kGroups, kAgents, "CREATE INDEX agents_hostname ON agents (hostname, id)",
         "CREATE INDEX agents_group ON agents (group_id)", kTokens, kCommandsTable,
         "CREATE INDEX agent_commands_agent ON agent_commands (agent_id, state)", kKeys}},
       {2,
        "inventory",
        {kInventoryLists, kInventoryItems,
         "CREATE INDEX inventory_items_name ON inventory_items (kind, name, agent_id)"}},
       {3, "tags of agents", {kTags, "CREATE INDEX agent_tags_tag ON agent_tags (tag)"}},
       // Until the next heartbeat of a host nothing of it is known to be in force.
       {4,
        "how many modules protect a host",
        {"ALTER TABLE agents ADD COLUMN modules_in_force BIGINT NOT NULL DEFAULT 0",
         "ALTER TABLE agents ADD COLUMN modules_degraded BIGINT NOT NULL DEFAULT 0"}},
       {5,
        "values of assets",
        {"ALTER TABLE agents ADD COLUMN asset_value BIGINT", "ALTER TABLE agent_groups ADD COLUMN asset_value BIGINT"}},
       {6, "smart groups", {kSmartGroups}}},
      agent_fields()};
  for (const std::string_view column : {"id", "name", "parent_id", "policy_id", "version", "asset_value"})
    schema.fields.push_back({"agent_groups", column, PersonalData::None});
  for (const std::string_view column :
       {"id", "name", "group_id", "policy_id", "created", "expires", "uses_left", "revoked"})
    schema.fields.push_back({"enrol_tokens", column, PersonalData::None});
  schema.fields.push_back({"enrol_tokens", "secret_sha256", PersonalData::Secret});
  for (const std::string_view column :
       {"id", "agent_id", "module", "name", "state", "error", "created", "expires", "finished"})
    schema.fields.push_back({"agent_commands", column, PersonalData::None});
  schema.fields.push_back({"agent_commands", "arguments", PersonalData::Content});
  schema.fields.push_back({"agent_commands", "output", PersonalData::Content});
  schema.fields.push_back({"fleet_keys", "purpose", PersonalData::None});
  schema.fields.push_back({"fleet_keys", "seed", PersonalData::Secret, "purpose"});
  for (const std::string_view column : {"agent_id", "tag"})
    schema.fields.push_back({"agent_tags", column, PersonalData::None});
  for (const std::string_view column : {"id", "name", "created", "version"})
    schema.fields.push_back({"smart_groups", column, PersonalData::None});
  schema.fields.push_back({"smart_groups", "filter", PersonalData::Content});
  add_inventory_fields(schema.fields);
  return schema;
}

}  // namespace warder::manager
