// Port: what a host has, besides its files. One list for each kind of thing; nothing here changes the host or asks the
// network. A kind that this body cannot know is Unavailable, which is not the same as there being none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/accounts.h"
#include "host/containers.h"
#include "host/kernel_modules.h"
#include "host/mounts.h"
#include "host/process_table.h"
#include "host/scheduled_jobs.h"
#include "host/services.h"
#include "host/sockets.h"
#include "host/software.h"
#include "host/system_identity.h"

namespace warder::host {

/// What software is looked for beside the package managers' databases.
struct SoftwareSearch {
  bool language_packages = true;
  std::uint64_t max_entries = 300'000;  // directory entries looked at in one search for language packages
};

/// Single-threaded. Lists are in no particular order.
class HostFacts {
 public:
  virtual ~HostFacts() = default;
  virtual Result<SystemIdentity> system() = 0;
  virtual Result<std::vector<User>> users() = 0;
  virtual Result<std::vector<Group>> groups() = 0;
  virtual Result<std::vector<Package>> software(const SoftwareSearch& search) = 0;
  /// The files of a package of dpkg or rpm, with digests where the manager keeps them.
  virtual Result<std::vector<PackageFile>> files_of(const Package& package) = 0;
  virtual Result<std::vector<Service>> services() = 0;
  virtual Result<std::vector<ListeningSocket>> listening_sockets() = 0;
  virtual Result<std::vector<ProcessInfo>> processes() = 0;
  virtual Result<std::vector<KernelModule>> kernel_modules() = 0;
  virtual Result<std::vector<ScheduledJob>> scheduled_jobs() = 0;
  virtual Result<std::vector<Mount>> mounts() = 0;
  virtual Result<std::vector<Container>> containers() = 0;
};

}  // namespace warder::host
