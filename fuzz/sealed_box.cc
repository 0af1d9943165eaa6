// Sealed boxes: whatever the bytes are, they open only when they were sealed.
#include <cstdint>
#include <cstdlib>

#include "crypto/seal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;
  static const crypto::DataKey kKey{"fuzz", 1, Bytes(32, 7)};
  const ByteView box{data, size};
  const auto header = crypto::read_sealed_header(box);
  const auto opened = crypto::open_sealed(kKey, "place", box);
  if (opened && !header) std::abort();
  // A forged box would have to guess a 128-bit tag; the one in the corpus is real.
  if (opened && warder::as_text(*opened) != "secret") std::abort();
  return 0;
}
