#include "manager/trust_wiring.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "manager/events/own_event.h"

namespace warder::manager {
namespace {

std::string_view type_of(TrustNews::Kind kind) {
  using enum TrustNews::Kind;
  switch (kind) {
    case Failed:
      return "trust.control.failed";
    case Recovered:
      return "trust.control.recovered";
    case EvidenceDue:
      return "trust.evidence.due";
    case EvidenceOverdue:
      return "trust.evidence.overdue";
    case EvidenceRenewed:
      return "trust.evidence.renewed";
    case PolicyDue:
      return "trust.policy.due";
    case PolicyOverdue:
      return "trust.policy.overdue";
    case PolicyAcknowledged:
      return "trust.policy.acknowledged";
  }
  return "trust.control.failed";
}

void tell(Installation& installation, EventStore& events, Log& log, const TenantScope& scope, const TrustNews& news) {
  const bool is_failure = news.kind == TrustNews::Kind::Failed;
  const bool is_serious =
      is_failure || news.kind == TrustNews::Kind::EvidenceOverdue || news.kind == TrustNews::Kind::PolicyOverdue;
  Event event =
      make_own_event(installation.clock.now(), type_of(news.kind), is_serious ? Severity::High : Severity::Info);
  event.action = is_failure ? Action::Failed : Action::Logged;
  event.rule = news.about;
  if (!news.detail.empty()) event.set("error", news.about + ": " + news.detail);
  if (const auto stored = events.record(scope, std::move(event)); !stored)
    log.error("trust.event.lost", stored.error().message);
}

/// All who may log in, whoever asks; who left is not among them.
Result<std::vector<PolicyPerson>> people_of(Installation& installation, const TenantScope& asked) {
  const TenantScope scope = WD_TRY(installation.scopes.make(asked.tenant(), "job:trust"));
  std::vector<PolicyPerson> people;
  std::string cursor;
  do {
    UserPage page = WD_TRY(installation.identity.users().list(scope, 500, cursor));
    for (User& user : page.items) {
      if (!user.may_log_in()) continue;
      PolicyPerson person{user.id.text(), std::move(user.username), std::move(user.roles), user.created};
      for (const ScopedRole& scoped : user.scoped_roles) person.roles.push_back(scoped.role);
      people.push_back(std::move(person));
    }
    cursor = page.next_cursor.value_or("");
  } while (!cursor.empty());
  return people;
}

/// Names without an account, and mail without a channel, reach nobody: the event has told.
Result<void> write_to(Installation& installation, NoticeChannels& channels, NoticeOutbox& notices,
                      const TenantScope& scope, const TrustNews& news) {
  if (!news.notice) return {};
  std::vector<UserId> people;
  for (const PolicyPerson& person : WD_TRY(people_of(installation, scope)))
    if (std::ranges::find(news.people, person.username) != news.people.end())
      people.push_back(WD_TRY(parse_id<UserId>(person.id)));
  const auto channel = first_mail_channel(channels, scope);
  if (!channel && channel.error().code == ErrorCode::NotFound) return {};
  if (!people.empty()) WD_TRY(notices.put(scope, {WD_TRY(channel).id, people}, *news.notice));
  return {};
}

std::string own_hostname() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

/// A listener on every address is reached on loopback.
HostPort reached_at(const std::string& listen) {
  HostPort at = parse_host_port(listen).value();
  if (at.host == "0.0.0.0") at.host = "127.0.0.1";
  if (at.host == "::") at.host = "::1";
  return at;
}

/// "https://name:port/…", as it is written in the settings.
std::optional<HostPort> host_of(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const std::string host{url.substr(0, url.find('/'))};
  const auto with_port = parse_host_port(host);
  if (with_port) return *with_port;
  const auto assumed = parse_host_port(host + ":443");
  return assumed ? std::optional(*assumed) : std::nullopt;
}

std::vector<TrustEndpoint> api_endpoints(const Config& config) {
  std::vector<TrustEndpoint> endpoints = {{"api", reached_at(config.api_listen)}};
  if (const auto console = host_of(config.console_url)) endpoints.push_back({"console", *console});
  return endpoints;
}

std::chrono::hours backup_interval(const Config& config) {
  return std::chrono::hours(config.backup_directory.empty() ? 0 : config.backup_every_hours);
}

}  // namespace

Result<std::unique_ptr<TrustCenter>> make_trust_center(Installation& installation, EventStore& events,
                                                       NoticeChannels& channels, NoticeOutbox& notices, Log& log,
                                                       const JobRuns& runs) {
  const auto folder = std::filesystem::path(installation.config.share_directory) / "commitments";
  TrustOptions options;
  options.interval = std::chrono::seconds(installation.config.trust_check_s);
  options.runs = runs;
  return std::make_unique<TrustCenter>(
      TrustCenter::Parts{*installation.tenants, installation.scopes, installation.audit, installation.clock, log,
                         [&installation](const TenantScope& scope) { return people_of(installation, scope); }},
      options, WD_TRY(load_commitments(folder)), [&](const TenantScope& scope, const TrustNews& news) {
        tell(installation, events, log, scope, news);
        if (const auto written = write_to(installation, channels, notices, scope, news); !written)
          log.warning("trust.notice.lost", written.error().message);
      });
}

Result<void> start_trust_center(TrustCenter& center, Installation& installation, const TrustRunningParts& parts) {
  const Config& config = installation.config;
  WD_TRY(center.use(all_checks({*installation.tenants,
                                installation.scopes,
                                installation.clock,
                                installation.audit,
                                installation.identity,
                                installation.agents,
                                installation.policies,
                                installation.collection,
                                installation.event_retentions,
                                parts.people,
                                parts.subjects,
                                parts.document_requests,
                                parts.events,
                                parts.destinations,
                                parts.isolation,
                                center,
                                parts.inventory,
                                parts.alerts,
                                parts.alert_settings,
                                parts.notice_channels,
                                parts.notices,
                                parts.reviews,
                                parts.incidents,
                                parts.incident_evidence,
                                parts.backups,
                                parts.stream_readers,
                                installation.sso,
                                parts.stream_waiting,
                                api_endpoints(config),
                                {"gateway", reached_at(config.gateway_listen)},
                                config.root_key_custodians.size(),
                                own_hostname(),
                                WARDER_VERSION,
                                "/proc/self/exe",
                                backup_interval(config)})));
  if (config.trust_check_s > 0) center.start();
  return {};
}

TrustSiteOptions trust_site_options(const Installation& installation) {
  return {installation.config.security_contact, installation.config.console_url,
          make_notice(installation.tenants->tenant_schemas(), installation.tenants->control_schemas())};
}

}  // namespace warder::manager
