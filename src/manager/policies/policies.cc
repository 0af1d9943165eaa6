#include "manager/policies/policies.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "manager/policies/sections.h"
#include "manager/policies/sql.h"
#include "manager/store/dialect.h"
#include "model/agent_policy.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxDocumentBytes = 256 << 10;
constexpr std::size_t kMaxDepth = 16;
constexpr std::string_view kColumns = "id, name, description, parent_id, document, version, modified, modified_by";

Result<json::object> read_document(const std::string& text) {
  json::value value = WD_TRY(parse_json(text, 2 * kMaxDocumentBytes).in("stored policy"));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "stored policy: not an object");
  return std::move(value.as_object());
}

Result<Policy> read_policy(const Row& row) {
  Policy policy;
  policy.id = WD_TRY(parse_id<PolicyId>(row.text(0)));
  policy.name = row.text(1);
  policy.description = row.text(2);
  policy.parent = WD_TRY(optional_id<PolicyId>(row, 3));
  policy.document = WD_TRY(read_document(row.text(4)));
  policy.version = row.integer(5);
  policy.modified = from_micros(row.integer(6));
  policy.modified_by = row.text(7);
  return policy;
}

Result<PolicyVersion> read_version(const Row& row) {
  PolicyVersion version;
  version.version = row.integer(0);
  version.name = row.text(1);
  version.document = WD_TRY(read_document(row.text(2)));
  version.modified = from_micros(row.integer(3));
  version.modified_by = row.text(4);
  return version;
}

std::string select_policy(std::string_view where) {
  return "SELECT " + std::string{kColumns} + " FROM policies WHERE " + std::string{where};
}

Result<Policy> get(Db& db, const PolicyId& id) {
  auto policy = WD_TRY(select_one(db, select_policy("id = ?1"), {id.text()}, read_policy));
  if (!policy) return fail(ErrorCode::NotFound, "policy " + id.text() + " does not exist");
  return std::move(*policy);
}

/// The way from `id` up to the root; Invalid when it is too long or meets `forbidden`.
Result<std::vector<Policy>> ancestry(Db& db, const PolicyId& id, std::optional<PolicyId> forbidden = {}) {
  std::vector<Policy> way;
  for (std::optional<PolicyId> next = id; next;) {
    if (next == forbidden) return fail(ErrorCode::Invalid, "/parent_id: a policy cannot inherit from itself");
    if (way.size() == kMaxDepth) return fail(ErrorCode::Invalid, "/parent_id: more than 16 levels of policies");
    way.push_back(WD_TRY(get(db, *next)));
    next = way.back().parent;
  }
  return way;
}

Result<void> check_parent(Db& db, const PolicyId& parent, const PolicyId& self) {
  auto way = ancestry(db, parent, self);
  if (way) {
    const auto below =
        static_cast<std::size_t>(std::max<std::int64_t>(1, WD_TRY(tree_height(db, "policies", self.text()))));
    if (way->size() + below <= kMaxDepth) return {};
    return fail(ErrorCode::Invalid, "/parent_id: more than 16 levels of policies");
  }
  if (way.error().code != ErrorCode::NotFound) return fail(std::move(way).error());
  return fail(ErrorCode::Invalid, "/parent_id: " + way.error().message);
}

Result<void> check_name(Db& db, std::string_view name, const PolicyId& self) {
  const auto other =
      WD_TRY(select_one(db, "SELECT id FROM policies WHERE name = ?1 AND id <> ?2", {std::string{name}, self.text()},
                        [](const Row& row) -> Result<std::string> { return row.text(0); }));
  if (other) return fail(ErrorCode::Conflict, "/name: there is another policy of this name");
  return {};
}

Result<void> keep_version(Db& db, const Policy& policy) {
  WD_TRY(
      db.execute("INSERT INTO policy_versions (policy_id, version, name, document, modified, modified_by) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                 {policy.id.text(), policy.version, policy.name, canonical_json(policy.document),
                  to_micros(policy.modified), policy.modified_by}));
  return {};
}

