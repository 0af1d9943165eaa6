#include "manager/identity/identity_providers.h"

#include <algorithm>

#include "base/json.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::size_t kMaxStoredBytes = 4 << 20;
constexpr std::size_t kMaxSecretBytes = 4096;
constexpr std::string_view kEverybody = "*";
constexpr std::string_view kCountUsers = "SELECT COUNT(*) FROM external_identities WHERE provider_id = ?1";
constexpr std::string_view kSelect =
    "SELECT id, kind, name, enabled, settings, secret IS NOT NULL, mappings, created, version FROM identity_providers ";

json::array texts(const std::vector<std::string>& list) {
  json::array array;
  for (const std::string& text : list) array.emplace_back(json::string(text));
  return array;
}

Result<std::vector<std::string>> texts_in(const json::object& object, std::string_view key) {
  std::vector<std::string> list;
  for (const json::value& item : *WD_TRY(get_array(object, key))) {
    if (!item.is_string()) return fail(ErrorCode::Corrupt, "stored mapping: not a text");
    list.emplace_back(item.get_string());
  }
  return list;
}

std::string mappings_text(const std::vector<GroupMapping>& mappings) {
  json::array array;
  for (const GroupMapping& mapping : mappings) {
    array.push_back(json::object{{"group", mapping.group},
                                 {"roles", texts(mapping.roles)},
                                 {"scoped_roles", scoped_roles_json(mapping.scoped_roles)}});
  }
  return canonical_json(array);
}

Result<std::vector<GroupMapping>> read_mappings(const std::string& text) {
  const json::value array = WD_TRY(parse_json(text, kMaxStoredBytes).in("stored mappings"));
  if (!array.is_array()) return fail(ErrorCode::Corrupt, "stored mappings: not an array");
  std::vector<GroupMapping> mappings;
  for (const json::value& value : array.get_array()) {
    if (!value.is_object()) return fail(ErrorCode::Corrupt, "stored mappings: not an object");
    const json::object& object = value.get_object();
    const json::value* const scoped = find(object, "scoped_roles");
    if (scoped == nullptr) return fail(ErrorCode::Corrupt, "stored mappings: no scoped roles");
    mappings.push_back({std::string(WD_TRY(get_string(object, "group"))), WD_TRY(texts_in(object, "roles")),
                        WD_TRY(read_scoped_roles(*scoped))});
  }
  return mappings;
}

Result<IdentityProvider> read_provider(const Row& row) {
  IdentityProvider provider;
  provider.id = WD_TRY(parse_id<IdentityProviderId>(row.text(0)));
  provider.kind = row.text(1);
  provider.name = row.text(2);
  provider.is_enabled = row.integer(3) != 0;
  const json::value settings = WD_TRY(parse_json(row.text(4), kMaxStoredBytes).in("stored settings"));
  if (!settings.is_object()) return fail(ErrorCode::Corrupt, "stored settings: not an object");
  provider.settings = settings.get_object();
  provider.has_secret = row.integer(5) != 0;
  provider.mappings = WD_TRY(read_mappings(row.text(6)));
  provider.created = from_micros(row.integer(7));
  provider.version = row.integer(8);
  return provider;
}

/// Puts the place before a message that begins with the pointer below it.
tl::unexpected<Error> below(const std::string& place, Error error) {
  if (error.message.starts_with('/')) error.message.insert(0, place);
  return fail(std::move(error));
}

Result<void> check_mappings(Db& db, const TenantScope& scope, const std::vector<GroupMapping>& mappings) {
  if (mappings.size() > kMaxGroupMappings) return fail(ErrorCode::Invalid, "/mappings: more than 200");
  std::size_t scoped = 0;
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    const std::string pointer = "/mappings/" + std::to_string(i);
    if (mappings[i].group.empty()) return fail(ErrorCode::Invalid, pointer + "/group: is empty");
    if (std::ranges::count(mappings, mappings[i].group, &GroupMapping::group) > 1)
      return fail(ErrorCode::Invalid, pointer + "/group: the group is there twice");
    const auto checked = check_assignable(db, scope, mappings[i].roles, mappings[i].scoped_roles);
    if (!checked) return below(pointer, checked.error());
    scoped += mappings[i].scoped_roles.size();
  }
  if (scoped > kMaxScopedRoles) return fail(ErrorCode::Invalid, "/mappings: more than 32 scoped roles together");
  return {};
}

/// Completes the settings. `has_secret`: there will be one.
Result<void> check_kind(IdentityProvider& provider, bool has_secret) {
  const ProviderKind* const kind = find_provider_kind(provider.kind);
  if (kind == nullptr) return fail(ErrorCode::Invalid, "/kind: there is no kind '" + provider.kind + "'");
  auto complete = kind->complete(provider.settings, has_secret);
  if (!complete) return below("/settings", complete.error());
  provider.settings = std::move(*complete);
  if (kind->secret == ProviderSecret::Required && !has_secret)
    return fail(ErrorCode::Invalid, "/secret: this kind needs one");
  if (kind->secret == ProviderSecret::None && has_secret)
    return fail(ErrorCode::Invalid, "/secret: this kind has none");
  return {};
}

