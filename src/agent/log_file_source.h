// Log files as a source.
#pragma once

#include <memory>

#include "agent/log_source.h"

namespace warder::agent {

/// `files` outlives the source.
std::unique_ptr<LogSource> make_log_file_source(host::LogFiles& files, records::FileSource source,
                                                records::TailOptions options);

}  // namespace warder::agent
