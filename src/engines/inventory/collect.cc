#include "engines/inventory/collect.h"

#include <algorithm>
#include <functional>
#include <map>

#include "base/text.h"
#include "base/time.h"

namespace warder::inventory {
namespace {

using host::HostFacts;

class ItemMaker {
 public:
  ItemMaker(std::string_view key, std::string_view name, std::string_view version = {})
      : item_{clean(key), clean(name), clean(version), {}} {}
  ItemMaker& set(std::string_view key, std::string_view value) {
    if (!value.empty()) item_.attributes.emplace_back(key, clean(value));
    return *this;
  }
  Item finish() {
    std::ranges::sort(item_.attributes);
    return std::move(item_);
  }

 private:
  Item item_;
};

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

std::string day_text(const std::optional<std::int64_t>& day) {
  constexpr std::int64_t kMaxDay = 2'932'896;  // 9999-12-31
  if (!day || *day < 0 || *day > kMaxDay) return {};
  constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
  return to_rfc3339(from_micros(*day * kMicrosPerDay)).substr(0, 10);
}

std::string number_text(std::uint64_t number) {
  return number == 0 ? std::string() : std::to_string(number);
}

/// Names of users by number, as the host's own files have them.
class UserNames {
 public:
  explicit UserNames(const std::vector<host::User>& users) {
    for (const host::User& user : users) names_.try_emplace(user.uid, user.name);
  }
  [[nodiscard]] std::string find(std::uint32_t uid) const {
    const auto it = names_.find(uid);
    return it == names_.end() ? std::to_string(uid) : it->second;
  }

 private:
  std::map<std::uint32_t, std::string> names_;
};

std::string short_id(const std::string& container) {
  return container.substr(0, 12);
}

Item item_of(const host::SystemIdentity& system) {
  constexpr std::uint64_t kMegabyte = 1 << 20;
  return ItemMaker("system", system.hostname, system.os_version)
      .set("architecture", system.architecture)
      .set("bios_version", system.bios_version)
      .set("cloud_instance_id", system.cloud.instance_id)
      .set("cloud_instance_type", system.cloud.instance_type)
      .set("cloud_provider", system.cloud.provider)
      .set("cloud_region", system.cloud.region)
      .set("cloud_zone", system.cloud.zone)
      .set("hardware_product", system.product)
      .set("hardware_vendor", system.vendor)
      .set("kernel_release", system.kernel_release)
      .set("kernel_version", system.kernel_version)
      .set("memory_mb", number_text(system.memory_bytes / kMegabyte))
      .set("os_codename", system.os_codename)
      .set("os_id", system.os_id)
      .set("os_like", system.os_like)
      .set("os_name", system.os_name)
      .set("processors", number_text(system.processors))
      .set("timezone", system.timezone)
      .finish();
}

// "Name <address>": the address is a person's, and nobody needs it.
std::string without_mail(std::string_view vendor) {
  const std::string_view name = trim(vendor.substr(0, vendor.find('<')));
  return std::string(name.find('@') == std::string_view::npos ? name : std::string_view());
}

Item item_of(const host::Package& package) {
  std::string key = std::string(name(package.manager)) + '/' + package.name;
  if (!package.architecture.empty()) key += '/' + package.architecture;
  if (!package.location.empty()) key += '@' + package.location;
  return ItemMaker(key, package.name, package.version)
      .set("architecture", package.architecture)
      .set("location", package.location)
      .set("manager", name(package.manager))
      .set("source", package.source)
      .set("source_version", package.source_version)
      .set("vendor", without_mail(package.vendor))
      .finish();
}

Item item_of(const host::Service& service) {
  return ItemMaker(service.name, service.name)
      .set("command", joined(service.commands, "; "))
      .set("description", service.description)
      .set("dropins", joined(service.dropins, " "))
      .set("path", service.path)
      .set("start", name(service.start))
      .set("state", service.state == host::ServiceState::Unknown ? std::string_view{} : name(service.state))
      .set("user", service.user)
      .finish();
}

Item item_of(const host::ListeningSocket& socket, const UserNames& users) {
  const std::string port = std::to_string(socket.port);
  const std::string protocol(name(socket.protocol));
  // [::] and 0.0.0.0 of one port are two sockets; a v4-mapped address is what it maps.
  std::string address = socket.address.text();
  if (socket.is_v6 && socket.address.is_v4()) address = "::ffff:" + address;
  std::string key = protocol + '/' + address + '/' + port;
  if (!socket.container_id.empty()) key += '/' + short_id(socket.container_id);
  return ItemMaker(key, protocol + '/' + port)
      .set("address", address)
      .set("container", short_id(socket.container_id))
      .set("executable", socket.executable)
      .set("port", port)
      .set("protocol", protocol)
      .set("service", host::service_of(socket.control_group))
      .set("user", users.find(socket.uid))
      .finish();
}

// Without the comment field: it holds people's full names, which nobody needs here.
Item item_of(const host::User& user) {
  return ItemMaker(user.name, user.name)
      .set("expires", day_text(user.account_expires_day))
      .set("gid", std::to_string(user.gid))
      .set("groups", joined(user.groups, ","))
      .set("home", user.home)
      .set("password", name(user.password))
      .set("password_changed", day_text(user.password_changed_day))
      .set("password_max_days", user.password_max_days ? std::to_string(*user.password_max_days) : "")
      .set("password_scheme", user.password_scheme)
      .set("shell", user.shell)
      .set("uid", std::to_string(user.uid))
      .finish();
}

Item item_of(const host::Group& group) {
  return ItemMaker(group.name, group.name)
      .set("administrators", joined(group.administrators, ","))
      .set("gid", std::to_string(group.gid))
      .set("members", joined(group.members, ","))
      .finish();
}

// Processes come and go; the programs that run, and as whom, hardly change.
Item item_of(const host::ProcessInfo& process, const UserNames& users) {
  const std::string user = process.uid ? users.find(*process.uid) : "";
  std::string key = process.executable + '|' + user;
  if (!process.container_id.empty()) key += '|' + short_id(process.container_id);
  return ItemMaker(key, process.executable).set("container", short_id(process.container_id)).set("user", user).finish();
}

Item item_of(const host::KernelModule& module) {
  return ItemMaker(module.name, module.name, module.version)
      .set("source_version", module.source_version)
      .set("taint", module.taint)
      .finish();
}

Item item_of(const host::ScheduledJob& job) {
  const std::string what = job.user + '\n' + job.schedule + '\n' + job.command;
  const crypto::Digest mark = crypto::sha256(as_bytes(what));
  const std::size_t slash = job.path.rfind('/');
  return ItemMaker(job.path + '#' + to_hex(ByteView(mark).first(6)),
                   slash == std::string::npos ? job.path : job.path.substr(slash + 1))
      .set("command", job.command)
      .set("path", job.path)
      .set("schedule", job.schedule)
      .set("type", name(job.kind))
      .set("user", job.user)
      .finish();
}

Item item_of(const host::Mount& mount) {
  return ItemMaker(mount.target, mount.target)
      .set("options", mount.options)
      .set("source", mount.source)
      .set("type", mount.type)
      .finish();
}

Item item_of(const host::Container& container) {
  std::string_view state;
  if (container.is_running) state = *container.is_running ? "running" : "stopped";
  return ItemMaker(container.id, container.name.empty() ? short_id(container.id) : container.name)
      .set("image", container.image)
      .set("image_id", container.image_id)
      .set("privileged", container.is_privileged ? "true" : "")
      .set("runtime", container.runtime)
      .set("state", state)
      .finish();
}

// What containers and sessions mount for themselves comes and goes with them.
bool is_passing(const host::Mount& mount) {
  for (const std::string_view prefix : {"/var/lib/docker/", "/var/lib/containers/", "/run/containerd/", "/run/docker/",
                                        "/run/user/", "/var/lib/kubelet/pods/", "/run/netns/"})
    if (mount.target.starts_with(prefix)) return true;
  return false;
}

bool is_passing(const host::ListeningSocket& socket, const CollectOptions& options) {
  return socket.protocol == host::SocketProtocol::Udp && socket.pid != 0 &&
         socket.port >= options.first_ephemeral_port && socket.port <= options.last_ephemeral_port &&
         options.first_ephemeral_port != 0;
}

class Collector {
 public:
  Collector(HostFacts& facts, const CollectOptions& options) : facts_(facts), options_(options) {}
  Collected run();

