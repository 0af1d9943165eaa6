#include "scanner/file_scan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "crypto/content_hash.h"
#include "engines/antimalware/heuristics.h"

namespace warder::scanner {
namespace {

using antimalware::FileKey;
using antimalware::HashKind;
using antimalware::Verdict;
using antimalware::VerdictKind;

FileKey key_of(const struct stat& status) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {status.st_dev, status.st_ino, status.st_ctim.tv_sec * kNanoseconds + status.st_ctim.tv_nsec,
          static_cast<std::uint64_t>(status.st_size)};
}

// Kernels before 6.13 stamp changes by their tick: a second change within it would leave the time of change as it is.
bool is_settled(const FileKey& key) {
  constexpr std::chrono::milliseconds kLongestTick{20};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::nanoseconds(key.changed_ns) + kLongestTick < now;
}

const Verdict kClean{VerdictKind::Clean, "", "", ""};

Verdict skipped(std::string reason) {
  return {VerdictKind::Skipped, "", "", std::move(reason)};
}

Verdict failed(int number) {
  return {VerdictKind::Error, "", "", std::strerror(number)};  // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe
}

int open_for_reading(const char* path) {
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  const int fd = ::open(path, kFlags | O_NOATIME);
  if (fd >= 0 || errno != EPERM) return fd;  // O_NOATIME is for owners
  return ::open(path, kFlags);
}

}  // namespace

struct FileScan::Opened {
  UniqueFd fd;
  std::string path;
  struct stat status {};
};

struct FileScan::Content {
  crypto::Digest sha256{};
  std::vector<std::pair<HashKind, std::string>> others;  // digests that indicators of others still use
  std::optional<antimalware::TlshDigest> similarity;
  Bytes head;  // the beginning, for heuristics
};

// The others only where one could match.
Result<FileScan::Content> FileScan::read(const Opened& file) const {
  crypto::Sha256 sha256;
  std::vector<std::pair<HashKind, crypto::ContentHash>> others;
  if (indicators_.has(HashKind::Sha1)) others.emplace_back(HashKind::Sha1, crypto::HashAlgorithm::Sha1);
  if (indicators_.has(HashKind::Md5)) others.emplace_back(HashKind::Md5, crypto::HashAlgorithm::Md5);
  std::optional<antimalware::TlshHash> similarity;
  if (indicators_.has_tlsh()) similarity.emplace();
  Content content;
  thread_local Bytes buffer(256 << 10);
  for (std::uint64_t offset = 0;;) {
    const ssize_t count = ::pread(file.fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("read", errno);
    if (count == 0) break;
    const ByteView piece = ByteView(buffer).first(static_cast<std::size_t>(count));
    sha256.update(piece);
    for (auto& [kind, hash] : others) hash.update(piece);
    if (similarity) similarity->update(piece);
    append(content.head, piece.first(std::min(piece.size(), antimalware::kHeadBytes - content.head.size())));
    offset += piece.size();
  }
  content.sha256 = sha256.finish();
  if (similarity) content.similarity = similarity->finish();
  for (auto& [kind, hash] : others) content.others.emplace_back(kind, hash.finish());
  return content;
}

Verdict FileScan::judge(const Opened& file, const Content& content) {
  auto indicator = indicators_.find(HashKind::Sha256, content.sha256);
  for (const auto& [kind, digest] : content.others)
    if (!indicator) indicator = indicators_.find(kind, as_bytes(digest));
  if (indicator) return {VerdictKind::Infected, "hash", std::string(*indicator), ""};
  if (antimalware::is_eicar(content.head)) return {VerdictKind::Infected, "builtin", "EICAR-Test-File", ""};
  const auto connection = connect_();
  if (!connection) return {VerdictKind::Error, "", "", connection.error().message};
  if (*connection != nullptr) {
    Verdict verdict = (*connection)->scan(file.fd.get(), file.path);
    if (verdict.kind != VerdictKind::Clean) return verdict;
  }
  if (content.similarity) {
    if (const auto near = indicators_.nearest(*content.similarity, options_.max_tlsh_distance))
      return {VerdictKind::Suspicious, "tlsh", std::string(near->name),
              "similar to a known file: TLSH distance " + std::to_string(near->distance)};
  }
  if (!options_.has_heuristics) return kClean;
  const auto suspicions =
      antimalware::find_suspicions({file.path, file.status.st_mode & 07777U, key_of(file.status).bytes, content.head});
  if (suspicions.empty()) return kClean;
  return {VerdictKind::Suspicious, "heuristic", std::string(suspicions.front().id), suspicions.front().explanation};
}

ScannedFile FileScan::scan(const std::string& path) {
  Opened file;
  file.path = path;
  // A device is not even opened: that alone can do something.
  if (::lstat(path.c_str(), &file.status) != 0) return {failed(errno), std::nullopt};
  if (!S_ISREG(file.status.st_mode)) return {skipped("not a regular file"), std::nullopt};
  if (auto known = find_clean(key_of(file.status))) return std::move(*known);
  file.fd = UniqueFd(open_for_reading(path.c_str()));
  if (!file.fd.is_open()) return {failed(errno), std::nullopt};
  return scan(std::move(file));
}

ScannedFile FileScan::scan_open(UniqueFd fd, const std::string& path) {
  Opened file;
  file.path = path;
  file.fd = std::move(fd);
  return scan(std::move(file));
}

std::optional<ScannedFile> FileScan::find_clean(const FileKey& key) {
  if (clean_ == nullptr) return std::nullopt;
  const std::lock_guard lock(clean_->mutex);
  const auto known = clean_->cache.find(key);
  if (!known) return std::nullopt;
  return ScannedFile{kClean, known, true};
}

ScannedFile FileScan::scan(Opened file) {
  ScannedFile scanned;
  if (::fstat(file.fd.get(), &file.status) != 0) return {failed(errno), std::nullopt};
  if (!S_ISREG(file.status.st_mode)) return {skipped("not a regular file"), std::nullopt};
  const FileKey key = key_of(file.status);
  if (key.bytes > options_.max_file_bytes)
    return {skipped("larger than " + std::to_string(options_.max_file_bytes) + " bytes"), std::nullopt};
  if (auto known = find_clean(key)) return std::move(*known);
  const auto content = read(file);
  if (!content) return {{VerdictKind::Error, "", "", content.error().message}, std::nullopt};
  scanned.sha256 = content->sha256;
  scanned.verdict = judge(file, *content);
  struct stat after {};
  scanned.is_stable = ::fstat(file.fd.get(), &after) == 0 && key_of(after) == key && is_settled(key);
  if (clean_ != nullptr && scanned.is_stable && scanned.verdict.kind == VerdictKind::Clean) {
    const std::lock_guard lock(clean_->mutex);
    clean_->cache.remember(key, *scanned.sha256);
  }
  return scanned;
}

}  // namespace warder::scanner
