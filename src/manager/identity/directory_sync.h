// Users of a directory follow it: who is gone, disabled or in no mapped group there is disabled here and loses the
// sessions; roles and names are taken over. docs/directories.md says when nothing is done.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/directory/directory_access.h"
#include "manager/identity/external_users.h"
#include "manager/identity/identity_providers.h"
#include "manager/store/migrations.h"

namespace warder::manager {

struct SyncReport {
  std::size_t users = 0;      // of the provider
  std::size_t everybody = 0;  // whom the directory listed
  std::size_t changed = 0;    // names, mail, roles, or back again
  std::size_t left = 0;
  std::size_t failed = 0;  // as they were: the directory did not tell all about them, or their name is taken
};

struct SyncOutcome {
  IdentityProviderId provider;
  std::string name;
  Result<SyncReport> report;
};

struct SyncState {
  Timestamp time;
  std::string error;  // empty: it succeeded
};

/// A directory that cannot be followed, or can be again.
struct SyncNews {
  std::string directory;  // its name
  std::string error;      // empty: it is over
};

/// Thread-safe. What was done, and what was refused, is in the audit log.
class DirectorySync {
 public:
  /// An error makes it be asked again with the next round.
  using Tell = std::function<Result<void>(const TenantScope&, const SyncNews&)>;
  struct Parts {
    Tenants& tenants;
    AuditLog& audit;
    IdentityProviders& providers;
    ExternalUsers& users;
    DirectoryAccess& directories;
    const host::Clock& clock;
  };
  explicit DirectorySync(const Parts& parts) : parts_(parts) {}

  /// Who hears of each outage once when it begins and once when it ends, from whichever manager has found it. Before
  /// anything runs.
  void set_tell(Tell tell) { tell_ = std::move(tell); }

  /// Now. Unavailable, Timeout … when the directory does not answer with all: nothing is changed. Conflict when more
  /// would leave than the settings allow, unless `accepts_leaving`. Invalid when the provider is no directory or is not
  /// enabled.
  Result<SyncReport> run(const TenantScope& scope, const IdentityProviderId& provider, bool accepts_leaving = false);
  /// Those of the tenant whose interval is over, each by one of several managers.
  Result<std::vector<SyncOutcome>> run_due(const TenantScope& scope);
  Result<std::optional<SyncState>> last(const TenantScope& scope, const IdentityProviderId& provider);

 private:
  Result<bool> claim(const TenantScope& scope, const IdentityProvider& provider);
  Result<SyncReport> compare(const TenantScope& scope, const IdentityProvider& provider, bool accepts_leaving);
  Result<void> follow(const TenantScope& scope, const IdentityProviderId& provider, const ExternalIdentity& user,
                      const DirectoryPerson* person, SyncReport& report);
  Result<void> note(const TenantScope& scope, const IdentityProvider& provider, const Result<SyncReport>& report);
  Result<void> tell(const TenantScope& scope, const IdentityProvider& provider, const std::string& error);

  Parts parts_;
  Tell tell_{};
};

/// What `admit` takes.
ExternalPerson external_person(const IdentityProviderId& provider, const DirectoryPerson& person);

/// The table of config.db.
FeatureSchema directory_sync_schema();

}  // namespace warder::manager
