// take_things of things.h: the host's lists as keys and properties.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engines/integrity/things.h"
#include "host/file_tree.h"

namespace warder::integrity {
namespace {

using Things = std::vector<Thing>;

std::string joined(const std::vector<std::string>& parts, std::string_view separator = ",") {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? std::string_view() : separator), text += part;
  return text;
}

std::string sorted_list(std::vector<std::string> parts) {
  std::sort(parts.begin(), parts.end());
  return joined(parts);
}

std::string flag(bool value) {
  return value ? "true" : "false";
}

// Texts of a host may be any bytes; what is stored is UTF-8.
void put(Thing& thing, const char* name, std::string_view value) {
  if (!value.empty()) thing.properties[name] = escape_non_utf8(value);
}

Result<Things> users(host::HostFacts& facts, std::int64_t today) {
  Things things;
  for (const host::User& user : WD_TRY(facts.users())) {
    Thing thing{user.name, {}};
    put(thing, "user", user.name);
    put(thing, "uid", fmt::format("{}", user.uid));
    put(thing, "gid", fmt::format("{}", user.gid));
    put(thing, "fullName", user.comment);
    put(thing, "homeFolder", user.home);
    put(thing, "logonShell", user.shell);
    put(thing, "groups", sorted_list(user.groups));
    if (!user.groups.empty()) put(thing, "group", user.groups.front());
    put(thing, "password", std::string(name(user.password)) + " " + user.password_scheme + " " + user.password_mark);
    put(thing, "lockedOut", flag(user.password == host::PasswordState::Locked));
    const bool is_expired = user.account_expires_day && *user.account_expires_day <= today;
    put(thing, "disabled", flag(is_expired));
    if (user.account_expires_day) put(thing, "passwordExpiry", fmt::format("{}", *user.account_expires_day));
    put(thing, "passwordNeverExpires", flag(!user.password_max_days));
    if (user.password_max_days) put(thing, "passwordExpiryInDays", fmt::format("{}", *user.password_max_days));
    if (user.password_changed_day) {
      constexpr std::int64_t kMillisecondsADay = 86'400'000;
      put(thing, "passwordLastChanged", fmt::format("{}", *user.password_changed_day * kMillisecondsADay));
      const bool has_limit = user.password_max_days.has_value();
      put(thing, "passwordHasExpired", flag(has_limit && *user.password_changed_day + *user.password_max_days < today));
    }
    things.push_back(std::move(thing));
  }
  return things;
}

Result<Things> groups(host::HostFacts& facts) {
  Things things;
  for (const host::Group& group : WD_TRY(facts.groups())) {
    Thing thing{group.name, {}};
    put(thing, "group", fmt::format("{}:{}", group.name, group.gid));
    put(thing, "members", sorted_list(group.members));
    things.push_back(std::move(thing));
  }
  return things;
}

// Sockets on the same address and port are one entity.
Result<Things> ports(host::HostFacts& facts) {
  std::map<std::string, std::pair<Thing, int>> by_key;
  for (const host::ListeningSocket& socket : WD_TRY(facts.listening_sockets())) {
    const std::string key =
        fmt::format("{}{}/{}/{}", name(socket.protocol), socket.is_v6 ? "6" : "", socket.address.text(), socket.port);
    auto& [thing, count] = by_key[key];
    thing.key = key;
    ++count;
    put(thing, "path", socket.executable);
    put(thing, "process", host::base_of(socket.executable));
    put(thing, "user", socket.uid == 0 ? "root" : fmt::format("{}", socket.uid));
    if (socket.pid != 0) put(thing, "processId", fmt::format("{}", socket.pid));
    put(thing, "container", socket.container_id);
  }
  Things things;
  for (auto& [key, each] : by_key) {
    if (each.second > 1) put(each.first, "listeners", fmt::format("{}", each.second));
    things.push_back(std::move(each.first));
  }
  return things;
}

Result<Things> processes(host::HostFacts& facts) {
  Things things;
  for (const host::ProcessInfo& process : WD_TRY(facts.processes())) {
    std::string short_name(host::base_of(process.executable));
    if (short_name.empty()) short_name = process.command_line.substr(0, process.command_line.find(' '));
    Thing thing{fmt::format("{}/{}", short_name.empty() ? "kernel" : short_name, process.pid), {}};
    put(thing, "process", short_name);
    put(thing, "path", process.executable);
    put(thing, "commandLine", process.command_line);
    put(thing, "parent", fmt::format("{}", process.parent));
    if (process.uid) put(thing, "user", *process.uid == 0 ? "root" : fmt::format("{}", *process.uid));
    put(thing, "container", process.container_id);
    put(thing, "started", fmt::format("{}", process.start_tick));
    things.push_back(std::move(thing));
  }
  return things;
}

Result<Things> services(host::HostFacts& facts) {
  Things things;
  for (const host::Service& service : WD_TRY(facts.services())) {
    Thing thing{service.name, {}};
    put(thing, "description", service.description);
    put(thing, "displayName", service.description);
    put(thing, "binaryPathName", joined(service.commands, "; "));
    put(thing, "logOnAs", service.user.empty() ? "root" : service.user);
    put(thing, "startType", name(service.start));
    put(thing, "state", name(service.state));
    put(thing, "unitFile", service.path + (service.dropins.empty() ? "" : "," + sorted_list(service.dropins)));
    things.push_back(std::move(thing));
  }
  return things;
}

Result<Things> software(host::HostFacts& facts) {
  Things things;
  for (const host::Package& package : WD_TRY(facts.software({}))) {
    const bool is_of_system =
        package.manager == host::PackageManager::Dpkg || package.manager == host::PackageManager::Rpm;
    Thing thing{is_of_system ? package.name : fmt::format("{}/{}", name(package.manager), package.name), {}};
    put(thing, "name", package.name);
    put(thing, "version", package.version);
    put(thing, "architecture", package.architecture);
    put(thing, "manufacturer", package.vendor);
    put(thing, "source", package.source);
    put(thing, "installLocation", package.location);
    things.push_back(std::move(thing));
  }
  return things;
}

Result<Things> kernel_modules(host::HostFacts& facts) {
  Things things;
  for (const host::KernelModule& module : WD_TRY(facts.kernel_modules())) {
    Thing thing{module.name, {}};
    put(thing, "size", fmt::format("{}", module.bytes));
    put(thing, "version", module.version.empty() ? module.source_version : module.version);
    put(thing, "state", module.state);
    put(thing, "tainted", module.taint);
    put(thing, "usedBy", sorted_list(module.used_by));
    things.push_back(std::move(thing));
  }
  return things;
}

Result<Things> jobs(host::HostFacts& facts) {
  Things things;
  for (const host::ScheduledJob& job : WD_TRY(facts.scheduled_jobs())) {
    Thing thing{job.path + (job.command.empty() ? "" : " " + job.command), {}};
    put(thing, "schedule", job.schedule);
    put(thing, "command", job.command);
    put(thing, "user", job.user);
    put(thing, "file", job.path);
    put(thing, "source", name(job.kind));
    things.push_back(std::move(thing));
  }
  return things;
}

Result<Things> mounts(host::HostFacts& facts) {
  Things things;
  for (const host::Mount& mount : WD_TRY(facts.mounts())) {
    Thing thing{mount.target, {}};
    put(thing, "device", mount.source);
    put(thing, "type", mount.type);
    put(thing, "options", mount.options);
    put(thing, "mountPoint", mount.target);
    things.push_back(std::move(thing));
  }
  return things;
}

Result<Things> containers(host::HostFacts& facts) {
  Things things;
  for (const host::Container& container : WD_TRY(facts.containers())) {
    Thing thing{container.id, {}};
    put(thing, "image", container.image);
    put(thing, "name", container.name);
    put(thing, "runtime", container.runtime);
    put(thing, "privileged", flag(container.is_privileged));
    if (container.is_running) put(thing, "state", *container.is_running ? "running" : "stopped");
    things.push_back(std::move(thing));
  }
  return things;
}

Result<Things> take(SetKind kind, host::HostFacts& facts, std::int64_t today) {
  switch (kind) {
    case SetKind::File:
    case SetKind::Directory:
      break;
    case SetKind::User:
      return users(facts, today);
    case SetKind::Group:
      return groups(facts);
    case SetKind::Port:
      return ports(facts);
    case SetKind::Process:
      return processes(facts);
    case SetKind::Service:
      return services(facts);
    case SetKind::InstalledSoftware:
      return software(facts);
    case SetKind::KernelModule:
      return kernel_modules(facts);
    case SetKind::Cron:
      return jobs(facts);
    case SetKind::Mount:
      return mounts(facts);
    case SetKind::Container:
      return containers(facts);
  }
  return fail(ErrorCode::Invalid, "files are no list");
}

}  // namespace

Result<std::vector<Thing>> take_things(SetKind kind, host::HostFacts& facts, std::int64_t today) {
  Things things = WD_TRY(take(kind, facts, today).in(std::string(name(kind))));
  for (Thing& thing : things) thing.key = escape_non_utf8(thing.key);
  std::stable_sort(things.begin(), things.end(), [](const Thing& a, const Thing& b) { return a.key < b.key; });
  // Several of one key (a package for two architectures): told apart by number.
  std::size_t count = 1;
  for (std::size_t i = 1; i < things.size(); ++i) {
    const std::string& before = things[i - count].key;
    count = things[i].key == before ? count + 1 : 1;
    if (count > 1) things[i].key += fmt::format("#{}", count);
  }
  std::sort(things.begin(), things.end(), [](const Thing& a, const Thing& b) { return a.key < b.key; });
  return things;
}

}  // namespace warder::integrity
