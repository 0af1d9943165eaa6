// systemd's unit files as they lie on disk: what there is, what enables it, what changes it (systemd.unit(5)).
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "host/offline/parts.h"
#include "host/tree_read.h"

namespace warder::host {
namespace {

// The first has precedence.
constexpr std::array kUnitDirectories{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
                                      "/usr/lib/systemd/system", "/lib/systemd/system"};
constexpr std::size_t kAdministratorsOwn = 2;  // of these, where links enable a unit
constexpr std::uint64_t kMaxUnitFile = 1 << 20;
constexpr std::size_t kMaxUnits = 20'000;

struct Unit {
  std::string path;
  UnitSettings settings;
  bool is_masked = false;
};

bool is_unit(std::string_view name) noexcept {
  return name.ends_with(".service") || name.ends_with(".timer") || name.ends_with(".socket");
}

// "getty@.service" of "getty@tty1.service"; empty: no instance.
std::string template_of(std::string_view name) {
  const std::size_t at = name.find('@');
  const std::size_t dot = name.rfind('.');
  if (at == std::string_view::npos || dot == std::string_view::npos || at + 1 >= dot) return {};
  return std::string(name.substr(0, at + 1)) + std::string(name.substr(dot));
}

class UnitFinder {
 public:
  explicit UnitFinder(FileTree& tree) : tree_(tree) {}
  UnitList find();

 private:
  void read_directory(const std::string& path, bool can_enable);
  void read_link(const OpenList& list, const std::string& name, bool can_enable);
  void read_enabled(const std::string& directory);
  void read_scripts();
  void add(const std::string& name, const Unit& unit, UnitList& out) const;

