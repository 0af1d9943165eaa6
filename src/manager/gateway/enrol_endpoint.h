// POST /enrol: the only request that needs no client certificate. For this folder only.
#pragma once

#include "manager/gateway/core.h"

namespace warder::manager {

/// Thread-safe.
class EnrolEndpoint {
 public:
  explicit EnrolEndpoint(GatewayCore& core);
  HttpResponse respond(const HttpRequest& request);

 private:
  struct Outcome {
    Enrolled agent;
    std::vector<pack::TrustedKey> content_keys;
  };
  Result<Outcome> enrol(const HttpRequest& request);
  /// Whether this address may still be wrong; `note_failure` counts that it was.
  bool may_try(const IpAddress& peer);
  void note_failure(const IpAddress& peer);

  GatewayCore& core_;
  SharedBucket all_;
  std::mutex mutex_;  // guards peers_
  std::map<IpAddress, TokenBucket> peers_;
};

HttpResponse problem_response(int status, const Error& error);

}  // namespace warder::manager
