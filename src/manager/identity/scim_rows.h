// People and groups that a provider of kind "scim" has told of, as they are stored: the person's attributes sealed,
// with blind indexes of the names that they are found by.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "manager/identity/identity_providers.h"
#include "manager/scim/attributes.h"
#include "manager/store/db.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

struct ScimRow {
  std::string id;
  boost::json::object attributes;  // normal; of a group with its members, of a person without the groups
  std::int64_t version = 1;
  Timestamp created;
  Timestamp modified;
};

struct ScimGroupName {
  std::string id;
  std::string name;
};

/// In the caller's transactions; everything is of one provider.
class ScimRows {
 public:
  ScimRows(Db& db, const Tenants& tenants, const TenantScope& scope, const IdentityProviderId& provider)
      : db_(db), tenants_(tenants), scope_(scope), provider_(provider.text()) {}

  Result<std::optional<ScimRow>> find(const scim::Kind& kind, std::string_view id, bool with_members = true) const;
  /// By creation.
  Result<std::vector<ScimRow>> all(const scim::Kind& kind, bool with_members = true) const;
  /// `attribute`: "userName", in any case of letters, or "externalId".
  Result<std::vector<ScimRow>> people_by(std::string_view attribute, std::string_view value) const;
  Result<std::int64_t> count(const scim::Kind& kind) const;
  /// Makes it, or changes the one with its id.
  Result<void> store(const scim::Kind& kind, const ScimRow& row) const;
  Result<void> remove(const scim::Kind& kind, std::string_view id) const;
  /// Groups by person.
  Result<std::map<std::string, std::vector<ScimGroupName>>> memberships() const;
  Result<std::vector<ScimGroupName>> groups_of(std::string_view person) const;
  Result<std::vector<std::string>> members_of(std::string_view group) const;

 private:
  [[nodiscard]] Bytes index_of(std::string_view attribute, std::string_view value) const;
  Result<ScimRow> read_person(const Row& row) const;
  Result<ScimRow> read_group(const Row& row, bool with_members) const;
  Result<void> store_person(const ScimRow& row) const;
  Result<void> store_group(const ScimRow& row) const;

  Db& db_;
  const Tenants& tenants_;
  const TenantScope& scope_;
  const std::string provider_;
};

}  // namespace warder::manager
