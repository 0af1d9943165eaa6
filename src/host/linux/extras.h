// Extended attributes of one file as text: access lists, capabilities, and all others.
#pragma once

#include <string>

#include "host/file_tree.h"

namespace warder::host {

/// Empty where the file system has none or does not let us read them.
FileExtras read_extras(int fd);
FileExtras read_extras_of_path(const std::string& path);

/// The text of a stored POSIX access list (linux/posix_acl_xattr.h), or its hexadecimal form if it is none.
std::string acl_text(ByteView raw);
/// The text of security.capability (linux/capability.h: vfs_cap_data), likewise.
std::string capabilities_text(ByteView raw);

}  // namespace warder::host
