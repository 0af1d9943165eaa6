#include "packet/capture_file.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto reader = warder::packet::CaptureReader::open({data, size});
  if (!reader) return 0;
  std::size_t sum = 0;
  while (true) {
    const auto frame = reader->next();
    if (!frame || !*frame) break;
    for (const std::uint8_t byte : (*frame)->bytes) sum += byte;
  }
  return sum == static_cast<std::size_t>(-1) ? 1 : 0;
}
