#include "engines/ips/app/digest.h"

#include <openssl/evp.h>

namespace warder::ips::app {

Bytes digest(DigestKind kind, ByteView bytes) {
  const EVP_MD* algorithm = nullptr;
  switch (kind) {
    case DigestKind::Md5:
      algorithm = EVP_md5();
      break;
    case DigestKind::Sha1:
      algorithm = EVP_sha1();
      break;
    case DigestKind::Sha256:
      algorithm = EVP_sha256();
      break;
  }
  Bytes out(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  // Fails only where a provider (FIPS) lacks the algorithm: then there is no fingerprint, and no rule on it matches.
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr) != 1) size = 0;
  out.resize(size);
  return out;
}

std::string digest_hex(DigestKind kind, ByteView bytes) {
  return to_hex(digest(kind, bytes));
}

}  // namespace warder::ips::app
