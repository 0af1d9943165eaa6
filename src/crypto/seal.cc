#include "crypto/seal.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>

#include "base/random.h"
#include "crypto/openssl.h"

namespace warder::crypto {
namespace {

using openssl::must;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kMaxIdBytes = 255;
// EVP counts in int; nothing we seal is near this.
constexpr std::size_t kMaxPlaintextBytes = 1 << 30;

struct Parsed {
  SealedHeader header;
  ByteView header_bytes;
  ByteView nonce;
  ByteView ciphertext;
  ByteView tag;
};

Result<Parsed> parse_box(ByteView box) {
  Reader reader{box};
  Parsed parsed;
  const std::uint8_t version = WD_TRY(reader.u8());
  if (version != kVersion) return fail(ErrorCode::Corrupt, fmt::format("sealed box: version {} is unknown", version));
  const std::size_t id_bytes = WD_TRY(reader.u8());
  parsed.header.key_id = as_text(WD_TRY(reader.take(id_bytes)));
  parsed.header.epoch = WD_TRY(reader.u32be());
  parsed.header_bytes = box.first(reader.offset());
  parsed.nonce = WD_TRY(reader.take(kNonceBytes));
  if (reader.remaining() < kTagBytes) return fail(ErrorCode::Corrupt, "sealed box: too short");
  parsed.ciphertext = WD_TRY(reader.take(reader.remaining() - kTagBytes));
  if (parsed.ciphertext.size() > kMaxPlaintextBytes) return fail(ErrorCode::TooLarge, "sealed box: too large");
  parsed.tag = WD_TRY(reader.take(kTagBytes));
  return parsed;
}

/// The header ends itself (its length byte), so header and place cannot be shifted into one another.
void authenticate(EVP_CIPHER_CTX* context, ByteView header, std::string_view place) {
  int length = 0;
  must(EVP_CipherUpdate(context, nullptr, &length, header.data(), static_cast<int>(header.size())) == 1);
  if (place.empty()) return;
  const ByteView bytes = as_bytes(place);
  must(EVP_CipherUpdate(context, nullptr, &length, bytes.data(), static_cast<int>(bytes.size())) == 1);
}

openssl::CipherContext start(const DataKey& key, ByteView nonce, bool encrypts) {
  openssl::CipherContext context{EVP_CIPHER_CTX_new()};
  must(EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.key().data(), nonce.data(), encrypts ? 1 : 0) ==
       1);
  return context;
}

/// A view whose pointer may be handed to EVP even when it is empty.
void transform(EVP_CIPHER_CTX* context, ByteView in, std::uint8_t* out) {
  int length = 0;
  if (!in.empty()) must(EVP_CipherUpdate(context, out, &length, in.data(), static_cast<int>(in.size())) == 1);
}

}  // namespace

DataKey DataKey::generate(std::string id, std::uint32_t epoch) {
  return {std::move(id), epoch, random_bytes(kKeyBytes)};
}

DataKey::DataKey(std::string id, std::uint32_t epoch, Bytes key)
    : id_(std::move(id)), epoch_(epoch), key_(std::move(key)) {
  must(id_.size() <= kMaxIdBytes && key_.size() == kKeyBytes);
}

DataKey DataKey::clone() const {
  return {id_, epoch_, key_};
}

DataKey::~DataKey() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

DataKey& DataKey::operator=(DataKey&& other) noexcept {
  // Swapped, so that the key which was here is wiped with `other`.
  std::swap(id_, other.id_);
  std::swap(epoch_, other.epoch_);
  std::swap(key_, other.key_);
  return *this;
}

Bytes seal(const DataKey& key, std::string_view place, ByteView plaintext) {
  must(plaintext.size() <= kMaxPlaintextBytes);
  Bytes box{kVersion, static_cast<std::uint8_t>(key.id().size())};
  append(box, as_bytes(key.id()));
  append_u32be(box, key.epoch());
  const std::size_t header_bytes = box.size();
  const Bytes nonce = random_bytes(kNonceBytes);
  append(box, nonce);
  const std::size_t body = box.size();
  box.resize(body + plaintext.size() + kTagBytes);

  const openssl::CipherContext context = start(key, nonce, true);
  authenticate(context.get(), ByteView{box}.first(header_bytes), place);
  transform(context.get(), plaintext, box.data() + body);
  std::uint8_t* const tag = box.data() + body + plaintext.size();
  int length = 0;
  must(EVP_CipherFinal_ex(context.get(), tag, &length) == 1);
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) == 1);
  return box;
}

Result<SealedHeader> read_sealed_header(ByteView box) {
  return WD_TRY(parse_box(box)).header;
}

Result<Bytes> open_sealed(const DataKey& key, std::string_view place, ByteView box) {
  const Parsed parsed = WD_TRY(parse_box(box));
  if (parsed.header.key_id != key.id() || parsed.header.epoch != key.epoch()) {
    return fail(ErrorCode::Corrupt, fmt::format("sealed box: not sealed with key {} epoch {}", key.id(), key.epoch()));
  }
  const openssl::CipherContext context = start(key, parsed.nonce, false);
  authenticate(context.get(), parsed.header_bytes, place);
  Bytes plaintext(parsed.ciphertext.size());
  transform(context.get(), parsed.ciphertext, plaintext.data());
  Bytes tag{parsed.tag.begin(), parsed.tag.end()};
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  std::array<std::uint8_t, kTagBytes> rest{};
  int length = 0;
  if (EVP_CipherFinal_ex(context.get(), rest.data(), &length) == 1) return plaintext;
  OPENSSL_cleanse(plaintext.data(), plaintext.size());
  ERR_clear_error();
  return fail(ErrorCode::Corrupt, "sealed box: altered, or moved from the place it was sealed for");
}

}  // namespace warder::crypto
