#include "manager/identity/api_keys.h"

#include <algorithm>

#include "base/random.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "manager/identity/role_store.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::chrono::seconds kUseResolution{60};
constexpr std::string_view kSelect =
    "SELECT id, tenant_id, user_id, name, hint, rights, networks, created, expires, last_used, last_address, revoked, "
    "COALESCE(provider_id, '') FROM api_keys WHERE ";

template <class Members, class Text>
std::string joined(const Members& members, const Text& text) {
  std::string all;
  for (const auto& member : members) all.append(all.empty() ? "" : ",").append(text(member));
  return all;
}

std::string joined(const Rights& rights) {
  return joined(rights, [](const std::string& right) -> std::string_view { return right; });
}

Result<ApiKey> read_key(const Row& row) {
  ApiKey key;
  key.id = WD_TRY(parse_id<ApiKeyId>(row.text(0)));
  key.tenant = WD_TRY(parse_id<TenantId>(row.text(1)));
  key.user = WD_TRY(parse_id<UserId>(row.text(2)));
  key.name = row.text(3);
  key.hint = row.text(4);
  const std::string rights = row.text(5);
  for (const std::string_view right : split(rights, ',')) key.rights.emplace(right);
  const std::string networks = row.text(6);
  if (!networks.empty())
    for (const std::string_view network : split(networks, ',')) key.networks.push_back(WD_TRY(parse_prefix(network)));
  key.created = from_micros(row.integer(7));
  key.expires = from_micros(row.integer(8));
  key.last_used = optional_time_at(row, 9);
  key.last_address = row.text(10);
  key.is_revoked = row.integer(11) != 0;
  if (const std::string provider = row.text(12); !provider.empty())
    key.provider = WD_TRY(parse_id<IdentityProviderId>(provider));
  return key;
}

Bytes hash_of(std::string_view text) {
  const crypto::Digest digest = crypto::sha256(as_bytes(text));
  return {digest.begin(), digest.end()};
}

std::string object_of(const ApiKeyId& id) {
  return "api-key:" + id.text();
}

std::string refusal_of(const ApiKey& key, const IpAddress& peer, Timestamp now) {
  if (key.is_revoked) return "revoked";
  if (key.expires <= now) return "expired";
  const auto reaches = [&](const IpPrefix& network) { return network.contains(peer); };
  if (!key.networks.empty() && std::ranges::none_of(key.networks, reaches)) return "network";
  return {};
}

Result<void> check_rights(Db& config, const TenantScope& scope, const User& owner, const Rights& rights) {
  const auto known = all_rights();
  const Grants owned = WD_TRY(grants_of(config, owner.roles, owner.scoped_roles));
  Grants wanted;
  for (const std::string& right : rights) {
    if (std::ranges::find(known, right) == known.end())
      return fail(ErrorCode::Invalid, "/rights: there is no right '" + right + "'");
    const auto has = owned.find(right);
    if (has == owned.end()) return scope.forbid("the key's owner does not have " + right);
    wanted.insert(*has);
  }
  if (scope.grants() == nullptr) return {};
  const std::string above = first_uncovered(*scope.grants(), wanted);
  if (!above.empty()) return scope.forbid("this key exceeds your own rights: " + above);
  return {};
}

}  // namespace

Result<ApiKeyPage> ApiKeys::list(const TenantScope& scope, std::size_t limit, std::string_view cursor) {
  std::string before = WD_TRY(key_of_cursor(cursor));
  if (before.empty()) before = "g";  // after every hexadecimal id
  auto db = WD_TRY(tenants_.control().acquire());
  ApiKeyPage page;
  page.items = WD_TRY(read_rows(*db, std::string(kSelect) + "tenant_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
                                {scope.tenant().text(), before, static_cast<std::int64_t>(limit + 1)}, read_key));
  if (page.items.size() > limit) {
    page.items.pop_back();
    page.next_cursor = cursor_of(page.items.back().id.text());
  }
  return page;
}

Result<ApiKey> ApiKeys::find(const TenantScope& scope, const ApiKeyId& id) {
  auto db = WD_TRY(tenants_.control().acquire());
  const auto key = WD_TRY(
      read_row(*db, std::string(kSelect) + "tenant_id = ?1 AND id = ?2", {scope.tenant().text(), id.text()}, read_key));
  if (!key) return fail(ErrorCode::NotFound, "no such API key");
  return *key;
}

