#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"
#include "host/lines.h"
#include "host/software.h"

namespace warder::host {
namespace {

constexpr std::size_t kMaxName = 512;
constexpr std::size_t kMaxGoModules = 5000;

bool is_sane(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxName && is_utf8(text) &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

std::optional<Package> make(PackageManager manager, std::string_view name, std::string_view version) {
  if (!is_sane(name) || !is_sane(version)) return std::nullopt;
  Package package;
  package.manager = manager;
  package.name = name;
  package.version = version;
  package.source = name;
  return package;
}

// Values of "Key: value" lines up to the first empty one; `separator` is ':' or '='.
std::string_view value_of(std::string_view text, std::string_view key, char separator) {
  while (!text.empty()) {
    const std::string_view line = trim(take_line(text));
    const std::size_t at = line.find(separator);
    if (at != std::string_view::npos && equals_ignoring_case(trim(line.substr(0, at)), key))
      return trim(line.substr(at + 1));
  }
  return {};
}

// A length in Go's varint and as many bytes.
std::string_view take_go_text(Reader& in) {
  std::uint64_t length = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const auto byte = in.u8();
    if (!byte) return {};
    length |= static_cast<std::uint64_t>(*byte & 0x7f) << shift;
    if ((*byte & 0x80) == 0) break;
  }
  const auto bytes = in.take(static_cast<std::size_t>(std::min<std::uint64_t>(length, in.remaining() + 1)));
  return bytes ? as_text(*bytes) : std::string_view{};
}

void add_go_module(std::vector<Package>& packages, std::string_view line) {
  std::array<std::string_view, 3> parts{};
  for (std::string_view& part : parts) {
    const std::size_t tab = std::min(line.find('\t'), line.size());
    part = line.substr(0, tab);
    line.remove_prefix(std::min(tab + 1, line.size()));
  }
  const bool replaces = parts[0] == "=>";
  if (parts[0] != "mod" && parts[0] != "dep" && !replaces) return;
  auto package = make(PackageManager::Go, parts[1], parts[2].empty() ? std::string_view("(devel)") : parts[2]);
  if (!package) return;
  if (replaces && !packages.empty()) packages.pop_back();
  packages.push_back(std::move(*package));
}

// "commons-io-2.11.0.jar": the version begins at the first digit after a dash.
std::optional<Package> parse_jar_name(std::string_view file) {
  const std::size_t dot = file.rfind('.');
  file = file.substr(0, dot);
  for (std::size_t i = 0; i + 1 < file.size(); ++i) {
    if (file[i] == '-' && i > 0 && file[i + 1] >= '0' && file[i + 1] <= '9')
      return make(PackageManager::Java, file.substr(0, i), file.substr(i + 1));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Package> parse_python_metadata(std::string_view text) {
  // The headers end at the first empty line (RFC 822 form); below it is the description.
  const std::size_t end = std::min(text.find("\n\n"), text.find("\n\r\n"));
  const std::string_view head = text.substr(0, end);
  return make(PackageManager::Python, value_of(head, "Name", ':'), value_of(head, "Version", ':'));
}

std::optional<Package> parse_package_json(std::string_view text) {
  const auto parsed = parse_json(text, 1 << 20);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const auto name = get_string(parsed->get_object(), "name");
  const auto version = get_string(parsed->get_object(), "version");
  if (!name || !version) return std::nullopt;
  return make(PackageManager::Npm, *name, *version);
}

std::optional<Package> parse_gemspec_name(std::string_view file_name) {
  constexpr std::string_view kSuffix = ".gemspec";
  if (!file_name.ends_with(kSuffix)) return std::nullopt;
  file_name.remove_suffix(kSuffix.size());
  // "nokogiri-1.16.0-x86_64-linux": the version is the first part that begins with a digit.
  std::size_t dash = 0;
  while ((dash = file_name.find('-', dash + 1)) != std::string_view::npos) {
    const std::string_view rest = file_name.substr(dash + 1);
    if (rest.empty() || rest.front() < '0' || rest.front() > '9') continue;
    return make(PackageManager::Gem, file_name.substr(0, dash), rest.substr(0, rest.find('-')));
  }
  return std::nullopt;
}

std::vector<Package> parse_go_build_info(ByteView blob) {
  // go/src/debug/buildinfo/buildinfo.go: 14 bytes of magic, pointer size, flags; with flag 2 the strings follow at 32.
  constexpr std::string_view kMagic = "\xff Go buildinf:";
  constexpr std::uint8_t kInlineStrings = 2;
  constexpr std::size_t kMarker = 16;  // before and after the module information
  std::vector<Package> packages;
  if (blob.size() < 32 || !as_text(blob).starts_with(kMagic) || (blob[15] & kInlineStrings) == 0) return packages;
  Reader in(blob.subspan(32));
  std::string_view version = take_go_text(in);
  std::string_view modules = take_go_text(in);
  if (modules.size() > 2 * kMarker) modules = modules.substr(kMarker, modules.size() - 2 * kMarker);
  while (!modules.empty() && packages.size() < kMaxGoModules) add_go_module(packages, take_line(modules));
  if (version.starts_with("go")) version.remove_prefix(2);
  version = version.substr(0, version.find(' '));
  if (auto library = make(PackageManager::Go, "stdlib", version)) packages.push_back(std::move(*library));
  return packages;
}

std::optional<Package> parse_jar(std::string_view manifest, std::string_view pom_properties,
                                 std::string_view file_name) {
  const std::string_view artifact = value_of(pom_properties, "artifactId", '=');
  const std::string_view group = value_of(pom_properties, "groupId", '=');
  if (!artifact.empty() && !group.empty()) {
    const std::string name = std::string(group) + ":" + std::string(artifact);
    if (auto package = make(PackageManager::Java, name, value_of(pom_properties, "version", '='))) return package;
  }
  auto by_name = parse_jar_name(file_name);
  std::string_view version = value_of(manifest, "Implementation-Version", ':');
  if (version.empty()) version = value_of(manifest, "Bundle-Version", ':');
  if (by_name) return by_name;
  std::string_view title = value_of(manifest, "Bundle-SymbolicName", ':');
  title = trim(title.substr(0, title.find(';')));
  if (title.empty()) title = value_of(manifest, "Implementation-Title", ':');
  return make(PackageManager::Java, title, version);
}

}  // namespace warder::host
