// The tests that includes and excludes of file and directory sets can ask beside the key.
#pragma once

#include <functional>
#include <string>

#include "engines/integrity/scope.h"
#include "host/file_tree.h"

namespace warder::integrity {

/// owner, group (numbers; "root" is 0), permissions (four octal digits), size (bytes), type ("file" …), and executable:
/// whether the content begins as a program's does. Holds references to both.
FeatureTest make_feature_test(host::Directory& directory, const std::string& name, const host::FileStat& stat);

/// Whether a file of that kind, owner and so on is as a pattern wants one of them. `has_image` is asked for executable
/// alone: whether its content begins so.
bool matches_feature(const host::FileStat& stat, const std::string& feature, const std::string& pattern,
                     const std::function<bool()>& has_image);

/// ELF, "#!", PE, Mach-O.
bool is_executable_image(std::string_view start) noexcept;

}  // namespace warder::integrity
