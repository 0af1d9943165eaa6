#include "manager/sso/id_token.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace warder::manager {

namespace {

constexpr std::chrono::hours kMaxAge{24};  // of a token that was just asked for; a provider that says more is misled
constexpr std::size_t kMaxAudiences = 20;

tl::unexpected<Error> refused(std::string_view what) {
  return fail(ErrorCode::Unauthenticated, "ID token: " + std::string(what));
}

bool is_text(const json::object& claims, std::string_view key, std::string_view wanted) {
  const json::value* const value = find(claims, key);
  return value != nullptr && value->is_string() && std::string_view(value->get_string()) == wanted;
}

/// A moment in seconds (RFC 7519 §2, NumericDate), which may have a fraction. Nothing when it is none.
std::optional<Timestamp> moment_in(const json::object& claims, std::string_view key) {
  constexpr double kMaxSeconds = 253'402'300'799.0;  // the year 9999
  const json::value* const value = find(claims, key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto seconds = value->to_number<double>();
  if (!(seconds >= 0 && seconds <= kMaxSeconds)) return std::nullopt;
  return from_micros(static_cast<std::int64_t>(seconds) * 1'000'000);
}

/// The client is one of the audiences; where there are others, or the token says so at all, it is also the party that
/// the token was made for (§3.1.3.7 points 3 to 5).
Result<void> check_audience(const json::object& claims, const std::string& client) {
  const json::value* const audience = find(claims, "aud");
  if (audience == nullptr) return refused("it says no audience");
  std::size_t audiences = 1;
  if (audience->is_array()) {
    const json::array& list = audience->get_array();
    audiences = list.size();
    const bool is_whole = audiences <= kMaxAudiences &&
                          std::ranges::all_of(list, [](const json::value& value) { return value.is_string(); });
    if (!is_whole) return refused("its audience is not a list of texts");
    if (std::ranges::none_of(list, [&](const json::value& value) { return value.get_string() == client; }))
      return refused("it is for another audience");
  } else if (!is_text(claims, "aud", client)) {
    return refused("it is for another audience");
  }
  const bool has_party = find(claims, "azp") != nullptr;
  if ((has_party || audiences > 1) && !is_text(claims, "azp", client)) return refused("it was made for another party");
  return {};
}

Result<void> check_times(const json::object& claims, const IdTokenDemands& demands) {
  const auto expires = moment_in(claims, "exp");
  const auto issued = moment_in(claims, "iat");
  if (!expires) return refused("it says no expiry");
  if (!issued) return refused("it says no time of issue");
  if (*expires + demands.clock_skew <= demands.now) return refused("it is over");
  if (*issued - demands.clock_skew > demands.now) return refused("it is from the future");
  if (*issued + kMaxAge < demands.now) return refused("it is too old");
  if (find(claims, "nbf") != nullptr) {
    const auto begins = moment_in(claims, "nbf");
    if (!begins || *begins - demands.clock_skew > demands.now) return refused("it does not hold yet");
  }
  if (demands.max_login_age.count() == 0) return {};
  const auto logged_in = moment_in(claims, "auth_time");
  if (!logged_in) return refused("it does not say when the login was");
  if (*logged_in + demands.max_login_age + demands.clock_skew < demands.now)
    return refused("the login is too long ago");
  return {};
}

/// §3.1.3.6: the left half of the hash. All algorithms here go with SHA-256, but Ed25519 with SHA-512.
Result<void> check_access_token(const json::object& claims, const std::string& access_token, bool is_ed25519) {
  if (find(claims, "at_hash") == nullptr) return {};
  const auto left_half = [](ByteView digest) { return to_base64url(digest.subspan(0, digest.size() / 2)); };
  const std::string hash = is_ed25519 ? left_half(crypto::sha512(as_bytes(access_token)))
                                      : left_half(crypto::sha256(as_bytes(access_token)));
  if (access_token.empty() || !is_text(claims, "at_hash", hash)) return refused("it is not of this access token");
  return {};
}

/// Of a token whose signature is right.
bool is_ed25519(std::string_view token) {
  const auto header = from_base64url(token.substr(0, token.find('.')));
  const auto parsed = header ? parse_json(as_text(*header)) : fail(ErrorCode::Invalid, "");
  return parsed && parsed->is_object() && is_text(parsed->get_object(), "alg", "EdDSA");
}

}  // namespace

Result<json::object> check_id_token(std::string_view token, const crypto::JwkSet& keys, const IdTokenDemands& demands) {
  const std::string payload = WD_TRY(crypto::verify_jws(token, keys, demands.algorithms).in("ID token"));
  const auto parsed = parse_json(payload, crypto::kMaxJwsBytes, 16);
  if (!parsed || !parsed->is_object()) return refused("its claims are not a JSON object");
  const json::object& claims = parsed->get_object();
  if (demands.issuer.empty() || !is_text(claims, "iss", demands.issuer)) return refused("it is from another issuer");
  if (demands.client_id.empty()) return refused("there is no audience to expect");
  WD_TRY(check_audience(claims, demands.client_id));
  if (demands.nonce.empty() || !is_text(claims, "nonce", demands.nonce))
    return refused("it is of another login (nonce)");
  WD_TRY(check_times(claims, demands));
  WD_TRY(check_access_token(claims, demands.access_token, is_ed25519(token)));
  const json::value* const subject = find(claims, "sub");
  if (subject == nullptr || !subject->is_string() || subject->get_string().empty()) return refused("it names nobody");
  return claims;
}

}  // namespace warder::manager