Result<void> insert(Db& db, const Policy& policy) {
  WD_TRY(
      db.execute("INSERT INTO policies (id, name, description, parent_id, document, version, modified, modified_by) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                 {policy.id.text(), policy.name, policy.description, to_db(policy.parent),
                  canonical_json(policy.document), policy.version, to_micros(policy.modified), policy.modified_by}));
  return keep_version(db, policy);
}

Result<void> write(Db& db, const Policy& policy) {
  WD_TRY(
      db.execute("UPDATE policies SET name = ?2, description = ?3, parent_id = ?4, document = ?5, version = ?6, "
                 "modified = ?7, modified_by = ?8 WHERE id = ?1",
                 {policy.id.text(), policy.name, policy.description, to_db(policy.parent),
                  canonical_json(policy.document), policy.version, to_micros(policy.modified), policy.modified_by}));
  return keep_version(db, policy);
}

Result<std::optional<Policy>> find_base(Db& db) {
  return select_one(db, select_policy("parent_id IS NULL"), {}, read_policy);
}

Result<void> apply(Db& db, const PolicyChange& change, Policy& policy) {
  if (change.name && *change.name != policy.name) {
    WD_TRY(check_name(db, *change.name, policy.id));
    policy.name = *change.name;
  }
  if (change.description) policy.description = *change.description;
  if (change.document) {
    WD_TRY(check_policy_document(*change.document));
    policy.document = *change.document;
  }
  if (!change.parent) return {};
  if (!policy.parent) {
    if (!*change.parent) return {};
    return fail(ErrorCode::Invalid, "/parent_id: Base is the root of all policies");
  }
  const PolicyId parent = *change.parent ? **change.parent : WD_TRY(find_base(db)).value().id;
  WD_TRY(check_parent(db, parent, policy.id));
  policy.parent = parent;
  return {};
}

Result<void> check_unused(Db& db, const Policy& policy) {
  if (!policy.parent) return fail(ErrorCode::Conflict, "Base cannot be removed");
  const auto child = WD_TRY(select_one(db, "SELECT name FROM policies WHERE parent_id = ?1", {policy.id.text()},
                                       [](const Row& row) -> Result<std::string> { return row.text(0); }));
  if (child) return fail(ErrorCode::Conflict, "policy " + *child + " inherits from it");
  return {};
}

/// NotFound, as for one that does not exist, when the scope does not reach the policy.
Result<void> check_visible(const TenantScope& scope, const PolicyId& id) {
  if (scope.is_whole() || scope.reach().policies.contains(id.text())) return {};
  return scope.hide("policy " + id.text() + " does not exist");
}

/// A policy stays where the scope reaches.
Result<void> check_parent_reached(const TenantScope& scope, const PolicyId& parent) {
  if (scope.is_whole() || scope.reach().policies.contains(parent.text())) return {};
  return scope.forbid("your scope does not reach the policy to inherit from");
}

}  // namespace

Result<void> check_policy_document(const json::object& document) {
  if (canonical_json(document).size() > kMaxDocumentBytes)
    return fail(ErrorCode::TooLarge, "/document: larger than 256 KiB");
  auto checked = check_policy(policy_sections(), document);
  if (checked) return {};
  Error error = std::move(checked).error();
  error.message = "/document" + (error.message.starts_with('/') ? error.message : ": " + error.message);
  return fail(std::move(error));
}

std::string Policy::etag() const {
  return '"' + std::to_string(version) + '"';
}

Policies::Policies(Tenants& tenants, AuditLog& audit, ChangeBus& bus, const host::Clock& clock)
    : tenants_(tenants), audit_(audit), bus_(bus), clock_(clock) {}

void Policies::tell(const TenantScope& scope) {
  {
    const std::scoped_lock lock(mutex_);
    Cache& cache = caches_[scope.tenant()];
    ++cache.generation;
    cache.policies.clear();
    cache.ahead.clear();
    cache.trials.reset();
  }
  bus_.publish({scope.tenant(), std::nullopt});
}

