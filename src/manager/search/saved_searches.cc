#include "manager/search/saved_searches.h"

#include "base/text.h"
#include "manager/events/filter.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMostFields = 4;
constexpr std::string_view kSelect =
    "SELECT id, name, filter, period, group_by, shared, owner, created, version FROM saved_searches ";

std::string etag_text(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

Result<SavedSearch> read_search(const Row& row) {
  SavedSearch search;
  search.id = WD_TRY(parse_id<SavedSearchId>(row.text(0)));
  search.name = row.text(1);
  search.filter = row.text(2);
  search.range = row.text(3);
  search.group_by = row.text(4);
  search.is_shared = row.integer(5) != 0;
  search.owner = row.text(6);
  search.created = from_micros(row.integer(7));
  search.version = row.integer(8);
  return search;
}

Result<void> check_draft(const SavedSearchDraft& draft, bool may_share) {
  if (trim(draft.name).empty()) return fail(ErrorCode::Invalid, "/name: is empty");
  WD_TRY(parse_filter(draft.filter).in("/filter"));
  if (!draft.range.empty()) WD_TRY(parse_duration(draft.range).in("/range"));
  if (!draft.group_by.empty()) {
    const auto keys = split(draft.group_by, ',');
    if (keys.size() > kMostFields) return fail(ErrorCode::Invalid, "/group_by: more than 4 fields");
    for (const std::string_view key : keys) {
      const FilterField* const field = find_filter_field(std::string(trim(key)));
      if (field == nullptr || field->kind == FilterFieldKind::AnyText)
        return fail(ErrorCode::Invalid, "/group_by: there is no field '" + std::string(key) + "'");
    }
  }
  if (draft.is_shared && !may_share)
    return fail(ErrorCode::Forbidden, "/shared: to share a search takes the right searches:share");
  return {};
}

/// That the scope's actor sees.
Result<SavedSearch> find_in(Db& db, const TenantScope& scope, const SavedSearchId& id) {
  const auto found = WD_TRY(read_row(db, std::string(kSelect) + "WHERE id = ?1 AND (shared = 1 OR owner = ?2)",
                                     {id.text(), scope.actor()}, read_search));
  if (!found) return fail(ErrorCode::NotFound, "no such search");
  return *found;
}

Result<SavedSearch> find_to_change(Db& db, const TenantScope& scope, const SavedSearchId& id, std::string_view etag,
                                   bool may_share) {
  SavedSearch search = WD_TRY(find_in(db, scope, id));
  if (search.owner != scope.actor() && !may_share)
    return fail(ErrorCode::Forbidden, "this search is somebody else's: to change it takes the right searches:share");
  WD_TRY(check_etag(etag, etag_text(search.version)));
  return search;
}

}  // namespace

FeatureSchema search_schema() {
  using enum PersonalData;
  return {"search",
          {{1,
            "saved searches",
            {"CREATE TABLE saved_searches (id TEXT PRIMARY KEY, name TEXT NOT NULL, filter TEXT NOT NULL, period TEXT "
             "NOT NULL, group_by TEXT NOT NULL, shared BIGINT NOT NULL, owner TEXT NOT NULL, created BIGINT NOT NULL, "
             "version BIGINT NOT NULL)"}}},
          {{"saved_searches", "id", None},
           {"saved_searches", "name", None},
           {"saved_searches", "filter", Content},
           {"saved_searches", "period", None},
           {"saved_searches", "group_by", None},
           {"saved_searches", "shared", None},
           {"saved_searches", "owner", Identifier},
           {"saved_searches", "created", None},
           {"saved_searches", "version", None}}};
}

Result<void> SavedSearches::record(Db& transaction, const TenantScope& scope, std::string_view action,
                                   const SavedSearch& search) {
  AuditRecord entry;
  entry.action = action;
  entry.object = "saved-search:" + search.id.text();
  entry.detail = {{"name", search.name}, {"shared", search.is_shared}};
  WD_TRY(audit_.append_in(transaction, scope, std::move(entry)));
  return {};
}

Result<std::vector<SavedSearch>> SavedSearches::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, std::string(kSelect) + "WHERE shared = 1 OR owner = ?1 ORDER BY name, id", {scope.actor()},
                   read_search);
}

Result<SavedSearch> SavedSearches::find(const TenantScope& scope, const SavedSearchId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, scope, id);
}

Result<SavedSearch> SavedSearches::create(const TenantScope& scope, const SavedSearchDraft& draft, bool may_share) {
  WD_TRY(check_draft(draft, may_share));
  SavedSearch made{{},           draft.name, draft.filter, draft.range, draft.group_by, draft.is_shared, scope.actor(),
                   clock_.now(), 1};
  made.id = make_id<SavedSearchId>(made.created);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto count = WD_TRY(read_row(*db, "SELECT count(*) FROM saved_searches", {},
                                     [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (count.value_or(0) >= static_cast<std::int64_t>(kMaxSavedSearches))
    return fail(ErrorCode::Conflict, "there are too many saved searches");
  WD_TRY(
      db->execute("INSERT INTO saved_searches (id, name, filter, period, group_by, shared, owner, created, version) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)",
                  {made.id.text(), made.name, made.filter, made.range, made.group_by, std::int64_t{made.is_shared},
                   made.owner, to_micros(made.created)}));
  WD_TRY(record(*db, scope, "saved-search.create", made));
  WD_TRY(tx.commit());
  return made;
}

Result<SavedSearch> SavedSearches::update(const TenantScope& scope, const SavedSearchId& id, std::string_view etag,
                                          const SavedSearchDraft& draft, bool may_share) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  SavedSearch search = WD_TRY(find_to_change(*db, scope, id, etag, may_share));
  WD_TRY(check_draft(draft, may_share || search.is_shared));
  search.name = draft.name;
  search.filter = draft.filter;
  search.range = draft.range;
  search.group_by = draft.group_by;
  search.is_shared = draft.is_shared;
  ++search.version;
  WD_TRY(
      db->execute("UPDATE saved_searches SET name = ?2, filter = ?3, period = ?4, group_by = ?5, shared = ?6, "
                  "version = ?7 WHERE id = ?1",
                  {id.text(), search.name, search.filter, search.range, search.group_by, std::int64_t{search.is_shared},
                   search.version}));
  WD_TRY(record(*db, scope, "saved-search.update", search));
  WD_TRY(tx.commit());
  return search;
}

Result<void> SavedSearches::remove(const TenantScope& scope, const SavedSearchId& id, std::string_view etag,
                                   bool may_share) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const SavedSearch search = WD_TRY(find_to_change(*db, scope, id, etag, may_share));
  WD_TRY(db->execute("DELETE FROM saved_searches WHERE id = ?1", {id.text()}));
  WD_TRY(record(*db, scope, "saved-search.delete", search));
  return tx.commit();
}

}  // namespace warder::manager
