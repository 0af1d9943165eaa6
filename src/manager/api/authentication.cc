#include "manager/api/authentication.h"

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "manager/identity/identity.h"

namespace warder::manager {

std::string session_cookie(std::string_view token) {
  std::string cookie = std::string(kSessionCookie).append("=").append(token);
  cookie += "; Path=/; Secure; HttpOnly; SameSite=Strict";
  if (token.empty()) cookie += "; Max-Age=0";
  return cookie;
}

Result<Principal> authenticate(Identity& identity, const HttpRequest& request) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string_view authorization = request.header("authorization");
  if (!authorization.empty()) {
    if (!equals_ignoring_case(authorization.substr(0, kBearer.size()), kBearer)) {
      return fail(ErrorCode::Unauthenticated, "Authorization: only Bearer is known");
    }
    const std::string_view token = trim(authorization.substr(kBearer.size()));
    if (token.starts_with(kApiKeyPrefix)) return identity.authenticate_key(token, request.peer);
    return identity.authenticate(token, true, {request.peer, request.shown_certificate});
  }
  const std::string token = request.cookie(kSessionCookie);
  if (token.empty()) return fail(ErrorCode::Unauthenticated, "log in first");
  return identity.authenticate(token, false, {request.peer, request.shown_certificate});
}

Result<void> check_same_site(const HttpRequest& request) {
  const std::string_view site = request.header("sec-fetch-site");
  const std::string_view origin = request.header("origin");
  const bool is_foreign_site = !site.empty() && site != "same-origin" && site != "none";
  const bool is_foreign_origin = !origin.empty() && origin != "https://" + std::string(request.header("host"));
  if (is_foreign_site || is_foreign_origin) return fail(ErrorCode::Forbidden, "another site made this request");
  return {};
}

Result<void> check_csrf_token(const Principal& principal, const HttpRequest& request) {
  const std::string_view given = request.header("x-csrf-token");
  if (crypto::equals_constant_time(as_bytes(given), as_bytes(principal.csrf_token))) return {};
  return fail(ErrorCode::Forbidden, "X-CSRF-Token is missing or not this session's");
}

}  // namespace warder::manager
