#include "manager/health_wiring.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "crypto/pki.h"

namespace warder::manager {
namespace {

Result<HeldCertificate> held(std::string role, std::string_view pem) {
  auto read = WD_TRY(crypto::read_certificate(pem).in(role));
  return HeldCertificate{std::move(role), std::move(read.common_name), read.not_after};
}

Result<std::vector<HeldCertificate>> of_manager(const Installation& installation,
                                                const ListenerCertificates& listeners) {
  std::vector<HeldCertificate> all;
  for (const ListenerCertificates::Shown& each : listeners.shown())
    all.push_back(WD_TRY(held(each.listener, each.chain_pem)));
  all.push_back(WD_TRY(held("authority", installation.authority.certificate_authority().certificate_pem())));
  return all;
}

/// Whom the tenant trusts for its people: authorities of client certificates and of its directories.
Result<std::vector<HeldCertificate>> of_tenant(Identity& identity, const TenantScope& scope) {
  std::vector<HeldCertificate> all;
  for (const TrustedAuthority& each : WD_TRY(identity.client_certificates().authorities(scope)))
    all.push_back({"client-authority", each.name, each.not_after});
  for (const IdentityProvider& each : WD_TRY(identity.identity_providers().list(scope))) {
    const json::value* const pem = find(each.settings, "ca_certificates");
    if (pem == nullptr || !pem->is_string() || pem->get_string().empty()) continue;
    const auto read = held("directory-authority", std::string_view(pem->get_string()));
    if (read) all.push_back({read->role, each.name, read->not_after});
  }
  return all;
}

Result<DiskSpace> space_of(const std::filesystem::path& directory) {
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  if (error) return fail_errno(directory.string(), error.value());
  return DiskSpace{space.capacity, space.available};
}

}  // namespace

Result<void> check_ready(Installation& installation) {
  const TenantScope scope = WD_TRY(installation.first_tenant("job:readiness"));
  auto control = WD_TRY(installation.tenants->control().acquire());
  WD_TRY(control->execute("SELECT 1"));
  auto config = WD_TRY(installation.tenants->config(scope).acquire());
  WD_TRY(config->execute("SELECT 1"));
  return {};
}

HealthSources health_sources(Installation& installation, const JobStates& jobs,
                             const ListenerCertificates& certificates) {
  return {*installation.tenants,
          installation.clock,
          jobs,
          [&] { return of_manager(installation, certificates); },
          [&](const TenantScope& scope) { return of_tenant(installation.identity, scope); },
          [&] { return check_ready(installation); },
          [&] { return space_of(installation.config.data_directory); }};
}

}  // namespace warder::manager
