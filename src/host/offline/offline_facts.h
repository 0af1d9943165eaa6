// Facts about a host whose files are there but which does not run: a mounted image, a backup, a container's tree. Also
// the file half of the live body.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "host/facts.h"
#include "host/file_tree.h"

namespace warder::host {

/// What runs is Unavailable: sockets, processes, loaded modules, mounts. `root` is where the tree lies on this machine,
/// for the databases that a library reads by path; empty: they are left out (a tree in memory).
class OfflineFacts : public HostFacts {
 public:
  OfflineFacts(std::unique_ptr<FileTree> tree, std::string root);
  ~OfflineFacts() override;

  Result<SystemIdentity> system() override;
  Result<std::vector<User>> users() override;
  Result<std::vector<Group>> groups() override;
  Result<std::vector<Package>> software(const SoftwareSearch& search) override;
  Result<std::vector<PackageFile>> files_of(const Package& package) override;
  Result<std::vector<Service>> services() override;
  Result<std::vector<ListeningSocket>> listening_sockets() override;
  Result<std::vector<ProcessInfo>> processes() override;
  Result<std::vector<KernelModule>> kernel_modules() override;
  Result<std::vector<ScheduledJob>> scheduled_jobs() override;
  Result<std::vector<Mount>> mounts() override;
  Result<std::vector<Container>> containers() override;

 protected:
  [[nodiscard]] FileTree& tree() noexcept { return *tree_; }

 private:
  class Memory;  // what dear files said when they were last read

  std::unique_ptr<FileTree> tree_;
  bool has_root_;
  std::string root_;  // "" of "/"
  std::unique_ptr<Memory> memory_;
};

std::unique_ptr<HostFacts> make_offline_facts(std::unique_ptr<FileTree> tree, std::string root);

}  // namespace warder::host
