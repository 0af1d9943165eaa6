#include "agent/inventory_triggers.h"

#include <array>
#include <vector>

namespace warder::agent {
namespace {

using inventory::Kind;

struct Source {
  const char* path;
  Kind kind;
};
constexpr std::array kSources{
    Source{"/var/lib/dpkg/status", Kind::Package},
    Source{"/var/lib/rpm/rpmdb.sqlite", Kind::Package},
    Source{"/var/lib/rpm/rpmdb.sqlite-wal", Kind::Package},
    Source{"/usr/lib/sysimage/rpm/rpmdb.sqlite", Kind::Package},
    Source{"/etc/passwd", Kind::User},
    Source{"/etc/shadow", Kind::User},
    Source{"/etc/group", Kind::Group},
    Source{"/etc/gshadow", Kind::Group},
    Source{"/etc/systemd/system", Kind::Service},
    Source{"/etc/systemd/system/multi-user.target.wants", Kind::Service},
    Source{"/usr/lib/systemd/system", Kind::Service},
    Source{"/etc/init.d", Kind::Service},
    Source{"/run/systemd/units", Kind::Service},
    Source{"/etc/crontab", Kind::Job},
    Source{"/etc/cron.d", Kind::Job},
    Source{"/var/spool/cron/crontabs", Kind::Job},
    Source{"/etc/os-release", Kind::System},
    Source{"/var/lib/docker/containers", Kind::Container},
    Source{"/run/containerd/io.containerd.runtime.v2.task/k8s.io", Kind::Container},
};

// What changes along with it: a group's members stand in users, too, and new services listen.
void add_related(std::set<Kind>& kinds) {
  if (kinds.contains(Kind::Group) || kinds.contains(Kind::User)) kinds.insert({Kind::User, Kind::Group});
  if (kinds.contains(Kind::Package)) kinds.insert({Kind::Service, Kind::Job});
  if (kinds.contains(Kind::Service) || kinds.contains(Kind::Container))
    kinds.insert({Kind::Socket, Kind::Program, Kind::Job});
}

}  // namespace

InventoryTriggers::InventoryTriggers(host::FileTree& tree) : tree_(tree) {}

InventoryTriggers::State InventoryTriggers::state_of(const std::string& path) {
  const std::string real = tree_.resolve(path);
  const auto directory = tree_.open(std::string(host::parent_of(real)));
  if (!directory) return {};
  const auto stat = (*directory)->find(std::string(host::base_of(real)));
  if (!stat || !*stat) return {};
  return {(*stat)->changed_ns, (*stat)->bytes};
}

std::set<Kind> InventoryTriggers::look() {
  bool is_quiet = true;
  for (const Source& source : kSources) {
    const State state = state_of(source.path);
    const auto [it, is_new] = known_.try_emplace(source.path, state);
    if (is_new || it->second == state) continue;
    it->second = state;
    if (is_first_) continue;
    changed_.insert(source.kind);
    is_quiet = false;
  }
  is_first_ = false;
  if (!is_quiet) return {};
  std::set<Kind> kinds = std::exchange(changed_, {});
  add_related(kinds);
  return kinds;
}

}  // namespace warder::agent
