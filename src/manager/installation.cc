#include "manager/installation.h"

#include <filesystem>
#include <system_error>

#include "base/json.h"
#include "manager/alerts/alert_settings.h"
#include "manager/alerts/alerts.h"
#include "manager/backup/backups.h"
#include "manager/content/content.h"
#include "manager/events/event_store.h"
#include "manager/events/golden_hosts.h"
#include "manager/identity/contacts.h"
#include "manager/incidents/breach_notice.h"
#include "manager/incidents/evidence_store.h"
#include "manager/key_providers.h"
#include "manager/notify/channels.h"
#include "manager/notify/notice_outbox.h"
#include "manager/notify/rotas.h"
#include "manager/privacy/subject_requests.h"
#include "manager/reports/reports.h"
#include "manager/review/reviews.h"
#include "manager/siem/destinations.h"
#include "manager/stream/stream_readers.h"
#include "manager/trust/document_requests.h"
#include "manager/trust/trust_store.h"
#include "manager/trust/written_policies.h"

namespace warder::manager {

namespace {

// The one list of what is stored where: a new feature's tables are a line here.
std::vector<FeatureSchema> control_schemas() {
  return {
      sessions_schema(),     api_keys_schema(),           authority_schema(), access_grants_schema(),
      provisioning_schema(), passkey_challenges_schema(), backups_schema(),
  };
}

std::vector<FeatureSchema> tenant_schemas(bool has_events) {
  std::vector<FeatureSchema> schemas = {
      audit_schema(),
      identity_providers_schema(),
      access_policy_schema(),
      users_schema(),
      contacts_schema(),
      roles_schema(),
      approvals_schema(),
      password_policy_schema(),
      second_factors_schema(),
      directory_sync_schema(),
      idempotency_schema(),
      policies_schema(),
      fleet_schema(),
      login_tickets_schema(),
      events_config_schema(),
      golden_schema(),
      content_schema(),
      destinations_schema(),
      notice_channels_schema(),
      notices_schema(),
      rotas_schema(),
      alerts_schema(),
      alert_settings_schema(),
      stream_schema(),
      client_certificates_schema(),
      tenant_zone_schema(),
      review_schema(),
      trust_schema(),
      document_requests_schema(),
      written_policies_schema(),
      incidents_schema(),
      evidence_schema(),
      breach_notices_schema(),
      search_schema(),
      dashboards_schema(),
      tag_rules_schema(),
      collection_schema(),
      subject_requests_schema(),
      reports_schema(),
  };
  if (has_events) schemas.push_back(events_partitioned_schema());
  return schemas;
}

/// With SQLite the events are in files of their own.
Result<TenantsOptions> tenants_options(const Config& config) {
  return TenantsOptions{config.data_directory,
                        control_schemas(),
                        tenant_schemas(!config.database_url.empty()),
                        {config.database_url, config.database_owner_url},
                        WD_TRY(further_servers(config)),
                        host::SystemClock().now()};
}

ProvisioningOptions provisioning_options(const Config& config) {
  return {std::chrono::days(config.tenant_deletion_wait_days)};
}

Result<IdentityOptions> identity_options(const Config& config, KnownWords known_words) {
  IdentityOptions options;
  if (!config.kerberos_keytab.empty()) {
    const std::filesystem::path shown = std::filesystem::path(config.data_directory) / "kerberos-shown";
    options.kerberos = WD_TRY(KerberosAcceptor::create(config.kerberos_keytab, shown.string()).in("kerberos_keytab"));
  }
  options.known_words = std::make_shared<const KnownWords>(std::move(known_words));
  // A console at an address instead of a name has no passkeys.
  if (auto rp = relying_party_of(console_url(config))) options.relying_party = std::move(*rp);
  options.directories =
      make_directory_access({.is_plaintext_on_loopback_allowed = config.directory_plaintext_on_loopback});
  options.sessions = {std::chrono::seconds(config.session_idle_s), std::chrono::seconds(config.session_absolute_s)};
  // Checked when the settings were read.
  options.password_floor =
      parse_password_floor(config.password_floor_profile, config.password_floor_rules).value_or(std::nullopt);
  return options;
}

/// Of each manager; a provider that does not answer must not hold all who serve requests.
constexpr std::size_t kQuestionsAtOnce = 3;

FetchOptions fetch_options(const Config& config) {
  FetchOptions options;
  options.ca_file = config.sso_ca_file;
  options.allowed_networks = sso_allowed_networks(config).value_or(std::vector<IpPrefix>{});
  return options;
}

EnrolmentOptions enrolment_options(const Config& config) {
  EnrolmentOptions options;
  options.gateway_urls = gateway_urls(config);
  return options;
}

Result<void> make_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  if (error) return fail_errno(path.string(), error.value());
  return {};
}

}  // namespace

