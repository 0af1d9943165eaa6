// Root keys as lines of a file: the key provider of a manager without PKCS#11 token or KMS.
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/key_provider.h"
#include "crypto/seal.h"

namespace warder::crypto {
namespace {

constexpr std::size_t kRootBytes = 32;
constexpr std::size_t kLineBytes = 2 * kRootBytes + 1;  // hex and a newline
// A rotation that was interrupted leaves one more; nobody leaves this many.
constexpr std::size_t kMaxRoots = 16;

using Roots = std::vector<DataKey>;  // the last one wraps

/// Names the root key without telling it, so that a wrong key file is told from a damaged box.
std::string root_id(ByteView key) {
  return "root-" + to_hex(derive_key(key, {}, "warder root key id", 8));
}

/// Text with keys in it.
class SecretText {
 public:
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  ~SecretText() { OPENSSL_cleanse(text_.data(), text_.size()); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  [[nodiscard]] std::string_view view() const noexcept { return text_; }

 private:
  std::string text_;
};

Result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

enum class Existing : std::uint8_t { Stays, IsReplaced };

/// Makes the file whole or not at all. Stays: one that appears meanwhile wins, for link(2) never replaces.
Result<void> write_key_file(const std::filesystem::path& path, std::string_view text, Existing existing) {
  const std::string temporary = path.string() + "." + to_hex(random_bytes(8));
  const UniqueFd file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.is_open()) return fail_errno(temporary, errno);
  Result<void> written = write_all(file.get(), text);
  if (written && ::fsync(file.get()) != 0) written = fail_errno(temporary, errno);
  if (written && existing == Existing::Stays && ::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST)
    written = fail_errno(path.string(), errno);
  if (written && existing == Existing::IsReplaced && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = fail_errno(path.string(), errno);
  if (!written || existing == Existing::Stays) ::unlink(temporary.c_str());
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

Result<Roots> parse_roots(std::string_view text, const std::string& path) {
  Roots roots;
  for (const std::string_view line : split(trim(text), '\n')) {
    Result<Bytes> key = from_hex(trim(line));
    if (!key || key->size() != kRootBytes || roots.size() == kMaxRoots)
      return fail(ErrorCode::Corrupt, path + ": not root keys of 64 hex digits each");
    std::string id = root_id(*key);
    roots.emplace_back(std::move(id), 1, std::move(*key));
  }
  if (roots.empty()) return fail(ErrorCode::Corrupt, path + ": no root key in it");
  return roots;
}

Result<Roots> read_roots(const std::string& path) {
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!file.is_open()) return fail_errno(path, errno);
  WD_TRY(check_private(file.get(), path));
  std::array<char, kMaxRoots * kLineBytes + 1> buffer{};
  const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
  if (count < 0) return fail_errno(path, errno);
  Result<Roots> roots = parse_roots({buffer.data(), static_cast<std::size_t>(count)}, path);
  OPENSSL_cleanse(buffer.data(), buffer.size());
  return roots;
}

std::string line_of(ByteView key) {
  const SecretText hex{to_hex(key)};
  std::string line;
  line.reserve(kLineBytes);
  line.append(hex.view()).push_back('\n');
  return line;
}

class SealedFileProvider final : public KeyProvider {
 public:
  SealedFileProvider(std::string path, Roots roots) : path_(std::move(path)), roots_(std::move(roots)) {}
  [[nodiscard]] std::string name() const override { return "sealed-file"; }

  /// Reads the file first: what another process wraps under, and perhaps nothing else soon, is its last line.
  Result<Bytes> wrap(std::string_view purpose, ByteView key) override {
    const std::lock_guard lock{mutex_};
    roots_ = WD_TRY(read_roots(path_));
    return seal(roots_.back(), purpose, key);
  }
  Result<Bytes> unwrap(std::string_view purpose, ByteView wrapped) override {
    const std::lock_guard lock{mutex_};
    const std::string id = WD_TRY(root_of(wrapped));
    if (find(id) == nullptr) roots_ = WD_TRY(read_roots(path_));
    const DataKey* const root = find(id);
    if (root == nullptr) return fail(ErrorCode::NotFound, path_ + ": root key " + id + " is not there");
    return open_sealed(*root, purpose, wrapped).in("root key");
  }
  Result<std::string> root() override {
    const std::lock_guard lock{mutex_};
    roots_ = WD_TRY(read_roots(path_));
    return roots_.back().id();
  }
  Result<void> rotate() override {
    const std::lock_guard lock{mutex_};
    roots_ = WD_TRY(read_roots(path_));
    if (roots_.size() == kMaxRoots) return fail(ErrorCode::Conflict, path_ + ": too many root keys; finish a rotation");
    Bytes key = random_bytes(kRootBytes);
    std::string id = root_id(key);
    roots_.emplace_back(std::move(id), 1, std::move(key));
    return store();
  }
  Result<bool> has_old() override {
    const std::lock_guard lock{mutex_};
    roots_ = WD_TRY(read_roots(path_));
    return roots_.size() > 1;
  }
  Result<void> forget_old() override {
    const std::lock_guard lock{mutex_};
    roots_ = WD_TRY(read_roots(path_));
    if (roots_.size() == 1) return {};
    roots_.erase(roots_.begin(), roots_.end() - 1);
    return store();
  }

 private:
  [[nodiscard]] const DataKey* find(std::string_view id) const {
    const auto found = std::ranges::find(roots_, id, &DataKey::id);
    return found == roots_.end() ? nullptr : &*found;
  }
  [[nodiscard]] Result<void> store() const {
    std::string text;
    text.reserve(roots_.size() * kLineBytes);
    for (const DataKey& root : roots_) {
      const SecretText line{line_of(root.key())};
      text.append(line.view());
    }
    const SecretText all{std::move(text)};
    return write_key_file(path_, all.view(), Existing::IsReplaced);
  }

  const std::string path_;
  std::mutex mutex_;  // guards roots_
  Roots roots_;
};

}  // namespace

Result<std::unique_ptr<KeyProvider>> make_sealed_file_provider(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 && errno == ENOENT) {
    const SecretText line{line_of(random_bytes(kRootBytes))};
    WD_TRY(write_key_file(path, line.view(), Existing::Stays));
  }
  Roots roots = WD_TRY(read_roots(path));
  return std::make_unique<SealedFileProvider>(path, std::move(roots));
}

}  // namespace warder::crypto
