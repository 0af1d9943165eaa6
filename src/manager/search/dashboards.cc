#include "manager/search/dashboards.h"

#include <boost/json/array.hpp>

#include "manager/events/filter.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxBytes = 128 * 1024;

Result<Dashboard> read_dashboard(const Row& row) {
  json::value tabs = WD_TRY(parse_json(row.text(0), kMaxBytes).in("stored dashboard"));
  if (!tabs.is_array()) return fail(ErrorCode::Corrupt, "stored dashboard: not an array");
  return Dashboard{std::move(tabs.as_array()), row.integer(1)};
}

Result<Dashboard> find_in(Db& db, const UserId& user) {
  auto found =
      WD_TRY(read_row(db, "SELECT tabs, version FROM dashboards WHERE user_id = ?1", {user.text()}, read_dashboard));
  return found ? std::move(*found) : Dashboard{};
}

Result<void> check_filters(const json::array& tabs) {
  for (std::size_t i = 0; i < tabs.size(); ++i) {
    const std::string place = "/tabs/" + std::to_string(i) + "/filter";
    WD_TRY(parse_filter(std::string_view(tabs[i].as_object().at("filter").as_string())).in(place));
  }
  return {};
}

}  // namespace

FeatureSchema dashboards_schema() {
  using enum PersonalData;
  return {"dashboards",
          {{1,
            "dashboards",
            {"CREATE TABLE dashboards (user_id TEXT PRIMARY KEY, tabs TEXT NOT NULL, version BIGINT NOT NULL)"}}},
          {{"dashboards", "user_id", Identifier}, {"dashboards", "tabs", Content}, {"dashboards", "version", None}}};
}

Result<Dashboard> Dashboards::find(const TenantScope& scope, const UserId& user) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, user);
}

Result<Dashboard> Dashboards::save(const TenantScope& scope, const UserId& user, std::string_view etag,
                                   const json::array& tabs) {
  WD_TRY(check_filters(tabs));
  const std::string text = canonical_json(tabs);
  if (text.size() > kMaxBytes) return fail(ErrorCode::TooLarge, "/tabs: more than 128 KiB");
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const std::int64_t before = WD_TRY(find_in(*db, user)).version;
  WD_TRY(check_etag(etag, '"' + std::to_string(before) + '"'));
  WD_TRY(
      db->execute("DELETE FROM dashboards WHERE user_id = ?1 OR user_id NOT IN (SELECT id FROM users)", {user.text()}));
  WD_TRY(db->execute("INSERT INTO dashboards (user_id, tabs, version) VALUES (?1, ?2, ?3)",
                     {user.text(), text, before + 1}));
  WD_TRY(tx.commit());
  return Dashboard{tabs, before + 1};
}

}  // namespace warder::manager