Result<std::unique_ptr<Installation>> Installation::open(const Config& config, OpenMode mode) {
  const std::filesystem::path data = config.data_directory;
  if (mode == OpenMode::Existing && !has_keys(config)) {
    return fail(ErrorCode::NotFound, data.string() + ": not initialised; run `warder-manager init` first");
  }
  WD_TRY(make_directory(data));
  WD_TRY(make_directory(data / "keys"));
  auto keys = WD_TRY(open_key_provider(config));
  auto tenants = WD_TRY(Tenants::create(WD_TRY(tenants_options(config)), *keys));
  KnownWords known_words = WD_TRY(KnownWords::load(std::filesystem::path(config.share_directory) / "passwords"));
  IdentityOptions options = WD_TRY(identity_options(config, std::move(known_words)));
  Authority authority = WD_TRY(Authority::open(*tenants, host::SystemClock().now()));
  auto installation = std::unique_ptr<Installation>(new Installation(
      config, std::move(keys), std::move(tenants), std::move(authority), std::move(options)));  // NOLINT: private
  WD_TRY(installation->key_operations.note_uses("job:start"));
  return installation;
}

Installation::Installation(Config settings, std::unique_ptr<crypto::KeyProvider> key_provider,
                           std::unique_ptr<Tenants> all_tenants, Authority ca, IdentityOptions identity_options)
    : config(std::move(settings)),
      keys(std::move(key_provider)),
      tenants(std::move(all_tenants)),
      authority(std::move(ca)),
      scopes(*tenants),
      audit(*tenants, clock),
      identity(*tenants, audit, clock, std::move(identity_options)),
      sso(*tenants, identity, audit, clock, make_fetch(fetch_options(config), kQuestionsAtOnce)),
      key_operations(*tenants, audit, identity.approvals(), identity.users(), clock, config.root_key_custodians),
      idempotency(*tenants, clock),
      policies(*tenants, audit, bus, clock),
      agents(*tenants, audit, policies, bus, clock),
      groups(*tenants, audit, bus, clock),
      commands(*tenants, audit, bus, clock),
      enrolment(*tenants, audit, agents, authority.certificate_authority(), clock, enrolment_options(config)),
      provisioning(*tenants, identity, policies, audit, clock, provisioning_options(config)),
      searches(*tenants, audit, clock),
      smart_groups(*tenants, audit, clock),
      dashboards(*tenants),
      rollouts(*tenants, audit, policies, agents, clock),
      tag_rules(*tenants, audit, clock),
      event_retentions(*tenants, audit, std::chrono::days(config.event_retention_days)),
      collection(*tenants, audit, clock) {
  // What an agent sends by itself passes no manager: a tenant that wants less of people collected has none of it.
  policies.set_limit([this](const TenantScope& scope, json::object& effective) -> Result<void> {
    const auto rules = WD_TRY(collection.rules(scope));
    if (!rules->empty()) effective["forwarding"].as_object()["enabled"] = false;
    return {};
  });
  collection.on_change([this](const TenantScope& scope) { policies.limit_changed(scope); });
}

Result<std::vector<DatabaseState>> Installation::rehearse(const Config& config) {
  return Tenants::rehearse(WD_TRY(tenants_options(config)));
}

std::vector<FeatureSchema> Installation::exported_schemas() {
  auto schemas = tenant_schemas(false);
  // Answers that were given already, new passwords among them, and logins that are going on.
  std::erase_if(schemas, [](const FeatureSchema& schema) {
    return schema.feature == idempotency_schema().feature || schema.feature == login_tickets_schema().feature;
  });
  return schemas;
}

Result<TenantScope> Installation::first_tenant(std::string actor) const {
  const auto tenant = tenants->find_by_name(kFirstTenant);
  if (!tenant) return fail(ErrorCode::NotFound, "not initialised; run `warder-manager init` first");
  return scopes.make(tenant->id, std::move(actor));
}

}  // namespace warder::manager
