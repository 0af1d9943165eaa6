#include "pack/file_set_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/file.h"
#include "crypto/hash.h"

namespace warder::pack {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDescription = ".set.json";  // no name of a file begins with a dot
constexpr std::string_view kPartial = ".partial";
constexpr std::uint64_t kSpareBytes = std::uint64_t{64} << 20U;  // that the disk keeps

Result<UniqueFd> open_file(const fs::path& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return fail_errno(path.string(), errno);
  return fd;
}

std::optional<Bytes> read_range(const fs::path& path, std::uint64_t offset, std::uint64_t bytes) {
  const auto fd = open_file(path, O_RDONLY);
  if (!fd) return std::nullopt;
  Bytes data(bytes);
  for (std::size_t done = 0; done < data.size();) {
    const ssize_t count = ::pread(fd->get(), data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    done += static_cast<std::size_t>(count);
  }
  return data;
}

Result<void> write_range(const fs::path& path, std::uint64_t offset, ByteView bytes) {
  const UniqueFd fd = WD_TRY(open_file(path, O_WRONLY));
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(path.string(), errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

bool is_chunk(const std::optional<Bytes>& bytes, const Chunk& chunk) {
  return bytes && to_hex(crypto::sha256(*bytes)) == chunk.digest;
}

Result<std::string> digest_of_file(const fs::path& path, bool is_to_be_flushed) {
  const UniqueFd fd = WD_TRY(open_file(path, O_RDONLY));
  crypto::Sha256 hash;
  Bytes buffer(1U << 20U);
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(path.string(), errno);
    if (count == 0) break;
    hash.update(ByteView(buffer).first(static_cast<std::size_t>(count)));
  }
  if (is_to_be_flushed && ::fsync(fd.get()) != 0) return fail_errno(path.string(), errno);
  return to_hex(hash.finish());
}

bool link_whole(const fs::path& from, const fs::path& to, const std::string& sha256) {
  const auto digest = digest_of_file(from, false);
  return digest && *digest == sha256 && ::link(from.c_str(), to.c_str()) == 0;
}

Result<void> make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail_errno(folder.string(), errno);
}

// What is in an incomplete set already takes its room.
Result<void> check_room(const fs::path& folder, const FileSet& set) {
  std::uint64_t needed = kSpareBytes;
  for (const SetFile& file : set.files) {
    struct stat status {};
    const bool is_there = ::lstat((folder / file.name).c_str(), &status) == 0;
    const std::uint64_t has = is_there ? static_cast<std::uint64_t>(status.st_blocks) * 512 : 0;
    needed += file.bytes - std::min(file.bytes, has);
  }
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return fail_errno(folder.string(), errno);
  if (disk.f_bavail * disk.f_frsize >= needed) return {};
  return fail(ErrorCode::Unavailable, folder.string() + ": " + std::to_string(needed >> 20U) + " MB are needed there");
}

}  // namespace

Result<FileSet> read_file_set(const fs::path& pack_files) {
  return parse_file_set(WD_TRY(read_file(pack_files / kFileSetName, kMaxFileSetText))).in(std::string(kFileSetName));
}

Result<FileSetStore> FileSetStore::open(const fs::path& folder) {
  WD_TRY(make_folder(folder));
  return FileSetStore(folder);
}

fs::path FileSetStore::directory(std::string_view digest) const {
  return folder_ / digest;
}

fs::path FileSetStore::partial(std::string_view digest) const {
  return folder_ / (std::string(digest) + std::string(kPartial));
}

bool FileSetStore::contains(std::string_view digest) const {
  return fs::exists(directory(digest) / kDescription);
}

// Where chunks lie in complete sets. They are checked when they are taken.
FileSetStore::Places FileSetStore::present() const {
  Places places;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (entry.path().extension() == kPartial) continue;
    const auto text = read_file(entry.path() / kDescription, kMaxFileSetText);
    const auto set = text ? parse_file_set(*text) : Result<FileSet>(fail(text.error()));
    if (!set) continue;
    for (const SetFile& file : set->files) {
      places.emplace(file.sha256, Place{entry.path() / file.name, 0});
      std::uint64_t offset = 0;
      for (const Chunk& chunk : file.chunks) {
        places.emplace(chunk.digest, Place{entry.path() / file.name, offset});
        offset += chunk.bytes;
      }
    }
  }
  return places;
}

