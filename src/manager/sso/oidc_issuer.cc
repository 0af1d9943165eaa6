#include "manager/sso/oidc_issuer.h"

#include "base/json.h"

namespace warder::manager {

namespace {

constexpr std::chrono::hours kMaxAge{1};
constexpr std::chrono::minutes kRefreshPause{1};
constexpr std::chrono::seconds kFailurePause{10};
constexpr std::size_t kMaxDocumentBytes = 256 << 10;
constexpr std::size_t kMaxUrlBytes = 2000;
constexpr std::size_t kMaxIssuers = 1000;
constexpr std::string_view kWellKnown = "/.well-known/openid-configuration";
constexpr long kOk = 200;

Result<std::string> url_in(const json::object& document, std::string_view key) {
  const std::string url(WD_TRY(get_string(document, key)));
  const bool is_plain = url.find_first_of(" \t\r\n\\#") == std::string::npos;
  if (!url.starts_with("https://") || url.size() > kMaxUrlBytes || !is_plain)
    return fail(ErrorCode::Invalid, "/" + std::string(key) + ": not an https URL");
  return url;
}

/// Discovery 1.0 §4.1: a slash at the end of the issuer is left out.
std::string document_url(std::string_view issuer) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer).append(kWellKnown);
}

}  // namespace

Result<OidcMetadata> read_oidc_metadata(std::string_view document, std::string_view issuer) {
  const json::value value = WD_TRY(parse_json(document, kMaxDocumentBytes, 16));
  if (!value.is_object()) return fail(ErrorCode::Invalid, "not an object");
  const json::object& object = value.get_object();
  OidcMetadata metadata;
  metadata.issuer = WD_TRY(get_string(object, "issuer"));
  if (metadata.issuer != issuer) return fail(ErrorCode::Invalid, "/issuer: not the one that was asked");
  metadata.authorization_endpoint = WD_TRY(url_in(object, "authorization_endpoint"));
  metadata.token_endpoint = WD_TRY(url_in(object, "token_endpoint"));
  metadata.jwks_uri = WD_TRY(url_in(object, "jwks_uri"));
  if (find(object, "userinfo_endpoint") != nullptr)
    metadata.userinfo_endpoint = WD_TRY(url_in(object, "userinfo_endpoint"));
  metadata.says_issuer_in_answer = get_bool(object, "authorization_response_iss_parameter_supported").value_or(false);
  return metadata;
}

Result<std::string> OidcIssuers::get(const std::string& url) const {
  FetchAnswer answer = WD_TRY(fetch_({.url = url}));
  if (answer.status != kOk)
    return fail(ErrorCode::Unavailable, url + ": answered with " + std::to_string(answer.status));
  return std::move(answer.body);
}

std::optional<Result<OidcMetadata>> OidcIssuers::known_metadata(const std::string& issuer) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(issuer);
  if (found == known_.end()) return std::nullopt;
  const Known& known = found->second;
  if (known.failure && clock_.steady_now() - known.failed < kFailurePause) return fail(*known.failure);
  if (known.has_metadata && clock_.steady_now() - known.metadata_read < kMaxAge) return known.metadata;
  return std::nullopt;
}

Result<OidcMetadata> OidcIssuers::ask(const std::string& issuer) const {
  const std::string url = document_url(issuer);
  return read_oidc_metadata(WD_TRY(get(url)), issuer).in(url);
}

Result<OidcMetadata> OidcIssuers::metadata(const std::string& issuer) {
  if (const auto known = known_metadata(issuer)) return *known;
  auto metadata = ask(issuer);
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMaxIssuers) known_.clear();
  Known& known = known_[issuer];
  known.failure = metadata ? std::nullopt : std::optional(metadata.error());
  known.failed = clock_.steady_now();
  if (!metadata) return metadata;
  known.metadata = *metadata;
  known.metadata_read = clock_.steady_now();
  known.has_metadata = true;
  return metadata;
}

Result<crypto::JwkSet> OidcIssuers::read_keys(const std::string& issuer, std::chrono::seconds max_age) {
  const OidcMetadata metadata = WD_TRY(this->metadata(issuer));
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(issuer);
    if (known != known_.end() && known->second.has_keys && known->second.jwks_uri == metadata.jwks_uri &&
        clock_.steady_now() - known->second.keys_read < max_age)
      return known->second.keys;
  }
  crypto::JwkSet keys = WD_TRY(crypto::JwkSet::parse(WD_TRY(get(metadata.jwks_uri))).in(metadata.jwks_uri));
  const std::lock_guard lock(mutex_);
  Known& known = known_[issuer];
  known.keys = keys;
  known.keys_read = clock_.steady_now();
  known.has_keys = true;
  known.jwks_uri = metadata.jwks_uri;
  return keys;
}

Result<crypto::JwkSet> OidcIssuers::keys(const std::string& issuer) {
  return read_keys(issuer, kMaxAge);
}

Result<crypto::JwkSet> OidcIssuers::newer_keys(const std::string& issuer) {
  return read_keys(issuer, kRefreshPause);
}

}  // namespace warder::manager