Result<void> check_name(Db& db, const std::string& name, const IdentityProviderId& id) {
  if (name.empty()) return fail(ErrorCode::Invalid, "/name: is empty");
  const auto taken =
      WD_TRY(read_row(db, "SELECT id FROM identity_providers WHERE name = ?1 AND id <> ?2", {name, id.text()},
                      [](const Row& row) -> Result<std::string> { return row.text(0); }));
  if (taken) return fail(ErrorCode::Conflict, "/name: the name is taken");
  return {};
}

Result<std::int64_t> count(Db& db, std::string_view sql, std::initializer_list<DbValue> values) {
  return WD_TRY(read_row(db, sql, values, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }))
      .value_or(0);
}

/// What says which person a subject is stays while there are users: elsewhere the same subject is somebody else.
Result<void> check_same_people(Db& db, const IdentityProvider& before, const IdentityProvider& after) {
  for (const std::string_view key : {"issuer", "subject_claim"}) {
    const json::value* const old = find(before.settings, key);
    const json::value* const now = find(after.settings, key);
    if (old == nullptr || now == nullptr || *old == *now) continue;
    if (WD_TRY(count(db, kCountUsers, {before.id.text()})) == 0) continue;
    return fail(ErrorCode::Conflict, "/settings/" + std::string(key) +
                                         ": there are users that are known by it; add another identity provider");
  }
  return {};
}

AuditRecord record_of(std::string_view action, const IdentityProvider& provider, json::array changed = {}) {
  json::object detail{{"kind", provider.kind}, {"name", provider.name}, {"enabled", provider.is_enabled}};
  if (!changed.empty()) detail["changed"] = std::move(changed);
  return {std::string(action), "identity-provider:" + provider.id.text(), AuditOutcome::Success, std::move(detail)};
}

json::array changed_by(const IdentityProviderChange& change) {
  json::array changed;
  if (change.name) changed.emplace_back("name");
  if (change.is_enabled) changed.emplace_back("enabled");
  if (change.settings) changed.emplace_back("settings");
  if (change.secret) changed.emplace_back("secret");
  if (change.mappings) changed.emplace_back("mappings");
  return changed;
}

void add_once(MappedRoles& all, const GroupMapping& mapping) {
  for (const std::string& role : mapping.roles)
    if (std::ranges::find(all.roles, role) == all.roles.end()) all.roles.push_back(role);
  for (const ScopedRole& role : mapping.scoped_roles)
    if (std::ranges::find(all.scoped_roles, role) == all.scoped_roles.end()) all.scoped_roles.push_back(role);
}

}  // namespace

MappedRoles mapped_roles(const IdentityProvider& provider, const std::vector<std::string>& groups) {
  MappedRoles all;
  const ProviderKind* const kind = find_provider_kind(provider.kind);
  if (kind == nullptr) return all;
  for (const GroupMapping& mapping : provider.mappings) {
    const bool is_in = mapping.group == kEverybody || std::ranges::any_of(groups, [&](const std::string& group) {
                         return kind->is_same_group(mapping.group, group);
                       });
    if (is_in) add_once(all, mapping);
  }
  return all;
}

Result<std::optional<IdentityProvider>> find_identity_provider(Db& db, const IdentityProviderId& id) {
  return read_row(db, std::string(kSelect) + "WHERE id = ?1", {id.text()}, read_provider);
}

Result<bool> is_role_mapped(Db& db, std::string_view role) {
  for (const IdentityProvider& provider : WD_TRY(read_rows(db, kSelect, {}, read_provider)))
    for (const GroupMapping& mapping : provider.mappings)
      if (std::ranges::find(mapping.roles, role) != mapping.roles.end() ||
          std::ranges::find(mapping.scoped_roles, role, &ScopedRole::role) != mapping.scoped_roles.end())
        return true;
  return false;
}

Result<std::vector<IdentityProvider>> IdentityProviders::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, std::string(kSelect) + "ORDER BY name", {}, read_provider);
}

Result<IdentityProvider> IdentityProviders::find(const TenantScope& scope, const IdentityProviderId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto provider = WD_TRY(find_identity_provider(*db, id));
  if (!provider) return fail(ErrorCode::NotFound, "no such identity provider");
  return std::move(*provider);
}

