#include "manager/fleet/host_match.h"

#include <algorithm>

#include "base/json.h"
#include "engines/inventory/item.h"
#include "manager/events/filter_vocabulary.h"
#include "manager/fleet/host_fields.h"
#include "manager/policies/sql.h"
#include "manager/store/dialect.h"

namespace warder::manager {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::string_view kModulePrefix = "module.";

/// The list of inventory that a field asks about; nullopt: the field is of the host's own record.
std::optional<inventory::Kind> fact_of(std::string_view key) {
  if (key == "fact.package") return inventory::Kind::Package;
  if (key == "fact.service") return inventory::Kind::Service;
  if (key == "fact.port") return inventory::Kind::Socket;
  if (key == "fact.container") return inventory::Kind::Container;
  return std::nullopt;
}

Result<std::string> read_text(const Row& row) {
  return row.text(0);
}

/// What is not equal is what has no equal.
FilterTerm positive(FilterTerm term) {
  if (term.op == FilterOp::NotEqual) term.op = FilterOp::Equal;
  return term;
}

Result<std::set<std::string>> agents_with(Db& db, inventory::Kind kind, const FilterTerm& term) {
  const auto number = static_cast<std::int64_t>(kind);
  json::array names;
  for (const std::string& name :
       WD_TRY(select(db, "SELECT DISTINCT name FROM inventory_items WHERE kind = ?1", {number}, read_text))) {
    const FilterValue value{name};
    if (holds_for_one(term, {&value, 1})) names.emplace_back(json::string(name));
  }
  if (names.empty()) return std::set<std::string>{};
  const auto agents = WD_TRY(select(
      db, "SELECT DISTINCT agent_id FROM inventory_items WHERE kind = ?1 AND " + in_json_array("name", 2, db.dialect()),
      {number, json::serialize(names)}, read_text));
  return std::set<std::string>(agents.begin(), agents.end());
}

std::vector<FilterValue> texts(const auto& list) {
  std::vector<FilterValue> values;
  for (const std::string& text : list) values.emplace_back(text);
  return values;
}

std::vector<FilterValue> maybe(const std::optional<std::int64_t>& number) {
  if (!number) return {};
  return {*number};
}

std::vector<FilterValue> maybe(const std::optional<Timestamp>& time) {
  if (!time) return {};
  return {to_micros(*time)};
}

std::vector<FilterValue> module_state(const Agent& agent, std::string_view module) {
  const auto found = std::ranges::find(agent.modules, module, &AgentModule::module);
  return {found == agent.modules.end() ? std::string{"unknown"} : found->state};
}

/// Fields with one text, that a host's record holds.
struct TextRow {
  std::string_view key;
  std::string (*value)(const Agent&);
};
constexpr TextRow kTexts[] = {
    {"id", [](const Agent& agent) { return agent.id.text(); }},
    {"name", [](const Agent& agent) { return agent.hostname; }},
    {"address", [](const Agent& agent) { return agent.address; }},
    {"state", [](const Agent& agent) { return std::string{name(agent.state)}; }},
    {"policy.state", [](const Agent& agent) { return std::string{name(agent.policy_state)}; }},
    {"os", [](const Agent& agent) { return agent.os; }},
    {"kernel", [](const Agent& agent) { return agent.kernel; }},
    {"agent.version", [](const Agent& agent) { return agent.agent_version; }},
};

}  // namespace

Result<HostMatcher> HostMatcher::of(Db& config, const std::vector<std::string>& filters) {
  HostMatcher matcher;
  for (const std::string& text : filters) {
    Filter filter = WD_TRY(parse_host_filter(text));
    if (filter.kind != Filter::Kind::All) matcher.filters_.push_back(std::move(filter));
  }
  if (matcher.filters_.empty()) return matcher;
  WD_TRY(matcher.read_names(config));
  for (const Filter& filter : matcher.filters_) WD_TRY(matcher.read_facts(config, filter));
  return matcher;
}

Result<void> HostMatcher::read_names(Db& config) {
  WD_TRY(select(config, "SELECT id, name, parent_id FROM agent_groups", {}, [&](const Row& row) -> Result<int> {
    groups_[WD_TRY(parse_id<GroupId>(row.text(0)))] = {row.text(1), WD_TRY(optional_id<GroupId>(row, 2))};
    return 0;
  }));
  WD_TRY(select(config, "SELECT id, name FROM policies", {}, [&](const Row& row) -> Result<int> {
    policies_[WD_TRY(parse_id<PolicyId>(row.text(0)))] = row.text(1);
    return 0;
  }));
  return {};
}

Result<void> HostMatcher::read_facts(Db& config, const Filter& filter) {
  for (const Filter& child : filter.children) WD_TRY(read_facts(config, child));
  if (filter.kind != Filter::Kind::Term) return {};
  if (const auto kind = fact_of(filter.term.field->key))
    facts_[&filter.term] = WD_TRY(agents_with(config, *kind, positive(filter.term)));
  return {};
}

bool HostMatcher::matches(const Agent& agent, const PolicyId& policy) const {
  return std::ranges::all_of(filters_, [&](const Filter& filter) {
    return evaluate(filter, [&](const FilterTerm& term) { return matches(term, agent, policy); });
  });
}

bool HostMatcher::matches(const FilterTerm& term, const Agent& agent, const PolicyId& policy) const {
  if (const auto facts = facts_.find(&term); facts != facts_.end())
    return facts->second.contains(agent.id.text()) != (term.op == FilterOp::NotEqual);
  if (term.field->kind != FilterFieldKind::AnyText)
    return holds_for_one(term, values_of(term.field->key, agent, policy));
  return std::ranges::any_of(host_fields(), [&](const FilterField& field) {
    return field.kind == FilterFieldKind::Text && holds_for_one(term, values_of(field.key, agent, policy));
  });
}

std::vector<FilterValue> HostMatcher::groups_of(const Agent& agent) const {
  std::vector<FilterValue> names;
  std::optional<GroupId> next = agent.group;
  for (int depth = 0; next && depth < kMaxDepth; ++depth) {
    const auto found = groups_.find(*next);
    if (found == groups_.end()) break;
    names.emplace_back(found->second.name);
    next = found->second.parent;
  }
  return names;
}

std::vector<FilterValue> HostMatcher::values_of(std::string_view key, const Agent& agent,
                                                const PolicyId& policy) const {
  if (key.starts_with(kModulePrefix)) return module_state(agent, key.substr(kModulePrefix.size()));
  if (key == "group") return groups_of(agent);
  if (key == "tag") return texts(agent.tags);
  if (key == "warning") return texts(agent.warnings);
  if (key == "last_seen") return maybe(agent.last_seen);
  if (key == "enrolled") return maybe(agent.enrolled);
  if (key == "certificate.expires") return maybe(agent.certificate_expires);
  if (key == "spool_events") return {agent.spool_events};
  if (key == "asset_value") return maybe(agent.asset_value);
  if (key == "policy") {
    const auto found = policies_.find(policy);
    return {found == policies_.end() ? std::string{} : found->second};
  }
  for (const auto& [name, value] : kTexts)
    if (name == key) return {value(agent)};
  return {};
}

}  // namespace warder::manager
