// Enrolment: from a token to an identity.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/identity.h"
#include "agent/transport.h"
#include "base/result.h"

namespace warder::agent {

struct EnrolRequest {
  std::string token;
  std::string hostname;
  std::string machine_id;
  std::optional<HostPort> proxy;
  Timestamp now;
};

/// Makes a key, asks the token's managers one after the other, and returns the identity; nothing is stored. The key
/// does not leave the host. Unauthenticated when the token is refused or the manager's CA is not the one it pins.
Result<Identity> enrol(const EnrolRequest& request);

/// The manager's answer to POST /enrol; `claims_urls` are the token's.
Result<Identity> read_enrol_answer(std::string_view body, const TenantId& tenant, std::vector<std::string> managers,
                                   std::string private_key_pem);

/// SHA-256 of machine id and agent id: tells clones apart without telling the host's own id.
std::string machine_fingerprint(std::string_view machine_id, const AgentId& agent);
/// /etc/machine-id, or empty.
std::string read_machine_id();
std::string read_hostname();

}  // namespace warder::agent
