// From a request's cookie or bearer token to who asks, and the checks that a browser was not tricked into asking.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "manager/identity/principal.h"
#include "manager/net/http.h"

namespace warder::manager {

class Identity;

inline constexpr std::string_view kSessionCookie = "__Host-warder-session";

/// Set-Cookie for a session, and for its end (empty token).
std::string session_cookie(std::string_view token);

/// A bearer token wins over a cookie. Unauthenticated when there is neither or it holds no longer.
Result<Principal> authenticate(Identity& identity, const HttpRequest& request);

/// Forbidden when a browser says that another site made the request (Sec-Fetch-Site, Origin).
Result<void> check_same_site(const HttpRequest& request);

/// Forbidden unless X-CSRF-Token is the session's.
Result<void> check_csrf_token(const Principal& principal, const HttpRequest& request);

}  // namespace warder::manager