Result<Page<Policy>> Policies::list(const TenantScope& scope, const PageRequest& page) {
  WD_TRY(base_id(scope));
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Page<Policy> result;
  const std::string after = WD_TRY(read_cursor(page.cursor));
  std::vector<DbValue> values{after, static_cast<std::int64_t>(page.limit) + 1};
  std::string where = "name > ?1";
  if (!scope.is_whole()) {
    const std::set<std::string>& reached = scope.reach().policies;
    where += " AND " + in_json_array("id", 3, db->dialect());
    values.emplace_back(json::serialize(json::array(reached.begin(), reached.end())));
  }
  result.items = WD_TRY(select(*db, select_policy(where + " ORDER BY name LIMIT ?2"), values, read_policy));
  finish_page(result, page.limit, [](const Policy& policy) { return policy.name; });
  return result;
}

Result<Policy> Policies::find(const TenantScope& scope, const PolicyId& id) {
  WD_TRY(check_visible(scope, id));
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  return get(*db, id);
}

Result<Policy> Policies::base(const TenantScope& scope) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  if (auto found = WD_TRY(find_base(*db))) return std::move(*found);
  Tx tx = WD_TRY(Tx::begin(*db));
  if (auto found = WD_TRY(find_base(*db))) return std::move(*found);
  Policy policy;
  policy.id = new_id<PolicyId>(clock_.now());
  policy.name = kBasePolicyName;
  policy.description = "What all policies inherit from; it starts with the built-in defaults.";
  policy.modified = clock_.now();
  policy.modified_by = scope.actor();
  WD_TRY(insert(*db, policy));
  WD_TRY(tx.commit());
  return policy;
}

Result<PolicyId> Policies::base_id(const TenantScope& scope) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto& known = caches_[scope.tenant()].base) return *known;
  }
  const PolicyId id = WD_TRY(base(scope)).id;
  const std::scoped_lock lock(mutex_);
  caches_[scope.tenant()].base = id;
  return id;
}

Result<Policy> Policies::create(const TenantScope& scope, const PolicyDraft& draft) {
  WD_TRY(check_policy_document(draft.document));
  const PolicyId parent = draft.parent ? *draft.parent : WD_TRY(base_id(scope));
  WD_TRY(check_parent_reached(scope, parent));
  Policy policy;
  policy.id = new_id<PolicyId>(clock_.now());
  policy.name = draft.name;
  policy.description = draft.description;
  policy.parent = parent;
  policy.document = draft.document;
  policy.modified = clock_.now();
  policy.modified_by = scope.actor();
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    WD_TRY(check_name(*db, policy.name, policy.id));
    WD_TRY(check_parent(*db, parent, policy.id));
    WD_TRY(insert(*db, policy));
    WD_TRY(record(*db, scope, "policy.create", policy));
    WD_TRY(tx.commit());
  }
  return policy;
}

Result<Policy> Policies::update(const TenantScope& scope, const PolicyId& id, std::string_view etag,
                                const PolicyChange& change) {
  WD_TRY(check_visible(scope, id));
  if (change.parent) WD_TRY(check_parent_reached(scope, *change.parent ? **change.parent : WD_TRY(base_id(scope))));
  Policy policy;
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    policy = WD_TRY(get(*db, id));
    WD_TRY(check_etag(etag, policy.etag()));
    if ((change.document || change.parent) && !change.is_end_of_rollout) WD_TRY(check_no_rollout(*db, id));
    WD_TRY(apply(*db, change, policy));
    ++policy.version;
    policy.modified = clock_.now();
    policy.modified_by = change.author.empty() ? scope.actor() : change.author;
    WD_TRY(write(*db, policy));
    WD_TRY(record(*db, scope, "policy.update", policy));
    if (change.also) WD_TRY(change.also(*db));
    WD_TRY(tx.commit());
  }
  tell(scope);
  return policy;
}

Result<void> Policies::remove(const TenantScope& scope, const PolicyId& id, std::string_view etag) {
  WD_TRY(check_visible(scope, id));
  Policy policy;
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    policy = WD_TRY(get(*db, id));
    WD_TRY(check_etag(etag, policy.etag()));
    WD_TRY(check_unused(*db, policy));
    WD_TRY(check_no_rollout(*db, id));
    WD_TRY(db->execute("DELETE FROM policy_versions WHERE policy_id = ?1", {id.text()}));
    // Groups, agents and tokens refer to policies by foreign key: the store refuses what they still use.
    WD_TRY(db->execute("DELETE FROM policies WHERE id = ?1", {id.text()}).in("policy is in use"));
    WD_TRY(record(*db, scope, "policy.delete", policy));
    WD_TRY(tx.commit());
  }
  tell(scope);
  return {};
}

