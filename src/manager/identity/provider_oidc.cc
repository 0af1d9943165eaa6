#include "manager/identity/provider_oidc.h"

#include "base/json.h"
#include "manager/identity/provider_kinds.h"

namespace warder::manager {

namespace {

bool is_https(std::string_view url) {
  constexpr std::string_view kHttps = "https://";
  return url.starts_with(kHttps) && url.size() > kHttps.size();
}

/// OpenID Connect Discovery 1.0 §2: a URL without query and fragment; nor does it say who logs in there.
Result<void> check_issuer(const std::string& issuer) {
  if (!is_https(issuer)) return fail(ErrorCode::Invalid, "/issuer: not an https URL");
  for (const char c : issuer)
    if (c <= ' ' || c == '?' || c == '#' || c == '@' || c == '\\' || c == '\x7f')
      return fail(ErrorCode::Invalid, "/issuer: a URL without query, fragment, user and spaces");
  return {};
}

Result<json::object> complete(const json::object& settings, bool has_secret) {
  OidcSettings read = WD_TRY(read_oidc_settings(settings));
  if (has_secret == (read.client_authentication == "none"))
    return fail(ErrorCode::Invalid,
                "/client_authentication: none is for a client without a secret, the others need one");
  return to_json(bind_fields(read));
}

}  // namespace

std::span<const Field<OidcSettings>> OidcSettings::fields() {
  static constexpr std::string_view kAlgorithms = "RS256|PS256|ES256|EdDSA";
  static const Field<OidcSettings> kFields[] = {
      {"issuer", &OidcSettings::issuer, 9, 500, PersonalData::None,
       "who the provider says it is, exactly; its discovery document is below this URL"},
      {"client_id", &OidcSettings::client_id, 1, 255, PersonalData::None, "what this manager is called there"},
      {"client_authentication", &OidcSettings::client_authentication, 1, 40, PersonalData::None,
       "how the secret is shown to the provider; none: a public client, which has none",
       "client_secret_basic|client_secret_post|none"},
      {"scopes", &OidcSettings::scopes, 1, 20, PersonalData::None, "what is asked for; openid is one of them"},
      {"algorithms", &OidcSettings::algorithms, 1, 4, PersonalData::None, "signatures of ID tokens that are taken",
       kAlgorithms},
      {"subject_claim", &OidcSettings::subject_claim, 1, 100, PersonalData::None,
       "the claim that names a person for good; never one that somebody else may get later, as a mail address"},
      {"username_claim", &OidcSettings::username_claim, 1, 100, PersonalData::None, "the claim with the user name"},
      {"name_claim", &OidcSettings::name_claim, 1, 100, PersonalData::None, "the claim with the full name"},
      {"email_claim", &OidcSettings::email_claim, 1, 100, PersonalData::None, "the claim with the mail address"},
      {"groups_claim", &OidcSettings::groups_claim, 1, 100, PersonalData::None,
       "the claim with the groups: a list of texts"},
      {"userinfo", &OidcSettings::userinfo, 0, 0, PersonalData::None,
       "whether the userinfo endpoint is asked too, for claims that the ID token lacks"},
      {"second_factor_acr", &OidcSettings::second_factor_acr, 0, 20, PersonalData::None,
       "values of acr that prove a second factor; empty: none does"},
      {"second_factor_amr", &OidcSettings::second_factor_amr, 0, 20, PersonalData::None,
       "values of amr that prove a second factor, one is enough; empty: none does"},
      {"clock_skew_s", &OidcSettings::clock_skew_s, 0, 300, PersonalData::None,
       "how far the provider's clock may be from this one"},
      {"max_login_age_s", &OidcSettings::max_login_age_s, 0, 86'400, PersonalData::None,
       "how long ago somebody may have logged in at the provider; 0: as long as it likes"},
  };
  return kFields;
}

Result<OidcSettings> read_oidc_settings(const json::object& settings) {
  OidcSettings read = WD_TRY(parse_json_as<OidcSettings>(settings));
  WD_TRY(check_issuer(read.issuer));
  if (read.client_id.empty()) return fail(ErrorCode::Invalid, "/client_id: is missing");
  bool has_openid = false;
  for (const std::string& scope : read.scopes) has_openid = has_openid || scope == "openid";
  if (!has_openid) return fail(ErrorCode::Invalid, "/scopes: without openid there is no ID token");
  return read;
}

const ProviderKind kOidcProvider = {"oidc",
                                    "OpenID Connect: people log in at the provider's page and come back.",
                                    ProviderSecret::Optional,
                                    true,
                                    complete,
                                    is_equal_group};

}  // namespace warder::manager
