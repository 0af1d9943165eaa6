// The wiring, on one page: what is made of what, in order; destroyed in the opposite order.
#include "manager/serve.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/file.h"
#include "base/job_states.h"
#include "base/metrics.h"
#include "engines/inventory/recommend.h"
#include "manager/alert_states.h"
#include "manager/alerts/alert_job.h"
#include "manager/all_routes.h"
#include "manager/api/server.h"
#include "manager/backup_jobs.h"
#include "manager/content/content.h"
#include "manager/content/signature_mirror.h"
#include "manager/data_lock.h"
#include "manager/directory_jobs.h"
#include "manager/events/audit_alarm.h"
#include "manager/events/audit_events.h"
#include "manager/events/event_store.h"
#include "manager/events/golden_hosts.h"
#include "manager/events/own_event.h"
#include "manager/gateway/gateway.h"
#include "manager/health_wiring.h"
#include "manager/incident_jobs.h"
#include "manager/key_jobs.h"
#include "manager/listener_certificates.h"
#include "manager/notice_wiring.h"
#include "manager/notify/notifier.h"
#include "manager/provisioning/tenant_jobs.h"
#include "manager/regular_jobs.h"
#include "manager/report_jobs.h"
#include "manager/review_jobs.h"
#include "manager/rollout_jobs.h"
#include "manager/siem/forwarder.h"
#include "manager/stream/independent_stream.h"
#include "manager/subject_jobs.h"
#include "manager/trust_wiring.h"
#include "model/messages.h"
#include "pack/pack.h"

namespace warder::manager {

namespace {

/// Plain HTTP for the machine's own monitoring.
class MetricsEndpoint final : public HttpHandler {
 public:
  MetricsEndpoint(const Metrics& metrics, std::function<Result<void>()> is_ready)
      : metrics_(metrics), is_ready_(std::move(is_ready)) {}

  HttpResponse respond(const HttpRequest& request) override {
    HttpResponse response;
    response.headers["content-type"] = "text/plain; charset=utf-8";
    response.body = "ok\n";
    if (request.path == "/metrics") {
      response.headers["content-type"] = "application/openmetrics-text; version=1.0.0; charset=utf-8";
      response.body = metrics_.text();
    } else if (request.path == "/readyz") {
      const auto ready = is_ready_();
      if (!ready) response.status = 503;
      if (!ready) response.body = ready.error().message + "\n";
    } else if (request.path != "/livez") {
      response.status = 404;
      response.body = "/metrics, /livez, /readyz\n";
    }
    return response;
  }

