// The first files of a Java archive (ZIP, APPNOTE 4.3.7): its manifest and what Maven left, without unpacking the rest.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace warder::host {

struct JarFiles {
  std::string manifest;        // META-INF/MANIFEST.MF
  std::string pom_properties;  // of the only Maven artifact in it; empty when there are several
};

bool is_jar(std::string_view file_name) noexcept;
/// As far as the entries lie in `head`, the archive's beginning; what is cut off or broken ends the look.
JarFiles read_jar_head(ByteView head);

}  // namespace warder::host
