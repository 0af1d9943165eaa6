// What agents are told of their tenant's audit log, so that they remember it (docs/audit.md, "Witnesses").
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "protocol/agent.pb.h"

namespace warder::manager {

/// Thread-safe. Many agents ask for the same: the database is asked once in `kFresh` and tenant, and for each proof
/// once.
class AuditAnswers {
 public:
  static constexpr std::chrono::seconds kFresh{5};
  AuditAnswers(AuditLog& audit, const host::Clock& clock) : audit_(audit), clock_(clock) {}

  /// The last checkpoint, with the proof that it goes on from the first `held` entries where there is one. Absent while
  /// nothing can be said: the database is away, or there is nothing yet and nothing is held.
  std::optional<protocol::AuditCheckpoint> answer(const TenantScope& scope, std::uint64_t held);

 private:
  struct Known {
    std::chrono::steady_clock::time_point read;
    std::uint64_t entries = 0;  // 0: there is no checkpoint
    std::string note;
    std::string key;
    std::map<std::uint64_t, protocol::AuditCheckpoint> answers;  // by what is held
  };
  Result<Known> read(const TenantScope& scope);
  Result<protocol::AuditCheckpoint> make(const TenantScope& scope, const Known& known, std::uint64_t held);

  AuditLog& audit_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards known_
  std::map<TenantId, Known> known_;
};

}  // namespace warder::manager
