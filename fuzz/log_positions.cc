// What is kept of a log source and what names it: stored positions, sources of a policy, compressed files.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "host/testing/log_files.h"
#include "records/gzip_file.h"
#include "records/position.h"
#include "records/source.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void read_compressed(std::string_view bytes) {
  warder::host::testing::MemoryLogFiles files;
  files.append("/x.gz", bytes);
  const auto file = warder::records::open_gzip(std::move(*files.open("/x.gz")));
  std::vector<std::uint8_t> buffer(4096);
  std::uint64_t offset = 0;
  while (offset < (1 << 20)) {
    const auto count = file->read(offset, buffer);
    if (!count || *count == 0) break;
    offset += *count;
  }
  static_cast<void>(file->read(0, buffer));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = warder::as_text({data, size});
  if (const auto positions = warder::records::parse_positions(text)) {
    const auto again = warder::records::parse_positions(warder::records::to_text(*positions));
    require(again && *again == *positions);
  }
  if (const auto source = warder::records::parse_file_source(text)) require(source->path.starts_with('/'));
  read_compressed(text);
  return 0;
}