/// The actor must have what it gives already: by new settings anybody could come in as one of its people.
Result<IdentityProvider> IdentityProviders::find_to_change(Db& db, const TenantScope& scope,
                                                           const IdentityProviderId& id, std::string_view etag) {
  auto provider = WD_TRY(find_identity_provider(db, id));
  if (!provider) return fail(ErrorCode::NotFound, "no such identity provider");
  if (etag != "*" && etag != "\"" + std::to_string(provider->version) + "\"")
    return fail(ErrorCode::Stale, "the identity provider was changed since you read it; read it again");
  for (const GroupMapping& mapping : provider->mappings)
    WD_TRY(check_covers(db, scope, mapping.roles, mapping.scoped_roles));
  return std::move(*provider);
}

Result<void> IdentityProviders::write_secret(Db& db, const TenantScope& scope, const IdentityProviderId& id,
                                             const std::string& secret) const {
  const std::string row = id.text();
  const DbValue sealed = secret.empty()
                             ? DbValue{nullptr}
                             : DbValue{tenants_.seal_text(scope, {"identity_providers", row, "secret"}, secret)};
  WD_TRY(db.execute("UPDATE identity_providers SET secret = ?2 WHERE id = ?1", {row, sealed}));
  return {};
}

Result<IdentityProvider> IdentityProviders::create(const TenantScope& scope, const IdentityProviderDraft& draft) {
  IdentityProvider provider{.id = make_id<IdentityProviderId>(clock_.now()),
                            .kind = draft.kind,
                            .name = draft.name,
                            .is_enabled = draft.is_enabled,
                            .settings = draft.settings,
                            .has_secret = !draft.secret.empty(),
                            .mappings = draft.mappings,
                            .created = clock_.now(),
                            .version = 1};
  WD_TRY(check_kind(provider, provider.has_secret));
  if (draft.secret.size() > kMaxSecretBytes) return fail(ErrorCode::Invalid, "/secret: longer than 4096 bytes");
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(check_name(*db, provider.name, provider.id));
  if (WD_TRY(count(*db, "SELECT COUNT(*) FROM identity_providers", {})) >=
      static_cast<std::int64_t>(kMaxIdentityProviders))
    return fail(ErrorCode::TooLarge, "/name: a tenant has at most 100 identity providers");
  WD_TRY(check_mappings(*db, scope, provider.mappings));
  WD_TRY(
      db->execute("INSERT INTO identity_providers (id, kind, name, enabled, settings, mappings, created, version) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)",
                  {provider.id.text(), provider.kind, provider.name, std::int64_t{provider.is_enabled},
                   canonical_json(provider.settings), mappings_text(provider.mappings), to_micros(provider.created)}));
  WD_TRY(write_secret(*db, scope, provider.id, draft.secret));
  WD_TRY(audit_.append_in(*db, scope, record_of("identity-provider.create", provider)));
  WD_TRY(tx.commit());
  return provider;
}

Result<IdentityProvider> IdentityProviders::update(const TenantScope& scope, const IdentityProviderId& id,
                                                   std::string_view etag, const IdentityProviderChange& change) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const IdentityProvider before = WD_TRY(find_to_change(*db, scope, id, etag));
  IdentityProvider provider = before;
  if (change.name) provider.name = *change.name;
  if (change.is_enabled) provider.is_enabled = *change.is_enabled;
  if (change.settings) provider.settings = *change.settings;
  if (change.mappings) provider.mappings = *change.mappings;
  if (change.secret) provider.has_secret = !change.secret->empty();
  if (change.secret && change.secret->size() > kMaxSecretBytes)
    return fail(ErrorCode::Invalid, "/secret: longer than 4096 bytes");
  WD_TRY(check_kind(provider, provider.has_secret));
  WD_TRY(check_same_people(*db, before, provider));
  WD_TRY(check_name(*db, provider.name, provider.id));
  WD_TRY(check_mappings(*db, scope, provider.mappings));
  ++provider.version;
  WD_TRY(
      db->execute("UPDATE identity_providers SET name = ?2, enabled = ?3, settings = ?4, mappings = ?5, version = ?6 "
                  "WHERE id = ?1",
                  {id.text(), provider.name, std::int64_t{provider.is_enabled}, canonical_json(provider.settings),
                   mappings_text(provider.mappings), provider.version}));
  if (change.secret) WD_TRY(write_secret(*db, scope, id, *change.secret));
  WD_TRY(audit_.append_in(*db, scope, record_of("identity-provider.update", provider, changed_by(change))));
  WD_TRY(tx.commit());
  return provider;
}

