// What the baseline keeps of an entity and of a list: bytes that may have been tampered with.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "engines/integrity/entity.h"
#include "engines/integrity/things.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder::integrity;
  if (size == 0) return 0;
  const warder::ByteView bytes{data + 1, size - 1};
  if ((data[0] & 1) != 0) {
    const auto things = decode_things(warder::as_text(bytes));
    if (!things) return 0;
    const auto again = decode_things(encode_things(*things));
    if (!again || *again != *things) std::abort();
    return 0;
  }
  const auto entity = decode_entity(bytes);
  if (!entity) return 0;
  const warder::Bytes stored = encode(*entity);
  const auto again = decode_entity(stored);
  if (!again || !(*again == *entity) || !StatForm(entity->stat).is_of(stored)) std::abort();
  return 0;
}
