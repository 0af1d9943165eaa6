// What an OpenID Connect issuer publishes about itself: where it is asked, and its keys. Kept for a while.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/jws.h"
#include "host/clock.h"
#include "manager/sso/https_fetch.h"

namespace warder::manager {

struct OidcMetadata {
  std::string issuer;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string userinfo_endpoint;  // empty: none
  std::string jwks_uri;
  bool says_issuer_in_answer = false;  // RFC 9207 §2.4: then an answer without it is not the issuer's
};

/// OpenID Connect Discovery 1.0 §3. Invalid unless the document's issuer is exactly `issuer` and its addresses are
/// https.
Result<OidcMetadata> read_oidc_metadata(std::string_view document, std::string_view issuer);

/// Thread-safe.
class OidcIssuers {
 public:
  OidcIssuers(Fetch fetch, const host::Clock& clock) : fetch_(std::move(fetch)), clock_(clock) {}

  /// At most an hour old. After a failure: the same one for ten seconds.
  Result<OidcMetadata> metadata(const std::string& issuer);
  /// As it is now, whatever is known: for who wants to see whether it answers.
  [[nodiscard]] Result<OidcMetadata> ask(const std::string& issuer) const;
  /// At most an hour old.
  Result<crypto::JwkSet> keys(const std::string& issuer);
  /// Asked for anew, because a token names a key that is not among `keys`: at most once in a minute for an issuer, so
  /// that made-up names of keys lead to no more questions. Otherwise the ones that are known.
  Result<crypto::JwkSet> newer_keys(const std::string& issuer);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Known {
    OidcMetadata metadata;
    Time metadata_read{};
    bool has_metadata = false;
    std::optional<Error> failure;
    Time failed{};
    crypto::JwkSet keys;
    Time keys_read{};
    bool has_keys = false;
    std::string jwks_uri;  // that the keys are of
  };
  std::optional<Result<OidcMetadata>> known_metadata(const std::string& issuer);
  Result<std::string> get(const std::string& url) const;
  Result<crypto::JwkSet> read_keys(const std::string& issuer, std::chrono::seconds max_age);

  const Fetch fetch_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards known_; not held while an issuer is asked
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace warder::manager
