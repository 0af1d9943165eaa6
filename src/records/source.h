// One log file source as a policy writes it: "FORMAT PATH", with wildcards and strftime conversions in the path.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "records/record.h"

namespace warder::records {

struct FileSource {
  std::string text;  // as written
  FramingOptions framing;
  std::string path;  // absolute
};

/// "syslog /var/log/auth.log", "apache /var/log/apache2/*.log", "multi-line:/^\d{4}-/ /opt/app/log/%Y-%m-%d.log".
/// Invalid, saying what is wrong, for an unknown format, a relative path or an unknown conversion.
Result<FileSource> parse_file_source(std::string_view text);

/// %Y %y %m %d %e %H %j %b %% of the local time: `time` moved by `offset`. Conversions that are none stay as they are.
std::string expand_time(std::string_view path, Timestamp time, std::chrono::seconds offset);
bool has_time(std::string_view path) noexcept;

/// Is `name` what log rotation makes of `live` ("auth.log" → "auth.log.1", "auth.log-20261122", "auth.log.2.gz")?
bool is_rotated_name(std::string_view live, std::string_view name) noexcept;
/// A name that says that the content is compressed: .gz .xz .bz2 .zst .zip
bool is_compressed_name(std::string_view name) noexcept;

}  // namespace warder::records