Result<Page<PolicyVersion>> Policies::versions(const TenantScope& scope, const PolicyId& id, const PageRequest& page) {
  WD_TRY(check_visible(scope, id));
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(get(*db, id));
  std::int64_t before = INT64_MAX;
  if (!page.cursor.empty()) {
    const auto cursor = parse_integer<std::int64_t>(WD_TRY(read_cursor(page.cursor)));
    if (!cursor) return fail(ErrorCode::Invalid, "cursor: not one of this list");
    before = *cursor;
  }
  Page<PolicyVersion> result;
  result.items = WD_TRY(select(*db,
                               "SELECT version, name, document, modified, modified_by FROM policy_versions "
                               "WHERE policy_id = ?1 AND version < ?2 ORDER BY version DESC LIMIT ?3",
                               {id.text(), before, static_cast<std::int64_t>(page.limit) + 1}, read_version));
  finish_page(result, page.limit, [](const PolicyVersion& version) { return std::to_string(version.version); });
  return result;
}

Result<Policy> Policies::restore(const TenantScope& scope, const PolicyId& id, std::int64_t version,
                                 std::string_view etag) {
  WD_TRY(check_visible(scope, id));
  std::optional<PolicyVersion> old;
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    WD_TRY(get(*db, id));
    old = WD_TRY(select_one(*db,
                            "SELECT version, name, document, modified, modified_by FROM policy_versions "
                            "WHERE policy_id = ?1 AND version = ?2",
                            {id.text(), version}, read_version));
  }
  if (!old) return fail(ErrorCode::NotFound, "policy has no version " + std::to_string(version));
  PolicyChange change;
  change.document = std::move(old->document);
  return update(scope, id, etag, change);
}

Result<std::vector<PolicyLayer>> Policies::layers(const TenantScope& scope, const PolicyId& id) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  std::vector<PolicyLayer> result;
  for (Policy& policy : WD_TRY(ancestry(*db, id)))
    result.push_back({policy.id, std::move(policy.name), std::move(policy.document)});
  std::ranges::reverse(result);
  return result;
}

Result<std::vector<EffectiveSetting>> Policies::explain(const TenantScope& scope, const PolicyId& id) {
  WD_TRY(check_visible(scope, id));
  return effective_settings(policy_sections(), WD_TRY(layers(scope, id)));
}

Result<EffectivePolicy> Policies::effective_of(const TenantScope& scope, const PolicyId& id,
                                               const std::vector<PolicyLayer>& way) const {
  json::object document = effective_policy(policy_sections(), way);
  if (limit_) WD_TRY(limit_(scope, document));
  EffectivePolicy policy;
  policy.id = id;
  policy.name = way.back().name;
  policy.document = canonical_json(document);
  policy.digest = to_hex(crypto::sha256(as_bytes(policy.document)));
  const auto agent = WD_TRY(parse_json_as<AgentPolicy>(document.at("agent")));
  policy.heartbeat_s = agent.heartbeat_s;
  policy.content_packs = agent.content_packs;
  return policy;
}

Result<EffectivePolicy> Policies::effective(const TenantScope& scope, const PolicyId& id) {
  std::uint64_t generation = 0;
  {
    const std::scoped_lock lock(mutex_);
    const Cache& cache = caches_[scope.tenant()];
    if (const auto found = cache.policies.find(id); found != cache.policies.end()) return found->second;
    generation = cache.generation;
  }
  const EffectivePolicy policy = WD_TRY(effective_of(scope, id, WD_TRY(layers(scope, id))));
  const std::scoped_lock lock(mutex_);
  Cache& cache = caches_[scope.tenant()];
  // A change while this was computed: the answer is right for its time, but not to be kept.
  if (cache.generation == generation) cache.policies.emplace(id, policy);
  return policy;
}

