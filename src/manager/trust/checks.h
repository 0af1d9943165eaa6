// The table of checks: each looks at what the service does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/address.h"
#include "host/clock.h"
#include "manager/events/event_store.h"
#include "manager/fleet/agents.h"
#include "manager/identity/identity.h"
#include "manager/provisioning/isolation_check.h"
#include "manager/siem/destinations.h"
#include "manager/trust/check.h"
#include "manager/trust/trust_center.h"

namespace warder::manager {

/// Where a listener is reached.
struct TrustEndpoint {
  std::string name;  // "api"
  HostPort at;
};

/// What checks look at; all outlives them.
struct CheckParts {
  Tenants& tenants;
  const ScopeMaker& scopes;
  const host::Clock& clock;
  AuditLog& audit;
  Identity& identity;
  Agents& agents;
  EventStore& events;
  Destinations& destinations;
  IsolationCheck& isolation;
  TrustCenter& center;
  std::vector<TrustEndpoint> api;  // as people reach it: the listener, and what stands in front of it
  TrustEndpoint gateway;
  std::size_t custodians = 0;  // of the root key
  std::string hostname;        // of this machine
  std::string version;         // of the program
};

std::vector<Check> all_checks(const CheckParts& parts);

using CheckBody = Result<CheckOutcome> (*)(const CheckParts& parts, const std::stop_token& stop);
// The bodies, by what they look at.
// checks_transport.cc
Result<CheckOutcome> check_api_tls(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_gateway_tls(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_certificates(const CheckParts& parts, const std::stop_token& stop);
// checks_web.cc
Result<CheckOutcome> check_public_page(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_security_txt(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_strangers(const CheckParts& parts, const std::stop_token& stop);
// checks_passwords.cc
Result<CheckOutcome> check_password_length(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_password_letters_and_digits(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_password_cases(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_password_personal(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_password_age(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_password_history(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_password_storage(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_second_factors(const CheckParts& parts, const std::stop_token& stop);
// checks_data.cc
Result<CheckOutcome> check_contacts(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_columns(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_audit(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_isolation_canary(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_key_ages(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_key_provider_in_use(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_custodians(const CheckParts& parts, const std::stop_token& stop);
// checks_operation.cc
Result<CheckOutcome> check_siem(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_self_protection(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_agent_versions(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_other_checks(const CheckParts& parts, const std::stop_token& stop);

/// Every tenant, as this job; what cannot be opened is left out.
std::vector<TenantScope> every_tenant(const CheckParts& parts);

}  // namespace warder::manager
