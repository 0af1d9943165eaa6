#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <mutex>

#include "base/file.h"
#include "base/text.h"
#include "host/linux/linux_host.h"

namespace warder::host {
namespace {

constexpr std::size_t kMaxCommandLine = 4096;
constexpr std::size_t kMaxAccounts = 4 << 20;
constexpr std::uint32_t kNoLogin = 0xffffffff;  // audit: loginuid is not set

std::string read_start(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(max_bytes, '\0');
  const ssize_t size = fd.is_open() ? ::read(fd.get(), text.data(), text.size()) : 0;
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

std::string link_of(const std::string& path) {
  std::string target(4096, '\0');
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  target.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return target;
}

std::string command_line(const std::string& directory) {
  std::string text = read_start(directory + "/cmdline", kMaxCommandLine);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  for (char& c : text)
    if (c == '\0') c = ' ';
  return text;
}

std::optional<std::uint32_t> real_uid(const std::string& directory) {
  const std::string status = read_start(directory + "/status", 4096);
  const auto at = status.find("\nUid:\t");
  if (at == std::string::npos) return std::nullopt;
  const auto numbers = std::string_view(status).substr(at + 6);
  return parse_integer<std::uint32_t>(numbers.substr(0, numbers.find_first_of("\t\n")));
}

// Docker, containerd, CRI-O and podman all put 64 hex digits in the last parts of the control group's path.
std::string container_in(std::string_view control_groups) {
  std::size_t run = 0;
  for (std::size_t i = 0; i <= control_groups.size(); ++i) {
    const char c = i < control_groups.size() ? control_groups[i] : '\n';
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
      ++run;
      continue;
    }
    if (run == 64) return std::string(control_groups.substr(i - run, run));
    run = 0;
  }
  return {};
}

// Names from a local file of accounts, read again when it changes. Not through NSS, which may ask the network.
class Accounts {
 public:
  explicit Accounts(std::string path) : path_(std::move(path)) {}

  std::string find(std::uint32_t number) {
    const std::lock_guard lock(mutex_);
    refresh();
    const auto it = names_.find(number);
    return it == names_.end() ? fmt::format("{}", number) : it->second;
  }

 private:
  void refresh() {
    struct stat now {};
    if (::stat(path_.c_str(), &now) != 0) return;
    if (now.st_mtim.tv_sec == read_.tv_sec && now.st_mtim.tv_nsec == read_.tv_nsec) return;
    read_ = now.st_mtim;
    names_.clear();
    const auto text = read_file(path_, kMaxAccounts);
    if (!text) return;
    for (const std::string_view line : split(*text, '\n')) {
      const auto parts = split(line, ':');
      if (parts.size() < 3) continue;
      if (const auto number = parse_integer<std::uint32_t>(parts[2])) names_.try_emplace(*number, parts[0]);
    }
  }

  std::mutex mutex_;  // guards all below
  std::string path_;
  timespec read_{};
  std::map<std::uint32_t, std::string> names_;
};

class LinuxProcessTable final : public ProcessTable {
 public:
  std::optional<ProcessInfo> find(std::int32_t pid) override;
  std::string user_name(std::uint32_t uid) override { return users_.find(uid); }
  std::string group_name(std::uint32_t gid) override { return groups_.find(gid); }

 private:
  Accounts users_{"/etc/passwd"};
  Accounts groups_{"/etc/group"};
};

std::optional<ProcessInfo> LinuxProcessTable::find(std::int32_t pid) {
  if (pid <= 0) return std::nullopt;
  const std::string directory = fmt::format("/proc/{}", pid);
  ProcessInfo info;
  info.pid = pid;
  info.executable = link_of(directory + "/exe");
  info.command_line = command_line(directory);
  info.uid = real_uid(directory);
  if (!info.uid) return std::nullopt;
  const std::string login = read_start(directory + "/loginuid", 32);
  info.login_uid = parse_integer<std::uint32_t>(trim(login));
  if (info.login_uid == kNoLogin) info.login_uid.reset();
  info.container_id = container_in(read_start(directory + "/cgroup", 8192));
  return info;
}

}  // namespace

std::unique_ptr<ProcessTable> make_linux_process_table() {
  return std::make_unique<LinuxProcessTable>();
}

}  // namespace warder::host
