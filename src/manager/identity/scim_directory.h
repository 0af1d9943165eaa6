// People and groups that an identity provider pushes by SCIM 2.0, and the users that come of them. docs/scim.md is the
// manual.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/identity/external_users.h"
#include "manager/identity/identity_providers.h"
#include "manager/identity/scim_rows.h"
#include "manager/scim/answer.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {

inline constexpr std::int64_t kMaxScimPeople = 20'000;  // of a provider
inline constexpr std::int64_t kMaxScimGroups = 2'000;

/// As SCIM shows it, with "groups" or "members", "id" and "meta"; `base` stands before its places.
boost::json::object scim_document(const scim::Kind& kind, const ScimRow& row, const std::vector<ScimGroupName>& groups,
                                  const std::string& base);
/// W/"3".
std::string scim_etag(std::int64_t version);

struct ScimPage {
  std::int64_t total = 0;
  std::vector<boost::json::object> resources;
};

/// Thread-safe. Every change is an audit entry. A change of a person is one of the user at once: roles by the groups
/// and the provider's mappings, sessions end with "active": false. Fails with SCIM's types: uniqueness (a user of that
/// name is there already, of this provider or not), invalidValue …; NotFound; Stale for another version than `if_match`
/// names (empty: any).
class ScimDirectory {
 public:
  ScimDirectory(Tenants& tenants, AuditLog& audit, Users& users, IdentityProviders& providers, ExternalUsers& external,
                const host::Clock& clock)
      : tenants_(tenants),
        audit_(audit),
        users_(users),
        providers_(providers),
        external_(external),
        scopes_(tenants),
        clock_(clock) {}

  /// The one that a key is bound to, else the only one of kind "scim". Conflict when there is none in use, or several.
  Result<IdentityProvider> provider_of(const TenantScope& scope, const std::optional<IdentityProviderId>& bound);

  Result<ScimPage> list(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                        const scim::Query& query, const std::string& base);
  Result<ScimRow> find(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                       std::string_view id);
  Result<std::vector<ScimGroupName>> groups_of(const TenantScope& scope, const IdentityProvider& provider,
                                               const scim::Kind& kind, std::string_view id);
  Result<ScimRow> create(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                         const boost::json::object& resource);
  Result<ScimRow> replace(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                          std::string_view id, std::string_view if_match, const boost::json::object& resource);
  Result<ScimRow> patch(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                        std::string_view id, std::string_view if_match, const boost::json::value& request);
  /// Of a person: the user goes, with all sessions. Who was disabled here stays, disabled, so that nobody comes back by
  /// being deleted and made again.
  Result<void> remove(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                      std::string_view id, std::string_view if_match);
  /// The user of somebody who has logged in at another provider, when one of kind "scim" is linked to that: then nobody
  /// else comes in by it. Nothing when none is linked; Forbidden for who is not known, or not as one.
  Result<std::optional<User>> find_linked(const TenantScope& scope, const ExternalPerson& person);
  /// After a change of the mappings: who has had no role until now may have one.
  Result<void> settle_all(const TenantScope& scope, const IdentityProvider& provider);

 private:
  using Change = std::function<Result<boost::json::object>(const boost::json::object& before)>;
  Result<ScimRow> change(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                         std::string_view id, std::string_view if_match, const Change& change);
  Result<void> check_row(const ScimRows& rows, const scim::Kind& kind, const ScimRow& row) const;
  Result<void> settle(const TenantScope& scope, const IdentityProvider& provider,
                      const std::vector<std::string>& people);
  Result<void> settle_one(const TenantScope& scope, const IdentityProvider& provider, const std::string& id);
  Result<void> undo(const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                    const std::string& id, const std::optional<ScimRow>& before);
  Result<void> note(Db& db, const TenantScope& scope, const IdentityProvider& provider, const scim::Kind& kind,
                    std::string_view verb, const std::string& id) const;

  Tenants& tenants_;
  AuditLog& audit_;
  Users& users_;
  IdentityProviders& providers_;
  ExternalUsers& external_;
  ScopeMaker scopes_;
  const host::Clock& clock_;
};

}  // namespace warder::manager
