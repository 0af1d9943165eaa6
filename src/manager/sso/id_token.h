// What an OpenID Connect provider says about somebody, and whether it is really the provider, to us, now, about this
// login (OpenID Connect Core 1.0 §3.1.3.7).
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"

namespace warder::manager {

struct IdTokenDemands {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  std::string access_token;  // that came with it; for at_hash
  std::vector<crypto::JwsAlgorithm> algorithms;
  Timestamp now{};
  std::chrono::seconds clock_skew{60};
  std::chrono::seconds max_login_age{0};  // 0: any
};

/// The claims, when all of it holds: signature, issuer, audience and authorized party, nonce, expiry, time of issue,
/// hash of the access token if there is one, age of the login if it is limited. NotFound when the token names a key
/// that is not there; Unauthenticated, with what is wrong and nothing of the token's text, for everything else.
Result<boost::json::object> check_id_token(std::string_view token, const crypto::JwkSet& keys,
                                           const IdTokenDemands& demands);

}  // namespace warder::manager