 private:
  [[nodiscard]] bool wants(Kind kind) const { return options_.kinds.empty() || options_.kinds.contains(kind); }

  template <class List, class Convert>
  void add(Kind kind, const Result<List>& list, const Convert& convert) {
    if (!list) {
      out_.failures.push_back(std::string(name(kind)) + ": " + list.error().message);
      return;
    }
    std::vector<Item> items;
    for (const auto& fact : *list) convert(fact, items);
    out_.snapshot.emplace(kind, canonical(std::move(items)));
  }
  template <class List>
  void add(Kind kind, const Result<List>& list) {
    add(kind, list, [](const auto& fact, std::vector<Item>& items) { items.push_back(item_of(fact)); });
  }

  void add_running(const UserNames& users);

  HostFacts& facts_;
  const CollectOptions& options_;
  Collected out_;
};

void Collector::add_running(const UserNames& users) {
  if (wants(Kind::Socket)) {
    add(Kind::Socket, facts_.listening_sockets(), [&](const host::ListeningSocket& socket, std::vector<Item>& items) {
      if (!is_passing(socket, options_)) items.push_back(item_of(socket, users));
    });
  }
  if (wants(Kind::Program)) {
    add(Kind::Program, facts_.processes(), [&](const host::ProcessInfo& process, std::vector<Item>& items) {
      if (!process.executable.empty()) items.push_back(item_of(process, users));  // kernel threads have none
    });
  }
}

Collected Collector::run() {
  const auto users = facts_.users();
  if (wants(Kind::System)) {
    const auto system = facts_.system();
    add(Kind::System, system ? Result<std::vector<host::SystemIdentity>>(std::vector{*system})
                             : Result<std::vector<host::SystemIdentity>>(fail(system.error())));
  }
  if (wants(Kind::Package)) add(Kind::Package, facts_.software(options_.software));
  if (wants(Kind::Service)) add(Kind::Service, facts_.services());
  if (wants(Kind::User)) add(Kind::User, users);
  if (wants(Kind::Group)) add(Kind::Group, facts_.groups());
  add_running(UserNames(users.value_or(std::vector<host::User>{})));
  if (wants(Kind::KernelModule)) add(Kind::KernelModule, facts_.kernel_modules());
  if (wants(Kind::Job)) add(Kind::Job, facts_.scheduled_jobs());
  if (wants(Kind::Mount)) {
    add(Kind::Mount, facts_.mounts(), [](const host::Mount& mount, std::vector<Item>& items) {
      if (!is_passing(mount)) items.push_back(item_of(mount));
    });
  }
  if (wants(Kind::Container)) add(Kind::Container, facts_.containers());
  return std::move(out_);
}

}  // namespace

Collected collect(HostFacts& facts, const CollectOptions& options) {
  return Collector(facts, options).run();
}

}  // namespace warder::inventory
