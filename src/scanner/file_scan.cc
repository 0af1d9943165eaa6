#include "scanner/file_scan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engines/antimalware/heuristics.h"
#include "scanner/file_digests.h"

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

// The digests, what they are known for, and what stands at the beginning of the file.
std::optional<Verdict> FileScan::find_indicator(const Opened& file, ScannedFile& scanned) {
  FileDigests digests(indicators_.has(HashKind::Sha1), indicators_.has(HashKind::Md5));
  Bytes head;
  Bytes buffer(256 << 10);
  for (std::uint64_t offset = 0;;) {
    const ssize_t count = ::pread(file.fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(errno);
    if (count == 0) break;
    const ByteView piece = ByteView(buffer).first(static_cast<std::size_t>(count));
    digests.update(piece);
    if (head.size() < antimalware::kHeadBytes)
      append(head, piece.first(std::min(piece.size(), antimalware::kHeadBytes - head.size())));
    offset += piece.size();
  }
  const auto all = digests.finish();
  scanned.sha256 = all.sha256;
  const std::pair<HashKind, ByteView> known[] = {
      {HashKind::Sha256, all.sha256}, {HashKind::Sha1, all.sha1}, {HashKind::Md5, all.md5}};
  for (const auto& [kind, digest] : known) {
    if (digest.empty()) continue;
    if (const auto name = indicators_.find(kind, digest))
      return Verdict{VerdictKind::Infected, "hash", std::string(*name), ""};
  }
  if (antimalware::is_eicar(head)) return Verdict{VerdictKind::Infected, "builtin", "EICAR-Test-File", ""};
  const auto connection = connect_();
  if (!connection) return Verdict{VerdictKind::Error, "", "", connection.error().message};
  if (*connection != nullptr) {
    Verdict verdict = (*connection)->scan(file.fd.get(), file.path);
    if (verdict.kind != VerdictKind::Clean) return verdict;
  }
  if (!options_.has_heuristics) return std::nullopt;
  const auto suspicions =
      antimalware::find_suspicions({file.path, file.status.st_mode & 07777U, key_of(file.status).bytes, head});
  if (suspicions.empty()) return std::nullopt;
  return Verdict{VerdictKind::Suspicious, "heuristic", std::string(suspicions.front().id),
                 suspicions.front().explanation};
}

ScannedFile FileScan::scan(const std::string& path) {
  ScannedFile scanned;
  Opened file;
  file.path = path;
  // A device is not even opened: that alone can do something.
  if (::lstat(path.c_str(), &file.status) != 0) return {failed(errno), std::nullopt};
  if (!S_ISREG(file.status.st_mode)) return {skipped("not a regular file"), std::nullopt};
  file.fd = UniqueFd(open_for_reading(path.c_str()));
  if (!file.fd.is_open()) return {failed(errno), std::nullopt};
  if (::fstat(file.fd.get(), &file.status) != 0) return {failed(errno), std::nullopt};
  if (!S_ISREG(file.status.st_mode)) return {skipped("not a regular file"), std::nullopt};
  const FileKey key = key_of(file.status);
  if (key.bytes > options_.max_file_bytes)
    return {skipped("larger than " + std::to_string(options_.max_file_bytes) + " bytes"), std::nullopt};
  if (clean_ != nullptr) {
    const std::lock_guard lock(clean_->mutex);
    if (const auto known = clean_->cache.find(key)) return {{VerdictKind::Clean, "", "", ""}, known};
  }
  scanned.verdict = find_indicator(file, scanned).value_or(Verdict{VerdictKind::Clean, "", "", ""});
  if (clean_ == nullptr || scanned.verdict.kind != VerdictKind::Clean) return scanned;
  struct stat after {};
  if (::fstat(file.fd.get(), &after) == 0 && key_of(after) == key) {
    const std::lock_guard lock(clean_->mutex);
    clean_->cache.remember(key, *scanned.sha256);
  }
  return scanned;
}

}  // namespace warder::scanner
