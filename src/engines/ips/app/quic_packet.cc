#include "engines/ips/app/quic_packet.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "engines/ips/app/cursor.h"

namespace warder::ips::app {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};
using Kdf = std::unique_ptr<EVP_KDF, Free<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Free<EVP_KDF_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;

constexpr std::array<std::uint8_t, 20> kSalt1 = {
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
    0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};  // RFC 9001 §5.2
constexpr std::array<std::uint8_t, 20> kSalt2 = {
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
    0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};  // RFC 9369 §3.3.1
constexpr std::array<std::uint8_t, 20> kSalt29 = {
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
    0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};  // drafts 29 to 32
constexpr std::size_t kTag = 16;
constexpr std::size_t kMaxConnectionId = 20;
constexpr std::size_t kMaxPacket = 65535;

// A copy, for OpenSSL's parameters take pointers to what they may not change but do not say so.
Bytes hkdf(int mode, ByteView key, ByteView salt_or_info, std::size_t size) {
  const Kdf kdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr)};
  const KdfContext context{kdf != nullptr ? EVP_KDF_CTX_new(kdf.get()) : nullptr};
  Bytes out(size);
  if (context == nullptr) return out;
  std::string digest = "SHA256";
  Bytes key_copy(key.begin(), key.end());
  Bytes other(salt_or_info.begin(), salt_or_info.end());
  const char* other_name = mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY ? OSSL_KDF_PARAM_SALT : OSSL_KDF_PARAM_INFO;
  const std::array<OSSL_PARAM, 5> params = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key_copy.data(), key_copy.size()),
      OSSL_PARAM_construct_octet_string(other_name, other.data(), other.size()), OSSL_PARAM_construct_end()};
  if (EVP_KDF_derive(context.get(), out.data(), out.size(), params.data()) != 1)
    std::fill(out.begin(), out.end(), std::uint8_t{0});
  return out;
}

// HKDF-Expand-Label (RFC 8446 §7.1) without context.
Bytes expand(ByteView secret, std::string_view label, std::size_t size) {
  Bytes info = {0, static_cast<std::uint8_t>(size), static_cast<std::uint8_t>(label.size() + 6)};
  append(info, as_bytes("tls13 "));
  append(info, as_bytes(label));
  info.push_back(0);
  return hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, secret, info, size);
}

struct Keys {
  Bytes key;
  Bytes iv;
  Bytes header;
};

Keys client_keys(std::uint32_t version, ByteView connection_id) {
  const bool is_two = version == kQuicVersion2;
  const bool is_draft = version >= 0xff00001d && version <= 0xff000020;
  const ByteView salt = is_two ? ByteView{kSalt2} : is_draft ? ByteView{kSalt29} : ByteView{kSalt1};
  const Bytes initial = hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, connection_id, salt, 32);
  const Bytes secret = expand(initial, "client in", 32);
  const std::string start = is_two ? "quicv2 " : "quic ";
  return {expand(secret, start + "key", 16), expand(secret, start + "iv", 12), expand(secret, start + "hp", 16)};
}

// One block of AES-128-ECB: the mask of header protection.
std::array<std::uint8_t, 16> mask_of(const Bytes& key, ByteView sample) {
  std::array<std::uint8_t, 16> mask{};
  const CipherContext context{EVP_CIPHER_CTX_new()};
  int size = 0;
  if (EVP_EncryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) == 1) {
    EVP_CIPHER_CTX_set_padding(context.get(), 0);
    EVP_EncryptUpdate(context.get(), mask.data(), &size, sample.data(), 16);
  }
  return mask;
}

std::optional<Bytes> open_gcm(const Keys& keys, const Bytes& nonce, ByteView head, ByteView sealed) {
  const CipherContext context{EVP_CIPHER_CTX_new()};
  const ByteView text = sealed.first(sealed.size() - kTag);
  Bytes tag(sealed.end() - kTag, sealed.end());
  Bytes out(text.size());
  int size = 0;
  const bool is_open =
      EVP_DecryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, keys.key.data(), nonce.data()) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, head.data(), static_cast<int>(head.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), out.data(), &size, text.data(), static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTag), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out.data() + size, &size) == 1;
  if (!is_open) return std::nullopt;
  return out;
}

std::uint64_t read_varint(Cursor& in) {
  const std::uint8_t first = in.u8();
  std::uint64_t value = first & 0x3fU;
  const unsigned more = (1U << (first >> 6U)) - 1;
  for (unsigned i = 0; i < more; ++i) value = value << 8U | in.u8();
  return value;
}

}  // namespace

Result<QuicLongHeader> parse_quic_long_header(ByteView datagram) {
  Cursor in{datagram};
  QuicLongHeader header;
  const std::uint8_t first = in.u8();
  header.version = in.u32();
  header.destination = in.take(in.u8());
  header.source = in.take(in.u8());
  if (!in.is_ok() || (first & 0x80U) == 0 || header.destination.size() > kMaxConnectionId ||
      header.source.size() > kMaxConnectionId) {
    return fail(ErrorCode::Corrupt, "quic: no long header");
  }
  header.size = datagram.size();
  if (header.version == 0) return header;  // version negotiation
  const unsigned type = first >> 4U & 3U;
  header.is_initial = type == (header.version == kQuicVersion2 ? 1U : 0U);
  const bool is_retry = type == (header.version == kQuicVersion2 ? 0U : 3U);
  if (is_retry) return header;
  if (header.is_initial) in.skip(static_cast<std::size_t>(std::min<std::uint64_t>(read_varint(in), kMaxPacket)));
  const std::uint64_t length = read_varint(in);
  header.number_at = in.offset();
  if (!in.is_ok() || length > in.remaining()) return fail(ErrorCode::Corrupt, "quic: packet exceeds the datagram");
  header.size = header.number_at + length;
  return header;
}

std::optional<Bytes> open_quic_initial(const QuicLongHeader& header, ByteView datagram, ByteView first_destination) {
  if (header.number_at == 0 || header.size < header.number_at + 4 + 16 + kTag || header.size > datagram.size())
    return std::nullopt;
  const Keys keys = client_keys(header.version, first_destination);
  const auto mask = mask_of(keys.header, datagram.subspan(header.number_at + 4, 16));
  Bytes head(datagram.begin(), datagram.begin() + static_cast<std::ptrdiff_t>(header.number_at));
  head[0] = static_cast<std::uint8_t>(head[0] ^ (mask[0] & 0x0fU));
  const std::size_t number_size = (head[0] & 3U) + 1U;
  Bytes nonce = keys.iv;
  for (std::size_t i = 0; i < number_size; ++i) {
    const auto byte = static_cast<std::uint8_t>(datagram[header.number_at + i] ^ mask[1 + i]);
    head.push_back(byte);
    nonce[12 - number_size + i] = static_cast<std::uint8_t>(nonce[12 - number_size + i] ^ byte);
  }
  const std::size_t start = header.number_at + number_size;
  return open_gcm(keys, nonce, head, datagram.subspan(start, header.size - start));
}

}  // namespace warder::ips::app
