// A gzip file read as what it contains: for logs that were compressed before they were read to their end.
#pragma once

#include <memory>

#include "host/log_files.h"

namespace warder::records {

/// Offsets and read() are those of the content; info().bytes stays the compressed size. Reading backwards starts over.
/// A damaged or cut file ends where it is damaged.
std::unique_ptr<host::LogFile> open_gzip(std::unique_ptr<host::LogFile> file);
bool is_gzip(const host::LogFile& file) noexcept;

}  // namespace warder::records
