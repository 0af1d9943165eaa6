// The table of checks: each looks at what the service does.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "host/clock.h"
#include "manager/alerts/alert_settings.h"
#include "manager/alerts/alerts.h"
#include "manager/backup/backups.h"
#include "manager/events/event_store.h"
#include "manager/events/retention.h"
#include "manager/fleet/agents.h"
#include "manager/fleet/inventory_store.h"
#include "manager/identity/identity.h"
#include "manager/incidents/evidence_store.h"
#include "manager/notify/channels.h"
#include "manager/policies/policies.h"
#include "manager/privacy/collection_settings.h"
#include "manager/privacy/subject_requests.h"
#include "manager/provisioning/isolation_check.h"
#include "manager/review/reviews.h"
#include "manager/siem/destinations.h"
#include "manager/sso/oidc_login.h"
#include "manager/stream/stream_readers.h"
#include "manager/trust/check.h"
#include "manager/trust/document_requests.h"
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
  Policies& policies;
  CollectionSettings& collection;
  EventRetentions& retentions;
  PersonData& people;
  SubjectRequests& subjects;
  DocumentRequests& document_requests;
  EventStore& events;
  Destinations& destinations;
  IsolationCheck& isolation;
  TrustCenter& center;
  InventoryStore& inventory;
  Alerts& alerts;
  AlertSettings& alert_settings;
  NoticeChannels& notice_channels;
  NoticeOutbox& notices;
  Reviews& reviews;
  Incidents& incidents;
  EvidenceStore& incident_evidence;
  Backups& backups;
  StreamReaders& stream_readers;
  OidcLogin& sso;
  std::function<std::int64_t()> stream_waiting;  // records that the stream of this manager has not got rid of
  std::vector<TrustEndpoint> api;                // as people reach it: the listener, and what stands in front of it
  TrustEndpoint gateway;
  std::size_t custodians = 0;  // of the root key
  std::string hostname;        // of this machine
  std::string version;         // of the program
  std::filesystem::path program = "/proc/self/exe";
  std::chrono::hours backup_every{0};  // 0: none by the clock
};

std::vector<Check> all_checks(const CheckParts& parts);
/// What commitments may name.
std::vector<std::string_view> all_check_ids();

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
Result<CheckOutcome> check_documents_on_request(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_documents(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_notice(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_measures(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_links(const CheckParts& parts, const std::stop_token& stop);
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
Result<CheckOutcome> check_modules(const CheckParts& parts, const std::stop_token& stop);
// checks_alerting.cc
Result<CheckOutcome> check_alerts(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_alert_routes(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_reviews(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_stream(const CheckParts& parts, const std::stop_token& stop);
// checks_canary.cc
Result<CheckOutcome> check_collection(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_retention(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_erasure(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_taking_back(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_two_people(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_subjects(const CheckParts& parts, const std::stop_token& stop);
// checks_incidents.cc
Result<CheckOutcome> check_incidents_told(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_incidents_assigned(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_incidents_ordered(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_incidents_closed(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_breaches(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_incident_evidence(const CheckParts& parts, const std::stop_token& stop);
// checks_people.cc
Result<CheckOutcome> check_compromised(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_sharing(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_networks(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_operator_access(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_single_sign_on(const CheckParts& parts, const std::stop_token& stop);
// checks_policies.cc
Result<CheckOutcome> check_acceptable_use(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_consequences(const CheckParts& parts, const std::stop_token& stop);
// checks_hosts.cc
Result<CheckOutcome> check_listeners(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_agent_certificates(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_program_age(const CheckParts& parts, const std::stop_token& stop);
Result<CheckOutcome> check_backups(const CheckParts& parts, const std::stop_token& stop);

// What they make of what they have read.
/// Fails when one is overdue, or was answered too late within 90 days; Unavailable while none was answered.
Result<CheckOutcome> subjects_outcome(std::span<const SubjectRequest> requests, Timestamp now);
/// Fails unless each of the five modules is on at an agent that is online, and none of theirs is degraded; pending
/// while the only reason is a baseline that is being built; Unavailable when there is no agent.
Result<CheckOutcome> modules_outcome(std::span<const Agent> agents);
/// What is wrong with a request whose document was given away; empty: nothing.
std::string problem_of(const DocumentRequest& request);

/// Whether who stands at `place` has read all up to `end`.
bool is_behind(const OutboxPlace& place, const OutboxPlace& end);
/// The agents of the whole tenant.
Result<std::vector<Agent>> all_agents(const CheckParts& parts, const TenantScope& scope);
/// Every tenant, as this job; what cannot be opened is left out.
std::vector<TenantScope> every_tenant(const CheckParts& parts);

}  // namespace warder::manager
