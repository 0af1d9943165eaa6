// The handlers of every operation of the contract.
#pragma once

#include "engines/inventory/recommend.h"
#include "manager/alerts/alert_settings.h"
#include "manager/alerts/alerts.h"
#include "manager/api/router.h"
#include "manager/api/routes_health.h"
#include "manager/audit/audit_keeper.h"
#include "manager/backup/backups.h"
#include "manager/content/content.h"
#include "manager/content/signature_mirror.h"
#include "manager/document_wiring.h"
#include "manager/events/event_feed.h"
#include "manager/events/event_store.h"
#include "manager/events/golden_hosts.h"
#include "manager/fleet/inventory_store.h"
#include "manager/incidents/breach_notice.h"
#include "manager/incidents/evidence_store.h"
#include "manager/installation.h"
#include "manager/notify/notifier.h"
#include "manager/privacy/subject_requests.h"
#include "manager/provisioning/isolation_check.h"
#include "manager/provisioning/tenant_export.h"
#include "manager/provisioning/usage.h"
#include "manager/report_jobs.h"
#include "manager/review/reviews.h"
#include "manager/siem/forwarder.h"
#include "manager/trust/trust_center.h"
#include "model/messages.h"

namespace warder::manager {

struct RunningParts {
  EventStore& events;
  EventFeed& feed;
  GoldenHosts& golden;
  AuditKeeper& audit_keeper;
  Content& content;
  Signatures& signatures;
  SignatureMirror& mirror;
  const Messages& messages;
  InventoryStore& inventory_store;
  const std::vector<inventory::Offer>& offers;  // what can be recommended
  Usage& usage;
  const TenantExport& exports;
  IsolationCheck& isolation;
  Destinations& destinations;
  Forwarder& forwarder;
  Backups& backups;
  NoticeChannels& notice_channels;
  NoticeOutbox& notices;
  Rotas& rotas;
  Notifier& notifier;
  Reviews& reviews;
  TrustCenter& trust;
  DocumentRoom& documents;
  Alerts& alerts;
  AlertSettings& alert_settings;
  Incidents& incidents;
  EvidenceStore& evidence;
  BreachNotices& breach_notices;
  SubjectRequests& subjects;
  ReportJobs& reports;
  const HealthSources& health;
};

Routes all_routes(Installation& installation, const RunningParts& parts);

}  // namespace warder::manager
