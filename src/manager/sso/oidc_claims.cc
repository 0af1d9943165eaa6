#include "manager/sso/oidc_claims.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace warder::manager {

namespace {

bool is_among(const json::value& value, const std::vector<std::string>& wanted) {
  return value.is_string() && std::ranges::find(wanted, std::string_view(value.get_string())) != wanted.end();
}

Result<std::string> demanded(const json::object& claims, const std::string& name) {
  const auto text = get_string(claims, name);
  if (!text || text->empty())
    return fail(ErrorCode::Unauthenticated, "the identity provider does not say " + name + " as text");
  return std::string(*text);
}

/// A list of texts, or one text.
std::vector<std::string> texts_of(const json::object& claims, const std::string& name) {
  std::vector<std::string> texts;
  const json::value* const value = find(claims, name);
  if (value == nullptr) return texts;
  if (value->is_string()) texts.emplace_back(value->get_string());
  if (!value->is_array()) return texts;
  for (const json::value& item : value->get_array())
    if (item.is_string()) texts.emplace_back(item.get_string());
  return texts;
}

}  // namespace

Result<ExternalPerson> person_of(const json::object& claims, const OidcSettings& settings) {
  ExternalPerson person;
  person.subject = WD_TRY(demanded(claims, settings.subject_claim));
  person.username = WD_TRY(demanded(claims, settings.username_claim));
  person.display_name = std::string(get_string(claims, settings.name_claim).value_or(""));
  if (const auto email = get_string(claims, settings.email_claim)) person.email = std::string(*email);
  person.groups = texts_of(claims, settings.groups_claim);
  return person;
}

bool proves_second_factor(const json::object& claims, const OidcSettings& settings) {
  const json::value* const acr = find(claims, "acr");
  if (acr != nullptr && is_among(*acr, settings.second_factor_acr)) return true;
  const json::value* const amr = find(claims, "amr");
  return amr != nullptr && amr->is_array() && std::ranges::any_of(amr->get_array(), [&](const json::value& value) {
           return is_among(value, settings.second_factor_amr);
         });
}

bool is_about_token(std::string_view claim) {
  static constexpr std::array<std::string_view, 13> kClaims = {
      "acr", "amr", "at_hash", "aud", "auth_time", "azp", "c_hash", "exp", "iat", "iss", "nbf", "nonce", "sub"};
  return std::ranges::find(kClaims, claim) != kClaims.end();
}

}  // namespace warder::manager
