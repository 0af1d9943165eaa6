// Which streams read a tenant's outbox, and how far: what they have not read stays there.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/clock.h"
#include "manager/events/outbox.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

struct StreamReader {
  std::string stream;
  std::string host;  // whose stream it is
  OutboxPlace place;
};

/// Thread-safe.
class StreamReaders {
 public:
  StreamReaders(Tenants& tenants, const host::Clock& clock) noexcept : tenants_(tenants), clock_(clock) {}
  Result<std::vector<StreamReader>> list(const TenantScope& scope);
  Result<void> set(const TenantScope& scope, const StreamReader& reader);
  Result<void> remove(const TenantScope& scope, const StreamReader& reader);
  /// May be some seconds old, of what other managers did. True when it cannot be told.
  bool has_any(const TenantScope& scope);
  /// `place`, or less where a stream has not read so far.
  Result<OutboxPlace> read_by_all(const TenantScope& scope, OutboxPlace place);

 private:
  struct Remembered {
    bool has_any = false;
    std::chrono::steady_clock::time_point read;
  };
  Tenants& tenants_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards remembered_
  std::map<TenantId, Remembered> remembered_;
};

/// The tables of config.db.
FeatureSchema stream_schema();

}  // namespace warder::manager
