// The parts of OfflineFacts. For this folder only.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "host/facts.h"
#include "host/file_tree.h"

namespace warder::host {

/// Units of systemd with what enables them, timers' schedules included.
struct UnitList {
  std::vector<Service> services;
  std::vector<ScheduledJob> timers;
};
UnitList find_units(FileTree& tree);

std::vector<ScheduledJob> find_cron_jobs(FileTree& tree, const std::vector<User>& users);
std::vector<Container> find_containers(FileTree& tree);

/// Programs and archives are read whole; what they said is kept while the file stays as it is.
using FileIdentity = std::tuple<std::uint64_t, std::uint64_t, std::int64_t>;  // device, inode, ctime
using SoftwareMemory = std::map<FileIdentity, std::vector<Package>>;
std::vector<Package> find_language_packages(FileTree& tree, const SoftwareSearch& search, SoftwareMemory& memory);

/// rpmdb.sqlite of the tree that lies at `root`. NotFound when there is none.
Result<std::vector<RpmHeader>> read_rpm_sqlite(const std::string& path, bool with_files, const std::string& only = {});

}  // namespace warder::host
