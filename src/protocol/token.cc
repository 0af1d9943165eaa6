#include "protocol/token.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace warder::protocol {
namespace {

constexpr std::string_view kEnrolPrefix = "wdt1_";
constexpr std::string_view kMaintenancePrefix = "wdm1_";
constexpr std::string_view kUriStart = "warder://tenant/";
constexpr std::string_view kUriMiddle = "/agent/";
constexpr std::size_t kUuidLength = 36;
constexpr std::size_t kMaxUrls = 8;
constexpr std::size_t kMaxUrlBytes = 300;
constexpr auto kClockSlack = std::chrono::minutes{5};

struct SignedText {
  std::string payload;
  crypto::Signature signature{};
};

std::string make_signed(std::string_view prefix, const json::object& claims, const crypto::SigningKey& key) {
  const std::string payload = canonical_json(claims);
  std::string text{prefix};
  text += to_base64url(as_bytes(payload));
  text += '_';
  // base64url has '_' in its alphabet: the signature's length is fixed, so the reader cuts from the end.
  text += to_base64url(key.sign(as_bytes(payload)));
  return text;
}

constexpr std::size_t kSignatureChars = 86;  // 64 bytes, no padding

Result<SignedText> read_signed(std::string_view prefix, std::string_view text) {
  text = trim(text);
  if (text.size() > kMaxTokenBytes) return fail(ErrorCode::TooLarge, "token: longer than 8192 characters");
  if (!text.starts_with(prefix)) return fail(ErrorCode::Invalid, "token: does not start with " + std::string{prefix});
  text.remove_prefix(prefix.size());
  if (text.size() <= kSignatureChars + 1 || text[text.size() - kSignatureChars - 1] != '_')
    return fail(ErrorCode::Invalid, "token: cut short");
  const Bytes payload = WD_TRY(from_base64url(text.substr(0, text.size() - kSignatureChars - 1)).in("token"));
  const Bytes signature = WD_TRY(from_base64url(text.substr(text.size() - kSignatureChars)).in("token"));
  SignedText result;
  if (signature.size() != result.signature.size()) return fail(ErrorCode::Invalid, "token: cut short");
  std::ranges::copy(signature, result.signature.begin());
  result.payload = as_text(payload);
  return result;
}

Result<json::object> read_claims(const SignedText& text) {
  json::value value = WD_TRY(parse_json(text.payload, kMaxTokenBytes, 4).in("token"));
  if (!value.is_object()) return fail(ErrorCode::Invalid, "token: not an object");
  return std::move(value.as_object());
}

template <class IdType>
Result<IdType> get_id(const json::object& object, std::string_view key) {
  return parse_id<IdType>(WD_TRY(get_string(object, key))).in(key);
}

template <class IdType>
Result<std::optional<IdType>> get_optional_id(const json::object& object, std::string_view key) {
  if (find(object, key) == nullptr) return std::optional<IdType>{};
  return std::optional<IdType>{WD_TRY(get_id<IdType>(object, key))};
}

Result<Timestamp> get_time(const json::object& object, std::string_view key) {
  constexpr std::int64_t kLatest = 253'402'300'799;  // year 9999
  const std::int64_t seconds = WD_TRY(get_int(object, key));
  if (seconds < 0 || seconds > kLatest) return fail(ErrorCode::Invalid, std::string{key} + ": not a time");
  return Timestamp{std::chrono::seconds{seconds}};
}

std::int64_t to_seconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Result<std::vector<std::string>> get_urls(const json::object& object) {
  const json::array* values = WD_TRY(get_array(object, "urls"));
  if (values->empty() || values->size() > kMaxUrls) return fail(ErrorCode::Invalid, "/urls: not 1 to 8 addresses");
  std::vector<std::string> urls;
  for (const json::value& value : *values) {
    if (!value.is_string() || value.as_string().size() > kMaxUrlBytes || !value.as_string().starts_with("https://"))
      return fail(ErrorCode::Invalid, "/urls: not an https address");
    urls.emplace_back(value.as_string());
  }
  return urls;
}

bool is_fingerprint(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<EnrolClaims> read_enrol_claims(const SignedText& text) {
  const json::object object = WD_TRY(read_claims(text));
  EnrolClaims claims;
  claims.id = WD_TRY(get_id<TokenId>(object, "id"));
  claims.secret = WD_TRY(get_string(object, "secret"));
  if (claims.secret.size() < 32 || claims.secret.size() > 128) return fail(ErrorCode::Invalid, "/secret: wrong length");
  claims.urls = WD_TRY(get_urls(object));
  claims.ca_sha256 = WD_TRY(get_string(object, "ca_sha256"));
  if (!is_fingerprint(claims.ca_sha256)) return fail(ErrorCode::Invalid, "/ca_sha256: not 64 hex digits");
  claims.tenant = WD_TRY(get_id<TenantId>(object, "tenant"));
  claims.group = WD_TRY(get_optional_id<GroupId>(object, "group"));
  claims.policy = WD_TRY(get_optional_id<PolicyId>(object, "policy"));
  claims.expires = WD_TRY(get_time(object, "exp"));
  return claims;
}

Result<MaintenanceClaims> read_maintenance_claims(const SignedText& text) {
  const json::object object = WD_TRY(read_claims(text));
  MaintenanceClaims claims;
  claims.id = WD_TRY(get_id<TokenId>(object, "id"));
  claims.agent = WD_TRY(get_id<AgentId>(object, "agent"));
  claims.tenant = WD_TRY(get_id<TenantId>(object, "tenant"));
  claims.issued = WD_TRY(get_time(object, "iat"));
  claims.expires = WD_TRY(get_time(object, "exp"));
  return claims;
}

}  // namespace

std::string make_enrol_token(const EnrolClaims& claims, const crypto::SigningKey& key) {
  json::object object{{"id", claims.id.text()},
                      {"secret", claims.secret},
                      {"urls", json::array(claims.urls.begin(), claims.urls.end())},
                      {"ca_sha256", claims.ca_sha256},
                      {"tenant", claims.tenant.text()},
                      {"exp", to_seconds(claims.expires)}};
  if (claims.group) object["group"] = claims.group->text();
  if (claims.policy) object["policy"] = claims.policy->text();
  return make_signed(kEnrolPrefix, object, key);
}

Result<EnrolClaims> parse_enrol_token(std::string_view text) {
  return read_enrol_claims(WD_TRY(read_signed(kEnrolPrefix, text)));
}

Result<EnrolClaims> verify_enrol_token(std::string_view text, const crypto::PublicKey& key, Timestamp now) {
  const SignedText token = WD_TRY(read_signed(kEnrolPrefix, text));
  if (!crypto::is_signed_by(key, as_bytes(token.payload), token.signature))
    return fail(ErrorCode::Unauthenticated, "token: not signed by this manager");
  EnrolClaims claims = WD_TRY(read_enrol_claims(token));
  if (now >= claims.expires) return fail(ErrorCode::Unauthenticated, "token: expired " + to_rfc3339(claims.expires));
  return claims;
}

std::string make_maintenance_token(const MaintenanceClaims& claims, const crypto::SigningKey& key) {
  return make_signed(kMaintenancePrefix,
                     {{"id", claims.id.text()},
                      {"agent", claims.agent.text()},
                      {"tenant", claims.tenant.text()},
                      {"iat", to_seconds(claims.issued)},
                      {"exp", to_seconds(claims.expires)}},
                     key);
}

Result<MaintenanceClaims> verify_maintenance_token(std::string_view text, const crypto::PublicKey& public_key,
                                                   const AgentId& agent, Timestamp now) {
  const SignedText token = WD_TRY(read_signed(kMaintenancePrefix, text));
  if (!crypto::is_signed_by(public_key, as_bytes(token.payload), token.signature))
    return fail(ErrorCode::Unauthenticated, "token: not signed by this agent's manager");
  MaintenanceClaims claims = WD_TRY(read_maintenance_claims(token));
  if (claims.agent != agent) return fail(ErrorCode::Forbidden, "token: it is for agent " + claims.agent.text());
  if (now >= claims.expires) return fail(ErrorCode::Unauthenticated, "token: expired " + to_rfc3339(claims.expires));
  if (claims.issued > now + kClockSlack)
    return fail(ErrorCode::Unauthenticated, "token: issued in the future; check this host's clock");
  return claims;
}

Result<crypto::PublicKey> parse_public_key(std::string_view base64url) {
  const Bytes bytes = WD_TRY(from_base64url(base64url).in("public key"));
  crypto::PublicKey key{};
  if (bytes.size() != key.size()) return fail(ErrorCode::Invalid, "public key: not 32 bytes");
  std::ranges::copy(bytes, key.begin());
  return key;
}

std::string agent_uri(const TenantId& tenant, const AgentId& agent) {
  std::string uri{kUriStart};
  uri += tenant.text();
  uri += kUriMiddle;
  uri += agent.text();
  return uri;
}

Result<AgentName> parse_agent_uri(std::string_view uri) {
  const auto bad = [] { return fail(ErrorCode::Invalid, "certificate: its URI does not name an agent"); };
  if (uri.size() != kUriStart.size() + kUriMiddle.size() + 2 * kUuidLength || !uri.starts_with(kUriStart)) return bad();
  uri.remove_prefix(kUriStart.size());
  if (uri.substr(kUuidLength, kUriMiddle.size()) != kUriMiddle) return bad();
  return AgentName{WD_TRY(parse_id<TenantId>(uri.substr(0, kUuidLength))),
                   WD_TRY(parse_id<AgentId>(uri.substr(kUuidLength + kUriMiddle.size())))};
}

}  // namespace warder::protocol