Result<NewApiKey> ApiKeys::create(const TenantScope& scope, const ApiKeyDraft& draft) {
  if (draft.provider && draft.rights != Rights{"scim:write"})
    return fail(ErrorCode::Invalid, "/rights: a key of an identity provider has scim:write, and nothing else");
  const auto owner = users_.find(scope, draft.user);
  if (!owner && owner.error().code == ErrorCode::NotFound)
    return fail(ErrorCode::Invalid, "/user_id: there is no such user");
  if (!owner) return fail(owner.error());
  WD_TRY(check_rights(*WD_TRY(tenants_.config(scope).acquire()), scope, *owner, draft.rights));
  NewApiKey made;
  made.text = make_api_key();
  ApiKey& key = made.key;
  key.created = clock_.now();
  key.id = make_id<ApiKeyId>(key.created);
  key.tenant = scope.tenant();
  key.user = draft.user;
  key.name = draft.name;
  key.hint = made.text.substr(0, kApiKeyPrefix.size() + 4);
  key.rights = draft.rights;
  key.provider = draft.provider;
  key.networks = draft.networks;
  key.expires = key.created + draft.expires_in;
  const std::string networks = joined(key.networks, [](const IpPrefix& network) { return network.text(); });
  auto db = WD_TRY(tenants_.control().acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute(
      "INSERT INTO api_keys (id, key_hash, tenant_id, user_id, name, hint, rights, networks, created, expires, "
      "last_address, revoked, provider_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '', 0, ?11)",
      {key.id.text(), hash_of(made.text), key.tenant.text(), key.user.text(), key.name, key.hint, joined(key.rights),
       networks, to_micros(key.created), to_micros(key.expires),
       key.provider ? DbValue{key.provider->text()} : DbValue{nullptr}}));
  WD_TRY(audit_.append(scope, "api-key.create", object_of(key.id), AuditOutcome::Success,
                       {{"user", key.user.text()}, {"rights", joined(key.rights)}, {"networks", networks}}));
  WD_TRY(tx.commit());
  return made;
}

Result<void> ApiKeys::revoke(const TenantScope& scope, const ApiKeyId& id) {
  WD_TRY(find(scope, id));
  auto db = WD_TRY(tenants_.control().acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute("UPDATE api_keys SET revoked = 1 WHERE tenant_id = ?1 AND id = ?2",
                     {scope.tenant().text(), id.text()}));
  WD_TRY(audit_.append(scope, "api-key.revoke", object_of(id), AuditOutcome::Success));
  return tx.commit();
}

Result<ApiKeyUse> ApiKeys::use(std::string_view text, const IpAddress& peer) {
  const auto unknown = [] { return fail(ErrorCode::Unauthenticated, "this API key does not hold"); };
  if (!is_api_key(text)) return unknown();
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.control().acquire());
  const auto key = WD_TRY(read_row(*db, std::string(kSelect) + "key_hash = ?1", {hash_of(text)}, read_key));
  if (!key) return unknown();
  ApiKeyUse use{*key, refusal_of(*key, peer, now)};
  if (use.refusal.empty() && (!key->last_used || now - *key->last_used >= kUseResolution)) {
    WD_TRY(db->execute("UPDATE api_keys SET last_used = ?2, last_address = ?3 WHERE id = ?1",
                       {key->id.text(), to_micros(now), peer.text()}));
  }
  return use;
}

FeatureSchema api_keys_schema() {
  FeatureSchema schema{
      "api-keys",
      {{1,
        "API keys",
        {"CREATE TABLE api_keys (id TEXT NOT NULL PRIMARY KEY, key_hash BLOB NOT NULL UNIQUE, tenant_id TEXT NOT NULL, "
         "user_id TEXT NOT NULL, name TEXT NOT NULL, hint TEXT NOT NULL, rights TEXT NOT NULL, networks TEXT NOT NULL, "
         "created BIGINT NOT NULL, expires BIGINT NOT NULL, last_used BIGINT, last_address TEXT NOT NULL, "
         "revoked BIGINT NOT NULL)",
         "CREATE INDEX api_keys_tenant ON api_keys (tenant_id, id)"}},
       {2, "keys of identity providers", {"ALTER TABLE api_keys ADD COLUMN provider_id TEXT"}},
       {3,
        "saved searches, which took events:read, have a right of their own",
        {"UPDATE api_keys SET rights = rights || ',searches:read' WHERE ',' || rights || ',' LIKE '%,events:read,%' "
         "ESCAPE '!'"}}},
      {{"api_keys", "key_hash", PersonalData::Secret},
       {"api_keys", "user_id", PersonalData::Identifier},
       {"api_keys", "last_used", PersonalData::Identifier},
       {"api_keys", "last_address", PersonalData::Identifier}}};
  for (const std::string_view column :
       {"id", "tenant_id", "name", "hint", "rights", "networks", "created", "expires", "revoked", "provider_id"})
    schema.fields.push_back({"api_keys", column, PersonalData::None});
  return schema;
}

}  // namespace warder::manager
