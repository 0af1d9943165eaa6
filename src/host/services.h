// Services: systemd units and, where a script has no unit, System V scripts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace warder::host {

/// Whether it starts by itself. Static: others start it. Masked: it cannot be started.
enum class ServiceStart : std::uint8_t { Unknown, Enabled, Disabled, Static, Masked };
std::string_view name(ServiceStart start) noexcept;
/// Unknown where no service manager runs: an image, a container.
enum class ServiceState : std::uint8_t { Unknown, Active, Inactive };
std::string_view name(ServiceState state) noexcept;

struct Service {
  std::string name;  // "ssh.service", "apt-daily.timer"; "name.sysv" of a script
  std::string description;
  std::string path;                   // of the unit file or script
  std::vector<std::string> dropins;   // further files that change it
  std::vector<std::string> commands;  // ExecStart, in order
  std::string user;                   // empty: root, or the unit does not say
  ServiceStart start = ServiceStart::Unknown;
  ServiceState state = ServiceState::Unknown;
  friend bool operator==(const Service&, const Service&) = default;
};

/// One unit file or drop-in, as systemd.syntax(7) reads it: "Section.Key" and value, in file order; continued lines are
/// joined. At most kMaxUnitSettings.
inline constexpr std::size_t kMaxUnitSettings = 4096;
using UnitSettings = std::vector<std::pair<std::string, std::string>>;
UnitSettings parse_unit(std::string_view text);
/// Applies a unit file's or drop-in's settings: an empty ExecStart forgets those before.
void apply_unit(Service& service, const UnitSettings& settings);
/// Whether the unit can be enabled at all: it has an [Install] section.
bool has_install_section(const UnitSettings& settings);

/// "ssh.service" of "/system.slice/ssh.service"; empty when the control group is no service's.
std::string_view service_of(std::string_view control_group) noexcept;

}  // namespace warder::host
