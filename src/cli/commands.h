// The command groups: one function, one file each.
#pragma once

#include "cli/command.h"

namespace warder::cli {

void add_login(Tree& tree);
void add_access_policy(Tree& tree);
void add_client_certificates(Tree& tree);
void add_agents(Tree& tree);
void add_groups(Tree& tree);
void add_policies(Tree& tree);
/// Changes of policies that go ring by ring.
void add_rollouts(Tree& tree);
void add_events(Tree& tree);
void add_enrol_tokens(Tree& tree);
void add_users(Tree& tree);
void add_roles(Tree& tree);
void add_sso(Tree& tree);
void add_api_keys(Tree& tree);
void add_password_policy(Tree& tree);
void add_passwords(Tree& tree);
void add_second_factor(Tree& tree);
void add_sessions(Tree& tree);
/// Where events are sent to.
void add_destinations(Tree& tree);
void add_product_rules(Tree& tree);
void add_searches(Tree& tree);
void add_alerts(Tree& tree);
void add_alert_rules(Tree& tree);
void add_alert_routes(Tree& tree);
void add_heartbeats(Tree& tree);
void add_silences(Tree& tree);
/// Through what people are told.
void add_channels(Tree& tree);
/// Who is on call.
void add_rotas(Tree& tree);
/// The independent stream, at its receiver.
void add_stream(Tree& tree);
/// Incidents.
void add_incident(Tree& tree);
/// What is made for people to read.
void add_reports(Tree& tree);
/// The daily review.
void add_review(Tree& tree);
/// The manager itself.
void add_system(Tree& tree);
void add_trust(Tree& tree);
/// The commands of `group` about documents that somebody asks for.
void add_trust_requests(Tree& tree, CLI::App& group);
/// And what is about written policies.
void add_trust_duties(Tree& tree, CLI::App& group);
void add_trust_policies(Tree& tree, CLI::App& group);
void add_audit(Tree& tree);
void add_approvals(Tree& tree);
void add_keys(Tree& tree);
void add_tenants(Tree& tree);
/// Operators' access to other tenants.
void add_grants(Tree& tree);
void add_backup(Tree& tree);
void add_content(Tree& tree);
/// The commands of `group` that make packs.
void add_content_building(Tree& tree, CLI::App& group);
void add_logs(Tree& tree);
/// The command of `group` that looks at a host.
void add_logs_recommend(Tree& tree, CLI::App& group);
void add_ips(Tree& tree);
/// The commands of `group` about rule packs.
void add_ips_packs(Tree& tree, CLI::App& group);
void add_content_testing(Tree& tree, CLI::App& group);
void add_doctor(Tree& tree);
void add_integrity(Tree& tree);
/// The command of `group` that asks the manager.
void add_integrity_changes(Tree& tree, CLI::App& group);
/// The quarantine and the scans of a host, by its manager.
void add_quarantine(Tree& tree);
void add_completion(Tree& tree);
void add_man(Tree& tree);

}  // namespace warder::cli
