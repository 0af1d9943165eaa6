#include "manager/identity/provider_scim.h"

#include "base/ids.h"
#include "base/json.h"
#include "manager/identity/identity_providers.h"
#include "manager/identity/provider_kinds.h"

namespace warder::manager {

namespace {

Result<json::object> complete(const json::object& settings, bool has_secret) {
  ScimSettings read = WD_TRY(read_scim_settings(settings));
  if (has_secret) return fail(ErrorCode::Invalid, "/secret: the provider shows an API key, which is made by itself");
  return to_json(bind_fields(read));
}

}  // namespace

std::span<const Field<ScimSettings>> ScimSettings::fields() {
  static const Field<ScimSettings> kFields[] = {
      {"link_provider", &ScimSettings::link_provider, 0, 36, PersonalData::None,
       "id of the identity provider by which these people log in; with one, nobody else comes in by that"},
      {"link_by", &ScimSettings::link_by, 1, 20, PersonalData::None,
       "what that provider calls a person here: its subject is the externalId, or its user name is the userName",
       "externalId|userName"},
  };
  return kFields;
}

Result<ScimSettings> read_scim_settings(const json::object& settings) {
  ScimSettings read = WD_TRY(parse_json_as<ScimSettings>(settings));
  if (!read.link_provider.empty() && !parse_id<IdentityProviderId>(read.link_provider))
    return fail(ErrorCode::Invalid, "/link_provider: not the id of an identity provider");
  return read;
}

const ProviderKind kScimProvider = {
    "scim",        "SCIM 2.0: the provider pushes its people and groups.", ProviderSecret::None, false, complete,
    is_equal_group};

}  // namespace warder::manager