  FileTree& tree_;
  std::set<std::string, std::less<>> seen_;  // real directories: /lib is often a link to /usr/lib
  std::map<std::string, Unit, std::less<>> units_;
  std::set<std::string, std::less<>> enabled_;
  // By unit; of each name only the first directory's file counts.
  std::map<std::string, std::map<std::string, std::pair<std::string, UnitSettings>>, std::less<>> dropins_;
  std::map<std::string, std::string> scripts_;  // name to path
  std::set<std::string, std::less<>> enabled_scripts_;
};

void UnitFinder::read_link(const OpenList& list, const std::string& name, bool can_enable) {
  const auto target = list.directory->link_target(name);
  if (!target) return;
  if (*target == "/dev/null") {
    units_.try_emplace(name, Unit{join(list.path, name), {}, true});
    return;
  }
  const std::string other(base_of(*target));
  if (other != name && template_of(name) != other) {  // an alias, which also enables
    if (can_enable) enabled_.insert(other);
    return;
  }
  const auto place = locate(tree_, target->front() == '/' ? *target : join(list.path, *target));
  if (!place || units_.contains(name)) return;
  const auto text = read_text(*place->directory, place->name, kMaxUnitFile);
  if (text) units_.try_emplace(name, Unit{place->path, parse_unit(*text), false});
}

void UnitFinder::read_enabled(const std::string& directory) {
  for (const FileEntry& entry : open_list(tree_, directory).entries)
    if (entry.stat.kind == FileKind::Symlink && is_unit(entry.name)) enabled_.insert(entry.name);
}

void UnitFinder::read_directory(const std::string& path, bool can_enable) {
  const OpenList list = open_list(tree_, path);
  if (!list.directory || !seen_.insert(list.path).second) return;
  for (const FileEntry& entry : list.entries) {
    const std::string& name = entry.name;
    if (units_.size() >= kMaxUnits) return;
    if (entry.stat.kind == FileKind::Symlink && is_unit(name)) {
      read_link(list, name, can_enable);
    } else if (entry.stat.kind == FileKind::Regular && is_unit(name) && !units_.contains(name)) {
      const auto text = read_text(*list.directory, name, kMaxUnitFile);
      if (text) units_.try_emplace(name, Unit{join(list.path, name), parse_unit(*text), false});
    } else if (entry.stat.kind == FileKind::Directory && name.ends_with(".d")) {
      const std::string unit = name.substr(0, name.size() - 2);
      if (!is_unit(unit)) continue;
      const OpenList files = open_list(tree_, join(list.path, name));
      for (const FileEntry& file : files.entries) {
        if (!file.name.ends_with(".conf") || dropins_[unit].contains(file.name)) continue;
        const auto text = read_text(tree_, join(files.path, file.name), kMaxUnitFile);
        if (text) dropins_[unit].try_emplace(file.name, join(files.path, file.name), parse_unit(*text));
      }
    } else if (entry.stat.kind == FileKind::Directory && can_enable &&
               (name.ends_with(".wants") || name.ends_with(".requires"))) {
      read_enabled(join(list.path, name));
    }
  }
}

// Scripts in /etc/init.d, and the links of run levels 2 to 5 that start them.
void UnitFinder::read_scripts() {
  for (const FileEntry& entry : open_list(tree_, "/etc/init.d").entries) {
    const bool can_run = entry.stat.kind == FileKind::Regular && (entry.stat.mode & 0111) != 0;
    if (can_run && !units_.contains(entry.name + ".service")) scripts_[entry.name] = join("/etc/init.d", entry.name);
  }
  for (char level = '2'; level <= '5'; ++level) {
    for (const FileEntry& entry : open_list(tree_, std::string("/etc/rc") + level + ".d").entries)
      if (entry.name.size() > 3 && entry.name.front() == 'S') enabled_scripts_.insert(entry.name.substr(3));
  }
}

void UnitFinder::add(const std::string& name, const Unit& unit, UnitList& out) const {
  Service service;
  service.name = name;
  service.path = unit.path;
  apply_unit(service, unit.settings);
  UnitSettings all = unit.settings;
  for (const std::string& changed : {template_of(name), name}) {
    const auto it = dropins_.find(changed);
    if (changed.empty() || it == dropins_.end()) continue;
    for (const auto& [file, dropin] : it->second) {
      apply_unit(service, dropin.second);
      service.dropins.push_back(dropin.first);
      all.insert(all.end(), dropin.second.begin(), dropin.second.end());
    }
  }
  const bool is_enabled = enabled_.contains(name);
  service.start = unit.is_masked                       ? ServiceStart::Masked
                  : is_enabled                         ? ServiceStart::Enabled
                  : has_install_section(unit.settings) ? ServiceStart::Disabled
                                                       : ServiceStart::Static;
  if (name.ends_with(".timer") && (is_enabled || service.start == ServiceStart::Static)) {
    ScheduledJob job;
    job.kind = JobKind::Timer;
    job.path = unit.path;
    job.user = "root";
    job.command = name.substr(0, name.size() - std::string_view("timer").size()) + "service";
    for (const auto& [key, value] : all) {
      if (key == "Timer.Unit") job.command = value;
      if (!key.starts_with("Timer.On") || value.empty()) continue;
      job.schedule += (job.schedule.empty() ? "" : ", ") + key.substr(6) + "=" + value;
    }
    if (!job.schedule.empty()) out.timers.push_back(std::move(job));
  }
  out.services.push_back(std::move(service));
}

UnitList UnitFinder::find() {
  for (std::size_t i = 0; i < kUnitDirectories.size(); ++i)
    read_directory(kUnitDirectories.at(i), i < kAdministratorsOwn);
  read_scripts();
  UnitList out;
  for (const auto& [name, unit] : units_) add(name, unit, out);
  for (const std::string& name : enabled_) {  // instances of templates have no file of their own
    if (units_.contains(name)) continue;
    const auto it = units_.find(template_of(name));
    if (it != units_.end()) add(name, it->second, out);
  }
  for (const auto& [name, path] : scripts_) {
    Service service;
    service.name = name + ".sysv";
    service.path = path;
    service.commands = {path + " start"};
    service.start = enabled_scripts_.contains(name) ? ServiceStart::Enabled : ServiceStart::Disabled;
    out.services.push_back(std::move(service));
  }
  return out;
}

}  // namespace

UnitList find_units(FileTree& tree) {
  return UnitFinder(tree).find();
}

}  // namespace warder::host
