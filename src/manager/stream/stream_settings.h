// The settings of the independent stream: a file of its own on the manager's host, of no REST operation.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/fields.h"
#include "stream/keys.h"

namespace warder::manager {

struct StreamSettings {
  std::string name = "warder-stream";
  std::string destination;
  std::string receiver_key;
  std::string key_file = "/var/lib/warder/manager/stream.key";
  std::string ca_file;
  std::string server_name;
  std::string token_file;
  std::int64_t heartbeat_s = 60;
  std::int64_t spool_max_bytes = std::int64_t{1} << 30;

  static std::span<const Field<StreamSettings>> fields() noexcept;
};

/// Invalid, with file, line and key, for what cannot be used.
Result<StreamSettings> load_stream_settings(const std::filesystem::path& path);

/// Of the file; made, with mode 0600, when there is none. Forbidden when others may read it, Conflict when it is of
/// another name.
Result<stream::StreamKey> open_stream_key(const StreamSettings& settings);

}  // namespace warder::manager
