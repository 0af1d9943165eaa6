// Content packs, in two halves: the container as it arrives, and what stands behind the signature (first byte odd), as
// a builder with a fault or a stolen key would sign it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "pack/body.h"
#include "pack/container.h"
#include "pack/manifest.h"

namespace {

const warder::crypto::SigningKey& key() {
  static const auto kKey = warder::crypto::SigningKey::from_seed(warder::Bytes(32, 1)).value();
  return kKey;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;
  const pack::TrustPolicy trust{.keys = {{"fuzz", key().public_key()}}, .engine_version = "0.1.0"};
  if (size == 0) return 0;
  const ByteView input = ByteView{data, size}.subspan(1);
  if (data[0] % 2 == 0) {
    static_cast<void>(pack::verify_pack(input, trust));
    return 0;
  }
  // Up to the first NUL: the manifest; after it: the body.
  const std::string_view text = as_text(input);
  const std::size_t end = std::min(text.find('\0'), text.size());
  const ByteView body = input.subspan(std::min(end + 1, input.size()));
  const auto verified = pack::verify_pack(pack::make_container(input.first(end), body, key()), trust);
  if (verified && !pack::check_manifest(verified->manifest)) std::abort();
  return 0;
}
