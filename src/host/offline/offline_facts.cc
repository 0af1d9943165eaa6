#include "host/offline/offline_facts.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "host/offline/parts.h"
#include "host/tree_read.h"

namespace warder::host {
namespace {

constexpr std::uint64_t kMaxAccountFile = 16 << 20;
constexpr std::array kRpmPaths{"/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite"};
// Berkeley DB (before Fedora 33 and RHEL 9) and ndb (SUSE).
constexpr std::array kOtherRpmPaths{"/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db",
                                    "/usr/lib/sysimage/rpm/Packages", "/usr/lib/sysimage/rpm/Packages.db"};

tl::unexpected<Error> not_running(std::string_view what) {
  return fail(ErrorCode::Unavailable, std::string(what) + ": only a running host has them");
}

std::string first_line(FileTree& tree, const std::string& path) {
  const auto text = read_text(tree, path, 65'536);
  if (!text) return {};
  return std::string(trim(std::string_view(*text).substr(0, text->find('\n'))));
}

std::string timezone_of(FileTree& tree) {
  const std::string named = first_line(tree, "/etc/timezone");
  if (!named.empty()) return named;
  const auto etc = tree.open("/etc");
  if (!etc) return {};
  const auto target = (*etc)->link_target("localtime");
  if (!target) return {};
  const std::size_t at = target->find("zoneinfo/");
  return at == std::string::npos ? std::string() : target->substr(at + std::string_view("zoneinfo/").size());
}

void read_cloud(FileTree& tree, SystemIdentity& system) {
  for (const char* path : {"/run/cloud-init/instance-data.json", "/var/lib/cloud/instance/instance-data.json"}) {
    const auto text = read_text(tree, path, 4 << 20);
    if (!text) continue;
    system.cloud = parse_instance_data(*text);
    break;
  }
  if (system.cloud.instance_id.empty()) system.cloud.instance_id = first_line(tree, "/var/lib/cloud/data/instance-id");
  const std::string asset_tag = first_line(tree, "/sys/class/dmi/id/chassis_asset_tag");
  if (system.cloud.provider.empty()) system.cloud.provider = cloud_provider(system.vendor, system.product, asset_tag);
}

}  // namespace

class OfflineFacts::Memory {
 public:
  SoftwareMemory software;
};

OfflineFacts::OfflineFacts(std::unique_ptr<FileTree> tree, std::string root)
    : tree_(std::move(tree)), has_root_(!root.empty()), root_(std::move(root)), memory_(std::make_unique<Memory>()) {
  while (root_.ends_with('/')) root_.pop_back();
}

OfflineFacts::~OfflineFacts() = default;

Result<SystemIdentity> OfflineFacts::system() {
  SystemIdentity system;
  system.hostname = first_line(*tree_, "/etc/hostname");
  auto release = read_text(*tree_, "/etc/os-release", 65'536);
  if (!release) release = read_text(*tree_, "/usr/lib/os-release", 65'536);
  const auto settings = parse_os_release(release.value_or(""));
  const auto at = [&](std::string_view key) {
    const auto it = settings.find(key);
    return it == settings.end() ? std::string() : it->second;
  };
  system.os_id = at("ID");
  system.os_like = at("ID_LIKE");
  system.os_version = at("VERSION_ID");
  system.os_codename = at("VERSION_CODENAME");
  system.os_name = at("PRETTY_NAME");
  system.vendor = first_line(*tree_, "/sys/class/dmi/id/sys_vendor");
  system.product = first_line(*tree_, "/sys/class/dmi/id/product_name");
  system.bios_version = first_line(*tree_, "/sys/class/dmi/id/bios_version");
  system.timezone = timezone_of(*tree_);
  read_cloud(*tree_, system);
  return system;
}

Result<std::vector<User>> OfflineFacts::users() {
  const auto passwd = read_text(*tree_, "/etc/passwd", kMaxAccountFile);
  if (!passwd) return fail(ErrorCode::Unavailable, "/etc/passwd: it cannot be read");
  auto users = parse_passwd(*passwd);
  auto groups = parse_group(read_text(*tree_, "/etc/group", kMaxAccountFile).value_or(""));
  join_accounts(users, groups, parse_shadow(read_text(*tree_, "/etc/shadow", kMaxAccountFile).value_or("")), {});
  return users;
}

Result<std::vector<Group>> OfflineFacts::groups() {
  const auto group = read_text(*tree_, "/etc/group", kMaxAccountFile);
  if (!group) return fail(ErrorCode::Unavailable, "/etc/group: it cannot be read");
  auto groups = parse_group(*group);
  std::vector<User> none;
  join_accounts(none, groups, {}, parse_gshadow(read_text(*tree_, "/etc/gshadow", kMaxAccountFile).value_or("")));
  return groups;
}

Result<std::vector<Package>> OfflineFacts::software(const SoftwareSearch& search) {
  std::vector<Package> packages;
  const auto add = [&](std::vector<Package> some) {
    packages.insert(packages.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  };
  if (const auto status = read_text(*tree_, "/var/lib/dpkg/status")) add(parse_dpkg_status(*status));
  const OpenList parts = open_list(*tree_, "/var/lib/dpkg/status.d");
  for (const FileEntry& entry : parts.entries) {
    if (entry.stat.kind != FileKind::Regular || entry.name.ends_with(".md5sums")) continue;
    add(parse_dpkg_status(read_text(*parts.directory, entry.name, 1 << 20).value_or("")));
  }
  for (const char* path : kRpmPaths) {
    if (!has_root_) break;
    auto headers = read_rpm_sqlite(root_ + path, false);
    if (!headers && headers.error().code == ErrorCode::NotFound) continue;
    if (!headers) return fail(std::move(headers).error());
    for (RpmHeader& header : *headers) packages.push_back(std::move(header.package));
    break;
  }
  const auto is_other = [&](const char* path) { return locate(*tree_, path).has_value(); };
  if (packages.empty() && std::any_of(kOtherRpmPaths.begin(), kOtherRpmPaths.end(), is_other))
    return fail(ErrorCode::Unavailable,
                "software: rpm keeps its database as Berkeley DB or ndb here, and only SQLite is read");
  if (search.language_packages) add(find_language_packages(*tree_, search, memory_->software));
  return packages;
}

Result<std::vector<PackageFile>> OfflineFacts::files_of(const Package& package) {
  if (package.manager == PackageManager::Dpkg) {
    const std::string base = "/var/lib/dpkg/info/" + package.name;
    auto sums = read_text(*tree_, base + ":" + package.architecture + ".md5sums");
    if (!sums) sums = read_text(*tree_, base + ".md5sums");
    auto files = parse_md5sums(sums.value_or(""));
    const auto configuration =
        parse_dpkg_conffiles(read_text(*tree_, "/var/lib/dpkg/status").value_or(""), package.name);
    files.insert(files.end(), configuration.begin(), configuration.end());
    return files;
  }
  std::vector<PackageFile> files;
  if (package.manager != PackageManager::Rpm || !has_root_) return files;
  for (const char* path : kRpmPaths) {
    auto headers = read_rpm_sqlite(root_ + path, true, package.name);
    if (!headers) continue;
    for (RpmHeader& header : *headers) {
      if (header.package.version != package.version || header.package.architecture != package.architecture) continue;
      files.insert(files.end(), header.files.begin(), header.files.end());
    }
    break;
  }
  return files;
}

Result<std::vector<Service>> OfflineFacts::services() {
  return find_units(*tree_).services;
}

Result<std::vector<ListeningSocket>> OfflineFacts::listening_sockets() {
  return not_running("listening sockets");
}

Result<std::vector<ProcessInfo>> OfflineFacts::processes() {
  return not_running("processes");
}

Result<std::vector<KernelModule>> OfflineFacts::kernel_modules() {
  return not_running("loaded kernel modules");
}

Result<std::vector<ScheduledJob>> OfflineFacts::scheduled_jobs() {
  auto jobs = find_cron_jobs(*tree_, users().value_or(std::vector<User>{}));
  auto timers = find_units(*tree_).timers;
  jobs.insert(jobs.end(), std::make_move_iterator(timers.begin()), std::make_move_iterator(timers.end()));
  return jobs;
}

Result<std::vector<Mount>> OfflineFacts::mounts() {
  return not_running("mounts");
}

Result<std::vector<Container>> OfflineFacts::containers() {
  return find_containers(*tree_);
}

std::unique_ptr<HostFacts> make_offline_facts(std::unique_ptr<FileTree> tree, std::string root) {
  return std::make_unique<OfflineFacts>(std::move(tree), std::move(root));
}

}  // namespace warder::host
