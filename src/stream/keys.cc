#include "stream/keys.h"

#include <algorithm>

#include "base/text.h"

namespace warder::stream {
namespace {

constexpr std::string_view kSigning = "warder-stream-signing-key:";
constexpr std::string_view kReceiver = "x25519:";
constexpr std::string_view kReceiverPrivate = "x25519-private:";

Result<Bytes> read(std::string_view text, std::string_view prefix, std::string_view what) {
  while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
  if (!text.starts_with(prefix))
    return fail(ErrorCode::Invalid, "no " + std::string(what) + ": it begins with " + std::string(prefix));
  return from_base64(text.substr(prefix.size()));
}

}  // namespace

bool is_stream_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '/';
  });
}

std::string to_text(const StreamKey& key) {
  return std::string(kSigning) + key.name + ":" + to_base64(key.key.seed()) + "\n";
}

Result<StreamKey> parse_stream_key(std::string_view text) {
  const std::size_t colon = text.find(':', kSigning.size());
  if (!text.starts_with(kSigning) || colon == std::string_view::npos)
    return fail(ErrorCode::Invalid, "no signing key of a stream");
  std::string name{text.substr(kSigning.size(), colon - kSigning.size())};
  if (!is_stream_name(name)) return fail(ErrorCode::Invalid, "the name of the stream's key");
  const Bytes seed = WD_TRY(read(text, std::string(kSigning) + name + ":", "signing key of a stream"));
  return StreamKey{std::move(name), WD_TRY(crypto::SigningKey::from_seed(seed))};
}

std::string to_text(const crypto::HpkePublicKey& key) {
  return std::string(kReceiver) + to_base64(key);
}

Result<crypto::HpkePublicKey> parse_receiver_key(std::string_view text) {
  const Bytes bytes = WD_TRY(read(text, kReceiver, "public key of a receiver"));
  crypto::HpkePublicKey key{};
  if (bytes.size() != key.size()) return fail(ErrorCode::Invalid, "a public key of a receiver has 32 bytes");
  std::ranges::copy(bytes, key.begin());
  return key;
}

std::string to_text(const crypto::HpkePrivateKey& key) {
  return std::string(kReceiverPrivate) + to_base64(key.bytes()) + "\n";
}

Result<crypto::HpkePrivateKey> parse_receiver_private_key(std::string_view text) {
  return crypto::HpkePrivateKey::from_bytes(WD_TRY(read(text, kReceiverPrivate, "private key of a receiver")));
}

}  // namespace warder::stream
