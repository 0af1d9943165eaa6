// Asking an identity provider: HTTPS alone, no redirects, little time, little text, and no way to addresses that the
// operator did not allow.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace warder::manager {

struct FetchRequest {
  std::string url;
  std::string form{};           // a POST of application/x-www-form-urlencoded; empty: a GET
  std::string authorization{};  // the header's value
};

struct FetchAnswer {
  long status = 0;
  std::string body;
};

struct FetchOptions {
  std::string ca_file;  // PEM; empty: the system's
  /// Addresses that are not public and allowed nevertheless.
  std::vector<IpPrefix> allowed_networks;
  std::chrono::seconds timeout{10};
  std::size_t max_bytes = 256 << 10;
};

/// Blocks for at most `timeout`. Invalid for another URL than https; Forbidden for an address that is not allowed;
/// Unavailable when the peer is not there or not who it should be; TooLarge. Errors never hold the query, the form or
/// the answer.
Result<FetchAnswer> fetch(const FetchRequest& request, const FetchOptions& options);

/// `fetch` with its options, or what stands in for it in tests.
using Fetch = std::function<Result<FetchAnswer>(const FetchRequest&)>;

/// At most so many questions at the same time, so that a provider that does not answer never holds all who serve
/// requests; beyond that: Unavailable.
Fetch make_fetch(FetchOptions options, std::size_t at_once);

}  // namespace warder::manager
