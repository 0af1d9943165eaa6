// Containers, by what their engines leave on disk and by control groups.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warder::host {

struct Container {
  std::string id;       // 64 hex digits
  std::string runtime;  // "docker", "containerd", "podman", "cri-o"; empty: seen as a control group only
  std::string name;
  std::string image;     // as it was asked for: "nginx:1.27"
  std::string image_id;  // "sha256:…"
  bool is_privileged = false;
  std::optional<bool> is_running;  // absent: cannot be told (an image)
  friend bool operator==(const Container&, const Container&) = default;
};

inline constexpr std::size_t kMaxContainers = 20'000;
/// Docker's containers/ID/config.v2.json and hostconfig.json (may be empty).
std::optional<Container> parse_docker_container(std::string_view config, std::string_view host_config);
/// The config.json of an OCI bundle, with the names that Kubernetes gives in annotations.
Container parse_oci_container(std::string_view id, std::string_view config);
/// containers.json of containers-storage (podman, CRI-O).
std::vector<Container> parse_storage_containers(std::string_view text);
/// The container of a control group path: 64 hex digits in one of its last parts; empty: none.
std::string container_in(std::string_view control_groups);
/// "docker", "containerd", "podman", "cri-o" by the path's prefixes; empty: not told.
std::string_view runtime_of(std::string_view control_group) noexcept;

}  // namespace warder::host