Result<std::shared_ptr<const Trials>> Policies::trials(const TenantScope& scope) {
  std::uint64_t generation = 0;
  {
    const std::scoped_lock lock(mutex_);
    const Cache& cache = caches_[scope.tenant()];
    if (cache.trials) return cache.trials;
    generation = cache.generation;
  }
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  auto read = std::make_shared<const Trials>(WD_TRY(read_trials(*db)));
  const std::scoped_lock lock(mutex_);
  Cache& cache = caches_[scope.tenant()];
  if (cache.generation == generation) cache.trials = read;
  return read;
}

Result<std::vector<PolicyLayer>> Policies::layers(const TenantScope& scope, const PolicyId& id, const AgentId& agent) {
  const std::shared_ptr<const Trials> all = WD_TRY(trials(scope));
  std::vector<PolicyLayer> way = WD_TRY(layers(scope, id));
  for (PolicyLayer& layer : way) {
    const auto trial = all->find(layer.id);
    if (trial != all->end() && trial->second.agents.contains(agent)) layer.document = trial->second.document;
  }
  return way;
}

Result<EffectivePolicy> Policies::effective(const TenantScope& scope, const PolicyId& id, const AgentId& agent) {
  const std::shared_ptr<const Trials> all = WD_TRY(trials(scope));
  std::string key = id.text();
  for (const auto& [policy, trial] : *all)
    if (trial.agents.contains(agent)) key += trial.rollout.text();
  if (key == id.text()) return effective(scope, id);
  std::uint64_t generation = 0;
  {
    const std::scoped_lock lock(mutex_);
    const Cache& cache = caches_[scope.tenant()];
    if (const auto found = cache.ahead.find(key); found != cache.ahead.end()) return found->second;
    generation = cache.generation;
  }
  EffectivePolicy policy = WD_TRY(effective_of(scope, id, WD_TRY(layers(scope, id, agent))));
  const std::scoped_lock lock(mutex_);
  Cache& cache = caches_[scope.tenant()];
  if (cache.generation == generation) cache.ahead.emplace(key, policy);
  return policy;
}

Result<void> Policies::record(Db& transaction, const TenantScope& scope, std::string_view action,
                              const Policy& policy) {
  WD_TRY(audit_.append_in(transaction, scope,
                          {std::string{action},
                           "policy:" + policy.id.text(),
                           AuditOutcome::Success,
                           {{"name", policy.name}, {"version", policy.version}}}));
  return {};
}

FeatureSchema policies_schema() {
  FeatureSchema schema{
      "policies",
      {{1,
        "policies and their versions",
        {"CREATE TABLE policies (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, "
         "parent_id TEXT REFERENCES policies (id), document TEXT NOT NULL, version BIGINT NOT NULL, "
         "modified BIGINT NOT NULL, modified_by TEXT NOT NULL)",
         "CREATE INDEX policies_parent ON policies (parent_id)",
         "CREATE TABLE policy_versions (policy_id TEXT NOT NULL REFERENCES policies (id), version BIGINT NOT NULL, "
         "name TEXT NOT NULL, document TEXT NOT NULL, modified BIGINT NOT NULL, modified_by TEXT NOT NULL, "
         "PRIMARY KEY (policy_id, version))"}},
       rollouts_migration()},
      {{"policies", "id", PersonalData::None},
       {"policies", "name", PersonalData::None},
       {"policies", "description", PersonalData::None},
       {"policies", "parent_id", PersonalData::None},
       {"policies", "document", PersonalData::None},
       {"policies", "version", PersonalData::None},
       {"policies", "modified", PersonalData::None},
       {"policies", "modified_by", PersonalData::Identifier},
       {"policy_versions", "policy_id", PersonalData::None},
       {"policy_versions", "version", PersonalData::None},
       {"policy_versions", "name", PersonalData::None},
       {"policy_versions", "document", PersonalData::None},
       {"policy_versions", "modified", PersonalData::None},
       {"policy_versions", "modified_by", PersonalData::Identifier}}};
  for (StoredField& field : rollouts_fields()) schema.fields.push_back(std::move(field));
  return schema;
}

}  // namespace warder::manager
