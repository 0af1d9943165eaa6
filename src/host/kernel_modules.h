// Loaded kernel modules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace warder::host {

struct KernelModule {
  std::string name;
  std::uint64_t bytes = 0;
  std::vector<std::string> used_by;
  std::string state;           // "Live", "Loading", "Unloading"
  std::string version;         // where it says one
  std::string source_version;  // srcversion: a checksum of its sources
  std::string taint;           // "O" out of tree, "E" unsigned, "P" proprietary …
  friend bool operator==(const KernelModule&, const KernelModule&) = default;
};

/// /proc/modules; versions are not in there.
inline constexpr std::size_t kMaxKernelModules = 20'000;
std::vector<KernelModule> parse_modules(std::string_view text);

}  // namespace warder::host
