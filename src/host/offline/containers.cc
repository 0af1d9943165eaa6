#include "base/json.h"
#include "host/offline/parts.h"
#include "host/tree_read.h"

namespace warder::host {
namespace {

constexpr std::uint64_t kMaxConfig = 4 << 20;

void add_docker(FileTree& tree, std::vector<Container>& out) {
  const OpenList list = open_list(tree, "/var/lib/docker/containers");
  for (const FileEntry& entry : list.entries) {
    if (out.size() >= kMaxContainers) return;
    if (entry.stat.kind != FileKind::Directory) continue;
    const auto directory = list.directory->open(entry.name);
    if (!directory) continue;
    const auto config = read_text(**directory, "config.v2.json", kMaxConfig);
    if (!config) continue;
    const auto host = read_text(**directory, "hostconfig.json", kMaxConfig);
    if (auto container = parse_docker_container(*config, host.value_or(""))) out.push_back(std::move(*container));
  }
}

// containerd's running tasks: one directory each, with the OCI bundle's config.json.
void add_containerd(FileTree& tree, std::vector<Container>& out) {
  const std::string base = "/run/containerd/io.containerd.runtime.v2.task";
  for (const FileEntry& space : open_list(tree, base).entries) {
    if (space.name == "moby") continue;  // Docker's: told above
    const OpenList list = open_list(tree, join(base, space.name));
    for (const FileEntry& entry : list.entries) {
      if (out.size() >= kMaxContainers) return;
      if (entry.stat.kind != FileKind::Directory) continue;
      const auto directory = list.directory->open(entry.name);
      if (!directory) continue;
      const auto config = read_text(**directory, "config.json", kMaxConfig);
      out.push_back(parse_oci_container(entry.name, config.value_or("")));
    }
  }
}

}  // namespace

std::vector<Container> find_containers(FileTree& tree) {
  std::vector<Container> containers;
  add_docker(tree, containers);
  add_containerd(tree, containers);
  const auto storage = read_text(tree, "/var/lib/containers/storage/overlay-containers/containers.json");
  for (Container& container : parse_storage_containers(storage.value_or("")))
    containers.push_back(std::move(container));
  return containers;
}

}  // namespace warder::host
