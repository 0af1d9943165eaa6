#include "engines/integrity/file_seal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"
#include "crypto/hash.h"

namespace warder::integrity {
namespace {

// Trailer: 8 bytes of magic, 1 of kind, 7 of zero, 32 of HMAC-SHA256 over SHA-256 of all before and the first 16.
constexpr std::string_view kMagic = "WDSEAL01";
constexpr std::size_t kTrailer = 48;
constexpr std::size_t kPiece = 256 << 10;

Result<crypto::Digest> digest_of(int fd, std::uint64_t size) {
  crypto::Sha256 hash;
  Bytes buffer(kPiece);
  for (std::uint64_t at = 0; at < size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at));
    const ssize_t got = ::pread(fd, buffer.data(), wanted, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", errno);
    if (got == 0) return fail(ErrorCode::Corrupt, "it became shorter while it was read");
    hash.update(ByteView(buffer).first(static_cast<std::size_t>(got)));
    at += static_cast<std::uint64_t>(got);
  }
  return hash.finish();
}

Bytes trailer_of(const crypto::Digest& digest, ByteView key) {
  Bytes trailer;
  append(trailer, as_bytes(kMagic));
  trailer.push_back(key.empty() ? 0 : 1);
  trailer.resize(16, 0);
  Bytes message(digest.begin(), digest.end());
  append(message, trailer);
  append(trailer, crypto::hmac_sha256(key, message));
  return trailer;
}

}  // namespace

Result<void> seal_file(const std::filesystem::path& file, ByteView key) {
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  struct stat stat {};
  if (!fd.is_open() || ::fstat(fd.get(), &stat) != 0) return fail_errno(file.native(), errno);
  const auto size = static_cast<std::uint64_t>(stat.st_size);
  const Bytes trailer = trailer_of(WD_TRY(digest_of(fd.get(), size).in(file.native())), key);
  if (::pwrite(fd.get(), trailer.data(), trailer.size(), stat.st_size) != static_cast<ssize_t>(trailer.size()))
    return fail_errno(file.native(), errno);
  if (::fsync(fd.get()) != 0) return fail_errno(file.native(), errno);
  return {};
}

Result<void> verify_seal(const std::filesystem::path& file, ByteView key) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat stat {};
  if (!fd.is_open() || ::fstat(fd.get(), &stat) != 0) return fail_errno(file.native(), errno);
  std::array<std::uint8_t, kTrailer> found{};
  const auto size = static_cast<std::uint64_t>(std::max<off_t>(stat.st_size, 0));
  if (size < kTrailer ||
      ::pread(fd.get(), found.data(), kTrailer, stat.st_size - static_cast<off_t>(kTrailer)) != kTrailer ||
      as_text(found).substr(0, kMagic.size()) != kMagic)
    return fail(ErrorCode::Corrupt, file.native() + ": no finished baseline, or one that was cut or edited");
  const bool has_key = found[kMagic.size()] == 1;
  if (has_key && key.empty()) return fail(ErrorCode::Forbidden, file.native() + ": it is sealed: give --seal-key");
  if (!has_key && !key.empty()) return fail(ErrorCode::Forbidden, file.native() + ": it was not sealed with a key");
  const Bytes expected = trailer_of(WD_TRY(digest_of(fd.get(), size - kTrailer).in(file.native())), key);
  if (!crypto::equals_constant_time(expected, found))
    return fail(ErrorCode::Corrupt, file.native() + ": it was edited since it was sealed, or the key is another");
  return {};
}

}  // namespace warder::integrity
