// Installed software: the package managers' own databases, and packages of language ecosystems found on disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::host {

enum class PackageManager : std::uint8_t { Dpkg, Rpm, Python, Npm, Gem, Go, Java };
/// "dpkg", "rpm", "python", "npm", "gem", "go", "java".
std::string_view name(PackageManager manager) noexcept;

struct Package {
  PackageManager manager = PackageManager::Dpkg;
  std::string name;
  std::string version;         // with epoch and release: "1:2.3-4", as the manager itself prints it
  std::string architecture;    // empty for language packages
  std::string source;          // the source package's name; the package's own where it says none
  std::string source_version;  // dpkg only
  std::string vendor;          // who packaged it: maintainer, vendor
  std::string location;        // where a language package lies; empty for dpkg and rpm
  friend bool operator==(const Package&, const Package&) = default;
};

/// A file that a package brought.
struct PackageFile {
  std::string path;               // absolute
  std::string algorithm;          // "md5", "sha256"; empty: it has no digest (a directory, a link)
  std::string digest;             // hex
  bool is_configuration = false;  // may be changed by whoever administers the host
  friend bool operator==(const PackageFile&, const PackageFile&) = default;
};

inline constexpr std::size_t kMaxPackages = 200'000;

/// dpkg's status file, or one of /var/lib/dpkg/status.d. Packages that are not installed (configuration left over) are
/// left out, as are paragraphs that name none.
std::vector<Package> parse_dpkg_status(std::string_view text);
/// The configuration files and their MD5 of one package in the status file.
std::vector<PackageFile> parse_dpkg_conffiles(std::string_view text, std::string_view package);
/// dpkg's info/NAME.md5sums.
std::vector<PackageFile> parse_md5sums(std::string_view text);

/// One header of an rpm database: name, version, release …. Corrupt when it is none.
struct RpmHeader {
  Package package;
  std::vector<PackageFile> files;
};
Result<RpmHeader> parse_rpm_header(ByteView blob, bool with_files);

/// METADATA of a dist-info or PKG-INFO of an egg-info: absent when it names no package.
std::optional<Package> parse_python_metadata(std::string_view text);
/// package.json: absent when it is no JSON object with name and version.
std::optional<Package> parse_package_json(std::string_view text);
/// NAME-VERSION.gemspec: by its file name, which RubyGems makes so.
std::optional<Package> parse_gemspec_name(std::string_view file_name);
/// The module information that the Go linker puts into a program: the main module first, then what it is built from.
/// `blob` begins with the "\xff Go buildinf:" magic.
std::vector<Package> parse_go_build_info(ByteView blob);
/// META-INF/MANIFEST.MF and, of Maven, pom.properties; `file_name` is the last resort ("commons-io-2.11.0.jar").
std::optional<Package> parse_jar(std::string_view manifest, std::string_view pom_properties,
                                 std::string_view file_name);

}  // namespace warder::host
