#include "host/services.h"

#include <algorithm>

#include "base/text.h"
#include "host/lines.h"

namespace warder::host {
namespace {

constexpr std::size_t kMaxCommands = 64;

}  // namespace

std::string_view name(ServiceStart start) noexcept {
  switch (start) {
    case ServiceStart::Unknown:
      return "unknown";
    case ServiceStart::Enabled:
      return "enabled";
    case ServiceStart::Disabled:
      return "disabled";
    case ServiceStart::Static:
      return "static";
    case ServiceStart::Masked:
      return "masked";
  }
  return "unknown";
}

std::string_view name(ServiceState state) noexcept {
  switch (state) {
    case ServiceState::Unknown:
      return "unknown";
    case ServiceState::Active:
      return "active";
    case ServiceState::Inactive:
      return "inactive";
  }
  return "unknown";
}

UnitSettings parse_unit(std::string_view text) {
  UnitSettings settings;
  std::string section;
  std::string joined;
  while (!text.empty() && settings.size() < kMaxUnitSettings) {
    std::string_view line = trim(take_line(text));
    const bool is_comment = !line.empty() && (line.front() == '#' || line.front() == ';');
    if (is_comment) continue;  // also between continued lines
    if (line.ends_with('\\')) {
      line.remove_suffix(1);
      joined += line;
      joined += ' ';
      if (!text.empty()) continue;
      line = {};
    }
    joined += line;
    const std::string whole = std::exchange(joined, {});
    const std::string_view item = trim(whole);
    if (item.starts_with('[') && item.ends_with(']')) {
      section = item.substr(1, item.size() - 2);
      continue;
    }
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    std::string key = section;
    key += '.';
    key += trim(item.substr(0, equals));
    settings.emplace_back(std::move(key), trim(item.substr(equals + 1)));
  }
  return settings;
}

void apply_unit(Service& service, const UnitSettings& settings) {
  for (const auto& [key, value] : settings) {
    if (key == "Unit.Description") {
      service.description = value;
    } else if (key == "Service.User") {
      service.user = value;
    } else if (key == "Service.ExecStart") {
      if (value.empty()) {
        service.commands.clear();
      } else if (service.commands.size() < kMaxCommands) {
        service.commands.push_back(value);
      }
    }
  }
}

bool has_install_section(const UnitSettings& settings) {
  return std::ranges::any_of(settings, [](const auto& setting) { return setting.first.starts_with("Install."); });
}

std::string_view service_of(std::string_view control_group) noexcept {
  // The innermost unit: user services lie below user@1000.service.
  while (!control_group.empty()) {
    const std::size_t slash = control_group.rfind('/');
    const std::string_view part = control_group.substr(slash == std::string_view::npos ? 0 : slash + 1);
    if (part.ends_with(".service") && part.size() > std::string_view(".service").size()) return part;
    if (slash == std::string_view::npos) break;
    control_group = control_group.substr(0, slash);
  }
  return {};
}

}  // namespace warder::host
