// A host of the test's own: whatever the test puts into it.
#pragma once

#include <map>
#include <utility>

#include "host/facts.h"

namespace warder::host::testing {

/// Every list is the test's to fill; a Result may also be set to a failure.
class FixedFacts final : public HostFacts {
 public:
  Result<SystemIdentity> system() override { return identity; }
  Result<std::vector<User>> users() override { return user_list; }
  Result<std::vector<Group>> groups() override { return group_list; }
  Result<std::vector<Package>> software(const SoftwareSearch& search) override {
    searches += 1;
    last_search = search;
    return package_list;
  }
  Result<std::vector<PackageFile>> files_of(const Package& package) override {
    const auto it = package_files.find(package.name);
    return it == package_files.end() ? std::vector<PackageFile>{} : it->second;
  }
  Result<std::vector<Service>> services() override { return service_list; }
  Result<std::vector<ListeningSocket>> listening_sockets() override { return socket_list; }
  Result<std::vector<ProcessInfo>> processes() override { return process_list; }
  Result<std::vector<KernelModule>> kernel_modules() override { return module_list; }
  Result<std::vector<ScheduledJob>> scheduled_jobs() override { return job_list; }
  Result<std::vector<Mount>> mounts() override { return mount_list; }
  Result<std::vector<Container>> containers() override { return container_list; }

  Result<SystemIdentity> identity = SystemIdentity{};
  Result<std::vector<User>> user_list = std::vector<User>{};
  Result<std::vector<Group>> group_list = std::vector<Group>{};
  Result<std::vector<Package>> package_list = std::vector<Package>{};
  std::map<std::string, std::vector<PackageFile>> package_files;
  Result<std::vector<Service>> service_list = std::vector<Service>{};
  Result<std::vector<ListeningSocket>> socket_list = std::vector<ListeningSocket>{};
  Result<std::vector<ProcessInfo>> process_list = std::vector<ProcessInfo>{};
  Result<std::vector<KernelModule>> module_list = std::vector<KernelModule>{};
  Result<std::vector<ScheduledJob>> job_list = std::vector<ScheduledJob>{};
  Result<std::vector<Mount>> mount_list = std::vector<Mount>{};
  Result<std::vector<Container>> container_list = std::vector<Container>{};
  int searches = 0;
  SoftwareSearch last_search;
};

}  // namespace warder::host::testing
