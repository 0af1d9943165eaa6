// The root key as a file: the key provider of a manager without PKCS#11 token or KMS.
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

namespace warder::crypto {
namespace {

constexpr std::size_t kRootBytes = 32;
constexpr std::size_t kFileBytes = 2 * kRootBytes + 1;  // hex and a newline

class SealedFileProvider : public KeyProvider {
 public:
  explicit SealedFileProvider(DataKey root) : root_(std::move(root)) {}
  [[nodiscard]] std::string name() const override { return "sealed-file"; }
  Result<Bytes> wrap(std::string_view purpose, ByteView key) override { return seal(root_, purpose, key); }
  Result<Bytes> unwrap(std::string_view purpose, ByteView wrapped) override {
    return open_sealed(root_, purpose, wrapped).in("root key");
  }

 private:
  const DataKey root_;
};

/// Names the root key without telling it, so that a wrong key file is told from a damaged box.
std::string root_id(ByteView key) {
  return "root-" + to_hex(derive_key(key, {}, "warder root key id", 8));
}

Result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

/// Makes the file whole or not at all; one that appears meanwhile stays: link(2) never replaces.
Result<void> create_key_file(const std::filesystem::path& path) {
  const std::string temporary = path.string() + "." + to_hex(random_bytes(8));
  const UniqueFd file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.is_open()) return fail_errno(temporary, errno);
  std::string text = to_hex(random_bytes(kRootBytes)) + "\n";
  Result<void> written = write_all(file.get(), text);
  OPENSSL_cleanse(text.data(), text.size());
  if (written && ::fsync(file.get()) != 0) written = fail_errno(temporary, errno);
  if (written && ::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST)
    written = fail_errno(path.string(), errno);
  ::unlink(temporary.c_str());
  if (!written) return written;
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  const UniqueFd directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.is_open() || ::fsync(directory.get()) != 0) return fail_errno(folder, errno);
  return {};
}

Result<void> check_private(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_errno(path, errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::Forbidden, path + ": not a regular file");
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return fail(ErrorCode::Forbidden,
                fmt::format("{}: belongs to user {}; chown it to the manager's", path, status.st_uid));
  }
  if ((status.st_mode & 077) != 0) {
    return fail(ErrorCode::Forbidden,
                fmt::format("{}: mode {:04o} lets others read the root key; chmod 0600", path, status.st_mode & 07777));
  }
  return {};
}

Result<Bytes> read_key(int fd, const std::string& path) {
  std::array<char, kFileBytes + 1> buffer{};
  const ssize_t count = ::read(fd, buffer.data(), buffer.size());
  if (count < 0) return fail_errno(path, errno);
  const std::string_view text = trim(std::string_view{buffer.data(), static_cast<std::size_t>(count)});
  Result<Bytes> key = from_hex(text);
  OPENSSL_cleanse(buffer.data(), buffer.size());
  if (!key || key->size() != kRootBytes) return fail(ErrorCode::Corrupt, path + ": not a root key of 64 hex digits");
  return key;
}

}  // namespace

Result<std::unique_ptr<KeyProvider>> make_sealed_file_provider(const std::string& path) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
  UniqueFd file{::open(path.c_str(), kFlags)};
  if (!file.is_open() && errno == ENOENT) {
    WD_TRY(create_key_file(path));
    file = UniqueFd{::open(path.c_str(), kFlags)};
  }
  if (!file.is_open()) return fail_errno(path, errno);
  WD_TRY(check_private(file.get(), path));
  Bytes key = WD_TRY(read_key(file.get(), path));
  std::string id = root_id(key);
  return std::make_unique<SealedFileProvider>(DataKey{std::move(id), 1, std::move(key)});
}

}  // namespace warder::crypto
