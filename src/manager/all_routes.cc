#include "manager/all_routes.h"

#include "manager/api/routes_alerts.h"
#include "manager/api/routes_backups.h"
#include "manager/api/routes_changes.h"
#include "manager/api/routes_content.h"
#include "manager/api/routes_dashboards.h"
#include "manager/api/routes_documents.h"
#include "manager/api/routes_duties.h"
#include "manager/api/routes_events.h"
#include "manager/api/routes_explain.h"
#include "manager/api/routes_firewall.h"
#include "manager/api/routes_fleet.h"
#include "manager/api/routes_golden.h"
#include "manager/api/routes_health.h"
#include "manager/api/routes_identity.h"
#include "manager/api/routes_incidents.h"
#include "manager/api/routes_inventory.h"
#include "manager/api/routes_keys.h"
#include "manager/api/routes_logs.h"
#include "manager/api/routes_notices.h"
#include "manager/api/routes_policies.h"
#include "manager/api/routes_privacy.h"
#include "manager/api/routes_reports.h"
#include "manager/api/routes_review.h"
#include "manager/api/routes_rollouts.h"
#include "manager/api/routes_rules.h"
#include "manager/api/routes_searches.h"
#include "manager/api/routes_siem.h"
#include "manager/api/routes_subjects.h"
#include "manager/api/routes_system.h"
#include "manager/api/routes_tags.h"
#include "manager/api/routes_tenants.h"
#include "manager/api/routes_trials.h"
#include "manager/api/routes_trust.h"
#include "manager/api/routes_written_policies.h"

namespace warder::manager {

Routes all_routes(Installation& installation, const RunningParts& parts) {
  Routes routes;
  add_session_routes(routes, installation.identity);
  add_user_routes(routes, installation.identity);
  add_user_session_routes(routes, installation.identity);
  add_access_policy_routes(routes, installation.identity);
  add_client_certificate_routes(routes, installation.identity);
  add_passkey_routes(routes, installation.identity);
  add_second_factor_routes(routes, installation.identity);
  add_password_routes(routes, installation.identity);
  add_scim_routes(routes, installation.identity);
  add_role_routes(routes, installation.identity);
  add_identity_provider_routes(routes, installation.identity);
  add_sso_routes(routes, installation.identity, installation.sso, installation.config.console_url);
  add_api_key_routes(routes, installation.identity);
  add_approval_routes(routes, installation.identity);
  add_access_grant_routes(routes, installation.identity, installation.clock);
  add_tenant_routes(routes,
                    {*installation.tenants, installation.provisioning, parts.usage, parts.exports, parts.isolation});
  add_backup_routes(routes, parts.backups, installation.provisioning);
  add_key_routes(routes, installation.key_operations, *installation.tenants);
  add_system_routes(routes, *installation.tenants, installation.clock);
  add_health_routes(routes, parts.health);
  add_policy_routes(routes, installation.policies, installation.agents, &installation.identity.approvals());
  add_rollout_routes(routes, {installation.rollouts, installation.policies, installation.agents, installation.groups,
                              &installation.identity.approvals()});
  add_fleet_routes(routes,
                   {installation.agents, installation.groups, installation.smart_groups, installation.commands,
                    installation.enrolment, parts.events, installation.clock, &installation.identity.approvals()});
  add_event_routes(routes, parts.events, parts.feed, parts.messages);
  add_rule_routes(routes, installation.policies, installation.agents, installation.config.share_directory);
  add_trial_routes(routes, parts.signatures, std::filesystem::path(installation.config.share_directory) / "ips");
  add_firewall_routes(routes, installation.policies, installation.clock);
  add_search_routes(routes, installation.searches);
  add_dashboard_routes(routes, installation.dashboards);
  add_tag_routes(routes, {parts.events, installation.tag_rules, installation.audit});
  add_retention_routes(routes, installation.event_retentions);
  add_privacy_routes(routes, {installation.collection, installation.event_retentions, *installation.tenants});
  add_subject_routes(routes, parts.subjects);
  add_explain_routes(routes,
                     {parts.events, installation.agents, installation.policies, installation.audit, parts.messages});
  add_change_routes(routes, installation.agents, parts.events);
  add_golden_routes(routes, parts.golden, installation.agents, installation.policies);
  add_audit_routes(routes, installation.audit,
                   [&keeper = parts.audit_keeper](const TenantScope& scope, const AuditVerification& verification) {
                     keeper.note(scope, verification);
                   });
  add_inventory_routes(routes, installation.agents, parts.inventory_store, parts.offers);
  add_content_routes(routes, parts.content);
  add_signature_routes(routes, parts.signatures, parts.mirror);
  add_notice_routes(routes, parts.notice_channels, parts.notices, parts.notifier);
  add_rota_routes(routes, parts.rotas, installation.clock);
  add_alert_routes(routes, parts.alerts, parts.alert_settings);
  add_alert_setting_routes(routes, parts.alerts, parts.alert_settings, parts.notice_channels, parts.rotas);
  add_siem_routes(routes, parts.destinations, parts.events, parts.forwarder);
  add_review_routes(routes, parts.reviews);
  add_report_routes(routes,
                    {parts.reports.reports(), parts.reports.deliveries(), [&jobs = parts.reports] { jobs.wake(); }});
  add_trust_routes(routes, parts.trust);
  add_duty_routes(routes, parts.trust);
  add_written_policy_routes(routes, parts.trust);
  add_document_routes(routes, {parts.trust, parts.documents.requests(), parts.documents.post(),
                               [&users = installation.identity.users()](const TenantScope& scope,
                                                                        const UserId& id) -> Result<NoticePerson> {
                                 return NoticePerson{WD_TRY(users.find(scope, id)).email.value_or("")};
                               },
                               installation.clock});
  add_assurance_routes(
      routes, {*installation.tenants, installation.scopes, installation.audit, installation.identity.access_grants(),
               installation.agents, parts.isolation, parts.trust, installation.clock, WARDER_VERSION});
  const IncidentParts incident_parts{parts.incidents,
                                     parts.evidence,
                                     parts.breach_notices,
                                     parts.events,
                                     installation.agents,
                                     installation.commands,
                                     installation.identity.approvals(),
                                     installation.audit,
                                     *installation.tenants,
                                     installation.provisioning,
                                     parts.messages,
                                     installation.clock};
  add_incident_routes(routes, incident_parts);
  add_evidence_routes(routes, incident_parts);
  add_log_routes(routes, installation.clock,
                 std::filesystem::path(installation.config.share_directory) / "loginspection");
  return routes;
}

}  // namespace warder::manager
