#include "engines/integrity/features.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace warder::integrity {
namespace {

constexpr std::uint64_t kStartBytes = 4;

bool matches_id(const std::string& pattern, std::uint32_t id) {
  return matches_section(pattern, fmt::format("{}", id)) || (id == 0 && matches_section(pattern, "root"));
}

bool begins_as_image(host::Directory& directory, const std::string& name) {
  std::string start;
  const auto read = directory.read(name, kStartBytes, [&](ByteView piece) { start += as_text(piece); });
  return read && is_executable_image(start);
}

}  // namespace

bool is_executable_image(std::string_view start) noexcept {
  constexpr std::array<std::string_view, 6> kStarts = {
      "\x7f"
      "ELF",
      "#!",
      "MZ",
      "\xcf\xfa\xed\xfe",
      "\xca\xfe\xba\xbe",
      "\xfe\xed\xfa\xcf"};
  for (const std::string_view each : kStarts)
    if (start.starts_with(each)) return true;
  return false;
}

bool matches_feature(const host::FileStat& stat, const std::string& feature, const std::string& pattern,
                     const std::function<bool()>& has_image) {
  if (feature == "owner") return matches_id(pattern, stat.uid);
  if (feature == "group") return matches_id(pattern, stat.gid);
  if (feature == "permissions") return matches_section(pattern, fmt::format("{:04o}", stat.mode));
  if (feature == "size") return matches_section(pattern, fmt::format("{}", stat.bytes));
  if (feature == "type") return matches_section(pattern, host::name(stat.kind));
  if (feature != "executable") return false;
  const bool is_executable = stat.kind == host::FileKind::Regular && has_image();
  return is_executable == (equals_ignoring_case(pattern, "true") || pattern == "1");
}

FeatureTest make_feature_test(host::Directory& directory, const std::string& name, const host::FileStat& stat) {
  return [&directory, &name, &stat](const std::string& feature, const std::string& pattern) {
    return matches_feature(stat, feature, pattern, [&] { return begins_as_image(directory, name); });
  };
}

}  // namespace warder::integrity
