#include "host/containers.h"

#include "base/json.h"

namespace warder::host {
namespace {

constexpr std::size_t kMaxJson = 4 << 20;

std::string text_at(const json::object& object, std::string_view key) {
  const auto text = get_string(object, key);
  return text ? std::string(*text) : std::string();
}

}  // namespace

std::optional<Container> parse_docker_container(std::string_view config, std::string_view host_config) {
  const auto parsed = parse_json(config, kMaxJson);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const json::object& object = parsed->get_object();
  Container container;
  container.id = text_at(object, "ID");
  if (container.id.empty()) return std::nullopt;
  container.runtime = "docker";
  container.name = text_at(object, "Name");
  if (container.name.starts_with('/')) container.name.erase(0, 1);
  container.image_id = text_at(object, "Image");
  if (const auto inner = get_object(object, "Config")) container.image = text_at(**inner, "Image");
  if (const auto state = get_object(object, "State")) {
    if (const auto running = get_bool(**state, "Running")) container.is_running = *running;
  }
  const auto host = parse_json(host_config, kMaxJson);
  if (host && host->is_object()) container.is_privileged = get_bool(host->get_object(), "Privileged").value_or(false);
  return container;
}

Container parse_oci_container(std::string_view id, std::string_view config) {
  Container container;
  container.id = id;
  container.runtime = "containerd";
  const auto parsed = parse_json(config, kMaxJson);
  if (!parsed || !parsed->is_object()) return container;
  const auto annotations = get_object(parsed->get_object(), "annotations");
  if (!annotations) return container;
  container.name = text_at(**annotations, "io.kubernetes.cri.container-name");
  if (container.name.empty()) container.name = text_at(**annotations, "io.kubernetes.cri.sandbox-name");
  if (container.name.empty()) container.name = text_at(**annotations, "nerdctl/name");
  container.image = text_at(**annotations, "io.kubernetes.cri.image-name");
  return container;
}

std::vector<Container> parse_storage_containers(std::string_view text) {
  std::vector<Container> containers;
  const auto parsed = parse_json(text, 4 * kMaxJson);
  if (!parsed || !parsed->is_array()) return containers;
  for (const json::value& value : parsed->get_array()) {
    if (containers.size() >= kMaxContainers) break;
    if (!value.is_object()) continue;
    const json::object& object = value.get_object();
    Container container;
    container.id = text_at(object, "id");
    if (container.id.empty()) continue;
    container.runtime = "podman";
    container.image_id = text_at(object, "image");
    if (const auto names = get_array(object, "names"); names && !(*names)->empty() && (*names)->front().is_string())
      container.name = (*names)->front().get_string();
    // The engine's own words, as JSON within a string.
    const auto metadata = parse_json(text_at(object, "metadata"), kMaxJson);
    if (metadata && metadata->is_object()) {
      const json::object& words = metadata->get_object();
      container.image = text_at(words, "image-name");
      if (words.contains("pod-name")) container.runtime = "cri-o";
    }
    containers.push_back(std::move(container));
  }
  return containers;
}

std::string container_in(std::string_view control_groups) {
  // Docker, containerd, CRI-O and podman all put 64 hex digits in the last parts of the control group's path.
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

std::string_view runtime_of(std::string_view control_group) noexcept {
  if (control_group.find("/docker") != std::string_view::npos) return "docker";
  if (control_group.find("libpod") != std::string_view::npos) return "podman";
  if (control_group.find("crio-") != std::string_view::npos) return "cri-o";
  if (control_group.find("cri-containerd") != std::string_view::npos) return "containerd";
  return {};
}

}  // namespace warder::host
