#include "crypto/hpke.h"

#include <openssl/crypto.h>

#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace warder::crypto {
namespace {

using openssl::must;

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
// RFC 9180 §7: KEM 0x0020, KDF 0x0001, AEAD 0x0003.
constexpr std::array<std::uint8_t, 5> kKemSuite{'K', 'E', 'M', 0x00, 0x20};
constexpr std::array<std::uint8_t, 10> kSuite{'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x03};
constexpr std::array<std::uint8_t, 32> kNoSalt{};

Bytes labeled(ByteView suite, std::string_view label, ByteView rest) {
  Bytes bytes;
  append(bytes, as_bytes("HPKE-v1"));
  append(bytes, suite);
  append(bytes, as_bytes(label));
  append(bytes, rest);
  return bytes;
}

// §4: LabeledExtract. No salt is one of zeros to HMAC.
Digest extract(ByteView suite, ByteView salt, std::string_view label, ByteView secret) {
  return hmac_sha256(salt, labeled(suite, label, secret));
}

// §4: LabeledExpand of at most one block.
Bytes expand(ByteView suite, const Digest& key, std::string_view label, ByteView info, std::size_t size) {
  Bytes text{0, static_cast<std::uint8_t>(size)};
  append(text, labeled(suite, label, info));
  text.push_back(1);
  const Digest block = hmac_sha256(key, text);
  must(size <= block.size());
  return {block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size)};
}

Bytes joined(ByteView a, ByteView b) {
  Bytes bytes{a.begin(), a.end()};
  append(bytes, b);
  return bytes;
}

openssl::Pkey private_key(ByteView bytes) {
  openssl::Pkey key{EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes.data(), bytes.size())};
  must(key != nullptr);
  return key;
}

// Fails for points of small order: OpenSSL refuses an all-zero secret (RFC 7748 §6.1).
Result<Bytes> agree(ByteView own, const HpkePublicKey& peer) {
  const openssl::Pkey key = private_key(own);
  const openssl::Pkey other{EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer.data(), peer.size())};
  const openssl::PkeyContext context{EVP_PKEY_CTX_new(key.get(), nullptr)};
  must(other != nullptr && context != nullptr && EVP_PKEY_derive_init(context.get()) == 1);
  Bytes secret(kKeyBytes);
  std::size_t size = secret.size();
  if (EVP_PKEY_derive_set_peer(context.get(), other.get()) != 1 ||
      EVP_PKEY_derive(context.get(), secret.data(), &size) != 1 || size != secret.size()) {
    ERR_clear_error();
    return fail(ErrorCode::Invalid, "a public key that is none");
  }
  return secret;
}

// §4.1: ExtractAndExpand.
Bytes shared_secret(ByteView agreed, const HpkePublicKey& encapsulated, const HpkePublicKey& receiver) {
  const Digest key = extract(kKemSuite, kNoSalt, "eae_prk", agreed);
  return expand(kKemSuite, key, "shared_secret", joined(encapsulated, receiver), kKeyBytes);
}

openssl::CipherContext cipher(ByteView key, ByteView nonce, ByteView associated, bool encrypts) {
  openssl::CipherContext context{EVP_CIPHER_CTX_new()};
  must(EVP_CipherInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, key.data(), nonce.data(), encrypts ? 1 : 0) ==
       1);
  int length = 0;
  if (!associated.empty())
    must(EVP_CipherUpdate(context.get(), nullptr, &length, associated.data(), static_cast<int>(associated.size())) ==
         1);
  return context;
}

void transform(EVP_CIPHER_CTX* context, ByteView in, std::uint8_t* out) {
  int length = 0;
  if (!in.empty()) must(EVP_CipherUpdate(context, out, &length, in.data(), static_cast<int>(in.size())) == 1);
}

}  // namespace

HpkePrivateKey HpkePrivateKey::generate() {
  return *from_bytes(random_bytes(kKeyBytes));
}

Result<HpkePrivateKey> HpkePrivateKey::from_bytes(ByteView bytes) {
  if (bytes.size() != kKeyBytes) return fail(ErrorCode::Invalid, "an X25519 key has 32 bytes");
  HpkePublicKey key{};
  std::size_t size = key.size();
  must(EVP_PKEY_get_raw_public_key(private_key(bytes).get(), key.data(), &size) == 1);
  return HpkePrivateKey(Bytes{bytes.begin(), bytes.end()}, key);
}

HpkePrivateKey::~HpkePrivateKey() {
  if (!bytes_.empty()) OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

Result<HpkeContext::Sender> HpkeContext::make(const HpkePublicKey& receiver, std::string_view info) {
  return make(receiver, info, HpkePrivateKey::generate());
}

Result<HpkeContext::Sender> HpkeContext::make(const HpkePublicKey& receiver, std::string_view info,
                                              const HpkePrivateKey& ephemeral) {
  const Bytes agreed = WD_TRY(agree(ephemeral.bytes(), receiver));
  return Sender{ephemeral.public_key(), schedule(shared_secret(agreed, ephemeral.public_key(), receiver), info)};
}

Result<HpkeContext> HpkeContext::open(const HpkePrivateKey& receiver, const HpkePublicKey& encapsulated,
                                      std::string_view info) {
  const Bytes agreed = WD_TRY(agree(receiver.bytes(), encapsulated));
  return schedule(shared_secret(agreed, encapsulated, receiver.public_key()), info);
}

// §5.1: KeySchedule in base mode.
HpkeContext HpkeContext::schedule(ByteView shared, std::string_view info) {
  const Digest no_psk = extract(kSuite, kNoSalt, "psk_id_hash", {});
  const Digest info_hash = extract(kSuite, kNoSalt, "info_hash", as_bytes(info));
  Bytes context{0};
  append(context, no_psk);
  append(context, info_hash);
  const Digest secret = extract(kSuite, shared, "secret", {});
  return {expand(kSuite, secret, "key", context, kKeyBytes),
          expand(kSuite, secret, "base_nonce", context, kNonceBytes)};
}

Bytes HpkeContext::nonce_of(std::uint64_t number) const {
  Bytes nonce = nonce_;
  for (std::size_t i = 0; i < sizeof number; ++i)
    nonce[kNonceBytes - 1 - i] ^= static_cast<std::uint8_t>(number >> 8 * i);
  return nonce;
}

Bytes HpkeContext::seal(std::uint64_t number, ByteView associated, ByteView plaintext) const {
  const auto context = cipher(key_, nonce_of(number), associated, true);
  Bytes box(plaintext.size() + kTagBytes);
  transform(context.get(), plaintext, box.data());
  int length = 0;
  must(EVP_CipherFinal_ex(context.get(), box.data() + plaintext.size(), &length) == 1);
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, box.data() + plaintext.size()) == 1);
  return box;
}

Result<Bytes> HpkeContext::unseal(std::uint64_t number, ByteView associated, ByteView box) const {
  if (box.size() < kTagBytes) return fail(ErrorCode::Corrupt, "a sealed message that is too short");
  const auto context = cipher(key_, nonce_of(number), associated, false);
  const ByteView body = box.first(box.size() - kTagBytes);
  Bytes tag{box.end() - kTagBytes, box.end()};
  Bytes plaintext(body.size() + 1);  // never empty, so that there is a place to point at
  transform(context.get(), body, plaintext.data());
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  int length = 0;
  if (EVP_CipherFinal_ex(context.get(), plaintext.data() + body.size(), &length) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::Corrupt, "a sealed message that this key does not open");
  }
  plaintext.resize(body.size());
  return plaintext;
}

}  // namespace warder::crypto
