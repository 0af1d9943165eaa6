// What names the files of a set, and a chunk as it arrives: the first byte says which.
#include "pack/file_set.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;
  if (size == 0) return 0;
  const ByteView input = ByteView{data, size}.subspan(1);
  if (data[0] % 2 == 0) {
    const auto set = pack::parse_file_set(as_text(input));
    if (set && pack::parse_file_set(pack::print_file_set(*set)).value() != *set) std::abort();
    return 0;
  }
  static_cast<void>(pack::unpack_chunk(input, {std::string(64, '0'), size * 100 % (pack::kMaxChunkBytes + 1)}));
  const std::size_t first = pack::first_chunk(input);
  if (first > input.size() || (first == 0 && !input.empty())) std::abort();
  return 0;
}