 private:
  const Metrics& metrics_;
  std::function<Result<void>()> is_ready_;
};

HttpServerOptions api_options(const Config& config) {
  HttpServerOptions options;
  options.name = "api";
  options.listen = parse_host_port(config.api_listen).value();
  options.max_connections = 4096;
  options.max_connections_per_peer = 512;
  options.workers = static_cast<unsigned>(config.api_workers);
  return options;
}

HttpServerOptions gateway_options(const Config& config) {
  HttpServerOptions options;
  options.name = "gateway";
  options.listen = parse_host_port(config.gateway_listen).value();
  options.max_body_bytes = 64 << 10;
  options.max_connections = static_cast<std::size_t>(config.max_agents);
  options.accepts_per_second = static_cast<std::uint32_t>(config.agent_accepts_per_second);
  options.workers = static_cast<unsigned>(config.gateway_workers);
  return options;
}

HttpServerOptions metrics_options(const Config& config) {
  HttpServerOptions options;
  options.name = "metrics";
  options.listen = parse_host_port(config.metrics_listen).value();
  options.max_body_bytes = 0;
  options.max_connections = 64;
  options.workers = 1;
  return options;
}

void remove_expired_events(Installation& installation, EventStore& events, Log& log) {
  for (const Tenant& tenant : installation.tenants->list()) {
    const auto scope = installation.scopes.make(tenant.id, "job:retention");
    const auto removed = scope ? events.remove_expired(*scope) : Result<std::vector<std::string>>{};
    if (!removed) {
      log.warning("events.retention.failed", removed.error().message, {{"tenant", tenant.name}});
      continue;
    }
    for (const std::string& month : *removed) {
      log.info("events.retention", "a month of events was removed", {{"tenant", tenant.name}, {"month", month}});
    }
  }
}

/// What the tenant adds to events that come: the values of their hosts, and tags.
Result<void> add_to_events(Installation& installation, const TenantScope& scope, std::span<StoredEvent* const> events) {
  std::map<AgentId, std::int64_t> values;  // a batch is of one agent
  for (StoredEvent* const stored : events) {
    if (!stored->agent) continue;
    auto [value, is_new] = values.try_emplace(*stored->agent, kLeastAssetValue);
    if (is_new) {
      const auto set = WD_TRY(installation.agents.asset_value_of(scope, *stored->agent));
      value->second = set.value_or(kLeastAssetValue);
    }
    stored->asset_value = value->second;
  }
  return installation.tag_rules.apply(scope, events);
}

/// The tenant's own, else the settings'.
PartitionSize partition_size(const Installation& installation, const TenantScope& scope) {
  const auto tenant = installation.tenants->find(scope.tenant());
  const auto configured = parse_partition_size(installation.config.event_partition);
  if (!configured || (tenant && !tenant->terms.event_partition.empty()))
    return partition_for(*installation.tenants, scope, installation.clock.now());
  return *configured;
}

void renew(ListenerCertificates& certificates, HttpServer& api, HttpServer& gateway, Log& log) {
  if (!certificates.are_due()) return;
  const auto renewed = certificates.make();
  if (!renewed) return log.error("manager.certificate.failed", renewed.error().message);
  api.use(renewed->api);
  gateway.use(renewed->gateway);
  log.info("manager.certificate.renewed", "the servers have new certificates");
}

void check_isolation(IsolationCheck& isolation, const Config& config, Log& log) {
  const auto is_due = isolation.is_due(std::chrono::hours(config.isolation_check_hours));
  if (is_due && !*is_due) return;
  const auto result = isolation.run();
  if (!result) return log.error("isolation.check.failed", result.error().message);
  if (!result->has_passed) return log.error("isolation.broken", result->findings.front());
  log.info("isolation.check", "every tenant was tried, and none reached another's data",
           {{"tenants", std::to_string(result->tenants)}});
}

ForwarderOptions forwarder_options(const Config& config, StreamReaders& readers) {
  ForwarderOptions options;
  options.read_by_others = [&readers](const TenantScope& scope, OutboxPlace place) {
    return readers.read_by_all(scope, std::move(place));
  };
  options.version = WARDER_VERSION;
  options.private_networks = private_networks(config);
  return options;
}

/// None when nothing came with the program.
Result<std::vector<AlertRule>> load_alerts(const Config& config, Log& log) {
  auto rules = load_alert_catalogue(std::filesystem::path(config.share_directory) / "alerts");
  if (rules || rules.error().code != ErrorCode::NotFound) return rules;
  log.warning("alerts.catalogue.missing", rules.error().message);
  return std::vector<AlertRule>();
}

/// Absent where there are no settings for one; that there were is told.
Result<std::unique_ptr<IndependentStream>> open_stream(const StreamParts& parts, const Config& config) {
  const std::string host = server_names(config).front();
  if (config.stream_settings.empty()) {
    tell_missing_streams(parts, host);
    return std::unique_ptr<IndependentStream>();
  }
  return IndependentStream::create(
      parts, {config.stream_settings, std::filesystem::path(config.data_directory) / "stream", host});
}

MirrorOptions mirror_options(const Config& config, JobStates& jobs) {
  MirrorOptions options;
  options.url = config.signature_mirror_url;
  options.files = config.signature_mirror_files;
  options.interval = std::chrono::seconds(config.signature_mirror_interval_s);
  options.max_file_bytes = static_cast<std::uint64_t>(config.signature_mirror_max_bytes);
  if (!options.url.empty()) options.runs = jobs.expect("signature-mirror", options.interval);
  return options;
}

void tell_of_signatures(Installation& installation, EventStore& events, Log& log, const TenantScope& scope,
                        const MirrorNews& news) {
  const bool is_failure = !news.error.empty();
  Event event = make_own_event(installation.clock.now(), news.type, is_failure ? Severity::High : Severity::Info);
  event.action = is_failure ? Action::Failed : Action::Logged;
  if (is_failure) event.set("error", news.error);
  if (!news.pack.empty()) event.set("content.digest", news.pack);
  const auto stored = events.record(scope, std::move(event));
  if (!stored) log.error("signatures.event.lost", stored.error().message);
  if (is_failure) return log.warning(news.type, news.error, {{"tenant", scope.tenant().text()}});
  log.info(news.type, "signatures of the mirror", {{"tenant", scope.tenant().text()}, {"pack", news.pack}});
}

Result<void> tell_of_directory(Installation& installation, EventStore& events, const TenantScope& scope,
                               const SyncNews& news) {
  const bool is_failure = !news.error.empty();
  Event event =
      make_own_event(installation.clock.now(), is_failure ? "directory.sync.failed" : "directory.sync.recovered",
                     is_failure ? Severity::High : Severity::Info);
  event.action = is_failure ? Action::Failed : Action::Logged;
  event.set("directory.name", news.directory);
  if (is_failure) event.set("error", news.error);
  return events.record(scope, std::move(event));
}

void keep_sessions(Installation& installation, Log& log) {
  if (const auto kept = installation.identity.keep_sessions(); !kept)
    log.warning("sessions.keep.failed", kept.error().message);
}

/// Each recommendations/<module>.json that came with the program, by name; none when there is no such folder.
Result<std::vector<inventory::Offer>> load_offers(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".json") files.insert(entry.path());
  std::vector<inventory::Offer> offers;
  for (const std::filesystem::path& file : files) {
    auto some = WD_TRY(inventory::parse_offers(WD_TRY(read_file(file))).in(file.string()));
    std::ranges::move(some, std::back_inserter(offers));
  }
  return offers;
}

}  // namespace

