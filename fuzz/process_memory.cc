// The table of a process's memory: its names are the process's to choose.
#include <cstdint>
#include <cstdlib>

#include "scanner/memory_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto& each : warder::scanner::regions_of(warder::as_text({data, size})))
    if (each.start >= each.end) std::abort();
  return 0;
}
