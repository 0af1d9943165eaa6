#include "manager/sso/oidc_login.h"

#include <algorithm>

#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "base/uri.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "manager/sso/id_token.h"
#include "manager/sso/oidc_claims.h"

namespace warder::manager {

namespace {

constexpr std::chrono::minutes kJourneyHolds{10};
constexpr std::size_t kMaxCookie = 4000;
constexpr std::size_t kMaxCode = 4096;
constexpr std::size_t kMaxAnswerBytes = 256 << 10;
constexpr long kOk = 200;

std::string random_text() {
  return to_base64url(random_bytes(32));
}

std::string sha256_text(std::string_view text) {
  return to_base64url(crypto::sha256(as_bytes(text)));
}

bool is_equal(std::string_view a, std::string_view b) {
  return crypto::equals_constant_time(as_bytes(a), as_bytes(b));
}

/// application/x-www-form-urlencoded, and a URL's query.
std::string form_of(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string form;
  for (const auto& [name, value] : fields)
    form.append(form.empty() ? "" : "&").append(name).append("=").append(percent_encode(value));
  return form;
}

const std::string* find_in(const Query& answer, std::string_view name) {
  const auto found = answer.find(name);
  return found == answer.end() ? nullptr : &found->second;
}

tl::unexpected<Error> not_ours() {
  return fail(ErrorCode::Unauthenticated, "the answer belongs to no login that was begun here, or came too late");
}

Result<json::object> json_of(const FetchAnswer& answer, std::string_view what) {
  const auto value = parse_json(answer.body, kMaxAnswerBytes, 16);
  if (!value || !value->is_object())
    return fail(ErrorCode::Unauthenticated, std::string(what) + ": the answer is not a JSON object");
  return value->get_object();
}

}  // namespace

/// What goes along in the cookie, sealed.
struct OidcLogin::Journey {
  std::string state;
  std::string nonce;
  std::string verifier;
  std::string callback;
  std::string challenge;
  std::uint16_t port = 0;
  Timestamp expires;
};

struct OidcLogin::Provider {
  TenantScope scope;
  IdentityProvider row;
  OidcSettings settings;
};

Result<OidcLogin::Provider> OidcLogin::find_provider(const ProviderPlace& place) {
  const auto none = [] { return fail(ErrorCode::NotFound, "no such identity provider"); };
  const auto tenant = tenants_.find_by_name(place.tenant);
  if (!tenant || !tenants_.check_served(tenant->id)) return none();
  const TenantScope scope = WD_TRY(identity_.scope_of_provider(tenant->id, place.provider));
  auto row = identity_.identity_providers().find(scope, place.provider);
  if (!row && row.error().code != ErrorCode::NotFound) return fail(row.error());
  if (!row || !row->is_enabled || row->kind != kOidcProvider.name) return none();
  OidcSettings settings = WD_TRY(read_oidc_settings(row->settings).in("stored settings"));
  return Provider{scope, std::move(*row), std::move(settings)};
}

Result<std::vector<IdentityProvider>> OidcLogin::choices(std::string_view tenant) {
  std::vector<IdentityProvider> providers;
  const auto found = tenants_.find_by_name(tenant);
  if (!found || !tenants_.check_served(found->id)) return providers;
  const TenantScope scope = WD_TRY(identity_.scope_of_provider(found->id, {}));
  for (IdentityProvider& provider : WD_TRY(identity_.identity_providers().list(scope))) {
    const ProviderKind* const kind = find_provider_kind(provider.kind);
    if (provider.is_enabled && kind != nullptr && kind->has_login_page) providers.push_back(std::move(provider));
  }
  return providers;
}

/// Under a key of the tenant's, and bound to the provider: an answer of one is never taken for another's.
std::string OidcLogin::seal(const Provider& provider, const Journey& journey) const {
  const json::object object{
      {"s", journey.state},     {"n", journey.nonce}, {"v", journey.verifier},          {"b", journey.callback},
      {"c", journey.challenge}, {"p", journey.port},  {"e", to_micros(journey.expires)}};
  const crypto::DataKey key("sso", 1, tenants_.derive_key(provider.scope, "sso-journey"));
  const std::string text = json::serialize(object);
  return to_base64url(crypto::seal(key, provider.row.id.text(), as_bytes(text)));
}

std::optional<OidcLogin::Journey> OidcLogin::open(const Provider& provider, std::string_view cookie) const {
  const auto box = cookie.size() > kMaxCookie ? fail(ErrorCode::TooLarge, "") : from_base64url(cookie);
  if (!box) return std::nullopt;
  const crypto::DataKey key("sso", 1, tenants_.derive_key(provider.scope, "sso-journey"));
  const auto text = crypto::open_sealed(key, provider.row.id.text(), *box);
  const auto value = text ? parse_json(as_text(*text)) : fail(ErrorCode::Corrupt, "");
  if (!value || !value->is_object()) return std::nullopt;
  const json::object& object = value->get_object();
  const auto member = [&](std::string_view name) { return std::string(get_string(object, name).value_or("")); };
  Journey journey{member("s"), member("n"), member("v"), member("b"), member("c"), 0, {}};
  journey.port = static_cast<std::uint16_t>(get_int(object, "p").value_or(0));
  journey.expires = from_micros(get_int(object, "e").value_or(0));
  if (journey.state.empty() || journey.expires <= clock_.now()) return std::nullopt;
  return journey;
}

Result<SsoDeparture> OidcLogin::start(const ProviderPlace& place, const SsoStart& start) {
  const Provider provider = WD_TRY(find_provider(place));
  const OidcMetadata metadata = WD_TRY(issuers_.metadata(provider.settings.issuer));
  const Journey journey{random_text(),
                        random_text(),
                        random_text(),
                        start.callback,
                        start.challenge,
                        start.port,
                        clock_.now() + kJourneyHolds};
  std::string scopes;
  for (const std::string& scope : provider.settings.scopes) scopes.append(scopes.empty() ? "" : " ").append(scope);
  std::string query = form_of({{"response_type", "code"},
                               {"client_id", provider.settings.client_id},
                               {"redirect_uri", journey.callback},
                               {"scope", scopes},
                               {"state", journey.state},
                               {"nonce", journey.nonce},
                               {"code_challenge", sha256_text(journey.verifier)},
                               {"code_challenge_method", "S256"}});
  if (provider.settings.max_login_age_s > 0) query += "&max_age=" + std::to_string(provider.settings.max_login_age_s);
  const std::string& endpoint = metadata.authorization_endpoint;
  const char* const joint = endpoint.find('?') == std::string::npos ? "?" : "&";
  return SsoDeparture{endpoint + joint + query, seal(provider, journey)};
}

Result<SsoArrival> OidcLogin::finish(const ProviderPlace& place, const Query& answer, std::string_view cookie,
                                     const IpAddress& peer) {
  const Provider provider = WD_TRY(find_provider(place));
  const auto journey = open(provider, cookie);
  const std::string* const state = find_in(answer, "state");
  if (!journey || state == nullptr || !is_equal(*state, journey->state)) return not_ours();
  auto proven = prove(provider, *journey, answer);
  if (!proven) {
    // The message is one of ours; nothing of what the provider or somebody in between has sent.
    WD_TRY(audit_.append(provider.scope, "session.login", "identity-provider:" + provider.row.id.text(),
                         AuditOutcome::Denied,
                         {{"peer", peer.text()}, {"method", "oidc"}, {"reason", proven.error().message}}));
    return fail(proven.error());
  }
  proven->challenge = journey->challenge;
  const std::string secret = WD_TRY(tickets_.put(provider.scope, std::move(*proven)));
  return SsoArrival{provider.scope.tenant().text() + "." + secret, !journey->challenge.empty(), journey->port};
}

Result<ProvenLogin> OidcLogin::prove(const Provider& provider, const Journey& journey, const Query& answer) {
  if (const auto used = tickets_.use_state(provider.scope, journey.state); !used) {
    if (used.error().code != ErrorCode::Conflict) return fail(used.error());
    return fail(ErrorCode::Unauthenticated, used.error().message);
  }
  const OidcMetadata metadata = WD_TRY(issuers_.metadata(provider.settings.issuer));
  // RFC 9207 §2.4: against answers of another issuer that somebody mixes in.
  const std::string* const issuer = find_in(answer, "iss");
  if (issuer == nullptr ? metadata.says_issuer_in_answer : *issuer != metadata.issuer)
    return fail(ErrorCode::Unauthenticated, "the answer is of another issuer");
  if (const std::string* const error = find_in(answer, "error")) {
    if (*error == "access_denied")
      return fail(ErrorCode::Forbidden, "the login was cancelled at the identity provider");
    return fail(ErrorCode::Unauthenticated, "the identity provider has refused the login");
  }
  const std::string* const code = find_in(answer, "code");
  if (code == nullptr || code->empty() || code->size() > kMaxCode)
    return fail(ErrorCode::Unauthenticated, "the answer has no code");
  const json::object claims = WD_TRY(claims_of(provider, metadata, journey, *code));
  ProvenLogin login;
  login.person = WD_TRY(person_of(claims, provider.settings));
  login.person.provider = provider.row.id;
  login.method = kOidcProvider.name;
  login.has_second_factor = proves_second_factor(claims, provider.settings);
  return login;
}

Result<json::object> OidcLogin::claims_of(const Provider& provider, const OidcMetadata& metadata,
                                          const Journey& journey, const std::string& code) {
  const json::object tokens = WD_TRY(exchange(provider, metadata, journey, code));
  const auto id_token = get_string(tokens, "id_token");
  const auto access_token = get_string(tokens, "access_token");
  if (!id_token) return fail(ErrorCode::Unauthenticated, "token endpoint: no ID token in the answer");
  const std::string access(access_token ? *access_token : "");
  json::object claims = WD_TRY(check(provider, journey, std::string(*id_token), access));
  if (provider.settings.userinfo) WD_TRY(add_userinfo(metadata, access, claims));
  return claims;
}

Result<json::object> OidcLogin::exchange(const Provider& provider, const OidcMetadata& metadata, const Journey& journey,
                                         const std::string& code) {
  const OidcSettings& settings = provider.settings;
  const std::string secret = WD_TRY(identity_.identity_providers().secret(provider.scope, provider.row.id));
  FetchRequest request{.url = metadata.token_endpoint};
  request.form = form_of({{"grant_type", "authorization_code"},
                          {"code", code},
                          {"redirect_uri", journey.callback},
                          {"code_verifier", journey.verifier},
                          {"client_id", settings.client_id}});
  if (settings.client_authentication == "client_secret_post")
    request.form += "&" + form_of({{"client_secret", secret}});
  // RFC 6749 §2.3.1: both parts are form-encoded first.
  if (settings.client_authentication == "client_secret_basic")
    request.authorization =
        "Basic " + to_base64(as_bytes(percent_encode(settings.client_id) + ":" + percent_encode(secret)));
  const FetchAnswer answer = WD_TRY(fetch_(request));
  if (answer.status != kOk)
    return fail(ErrorCode::Unauthenticated, "token endpoint: answered with " + std::to_string(answer.status));
  return json_of(answer, "token endpoint");
}

Result<json::object> OidcLogin::check(const Provider& provider, const Journey& journey, const std::string& id_token,
                                      const std::string& access_token) {
  const OidcSettings& settings = provider.settings;
  IdTokenDemands demands;
  demands.issuer = settings.issuer;
  demands.client_id = settings.client_id;
  demands.nonce = journey.nonce;
  demands.access_token = access_token;
  for (const std::string& algorithm : settings.algorithms)
    demands.algorithms.push_back(WD_TRY(crypto::parse_jws_algorithm(algorithm)));
  demands.now = clock_.now();
  demands.clock_skew = std::chrono::seconds(settings.clock_skew_s);
  demands.max_login_age = std::chrono::seconds(settings.max_login_age_s);
  auto claims = check_id_token(id_token, WD_TRY(issuers_.keys(settings.issuer)), demands);
  if (!claims && claims.error().code == ErrorCode::NotFound)
    claims = check_id_token(id_token, WD_TRY(issuers_.newer_keys(settings.issuer)), demands);
  if (!claims && claims.error().code == ErrorCode::NotFound)
    return fail(ErrorCode::Unauthenticated, claims.error().message);
  return claims;
}

/// OpenID Connect Core 1.0 §5.3: claims that the ID token lacks. They are of the same person, or nothing is taken.
Result<void> OidcLogin::add_userinfo(const OidcMetadata& metadata, const std::string& access_token,
                                     json::object& claims) const {
  if (metadata.userinfo_endpoint.empty() || access_token.empty())
    return fail(ErrorCode::Unauthenticated, "userinfo endpoint: the identity provider has none");
  const FetchAnswer answer =
      WD_TRY(fetch_({.url = metadata.userinfo_endpoint, .authorization = "Bearer " + access_token}));
  if (answer.status != kOk)
    return fail(ErrorCode::Unauthenticated, "userinfo endpoint: answered with " + std::to_string(answer.status));
  const json::object more = WD_TRY(json_of(answer, "userinfo endpoint"));
  const auto subject = get_string(more, "sub");
  if (!subject || *subject != std::string_view(claims.at("sub").as_string()))
    return fail(ErrorCode::Unauthenticated, "userinfo endpoint: it is about somebody else");
  for (const auto& [name, value] : more)
    if (!is_about_token(name)) claims.emplace(name, value);
  return {};
}

Result<LoggedIn> OidcLogin::begin_session(std::string_view ticket, const std::optional<std::string>& verifier,
                                          const SsoSecondProof& second, const IpAddress& peer) {
  const auto over = [] { return fail(ErrorCode::NotFound, "this login is over; begin anew"); };
  const std::size_t dot = ticket.find('.');
  const auto tenant = parse_id<TenantId>(ticket.substr(0, dot));
  if (dot == std::string_view::npos || !tenant || !tenants_.find(*tenant)) return over();
  const std::string_view secret = ticket.substr(dot + 1);
  const TenantScope scope = WD_TRY(identity_.scope_of_provider(*tenant, {}));
  const ProvenLogin login = WD_TRY(tickets_.take(scope, secret));
  // A ticket for a command line is none for a browser, nor one for another command line; who tries loses it.
  const bool is_right = verifier ? is_equal(sha256_text(*verifier), login.challenge) : login.challenge.empty();
  if (!is_right) return over();
  auto session =
      identity_.log_in_external({*tenant, login.person, login.method, login.has_second_factor, verifier.has_value(),
                                 peer, second.code, second.passkey, second.certificate});
  const bool may_try_again =
      session ? session->needs_code
              : session.error().code == ErrorCode::Unauthenticated || session.error().code == ErrorCode::TooMany;
  if (may_try_again) WD_TRY(tickets_.put_back(scope, secret, login));
  return session;
}

}  // namespace warder::manager
