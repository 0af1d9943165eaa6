// The handlers of session, users, passwords, roles, identity providers, API keys and approvals; each add_… registers
// its operations.
#pragma once

#include <functional>

#include "host/clock.h"
#include "manager/api/router.h"

namespace warder::manager {

class Identity;
struct LoggedIn;
struct User;
struct ResetLink;

/// A user as the contract shows it.
boost::json::object to_json(const User& user);
boost::json::object to_json(const ResetLink& link);
/// Of a browser that has logged in: the session and its cookie.
Result<ApiResponse> session_answer(Identity& identity, const LoggedIn& session);

void add_session_routes(Routes& routes, Identity& identity);
void add_user_routes(Routes& routes, Identity& identity);
void add_user_session_routes(Routes& routes, Identity& identity);
void add_role_routes(Routes& routes, Identity& identity);
void add_identity_provider_routes(Routes& routes, Identity& identity);
void add_api_key_routes(Routes& routes, Identity& identity);
void add_passkey_routes(Routes& routes, Identity& identity);
void add_second_factor_routes(Routes& routes, Identity& identity);
void add_password_routes(Routes& routes, Identity& identity);
void add_approval_routes(Routes& routes, Identity& identity);
void add_access_grant_routes(Routes& routes, Identity& identity, const host::Clock& clock);

}  // namespace warder::manager
