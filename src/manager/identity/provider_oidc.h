// Settings of an OpenID Connect provider.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"

namespace warder::manager {

struct OidcSettings {
  std::string issuer;
  std::string client_id;
  std::string client_authentication = "client_secret_basic";
  std::vector<std::string> scopes = {"openid", "profile", "email"};
  std::vector<std::string> algorithms = {"RS256", "PS256", "ES256", "EdDSA"};
  std::string subject_claim = "sub";
  std::string username_claim = "preferred_username";
  std::string name_claim = "name";
  std::string email_claim = "email";
  std::string groups_claim = "groups";
  bool userinfo = false;
  std::vector<std::string> second_factor_acr;
  std::vector<std::string> second_factor_amr;
  std::int64_t clock_skew_s = 60;
  std::int64_t max_login_age_s = 0;

  static std::span<const Field<OidcSettings>> fields();
};

/// Of a provider's stored settings. Invalid as in ProviderKind::complete.
Result<OidcSettings> read_oidc_settings(const boost::json::object& settings);

}  // namespace warder::manager
