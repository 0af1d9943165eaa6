// What the stream is to tell of one tenant: its events as they are stored, and what should be there and is not. The
// outbox of each file is numbered without gaps, in the transaction that stores the events: a number that is not there,
// an event that its number leads nowhere to, or an end that went back is somebody's doing.
#pragma once

#include <string>
#include <vector>

#include "manager/events/event_store.h"
#include "manager/stream/stream_spool.h"
#include "model/messages.h"
#include "stream/record.h"

namespace warder::manager {

struct SourceItem {
  stream::RecordKind kind = stream::RecordKind::Event;  // or Lost
  std::string body;                                     // JSON
};

struct SourceRead {
  std::vector<SourceItem> items;
  TenantPlace place;    // behind them
  bool is_all = false;  // nothing more was there
};

struct SourceTenant {
  TenantScope scope;
  std::string name;
};

/// What lies behind `place`, of at most `limit` events.
Result<SourceRead> read_stream_source(EventStore& events, const Messages& messages, const SourceTenant& tenant,
                                      const TenantPlace& place, std::size_t limit);

}  // namespace warder::manager
