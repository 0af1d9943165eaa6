// How the Trust Center is joined to the rest of the manager: which promises, which checks, and where its news go.
#pragma once

#include <memory>

#include "base/job_states.h"
#include "manager/installation.h"
#include "manager/trust/checks.h"
#include "manager/trust/trust_site.h"

namespace warder::manager {

/// With the promises that came with the program and no checks yet. Invalid or NotFound, with the file, when they cannot
/// be read. Its news are events; those whose it is get mail, when they have an account and there is a channel for it.
Result<std::unique_ptr<TrustCenter>> make_trust_center(Installation& installation, EventStore& events,
                                                       NoticeChannels& channels, NoticeOutbox& notices, Log& log,
                                                       const JobRuns& runs);

struct TrustRunningParts {
  EventStore& events;
  Destinations& destinations;
  IsolationCheck& isolation;
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
  PersonData& people;
  SubjectRequests& subjects;
  DocumentRequests& document_requests;
  std::function<std::int64_t()> stream_waiting;
};
/// Gives it the checks and, unless the settings say that there are none, starts it. Once the servers listen.
Result<void> start_trust_center(TrustCenter& center, Installation& installation, const TrustRunningParts& parts);

TrustSiteOptions trust_site_options(const Installation& installation);

}  // namespace warder::manager
