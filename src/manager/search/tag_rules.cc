#include "manager/search/tag_rules.h"

#include "base/text.h"
#include "manager/events/filter_match.h"
#include "manager/events/tags.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::chrono::seconds kKnownFor{5};
constexpr std::string_view kSelect = "SELECT id, name, filter, tag, enabled, created, version FROM tag_rules ";

std::string etag_text(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

Result<TagRule> read_rule(const Row& row) {
  return TagRule{WD_TRY(parse_id<TagRuleId>(row.text(0))),
                 {row.text(1), row.text(2), row.text(3), row.integer(4) != 0},
                 from_micros(row.integer(5)),
                 row.integer(6)};
}

Result<TagRule> get(Db& db, const TagRuleId& id) {
  const auto found = WD_TRY(read_row(db, std::string(kSelect) + "WHERE id = ?1", {id.text()}, read_rule));
  if (!found) return fail(ErrorCode::NotFound, "no such rule");
  return *found;
}

Result<std::int64_t> count_of(Db& db, std::string_view where, std::initializer_list<DbValue> values) {
  const auto count = WD_TRY(read_row(db, "SELECT count(*) FROM tag_rules WHERE " + std::string(where), values,
                                     [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  return count.value_or(0);
}

Result<void> check(Db& db, const TagRuleDraft& draft, const std::string& id) {
  if (trim(draft.name).empty()) return fail(ErrorCode::Invalid, "/name: is empty");
  if (trim(draft.filter).empty()) return fail(ErrorCode::Invalid, "/filter: is empty: every event would have the tag");
  WD_TRY(parse_filter(draft.filter).in("/filter"));
  WD_TRY(check_tag(draft.tag).in("/tag"));
  if (WD_TRY(count_of(db, "name = ?1 AND id <> ?2", {draft.name, id})) > 0)
    return fail(ErrorCode::Conflict, "/name: there is another rule of this name");
  return {};
}

}  // namespace

FeatureSchema tag_rules_schema() {
  using enum PersonalData;
  return {"tag-rules",
          {{1,
            "rules for tags",
            {"CREATE TABLE tag_rules (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, filter TEXT NOT NULL, "
             "tag TEXT NOT NULL, enabled BIGINT NOT NULL, created BIGINT NOT NULL, version BIGINT NOT NULL)"}}},
          {{"tag_rules", "id", None},
           {"tag_rules", "name", None},
           {"tag_rules", "filter", Content},
           {"tag_rules", "tag", None},
           {"tag_rules", "enabled", None},
           {"tag_rules", "created", None},
           {"tag_rules", "version", None}}};
}

Result<void> TagRules::record(Db& transaction, const TenantScope& scope, std::string_view action, const TagRule& rule) {
  AuditRecord entry;
  entry.action = action;
  entry.object = "tag-rule:" + rule.id.text();
  entry.detail = {{"name", rule.draft.name},
                  {"filter", rule.draft.filter},
                  {"tag", rule.draft.tag},
                  {"enabled", rule.draft.is_enabled}};
  WD_TRY(audit_.append_in(transaction, scope, std::move(entry)));
  return {};
}

void TagRules::forget(const TenantScope& scope) {
  const std::scoped_lock lock{mutex_};
  known_.erase(scope.tenant());
}

Result<std::vector<TagRule>> TagRules::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, std::string(kSelect) + "ORDER BY name", {}, read_rule);
}

Result<TagRule> TagRules::find(const TenantScope& scope, const TagRuleId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return get(*db, id);
}

Result<TagRule> TagRules::create(const TenantScope& scope, const TagRuleDraft& draft) {
  TagRule made{{}, draft, clock_.now(), 1};
  made.id = make_id<TagRuleId>(made.created);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(check(*db, draft, made.id.text()));
  if (WD_TRY(count_of(*db, "1 = 1", {})) >= static_cast<std::int64_t>(kMaxTagRules))
    return fail(ErrorCode::Conflict, "there are too many rules for tags");
  WD_TRY(db->execute(
      "INSERT INTO tag_rules (id, name, filter, tag, enabled, created, version) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)",
      {made.id.text(), draft.name, draft.filter, draft.tag, std::int64_t{draft.is_enabled}, to_micros(made.created)}));
  WD_TRY(record(*db, scope, "tag-rule.create", made));
  WD_TRY(tx.commit());
  forget(scope);
  return made;
}

Result<TagRule> TagRules::update(const TenantScope& scope, const TagRuleId& id, std::string_view etag,
                                 const TagRuleDraft& draft) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  TagRule rule = WD_TRY(get(*db, id));
  WD_TRY(check_etag(etag, etag_text(rule.version)));
  WD_TRY(check(*db, draft, id.text()));
  rule.draft = draft;
  ++rule.version;
  WD_TRY(db->execute("UPDATE tag_rules SET name = ?2, filter = ?3, tag = ?4, enabled = ?5, version = ?6 WHERE id = ?1",
                     {id.text(), draft.name, draft.filter, draft.tag, std::int64_t{draft.is_enabled}, rule.version}));
  WD_TRY(record(*db, scope, "tag-rule.update", rule));
  WD_TRY(tx.commit());
  forget(scope);
  return rule;
}

Result<void> TagRules::remove(const TenantScope& scope, const TagRuleId& id, std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const TagRule rule = WD_TRY(get(*db, id));
  WD_TRY(check_etag(etag, etag_text(rule.version)));
  WD_TRY(db->execute("DELETE FROM tag_rules WHERE id = ?1", {id.text()}));
  WD_TRY(record(*db, scope, "tag-rule.delete", rule));
  WD_TRY(tx.commit());
  forget(scope);
  return {};
}

Result<std::shared_ptr<const std::vector<TagRules::Compiled>>> TagRules::rules_of(const TenantScope& scope) {
  const Timestamp now = clock_.now();
  {
    const std::scoped_lock lock{mutex_};
    const auto known = known_.find(scope.tenant());
    if (known != known_.end() && now - known->second.read < kKnownFor) return known->second.rules;
  }
  auto compiled = std::make_shared<std::vector<Compiled>>();
  for (const TagRule& rule : WD_TRY(list(scope))) {
    // One that a newer version wrote, perhaps: it keeps no event from being stored.
    auto filter = parse_filter(rule.draft.filter);
    if (rule.draft.is_enabled && filter) compiled->push_back({std::move(*filter), rule.draft.tag});
  }
  const std::scoped_lock lock{mutex_};
  known_[scope.tenant()] = {compiled, now};
  return std::shared_ptr<const std::vector<Compiled>>(std::move(compiled));
}

Result<void> TagRules::apply(const TenantScope& scope, std::span<StoredEvent* const> events) {
  const auto rules = WD_TRY(rules_of(scope));
  for (const Compiled& rule : *rules)
    for (StoredEvent* const stored : events)
      if (matches(rule.filter, *stored)) add_tag(stored->tags, rule.tag);
  return {};
}

}  // namespace warder::manager
