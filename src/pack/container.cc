#include "pack/container.h"

#include <algorithm>

#include "crypto/hash.h"
#include "pack/pack.h"

namespace warder::pack {
namespace {

// "\r\n" and the end-of-text byte show a transfer that changed line ends or stopped at them, as PNG's header does.
constexpr std::string_view kMagic = "WDPACK1\r\n\x1A";

}  // namespace

Result<Container> parse_container(ByteView pack) {
  if (pack.size() > kMaxPackBytes) return fail(ErrorCode::TooLarge, "over 64 MiB");
  Reader reader{pack};
  const auto magic = reader.take(kMagic.size());
  if (!magic || as_text(*magic) != kMagic) return fail(ErrorCode::Corrupt, "not a content pack");
  Container container;
  const std::uint32_t manifest_bytes = WD_TRY(reader.u32be());
  if (manifest_bytes > kMaxManifestBytes) return fail(ErrorCode::TooLarge, "manifest over 4 MiB");
  container.manifest = WD_TRY(reader.take(manifest_bytes));
  const std::uint32_t body_bytes = WD_TRY(reader.u32be());
  container.body = WD_TRY(reader.take(body_bytes));
  const ByteView signer = WD_TRY(reader.take(container.signer.size()));
  container.signed_bytes = pack.first(reader.offset());
  const ByteView signature = WD_TRY(reader.take(container.signature.size()));
  if (!reader.is_at_end()) return fail(ErrorCode::Corrupt, "bytes after its end");
  std::copy(signer.begin(), signer.end(), container.signer.begin());
  std::copy(signature.begin(), signature.end(), container.signature.begin());
  return container;
}

Bytes make_container(ByteView manifest, ByteView body, const crypto::SigningKey& key) {
  Bytes pack;
  append(pack, as_bytes(kMagic));
  append_u32be(pack, static_cast<std::uint32_t>(manifest.size()));
  append(pack, manifest);
  append_u32be(pack, static_cast<std::uint32_t>(body.size()));
  append(pack, body);
  append(pack, key.public_key());
  append(pack, key.sign(signing_input(pack)));
  return pack;
}

Bytes signing_input(ByteView signed_bytes) {
  Bytes input;
  append(input, as_bytes("warder content pack 1\n"));
  append(input, crypto::sha256(signed_bytes));
  return input;
}

}  // namespace warder::pack
