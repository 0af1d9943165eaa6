#include "manager/privacy/collection_settings.h"

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/privacy/pseudonym.h"
#include "manager/privacy/treatment.h"

namespace warder::manager {
namespace {

constexpr std::chrono::seconds kKnownFor{5};

Result<std::vector<CollectionRule>> read_rules(Db& db) {
  return read_rows(db, "SELECT module, data, treatment FROM collection_rules ORDER BY module, data", {},
                   [](const Row& row) -> Result<CollectionRule> {
                     return CollectionRule{row.text(0), row.text(1), WD_TRY(parse_treatment(row.text(2)))};
                   });
}

json::array json_of(std::span<const CollectionRule> rules) {
  json::array list;
  for (const CollectionRule& rule : rules)
    list.push_back(json::object{{"module", rule.module}, {"data", rule.data}, {"treatment", name(rule.treatment)}});
  return list;
}

}  // namespace

FeatureSchema collection_schema() {
  using enum PersonalData;
  return {"privacy",
          {{1,
            "rules of collection",
            {"CREATE TABLE collection_rules (module TEXT NOT NULL, data TEXT NOT NULL, treatment TEXT NOT NULL, "
             "PRIMARY KEY (module, data))"}}},
          {{"collection_rules", "module", None},
           {"collection_rules", "data", None},
           {"collection_rules", "treatment", None}}};
}

Result<std::vector<CollectionRule>> CollectionSettings::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rules(*db);
}

Result<void> CollectionSettings::replace(const TenantScope& scope, const std::vector<CollectionRule>& rules) {
  WD_TRY(CollectionRules::create(rules));
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx transaction = WD_TRY(Tx::begin(*db));
    AuditRecord record;
    record.action = "privacy.collection";
    record.object = "collection";
    record.detail = {{"before", json_of(WD_TRY(read_rules(*db)))}, {"after", json_of(rules)}};
    WD_TRY(db->execute("DELETE FROM collection_rules"));
    for (const CollectionRule& rule : rules)
      WD_TRY(db->execute("INSERT INTO collection_rules (module, data, treatment) VALUES (?1, ?2, ?3)",
                         {rule.module, rule.data, std::string{name(rule.treatment)}}));
    WD_TRY(audit_.append_in(*db, scope, std::move(record)));
    WD_TRY(transaction.commit());
  }
  {
    const std::scoped_lock lock{mutex_};
    known_.erase(scope.tenant());
    ++changes_;
  }
  if (changed_) changed_(scope);
  return {};
}

Result<std::shared_ptr<const CollectionRules>> CollectionSettings::rules(const TenantScope& scope) {
  const Timestamp now = clock_.now();
  std::uint64_t changes = 0;
  {
    const std::scoped_lock lock{mutex_};
    changes = changes_;
    const auto known = known_.find(scope.tenant());
    if (known != known_.end() && now - known->second.read < kKnownFor) return known->second.rules;
  }
  // One that a newer version wrote, perhaps: rather no events than what was not to be collected.
  auto rules = WD_TRY(CollectionRules::create(WD_TRY(list(scope))).in("stored rules of collection"));
  auto made = std::make_shared<const CollectionRules>(std::move(rules));
  const std::scoped_lock lock{mutex_};
  // A change while this was read: right for its time, but not to be kept.
  if (changes == changes_) known_[scope.tenant()] = {made, now};
  return made;
}

Result<void> CollectionSettings::apply(const TenantScope& scope, std::span<Event* const> events) {
  const auto known = WD_TRY(rules(scope));
  if (known->empty()) return {};
  const Bytes key = tenants_.derive_key(scope, "pseudonyms");
  for (Event* const event : events) treat(*event, *known, key);
  return {};
}

Result<PseudonymAnswer> CollectionSettings::resolve(const TenantScope& scope, std::string_view candidate,
                                                    std::string_view asked, std::string_view reason) {
  if (candidate.empty()) return fail(ErrorCode::Invalid, "/value: is empty");
  if (trim(reason).empty()) return fail(ErrorCode::Invalid, "/reason: is empty");
  if (!asked.empty() && !is_pseudonym(asked)) return fail(ErrorCode::Invalid, "/pseudonym: is none");
  PseudonymAnswer answer;
  const Bytes key = tenants_.derive_key(scope, "pseudonyms");
  answer.pseudonym = pseudonym_of(key, candidate);
  answer.is_the_same = !asked.empty() && pseudonym_of(key, asked) == answer.pseudonym;
  AuditRecord record;
  record.action = "privacy.resolve";
  record.object = "pseudonym:" + (asked.empty() ? answer.pseudonym : std::string{asked});
  record.detail = {{"reason", reason}};
  if (!asked.empty()) record.detail["same"] = answer.is_the_same;
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  WD_TRY(audit_.append_in(*db, scope, std::move(record)));
  WD_TRY(transaction.commit());
  return answer;
}

}  // namespace warder::manager