Result<void> IdentityProviders::remove(const TenantScope& scope, const IdentityProviderId& id, std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const IdentityProvider provider = WD_TRY(find_to_change(*db, scope, id, etag));
  if (WD_TRY(count(*db, kCountUsers, {id.text()})) > 0)
    return fail(ErrorCode::Conflict, "there are users of this identity provider; disable it, or remove them first");
  WD_TRY(db->execute("DELETE FROM scim_members WHERE group_id IN (SELECT id FROM scim_groups WHERE provider_id = ?1)",
                     {id.text()}));
  WD_TRY(db->execute("DELETE FROM scim_groups WHERE provider_id = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM scim_people WHERE provider_id = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM identity_providers WHERE id = ?1", {id.text()}));
  WD_TRY(audit_.append_in(*db, scope, record_of("identity-provider.delete", provider)));
  return tx.commit();
}

Result<std::string> IdentityProviders::secret(const TenantScope& scope, const IdentityProviderId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const std::string row_id = id.text();
  const auto read = [&](const Row& row) -> Result<std::string> {
    if (row.is_null(0)) return std::string();
    return tenants_.open_text(scope, {"identity_providers", row_id, "secret"}, row.bytes(0));
  };
  const auto secret = WD_TRY(read_row(*db, "SELECT secret FROM identity_providers WHERE id = ?1", {row_id}, read));
  if (!secret) return fail(ErrorCode::NotFound, "no such identity provider");
  return *secret;
}

FeatureSchema identity_providers_schema() {
  return {"identity-providers",
          {{1,
            "identity providers and whom they know",
            {"CREATE TABLE identity_providers (id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL UNIQUE, "
             "enabled INTEGER NOT NULL, settings TEXT NOT NULL, secret BLOB, mappings TEXT NOT NULL, "
             "created BIGINT NOT NULL, version BIGINT NOT NULL)",
             "CREATE TABLE external_identities (provider_id TEXT NOT NULL, subject TEXT NOT NULL, "
             "user_id TEXT NOT NULL UNIQUE, member_of TEXT NOT NULL, gone_since BIGINT, "
             "PRIMARY KEY (provider_id, subject))"}},
           {2,
            "people and groups by SCIM",
            {"CREATE TABLE scim_people (id TEXT NOT NULL PRIMARY KEY, provider_id TEXT NOT NULL, "
             "name_index BLOB NOT NULL, external_index BLOB, resource BLOB NOT NULL, version BIGINT NOT NULL, "
             "created BIGINT NOT NULL, modified BIGINT NOT NULL, UNIQUE (provider_id, name_index))",
             "CREATE INDEX scim_people_external ON scim_people (provider_id, external_index)",
             "CREATE TABLE scim_groups (id TEXT NOT NULL PRIMARY KEY, provider_id TEXT NOT NULL, "
             "display_name TEXT NOT NULL, external_id TEXT, version BIGINT NOT NULL, created BIGINT NOT NULL, "
             "modified BIGINT NOT NULL)",
             "CREATE INDEX scim_groups_provider ON scim_groups (provider_id, created)",
             "CREATE TABLE scim_members (group_id TEXT NOT NULL, person_id TEXT NOT NULL, "
             "PRIMARY KEY (group_id, person_id))",
             "CREATE INDEX scim_members_person ON scim_members (person_id, group_id)"}}},
          {{"identity_providers", "id", PersonalData::None},
           {"identity_providers", "kind", PersonalData::None},
           {"identity_providers", "name", PersonalData::None},
           {"identity_providers", "enabled", PersonalData::None},
           {"identity_providers", "settings", PersonalData::None},
           {"identity_providers", "secret", PersonalData::Secret, "id"},
           {"identity_providers", "mappings", PersonalData::None},
           {"identity_providers", "created", PersonalData::None},
           {"identity_providers", "version", PersonalData::None},
           {"external_identities", "provider_id", PersonalData::None},
           {"external_identities", "subject", PersonalData::Identifier},
           {"external_identities", "user_id", PersonalData::Identifier},
           {"external_identities", "member_of", PersonalData::Identifier},
           {"external_identities", "gone_since", PersonalData::Identifier},
           {"scim_people", "id", PersonalData::Identifier},
           {"scim_people", "provider_id", PersonalData::None},
           {"scim_people", "name_index", PersonalData::Identifier},
           {"scim_people", "external_index", PersonalData::Identifier},
           {"scim_people", "resource", PersonalData::Contact, "id"},
           {"scim_people", "version", PersonalData::None},
           {"scim_people", "created", PersonalData::Identifier},
           {"scim_people", "modified", PersonalData::Identifier},
           {"scim_groups", "id", PersonalData::None},
           {"scim_groups", "provider_id", PersonalData::None},
           {"scim_groups", "display_name", PersonalData::None},
           {"scim_groups", "external_id", PersonalData::None},
           {"scim_groups", "version", PersonalData::None},
           {"scim_groups", "created", PersonalData::None},
           {"scim_groups", "modified", PersonalData::None},
           {"scim_members", "group_id", PersonalData::None},
           {"scim_members", "person_id", PersonalData::Identifier}}};
}

}  // namespace warder::manager
