// Mounted file systems.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace warder::host {

struct Mount {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  std::string device;  // "8:1"
  std::string root;    // what of the file system is mounted
  std::string target;
  std::string options;        // of the mount: "rw,nosuid,nodev"
  std::string type;           // "ext4"
  std::string source;         // "/dev/sda1"
  std::string super_options;  // of the file system
  friend bool operator==(const Mount&, const Mount&) = default;
};

/// /proc/PID/mountinfo (proc(5)); lines that are none are left out.
inline constexpr std::size_t kMaxMounts = 100'000;
std::vector<Mount> parse_mountinfo(std::string_view text);

}  // namespace warder::host
