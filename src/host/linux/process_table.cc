#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <mutex>

#include "base/file.h"
#include "base/text.h"
#include "host/containers.h"
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

// The unified hierarchy's path, or systemd's own where there is none: "0::/system.slice/ssh.service".
std::string control_group_in(std::string_view text) {
  std::string_view found;
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with("0::")) return std::string(line.substr(3));
    const std::size_t at = line.find(":name=systemd:");
    if (at != std::string_view::npos) found = line.substr(at + 14);
  }
  return std::string(found);
}

struct StatNumbers {
  std::int32_t parent = 0;
  std::uint64_t start_tick = 0;
};

// proc(5): the name stands in parentheses and may hold any byte; the state is the third field.
StatNumbers stat_numbers(std::string_view stat) {
  StatNumbers numbers;
  const std::size_t close = stat.rfind(')');
  if (close == std::string_view::npos || close + 2 > stat.size()) return numbers;
  const auto fields = split(stat.substr(close + 2), ' ');
  if (fields.size() < 20) return numbers;
  numbers.parent = parse_integer<std::int32_t>(fields[1]).value_or(0);
  numbers.start_tick = parse_integer<std::uint64_t>(fields[19]).value_or(0);
  return numbers;
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
  std::vector<std::int32_t> pids() override;
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
  const std::string groups = read_start(directory + "/cgroup", 8192);
  info.control_group = control_group_in(groups);
  info.container_id = container_in(groups);
  const StatNumbers numbers = stat_numbers(read_start(directory + "/stat", 2048));
  info.parent = numbers.parent;
  info.start_tick = numbers.start_tick;
  return info;
}

std::vector<std::int32_t> LinuxProcessTable::pids() {
  std::vector<std::int32_t> all;
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) return all;
  while (const dirent* entry = ::readdir(directory)) {
    if (const auto pid = parse_integer<std::int32_t>(static_cast<const char*>(entry->d_name))) all.push_back(*pid);
  }
  ::closedir(directory);
  return all;
}

}  // namespace

std::unique_ptr<ProcessTable> make_linux_process_table() {
  return std::make_unique<LinuxProcessTable>();
}

}  // namespace warder::host
