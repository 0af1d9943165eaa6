// From claims about somebody to the person that they describe.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "manager/identity/external_users.h"
#include "manager/identity/provider_oidc.h"

namespace warder::manager {

/// By the claims that the settings name; the provider is left open. Unauthenticated, with the claim's name, when
/// subject or user name are missing or no texts.
Result<ExternalPerson> person_of(const boost::json::object& claims, const OidcSettings& settings);
/// Whether acr or amr has a value that the settings take for the proof of a second factor.
bool proves_second_factor(const boost::json::object& claims, const OidcSettings& settings);
/// Claims that only the ID token itself can make: about itself and the login, not the person.
bool is_about_token(std::string_view claim);

}  // namespace warder::manager
