// The diagnostics bundle: what support needs to see, as a tar.gz, without keys, tokens or watched content.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace warder::agent {

struct BundleFile {
  std::string name;
  std::string content;
};

/// A gzip-compressed ustar archive (POSIX.1-1988) of regular files, mode 0600.
Result<std::string> make_bundle(const std::vector<BundleFile>& files, Timestamp time);

/// Status, settings, policy, and facts about the host. `status` is what the running agent says, or an object that says
/// why it does not.
std::vector<BundleFile> collect_diagnostics(const Config& config, const json::object& status);

/// The same value with every secret replaced: members whose name speaks of tokens, keys, passwords or secrets, and
/// URLs' user part.
json::value redact(const json::value& value);

}  // namespace warder::agent
