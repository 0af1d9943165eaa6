// Facts about this running host: the files' half from OfflineFacts, the rest from the kernel.
#include <dirent.h>
#include <fcntl.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/file.h"
#include "base/text.h"
#include "host/linux/linux_host.h"
#include "host/linux/socket_dump.h"
#include "host/offline/offline_facts.h"
#include "host/tree_read.h"

namespace warder::host {
namespace {

constexpr std::size_t kMaxProcFile = 64 << 20;
constexpr std::size_t kMaxNamespaces = 256;

// Files of /proc have no size, so they are read until they end.
std::string read_proc(const std::string& path, std::size_t max_bytes = kMaxProcFile) {
  std::string text;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<char> buffer(32 << 10);
  while (fd.is_open() && text.size() < max_bytes) {
    const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
    if (size <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

std::string link_of(const std::string& path) {
  std::string target(4096, '\0');
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  target.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return target;
}

std::string line_of(const std::string& path) {
  const std::string text = read_proc(path, 4096);
  return std::string(trim(text));
}

// "socket:[21874]" → 21874
std::optional<std::uint64_t> socket_inode(std::string_view target) noexcept {
  constexpr std::string_view kPrefix = "socket:[";
  if (!target.starts_with(kPrefix) || !target.ends_with(']')) return std::nullopt;
  return parse_integer<std::uint64_t>(target.substr(kPrefix.size(), target.size() - kPrefix.size() - 1));
}

// Calls `take` with the inode of each socket that the process has open.
template <class Take>
void for_each_socket(std::int32_t pid, const Take& take) {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd";
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return;
  std::array<char, 64> target{};
  while (const dirent* entry = ::readdir(directory)) {
    const ssize_t size =
        ::readlinkat(::dirfd(directory), static_cast<const char*>(entry->d_name), target.data(), target.size());
    if (size <= 0) continue;
    if (const auto inode = socket_inode({target.data(), static_cast<std::size_t>(size)})) take(*inode);
  }
  ::closedir(directory);
}

class LinuxFacts final : public OfflineFacts {
 public:
  LinuxFacts() : OfflineFacts(make_linux_file_tree(), "/"), processes_(make_linux_process_table()) {}

  Result<SystemIdentity> system() override;
  Result<std::vector<Service>> services() override;
  Result<std::vector<ListeningSocket>> listening_sockets() override;
  Result<std::vector<ProcessInfo>> processes() override;
  Result<std::vector<KernelModule>> kernel_modules() override;
  Result<std::vector<Mount>> mounts() override;
  Result<std::vector<Container>> containers() override;

 private:
  void add_other_namespaces(std::vector<ListeningSocket>& sockets, const std::vector<std::int32_t>& pids);
  void find_owners(std::vector<ListeningSocket>& sockets, const std::vector<std::int32_t>& pids);

  std::unique_ptr<ProcessTable> processes_;
};

Result<SystemIdentity> LinuxFacts::system() {
  SystemIdentity system = WD_TRY(OfflineFacts::system());
  utsname names{};
  if (::uname(&names) == 0) {
    system.hostname = static_cast<const char*>(names.nodename);
    system.kernel_release = static_cast<const char*>(names.release);
    system.kernel_version = static_cast<const char*>(names.version);
    system.architecture = static_cast<const char*>(names.machine);
  }
  struct sysinfo memory {};
  if (::sysinfo(&memory) == 0) system.memory_bytes = std::uint64_t{memory.totalram} * memory.mem_unit;
  system.processors = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_NPROCESSORS_CONF)));
  return system;
}

Result<std::vector<Service>> LinuxFacts::services() {
  auto services = WD_TRY(OfflineFacts::services());
  // systemd keeps a link for every unit that runs: src/core/unit.c, unit_export_invocation_id().
  if (::access("/run/systemd/system", F_OK) != 0) return services;
  for (Service& service : services) {
    if (service.name.ends_with(".sysv")) continue;
    const std::string link = "/run/systemd/units/invocation:" + service.name;
    service.state = link_of(link).empty() ? ServiceState::Inactive : ServiceState::Active;
  }
  return services;
}

// Containers have network namespaces of their own; each one's sockets stand in /proc/PID/net of any process in it.
void LinuxFacts::add_other_namespaces(std::vector<ListeningSocket>& sockets, const std::vector<std::int32_t>& pids) {
  std::set<std::string> seen{link_of("/proc/self/ns/net")};
  for (const std::int32_t pid : pids) {
    const std::string base = "/proc/" + std::to_string(pid);
    const std::string name = link_of(base + "/ns/net");
    if (name.empty() || seen.size() > kMaxNamespaces || !seen.insert(name).second) continue;
    for (const auto& [file, protocol, is_v6] :
         {std::tuple{"/net/tcp", SocketProtocol::Tcp, false}, std::tuple{"/net/tcp6", SocketProtocol::Tcp, true},
          std::tuple{"/net/udp", SocketProtocol::Udp, false}, std::tuple{"/net/udp6", SocketProtocol::Udp, true}}) {
      auto some = parse_proc_net(read_proc(base + file), protocol, is_v6);
      sockets.insert(sockets.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
  }
}

void LinuxFacts::find_owners(std::vector<ListeningSocket>& sockets, const std::vector<std::int32_t>& pids) {
  std::unordered_multimap<std::uint64_t, ListeningSocket*> open;
  for (ListeningSocket& socket : sockets)
    if (socket.inode != 0) open.emplace(socket.inode, &socket);
  for (const std::int32_t pid : pids) {
    if (open.empty()) return;
    std::vector<ListeningSocket*> owned;
    for_each_socket(pid, [&](std::uint64_t inode) {
      const auto [first, last] = open.equal_range(inode);
      for (auto it = first; it != last; ++it) owned.push_back(it->second);
      open.erase(first, last);
    });
    if (owned.empty()) continue;
    const auto process = processes_->find(pid);
    for (ListeningSocket* socket : owned) {
      socket->pid = pid;
      if (!process) continue;
      socket->executable = process->executable;
      socket->control_group = process->control_group;
      socket->container_id = process->container_id;
    }
  }
}

Result<std::vector<ListeningSocket>> LinuxFacts::listening_sockets() {
  auto pids = processes_->pids();
  std::ranges::sort(pids);  // of a server and its children, the first to start
  std::vector<ListeningSocket> sockets = WD_TRY(dump_listening_sockets());
  add_other_namespaces(sockets, pids);
  find_owners(sockets, pids);
  return sockets;
}

Result<std::vector<ProcessInfo>> LinuxFacts::processes() {
  std::vector<ProcessInfo> processes;
  for (const std::int32_t pid : processes_->pids())
    if (auto process = processes_->find(pid)) processes.push_back(std::move(*process));
  return processes;
}

Result<std::vector<KernelModule>> LinuxFacts::kernel_modules() {
  auto modules = parse_modules(read_proc("/proc/modules"));
  for (KernelModule& module : modules) {
    const std::string base = "/sys/module/" + module.name;
    module.version = line_of(base + "/version");
    module.source_version = line_of(base + "/srcversion");
    if (module.taint.empty()) module.taint = line_of(base + "/taint");
  }
  return modules;
}

Result<std::vector<Mount>> LinuxFacts::mounts() {
  const std::string text = read_proc("/proc/1/mountinfo");
  return parse_mountinfo(text.empty() ? read_proc("/proc/self/mountinfo") : text);
}

Result<std::vector<Container>> LinuxFacts::containers() {
  auto containers = WD_TRY(OfflineFacts::containers());
  std::map<std::string, std::string> running;  // id to runtime
  for (const std::int32_t pid : processes_->pids()) {
    const std::string group = read_proc("/proc/" + std::to_string(pid) + "/cgroup", 8192);
    const std::string id = container_in(group);
    if (!id.empty()) running.try_emplace(id, runtime_of(group));
  }
  for (Container& container : containers) {
    container.is_running = running.contains(container.id);
    running.erase(container.id);
  }
  for (const auto& [id, runtime] : running) {
    Container container;
    container.id = id;
    container.runtime = runtime;
    container.is_running = true;
    containers.push_back(std::move(container));
  }
  return containers;
}

}  // namespace

std::unique_ptr<HostFacts> make_linux_facts() {
  return std::make_unique<LinuxFacts>();
}

}  // namespace warder::host