Result<std::vector<Chunk>> FileSetStore::begin(const std::string& digest, FileSet set) {
  const fs::path folder = partial(digest);
  WD_TRY(make_folder(folder));
  WD_TRY(check_room(folder, set));
  const Places here = present();
  Begun begun;
  std::vector<Chunk> missing;
  for (const SetFile& file : set.files) {
    const fs::path to = folder / file.name;
    const auto whole = here.find(file.sha256);
    struct stat status {};
    if (::lstat(to.c_str(), &status) == 0 && status.st_nlink > 1) continue;  // linked by an earlier begin
    if (whole != here.end() && link_whole(whole->second.path, to, file.sha256)) continue;
    for (Chunk& each : WD_TRY(take_parts(file, to, here, begun))) missing.push_back(std::move(each));
  }
  begun.set = std::move(set);
  begun_.insert_or_assign(digest, std::move(begun));
  return missing;
}

Result<std::vector<Chunk>> FileSetStore::take_parts(const SetFile& file, const fs::path& to, const Places& present,
                                                    Begun& begun) const {
  const bool is_new = !fs::exists(to);
  {
    const UniqueFd fd = WD_TRY(open_file(to, O_WRONLY | O_CREAT));
    if (::ftruncate(fd.get(), static_cast<off_t>(file.bytes)) != 0) return fail_errno(to.string(), errno);
  }
  std::vector<Chunk> missing;
  std::uint64_t offset = 0;
  for (const Chunk& chunk : file.chunks) {
    const std::uint64_t at = offset;
    offset += chunk.bytes;
    if (!is_new && is_chunk(read_range(to, at, chunk.bytes), chunk)) continue;
    const auto found = present.find(chunk.digest);
    const auto bytes =
        found == present.end() ? std::nullopt : read_range(found->second.path, found->second.offset, chunk.bytes);
    if (is_chunk(bytes, chunk)) {
      WD_TRY(write_range(to, at, *bytes));
      continue;
    }
    if (begun.wanted.find(chunk.digest) == begun.wanted.end()) missing.push_back(chunk);
    begun.wanted.emplace(chunk.digest, Place{to, at});
  }
  return missing;
}

Result<void> FileSetStore::put(const std::string& digest, const Chunk& chunk, ByteView bytes) {
  const auto begun = begun_.find(digest);
  if (begun == begun_.end()) return fail(ErrorCode::Internal, "a chunk of a set that was not begun");
  const auto [first, last] = begun->second.wanted.equal_range(chunk.digest);
  for (auto place = first; place != last; ++place) WD_TRY(write_range(place->second.path, place->second.offset, bytes));
  return {};
}

Result<void> FileSetStore::finish(const std::string& digest) {
  const auto begun = begun_.extract(digest);
  if (begun.empty()) return fail(ErrorCode::Internal, "a set that was not begun");
  const fs::path folder = partial(digest);
  std::error_code error;
  for (const SetFile& file : begun.mapped().set.files) {
    if (WD_TRY(digest_of_file(folder / file.name, true)) == file.sha256) continue;
    fs::remove_all(folder, error);
    return fail(ErrorCode::Corrupt, file.name + " is not what the set says");
  }
  WD_TRY(write_file_atomically(folder / kDescription, print_file_set(begun.mapped().set)));
  fs::remove_all(directory(digest), error);
  if (::rename(folder.c_str(), directory(digest).c_str()) != 0) return fail_errno(folder.string(), errno);
  const UniqueFd parent = WD_TRY(open_file(folder_, O_RDONLY | O_DIRECTORY));
  if (::fsync(parent.get()) != 0) return fail_errno(folder_.string(), errno);
  return {};
}

Result<void> FileSetStore::keep_only(const std::set<std::string>& digests) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder_, error)) paths.push_back(entry.path());
  for (const fs::path& path : paths) {
    const bool is_begun = path.extension() == kPartial && begun_.contains(path.stem().string());
    if (!is_begun && (path.extension() == kPartial || !digests.contains(path.filename().string())))
      fs::remove_all(path, error);
  }
  if (error) return fail_errno(folder_.string(), error.value());
  return {};
}

}  // namespace warder::pack
