#include "manager/identity/scim_rows.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxStoredBytes = 1 << 20;
constexpr std::string_view kSelectPeople =
    "SELECT id, resource, version, created, modified FROM scim_people WHERE provider_id = ?1 ";
constexpr std::string_view kSelectGroups =
    "SELECT id, display_name, external_id, version, created, modified FROM scim_groups WHERE provider_id = ?1 ";

bool is_group(const scim::Kind& kind) {
  return &kind == &scim::group_kind();
}

std::string text_of(const json::object& attributes, std::string_view name) {
  const json::value* const value = find(attributes, name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::set<std::string> members_in(const json::object& attributes) {
  std::set<std::string> members;
  const json::value* const list = find(attributes, "members");
  if (list == nullptr) return members;
  for (const json::value& member : list->as_array()) members.insert(text_of(member.as_object(), "value"));
  return members;
}

Result<ScimGroupName> read_name(const Row& row) {
  return ScimGroupName{row.text(0), row.text(1)};
}

}  // namespace

Bytes ScimRows::index_of(std::string_view attribute, std::string_view value) const {
  // RFC 7643 section 4.1.1: user names are the same in any case.
  const std::string comparable = attribute == "userName" ? to_lower_ascii(value) : std::string(value);
  return tenants_.blind_index(scope_, "scim." + std::string(attribute), provider_ + " " + comparable);
}

Result<ScimRow> ScimRows::read_person(const Row& row) const {
  ScimRow person;
  person.id = row.text(0);
  const std::string text = WD_TRY(tenants_.open_text(scope_, {"scim_people", person.id, "resource"}, row.bytes(1)));
  const json::value attributes = WD_TRY(parse_json(text, kMaxStoredBytes).in("scim_people"));
  if (!attributes.is_object()) return fail(ErrorCode::Corrupt, "scim_people: not an object");
  person.attributes = attributes.get_object();
  person.version = row.integer(2);
  person.created = from_micros(row.integer(3));
  person.modified = from_micros(row.integer(4));
  return person;
}

Result<ScimRow> ScimRows::read_group(const Row& row, bool with_members) const {
  ScimRow group;
  group.id = row.text(0);
  group.attributes["displayName"] = row.text(1);
  if (!row.is_null(2)) group.attributes["externalId"] = row.text(2);
  group.version = row.integer(3);
  group.created = from_micros(row.integer(4));
  group.modified = from_micros(row.integer(5));
  if (!with_members) return group;
  json::array members;
  for (const std::string& person : WD_TRY(members_of(group.id)))
    members.push_back(json::object{{"value", person}, {"type", "User"}});
  if (!members.empty()) group.attributes["members"] = std::move(members);
  return group;
}

Result<std::optional<ScimRow>> ScimRows::find(const scim::Kind& kind, std::string_view id, bool with_members) const {
  if (is_group(kind))
    return read_row(db_, std::string(kSelectGroups) + "AND id = ?2", {provider_, std::string(id)},
                    [&](const Row& row) { return read_group(row, with_members); });
  return read_row(db_, std::string(kSelectPeople) + "AND id = ?2", {provider_, std::string(id)},
                  [&](const Row& row) { return read_person(row); });
}

Result<std::vector<ScimRow>> ScimRows::all(const scim::Kind& kind, bool with_members) const {
  if (is_group(kind))
    return read_rows(db_, std::string(kSelectGroups) + "ORDER BY created, id", {provider_},
                     [&](const Row& row) { return read_group(row, with_members); });
  return read_rows(db_, std::string(kSelectPeople) + "ORDER BY created, id", {provider_},
                   [&](const Row& row) { return read_person(row); });
}

Result<std::vector<ScimRow>> ScimRows::people_by(std::string_view attribute, std::string_view value) const {
  const std::string_view column = attribute == "userName" ? "name_index" : "external_index";
  return read_rows(db_, std::string(kSelectPeople).append("AND ").append(column).append(" = ?2 ORDER BY created, id"),
                   {provider_, index_of(attribute, value)}, [&](const Row& row) { return read_person(row); });
}

Result<std::int64_t> ScimRows::count(const scim::Kind& kind) const {
  const std::string_view table = is_group(kind) ? "scim_groups" : "scim_people";
  const auto found =
      WD_TRY(read_row(db_, std::string("SELECT COUNT(*) FROM ").append(table).append(" WHERE provider_id = ?1"),
                      {provider_}, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  return found.value_or(0);
}

Result<void> ScimRows::store(const scim::Kind& kind, const ScimRow& row) const {
  return is_group(kind) ? store_group(row) : store_person(row);
}

Result<void> ScimRows::store_person(const ScimRow& row) const {
  const std::string external = text_of(row.attributes, "externalId");
  const DbValue external_index = external.empty() ? DbValue{nullptr} : DbValue{index_of("externalId", external)};
  WD_TRY(db_.execute(
      "INSERT INTO scim_people (id, provider_id, name_index, external_index, resource, version, created, modified) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET name_index = excluded.name_index, "
      "external_index = excluded.external_index, resource = excluded.resource, version = excluded.version, "
      "modified = excluded.modified",
      {row.id, provider_, index_of("userName", text_of(row.attributes, "userName")), external_index,
       tenants_.seal_text(scope_, {"scim_people", row.id, "resource"}, json::serialize(row.attributes)), row.version,
       to_micros(row.created), to_micros(row.modified)}));
  return {};
}

Result<void> ScimRows::store_group(const ScimRow& row) const {
  const std::string external = text_of(row.attributes, "externalId");
  WD_TRY(db_.execute(
      "INSERT INTO scim_groups (id, provider_id, display_name, external_id, version, created, modified) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, "
      "external_id = excluded.external_id, version = excluded.version, modified = excluded.modified",
      {row.id, provider_, text_of(row.attributes, "displayName"),
       external.empty() ? DbValue{nullptr} : DbValue{external}, row.version, to_micros(row.created),
       to_micros(row.modified)}));
  const auto listed = WD_TRY(members_of(row.id));
  const std::set<std::string> before(listed.begin(), listed.end());
  const std::set<std::string> after = members_in(row.attributes);
  for (const std::string& person : before) {
    if (after.contains(person)) continue;
    WD_TRY(db_.execute("DELETE FROM scim_members WHERE group_id = ?1 AND person_id = ?2", {row.id, person}));
  }
  for (const std::string& person : after) {
    if (before.contains(person)) continue;
    WD_TRY(db_.execute("INSERT INTO scim_members (group_id, person_id) VALUES (?1, ?2)", {row.id, person}));
  }
  return {};
}

Result<void> ScimRows::remove(const scim::Kind& kind, std::string_view id) const {
  const std::string text(id);
  if (is_group(kind)) {
    WD_TRY(db_.execute("DELETE FROM scim_members WHERE group_id = ?1", {text}));
    WD_TRY(db_.execute("DELETE FROM scim_groups WHERE provider_id = ?1 AND id = ?2", {provider_, text}));
    return {};
  }
  WD_TRY(db_.execute("DELETE FROM scim_members WHERE person_id = ?1", {text}));
  WD_TRY(db_.execute("DELETE FROM scim_people WHERE provider_id = ?1 AND id = ?2", {provider_, text}));
  return {};
}

Result<std::map<std::string, std::vector<ScimGroupName>>> ScimRows::memberships() const {
  struct Membership {
    std::string person;
    ScimGroupName group;
  };
  std::map<std::string, std::vector<ScimGroupName>> all;
  const auto read = [](const Row& row) -> Result<Membership> {
    return Membership{row.text(0), {row.text(1), row.text(2)}};
  };
  for (Membership& each : WD_TRY(read_rows(db_,
                                           "SELECT m.person_id, g.id, g.display_name FROM scim_members m "
                                           "JOIN scim_groups g ON g.id = m.group_id WHERE g.provider_id = ?1 "
                                           "ORDER BY g.display_name, g.id",
                                           {provider_}, read)))
    all[each.person].push_back(std::move(each.group));
  return all;
}

Result<std::vector<ScimGroupName>> ScimRows::groups_of(std::string_view person) const {
  return read_rows(db_,
                   "SELECT g.id, g.display_name FROM scim_members m JOIN scim_groups g ON g.id = m.group_id "
                   "WHERE g.provider_id = ?1 AND m.person_id = ?2 ORDER BY g.display_name, g.id",
                   {provider_, std::string(person)}, read_name);
}

Result<std::vector<std::string>> ScimRows::members_of(std::string_view group) const {
  return read_rows(db_, "SELECT person_id FROM scim_members WHERE group_id = ?1 ORDER BY person_id",
                   {std::string(group)}, [](const Row& row) -> Result<std::string> { return row.text(0); });
}

}  // namespace warder::manager
