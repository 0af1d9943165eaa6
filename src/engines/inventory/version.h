// Which of two versions is the newer, by the rules of the package manager that made them.
#pragma once

#include <string_view>

namespace warder::inventory {

/// Negative, 0 or positive, as `a` is older, equal or newer. Any bytes are a version.
/// deb-version(7): "1:2.3~rc1-4".
int compare_dpkg(std::string_view a, std::string_view b) noexcept;
/// rpm's rpmvercmp on epoch, version and release: "1:2.3^git1-4.el9".
int compare_rpm(std::string_view a, std::string_view b) noexcept;
/// `manager` as in a package's attribute; language packages go by their numbers, a leading "v" is left out.
int compare_versions(std::string_view manager, std::string_view a, std::string_view b) noexcept;

}  // namespace warder::inventory
