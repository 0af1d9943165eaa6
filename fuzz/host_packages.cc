// What package managers and languages leave on disk; the first byte says which.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "host/jar.h"
#include "host/software.h"

namespace {

using namespace warder::host;  // NOLINT(google-build-using-namespace)
using warder::ByteView;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_dpkg(ByteView bytes) {
  const auto text = warder::as_text(bytes);
  for (const Package& package : parse_dpkg_status(text)) {
    require(!package.name.empty() && !package.source.empty());
    static_cast<void>(parse_dpkg_conffiles(text.substr(0, 4096), package.name));
    break;
  }
  for (const PackageFile& file : parse_md5sums(text)) require(file.digest.size() == 32);
}
void read_rpm(ByteView bytes) {
  const auto header = parse_rpm_header(bytes, true);
  require(!header || !header->package.name.empty());
}
void read_languages(ByteView bytes) {
  const auto text = warder::as_text(bytes);
  static_cast<void>(parse_python_metadata(text));
  static_cast<void>(parse_package_json(text));
  static_cast<void>(parse_gemspec_name(text));
}
void read_go(ByteView bytes) {
  static_cast<void>(parse_go_build_info(bytes));
}
void read_jar(ByteView bytes) {
  const JarFiles files = read_jar_head(bytes);
  static_cast<void>(parse_jar(files.manifest, files.pom_properties, "a-1.jar"));
}

constexpr std::array kReaders{read_dpkg, read_rpm, read_languages, read_go, read_jar};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  kReaders.at(data[0] % kReaders.size())({data + 1, size - 1});
  return 0;
}
