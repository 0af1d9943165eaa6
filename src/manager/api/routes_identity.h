// The handlers of session, users, passwords, roles, identity providers, API keys and approvals; each add_… registers
// its operations.
#pragma once

#include <functional>
#include <string>

#include "host/clock.h"
#include "manager/api/router.h"

namespace warder::manager {

class Identity;
class OidcLogin;
struct LoggedIn;
struct User;
struct ResetLink;

/// A user as the contract shows it.
boost::json::object to_json(const User& user);
boost::json::object to_json(const ResetLink& link);

/// What a login answers with, whatever it was proven by: a session and its cookie, or a bearer token; 202 when the code
/// of the second factor is missing.
Result<ApiResponse> session_answer(Identity& identity, const LoggedIn& session);
Result<ApiResponse> token_answer(Identity& identity, const LoggedIn& session);

void add_client_certificate_routes(Routes& routes, Identity& identity);
void add_session_routes(Routes& routes, Identity& identity);
void add_user_routes(Routes& routes, Identity& identity);
void add_user_session_routes(Routes& routes, Identity& identity);
void add_role_routes(Routes& routes, Identity& identity);
void add_identity_provider_routes(Routes& routes, Identity& identity);
/// `console_url`: where who comes back from a provider finds this manager; empty: by the Host of the request.
void add_sso_routes(Routes& routes, Identity& identity, OidcLogin& login, const std::string& console_url);
void add_api_key_routes(Routes& routes, Identity& identity);
void add_passkey_routes(Routes& routes, Identity& identity);
void add_second_factor_routes(Routes& routes, Identity& identity);
void add_scim_routes(Routes& routes, Identity& identity);
void add_password_routes(Routes& routes, Identity& identity);
void add_approval_routes(Routes& routes, Identity& identity);
void add_access_policy_routes(Routes& routes, Identity& identity);
void add_access_grant_routes(Routes& routes, Identity& identity, const host::Clock& clock);

}  // namespace warder::manager
