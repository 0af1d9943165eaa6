#include "manager/search/saved_searches.h"

#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, name, filter, period, group_by, shared, owner, created, version, page, sort, query "
    "FROM saved_searches ";

std::string etag_text(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

Result<SavedSearch> read_search(const Row& row) {
  SavedSearch search;
  search.id = WD_TRY(parse_id<SavedSearchId>(row.text(0)));
  search.draft.name = row.text(1);
  search.draft.page = row.text(9);
  search.draft.state = {row.text(2), row.text(3), row.text(4), row.text(10), row.text(11)};
  search.draft.is_shared = row.integer(5) != 0;
  search.owner = row.text(6);
  search.created = from_micros(row.integer(7));
  search.version = row.integer(8);
  return search;
}

bool may_see(const SearchRights& rights, std::string_view page) {
  const SearchPage* const found = find_search_page(page);
  return found != nullptr && (!rights.may || rights.may(found->right));
}

Result<void> check_draft(const SavedSearchDraft& draft, bool may_share) {
  if (trim(draft.name).empty()) return fail(ErrorCode::Invalid, "/name: is empty");
  const SearchPage* const page = find_search_page(draft.page);
  if (page == nullptr) return fail(ErrorCode::Invalid, "/page: there is no page '" + draft.page + "'");
  WD_TRY(check_state(*page, draft.state));
  if (draft.is_shared && !may_share)
    return fail(ErrorCode::Forbidden, "/shared: to share a search takes the right searches:share");
  return {};
}

/// That the scope's actor sees.
Result<SavedSearch> find_in(Db& db, const TenantScope& scope, const SavedSearchId& id, const SearchRights& rights) {
  auto found = WD_TRY(read_row(db, std::string(kSelect) + "WHERE id = ?1 AND (shared = 1 OR owner = ?2)",
                               {id.text(), scope.actor()}, read_search));
  if (!found || !may_see(rights, found->draft.page)) return fail(ErrorCode::NotFound, "no such search");
  return std::move(*found);
}

Result<SavedSearch> find_to_change(Db& db, const TenantScope& scope, const SavedSearchId& id, std::string_view etag,
                                   const SearchRights& rights) {
  SavedSearch search = WD_TRY(find_in(db, scope, id, rights));
  if (search.owner != scope.actor() && !rights.may_share)
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
             "version BIGINT NOT NULL)"}},
           {2,
            "of every page; those before were of events",
            {"ALTER TABLE saved_searches ADD COLUMN page TEXT NOT NULL DEFAULT 'events'",
             "ALTER TABLE saved_searches ADD COLUMN sort TEXT NOT NULL DEFAULT ''",
             "ALTER TABLE saved_searches ADD COLUMN query TEXT NOT NULL DEFAULT ''"}}},
          {{"saved_searches", "id", None},
           {"saved_searches", "name", None},
           {"saved_searches", "filter", Content},
           {"saved_searches", "period", None},
           {"saved_searches", "group_by", None},
           {"saved_searches", "shared", None},
           {"saved_searches", "owner", Identifier},
           {"saved_searches", "created", None},
           {"saved_searches", "version", None},
           {"saved_searches", "page", None},
           {"saved_searches", "sort", None},
           {"saved_searches", "query", Content}}};
}

Result<void> SavedSearches::record(Db& transaction, const TenantScope& scope, std::string_view action,
                                   const SavedSearch& search) {
  AuditRecord entry;
  entry.action = action;
  entry.object = "saved-search:" + search.id.text();
  entry.detail = {{"name", search.draft.name}, {"page", search.draft.page}, {"shared", search.draft.is_shared}};
  WD_TRY(audit_.append_in(transaction, scope, std::move(entry)));
  return {};
}

Result<std::vector<SavedSearch>> SavedSearches::list(const TenantScope& scope, std::string_view page,
                                                     const SearchRights& rights) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto all = WD_TRY(read_rows(
      *db, std::string(kSelect) + "WHERE (shared = 1 OR owner = ?1) AND (?2 = '' OR page = ?2) ORDER BY name, id",
      {scope.actor(), std::string(page)}, read_search));
  std::erase_if(all, [&](const SavedSearch& search) { return !may_see(rights, search.draft.page); });
  return all;
}

Result<SavedSearch> SavedSearches::find(const TenantScope& scope, const SavedSearchId& id, const SearchRights& rights) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, scope, id, rights);
}

Result<SavedSearch> SavedSearches::create(const TenantScope& scope, const SavedSearchDraft& draft,
                                          const SearchRights& rights) {
  WD_TRY(check_draft(draft, rights.may_share));
  if (!may_see(rights, draft.page))
    return fail(ErrorCode::Forbidden,
                "/page: to keep a search of it takes the right " + std::string(find_search_page(draft.page)->right));
  const Timestamp now = clock_.now();
  const SavedSearch made{make_id<SavedSearchId>(now), draft, scope.actor(), now};
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto count = WD_TRY(read_row(*db, "SELECT count(*) FROM saved_searches", {},
                                     [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (count.value_or(0) >= static_cast<std::int64_t>(kMaxSavedSearches))
    return fail(ErrorCode::Conflict, "there are too many saved searches");
  WD_TRY(
      db->execute("INSERT INTO saved_searches (id, name, filter, period, group_by, shared, owner, created, version, "
                  "page, sort, query) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, ?10, ?11)",
                  {made.id.text(), draft.name, draft.state.filter, draft.state.range, draft.state.group_by,
                   std::int64_t{draft.is_shared}, made.owner, to_micros(made.created), draft.page, draft.state.sort,
                   draft.state.rest}));
  WD_TRY(record(*db, scope, "saved-search.create", made));
  WD_TRY(tx.commit());
  return made;
}

Result<SavedSearch> SavedSearches::update(const TenantScope& scope, const SavedSearchId& id, std::string_view etag,
                                          const SavedSearchDraft& draft, const SearchRights& rights) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  SavedSearch search = WD_TRY(find_to_change(*db, scope, id, etag, rights));
  if (draft.page != search.draft.page) return fail(ErrorCode::Invalid, "/page: a search stays one of its page");
  WD_TRY(check_draft(draft, rights.may_share || search.draft.is_shared));
  search.draft = draft;
  ++search.version;
  WD_TRY(
      db->execute("UPDATE saved_searches SET name = ?2, filter = ?3, period = ?4, group_by = ?5, shared = ?6, "
                  "version = ?7, sort = ?8, query = ?9 WHERE id = ?1",
                  {id.text(), draft.name, draft.state.filter, draft.state.range, draft.state.group_by,
                   std::int64_t{draft.is_shared}, search.version, draft.state.sort, draft.state.rest}));
  WD_TRY(record(*db, scope, "saved-search.update", search));
  WD_TRY(tx.commit());
  return search;
}

Result<void> SavedSearches::remove(const TenantScope& scope, const SavedSearchId& id, std::string_view etag,
                                   const SearchRights& rights) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const SavedSearch search = WD_TRY(find_to_change(*db, scope, id, etag, rights));
  WD_TRY(db->execute("DELETE FROM saved_searches WHERE id = ?1", {id.text()}));
  WD_TRY(record(*db, scope, "saved-search.delete", search));
  return tx.commit();
}

}  // namespace warder::manager
