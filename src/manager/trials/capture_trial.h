// Rules of intrusion prevention tried on a capture, by the engine that runs on hosts, in a process of its own that can
// do nothing else: both the rules and the packets are a stranger's.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"

namespace warder::manager {

struct CaptureTrial {
  bool with_packs = true;  // behind the rules of the product
  std::string_view rules;  // one's own; a capture's text may follow in the same buffer
  ByteView capture;        // pcap or pcapng
};

inline constexpr std::size_t kMaxTrialRuleBytes = 256U << 10U;
inline constexpr std::size_t kMaxTrialFileBytes = 16U << 20U;

/// Starts `program try-capture PACKS`, hands it the trial and takes its word, whose form is that of
/// api/openapi.yaml#CaptureTrialResult. Invalid when it is no capture; Timeout or Unavailable when the process did not
/// come to an end by itself. Blocks for 20 seconds at most.
Result<json::object> try_capture(const std::filesystem::path& program, const std::filesystem::path& packs,
                                 const CaptureTrial& trial);

/// What that program does: reads the trial on descriptor 0, the packs, gives up everything, and prints the result.
/// Returns its exit code.
int capture_child(const std::filesystem::path& packs);

/// The trial itself, in this process. `files` has what the packs' rules may read, by path.
struct PackFiles;
json::object judge_capture(const PackFiles& packs, const CaptureTrial& trial);

}  // namespace warder::manager