Result<void> serve(Installation& installation, Log& output) {
  JobStates jobs(output, [&clock = installation.clock] { return clock.now(); });
  Log& log = jobs;
  const Config& config = installation.config;
  const UniqueFd data = WD_TRY(hold_data(config.data_directory, DataUse::Serve));
  WD_TRY(installation.first_tenant("job:start"));
  const auto is_ready = [&installation] { return check_ready(installation); };
  const Messages messages = WD_TRY(Messages::load(std::filesystem::path(config.share_directory) / "messages"));
  const auto offers = WD_TRY(load_offers(std::filesystem::path(config.share_directory) / "recommendations"));
  InventoryStore inventory_store(*installation.tenants, installation.clock);
  pack::TrustPolicy trust;
  trust.keys = WD_TRY(pack::load_trusted_keys(config.content_keys_directory));

  Metrics metrics;
  EventFeed feed;
  EventStoreOptions event_options;
  event_options.retention = std::chrono::days(config.event_retention_days);
  event_options.partition = [&installation](const TenantScope& scope) { return partition_size(installation, scope); };
  event_options.reached_agents = [&installation](const TenantScope& scope) {
    return installation.agents.reached(scope);
  };
  event_options.additions = [&installation](const TenantScope& scope, std::span<StoredEvent* const> stored) {
    return add_to_events(installation, scope, stored);
  };
  event_options.treatment = [&installation](const TenantScope& scope, std::span<Event* const> taken) {
    return installation.collection.apply(scope, taken);
  };
  Destinations destinations(*installation.tenants, installation.audit, installation.clock);
  StreamReaders stream_readers(*installation.tenants, installation.clock);
  event_options.keeps_outbox = [](const TenantScope&) { return true; };  // alerts follow every tenant's
  GoldenHosts golden(*installation.tenants, installation.audit, installation.clock,
                     [&agents = installation.agents](const TenantScope& scope, const AgentId& agent) {
                       return agents.policy_of(scope, agent);
                     });
  EventStore events(*installation.tenants, feed, installation.clock, event_options, &golden);
  Alerts alerts(*installation.tenants, installation.audit, installation.clock);
  ForwarderOptions forwarding = forwarder_options(config, stream_readers);
  forwarding.runs = jobs.expect("forwarder", Forwarder::kLook);
  forwarding.read_by_others = [streams = std::move(forwarding.read_by_others), &alerts](
                                  const TenantScope& scope, OutboxPlace place) -> Result<OutboxPlace> {
    // Without a place of their own yet, alerts begin at the end.
    if (const auto own = WD_TRY(alerts.place(scope))) place = earlier(std::move(place), *own);
    return streams ? streams(scope, std::move(place)) : Result<OutboxPlace>(std::move(place));
  };
  Forwarder forwarder({*installation.tenants, installation.scopes, destinations, events, feed, messages,
                       installation.clock, log, metrics},
                      std::move(forwarding));
  NoticeChannels channels(*installation.tenants, installation.audit, installation.clock, channel_rules(installation));
  NoticeOutbox notices(*installation.tenants, installation.clock);
  Rotas rotas(*installation.tenants, installation.audit, installation.clock, find_person(installation));
  NotifierOptions notifier_options;
  notifier_options.console_url = console_url(config);
  notifier_options.runs = jobs.expect("notices", std::chrono::seconds(1));
  Notifier notifier({*installation.tenants, installation.scopes, channels, notices, events, find_person(installation),
                     installation.clock, log, metrics},
                    notifier_options);
  const auto stream =
      WD_TRY(open_stream({*installation.tenants, installation.scopes, stream_readers, installation.audit, events, feed,
                          messages, installation.clock, log, metrics,
                          config.stream_settings.empty() ? JobRuns() : jobs.expect("stream", std::chrono::seconds(1))},
                         config));
  AuditEvents audit_events(
      {*installation.tenants, installation.scopes, installation.audit, events, installation.clock, log});
  AuditKeeper keeper({*installation.tenants, installation.scopes, installation.audit, installation.clock, log, metrics},
                     {.checkpoint = std::chrono::seconds(config.audit_checkpoint_s),
                      .verify = std::chrono::seconds(config.audit_verify_s),
                      .tell_changed = [&](const std::set<TenantId>& tenants) { audit_events.note(tenants); },
                      .runs = jobs.expect("audit-keeper", std::chrono::seconds(config.audit_checkpoint_s))},
                     [&](const TenantScope& scope, const AuditFinding& finding) {
                       tell_broken_audit({*installation.tenants, installation.scopes, events, installation.clock, log},
                                         scope, finding);
                     });
  Content content(*installation.tenants, installation.audit, installation.clock, std::move(trust),
                  [&installation](const TenantId& tenant) {
                    installation.bus.publish({tenant, std::nullopt});
                  });
  Signatures signatures(*installation.tenants, installation.audit, content, installation.clock);
  SignatureMirror mirror(mirror_options(config, jobs), *installation.tenants, installation.scopes, signatures,
                         installation.clock, [&](const TenantScope& scope, const MirrorNews& news) {
                           tell_of_signatures(installation, events, log, scope, news);
                         });
  const BackupsOptions backup_options = WD_TRY(backups_options(installation, jobs));
  Backups backups(installation.tenants->control(), *installation.keys, installation.clock, backup_options,
                  [&](const BackupRun& run) { tell_of_backup(installation, events, log, run); });
  AlertSettings alert_settings(*installation.tenants, installation.audit, installation.clock,
                               WD_TRY(load_alerts(config, log)));
  AlertJob alert_job({*installation.tenants, installation.scopes, alerts, alert_settings, notices, rotas, events, feed,
                      alert_states({installation, destinations, events, content, alert_settings, notices, backups}),
                      installation.clock, log, [&notifier] { notifier.wake(); },
                      jobs.expect("alerts", std::chrono::seconds(1))});
  Usage usage(*installation.tenants, events, installation.clock);
  const TenantExport exports(*installation.tenants, installation.audit, events, messages, installation.clock,
                             Installation::exported_schemas());
  IsolationCheck isolation(*installation.tenants, installation.identity, installation.policies, installation.audit,
                           events, installation.clock);
  Reviews reviews(*installation.tenants, installation.audit, events, installation.clock,
                  fleet_roster(installation.agents));
  ReviewJobs review_jobs(installation, reviews, log);
  installation.rollouts.set_tell([&](const TenantScope& scope, const RolloutNews& news) {
    tell_of_rollout(installation, events, log, scope, news);
  });
  Incidents incidents(*installation.tenants, installation.audit, events, notices, rotas, installation.clock);
  EvidenceStore evidence(*installation.tenants, installation.audit, incidents, installation.clock);
  BreachNotices breach_notices(*installation.tenants, installation.audit, installation.clock);
  ReportJobs reports({installation,
                      {events, alerts, alert_settings, incidents, installation.agents, installation.groups,
                       installation.policies, messages},
                      channels,
                      notices,
                      log,
                      [&notifier] { notifier.wake(); },
                      jobs.expect("reports", ReportJobs::kPause)});
  PersonData person_data(
      *installation.tenants, events,
      [&users = installation.identity.users()](const TenantScope& scope, std::size_t limit, std::string_view cursor) {
        return users.list(scope, limit, cursor);
      },
      messages);
  SubjectRequests subjects(*installation.tenants, installation.audit, events, person_data, installation.clock);
  TenantJobs tenant_jobs(*installation.tenants, installation.provisioning, usage, events, installation.clock, log);
  installation.identity.directory_sync().set_tell([&](const TenantScope& scope, const SyncNews& news) {
    return tell_of_directory(installation, events, scope, news);
  });
  DirectoryJobs directory_jobs({*installation.tenants, installation.scopes, installation.identity.directory_sync(), log,
                                jobs.expect("directories", DirectoryJobs::kPause)});
  const auto trust_center = WD_TRY(
      make_trust_center(installation, events, channels, notices, log, jobs.expect("trust-checks", TrustCenter::kTick)));
  DocumentRoom documents(installation, *trust_center, channels, events, log);
  TrustSiteOptions site_options = trust_site_options(installation);
  site_options.gives_documents = [&documents] { return documents.gives_documents(); };
  TrustSite trust_site(*trust_center, installation.audit, installation.clock, std::move(site_options));
  const auto gateway = Gateway::create({*installation.tenants, installation.agents, installation.commands,
                                        installation.enrolment, inventory_store, installation.policies, events, content,
                                        installation.bus, installation.audit, installation.clock, log, metrics});

  ListenerCertificates certificates(installation);
  const HealthSources health = health_sources(installation, jobs, certificates);
  const auto api = WD_TRY(make_api(
      {config.console_directory,
       config.check_answers,
       {config.api_requests_per_minute_key, config.api_requests_per_minute_tenant,
        config.api_requests_per_minute_node}},
      {installation.identity, installation.idempotency, installation.clock, log, metrics, is_ready,
       [&trust_site, &documents](const HttpRequest& request) {
         auto page = documents.respond(request);
         return page ? std::move(page) : trust_site.respond(request);
       }},
      all_routes(installation,
                 {events,          feed,      golden,   keeper,         content,   signatures,    mirror,    messages,
                  inventory_store, offers,    usage,    exports,        isolation, destinations,  forwarder, backups,
                  channels,        notices,   rotas,    notifier,       reviews,   *trust_center, documents, alerts,
                  alert_settings,  incidents, evidence, breach_notices, subjects,  reports,       health})));
  MetricsEndpoint metrics_endpoint(metrics, is_ready);
  const auto tls = WD_TRY(certificates.make());
  const auto gateway_server = WD_TRY(HttpServer::create(gateway_options(config), tls.gateway, *gateway, log, metrics));
  const auto api_server = WD_TRY(HttpServer::create(api_options(config), tls.api, *api, log, metrics));
  // Last: who reads /readyz may count on the others.
  const auto metrics_server =
      WD_TRY(HttpServer::create(metrics_options(config), nullptr, metrics_endpoint, log, metrics));
  log.info("manager.started", "the manager serves",
           {{"version", WARDER_VERSION}, {"api", config.api_listen}, {"gateway", config.gateway_listen}});

  keeper.start();
  forwarder.start();
  notifier.start();
  if (stream) stream->start();
  const auto stream_waiting = [&stream] { return stream ? stream->waiting().records : 0; };
  WD_TRY(start_trust_center(
      *trust_center, installation,
      {events, destinations, isolation, inventory_store, alerts, alert_settings, channels, notices, reviews, incidents,
       evidence, backups, stream_readers, person_data, subjects, documents.requests(), stream_waiting}));
  alert_job.start();
  directory_jobs.start();
  reports.start();
  backups.start();
  note_last_backup(backups, backup_options.runs);
  RegularJobs regular(jobs);
  KeyJobs key_jobs(installation, log);
  regular.now_and_hourly("backup-schedule", [&] { backups.tick(); });
  regular.now_and_hourly("retention", [&] { remove_expired_events(installation, events, log); });
  regular.now_and_hourly("keys", [&] { key_jobs.run(); });
  regular.now_and_hourly("tenants", [&] { tenant_jobs.run(); });
  regular.hourly("pruning", [&] {
    forwarder.prune();
    notifier.prune();
    alert_job.prune();
    documents.prune();
  });
  regular.hourly("subject-requests", [&] { tell_of_subjects(installation, subjects, log); });
  if (config.isolation_check_hours > 0)
    regular.hourly("isolation-check", [&] { check_isolation(isolation, config, log); });
  regular.hourly("certificates", [&] { renew(certificates, *api_server, *gateway_server, log); });
  regular.often("tenant-list", [&] { tenant_jobs.keep_up(); });
  regular.often("sessions", [&] { keep_sessions(installation, log); });
  regular.often("reviews", [&] { review_jobs.keep_up(); });
  regular.often("rollouts", [&] { keep_up_rollouts(installation, log); });
  regular.often("incidents", [&] { tell_of_incidents(installation, incidents, log); });
  if (config.audit_events) regular.often("audit-events", [&] { audit_events.keep_up(); });
  review_jobs.keep_up();
  const int signal = regular.work();
  log.info("manager.stopping", "the manager ends", {{"signal", std::to_string(signal)}});
  if (stream) stream->stop();
  feed.stop();
  return {};
}

}  // namespace warder::manager
