#include "pack/file_set.h"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace warder::pack {
namespace {

constexpr std::size_t kMinChunkBytes = 128U << 10;
constexpr int kCutBits = 18;  // a cut every 256 KiB on average, beyond the least size
constexpr std::size_t kMaxName = 120;
constexpr int kLevel = 9;

// A number for each value of a byte, by splitmix64 (Steele, Lea, Flood 2014): any would do that never change.
constexpr std::array<std::uint64_t, 256> make_gear() {
  std::array<std::uint64_t, 256> table{};
  std::uint64_t state = 0x5761726465720001;
  for (auto& value : table) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111eb;
    value = z ^ (z >> 31U);
  }
  return table;
}
constexpr std::array<std::uint64_t, 256> kGear = make_gear();

bool is_digest(std::string_view text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<std::uint64_t> read_bytes(const json::object& object) {
  const std::int64_t bytes = WD_TRY(get_int(object, "bytes"));
  if (bytes < 0) return fail(ErrorCode::Invalid, "/bytes: negative");
  return static_cast<std::uint64_t>(bytes);
}

Result<SetFile> read_set_file(const json::object& object) {
  SetFile file;
  file.name = WD_TRY(get_string(object, "name"));
  file.bytes = WD_TRY(read_bytes(object));
  file.sha256 = WD_TRY(get_string(object, "sha256"));
  for (const json::value& each : *WD_TRY(get_array(object, "chunks"))) {
    if (!each.is_object()) return fail(ErrorCode::Invalid, "/chunks: not objects");
    const json::object& chunk = each.get_object();
    file.chunks.push_back({std::string(WD_TRY(get_string(chunk, "digest"))), WD_TRY(read_bytes(chunk))});
  }
  WD_TRY(check_set_file(file));
  return file;
}

}  // namespace

bool is_set_file_name(std::string_view name) noexcept {
  const auto is_allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("._+-").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kMaxName && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_allowed);
}

Result<void> check_set_file(const SetFile& file) {
  if (!is_set_file_name(file.name)) return fail(ErrorCode::Invalid, "/name: not the name of a file of a set");
  if (!is_digest(file.sha256)) return fail(ErrorCode::Invalid, file.name + ": /sha256: not a digest");
  if (file.bytes > kMaxSetBytes) return fail(ErrorCode::TooLarge, file.name + ": larger than a set may be");
  std::uint64_t sum = 0;
  for (const Chunk& chunk : file.chunks) {
    if (!is_digest(chunk.digest)) return fail(ErrorCode::Invalid, file.name + ": a chunk without a digest");
    if (chunk.bytes == 0 || chunk.bytes > kMaxChunkBytes)
      return fail(ErrorCode::Invalid, file.name + ": a chunk of another size than chunks have");
    sum += chunk.bytes;
  }
  if (sum != file.bytes) return fail(ErrorCode::Invalid, file.name + ": its chunks are not its size");
  return {};
}

std::string print_file_set(const FileSet& set) {
  json::array files;
  for (const SetFile& file : set.files) {
    json::array chunks;
    for (const Chunk& chunk : file.chunks)
      chunks.push_back(json::object{{"digest", json::string(chunk.digest)}, {"bytes", chunk.bytes}});
    files.push_back(json::object{{"name", json::string(file.name)},
                                 {"bytes", file.bytes},
                                 {"sha256", json::string(file.sha256)},
                                 {"chunks", std::move(chunks)}});
  }
  return canonical_json(json::object{{"made", to_rfc3339(set.made)}, {"files", std::move(files)}});
}

Result<FileSet> parse_file_set(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text, kMaxFileSetText, 8));
  if (!value.is_object()) return fail(ErrorCode::Invalid, "not an object");
  FileSet set;
  set.made = WD_TRY(parse_rfc3339(WD_TRY(get_string(value.get_object(), "made"))).in("/made"));
  const json::array* const files = WD_TRY(get_array(value.get_object(), "files"));
  if (files->size() > kMaxSetFiles) return fail(ErrorCode::TooLarge, "/files: too many");
  std::uint64_t sum = 0;
  for (const json::value& each : *files) {
    if (!each.is_object()) return fail(ErrorCode::Invalid, "/files: not objects");
    set.files.push_back(WD_TRY(read_set_file(each.get_object())));
    sum += set.files.back().bytes;
    if (sum > kMaxSetBytes) return fail(ErrorCode::TooLarge, "/files: more bytes than a set may have");
    if (set.files.size() > 1 && set.files[set.files.size() - 2].name >= set.files.back().name)
      return fail(ErrorCode::Invalid, "/files: not in order, or a name twice");
  }
  return set;
}

// Content-defined chunking with a gear hash (Xia and others, "FastCDC", USENIX ATC 2016): the last 64 bytes decide.
std::size_t first_chunk(ByteView bytes) noexcept {
  const std::size_t most = std::min(bytes.size(), kMaxChunkBytes);
  if (most <= kMinChunkBytes) return most;
  constexpr std::uint64_t kMask = ~std::uint64_t{0} << (64U - kCutBits);
  std::uint64_t hash = 0;
  for (std::size_t i = kMinChunkBytes - 64; i < most; ++i) {
    hash = (hash << 1U) + kGear[bytes[i]];
    if (i >= kMinChunkBytes && (hash & kMask) == 0) return i + 1;
  }
  return most;
}

Result<SetFile> cut_file(const std::filesystem::path& path, std::string name, std::uint64_t max_bytes,
                         const std::function<Result<void>(const Chunk&, ByteView)>& take) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return fail_errno(path.string(), errno);
  SetFile file;
  file.name = std::move(name);
  crypto::Sha256 whole;
  Bytes buffer(kMaxChunkBytes);
  std::size_t filled = 0;
  for (bool is_end = false; !is_end || filled > 0;) {
    while (!is_end && filled < buffer.size()) {
      const ssize_t count = ::read(fd.get(), buffer.data() + filled, buffer.size() - filled);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail_errno(path.string(), errno);
      is_end = count == 0;
      filled += static_cast<std::size_t>(count);
    }
    if (filled == 0) break;
    const std::size_t length = first_chunk(ByteView(buffer).first(filled));
    const ByteView piece = ByteView(buffer).first(length);
    file.bytes += length;
    if (file.bytes > max_bytes) return fail(ErrorCode::TooLarge, path.string() + ": too large");
    whole.update(piece);
    file.chunks.push_back({to_hex(crypto::sha256(piece)), length});
    WD_TRY(take(file.chunks.back(), piece));
    std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(length),
              buffer.begin() + static_cast<std::ptrdiff_t>(filled), buffer.begin());
    filled -= length;
  }
  file.sha256 = to_hex(whole.finish());
  return file;
}

Bytes compress_chunk(ByteView bytes) {
  Bytes stored(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress(stored.data(), stored.size(), bytes.data(), bytes.size(), kLevel);
  stored.resize(ZSTD_isError(size) != 0 ? 0 : size);  // it cannot fail with room enough
  return stored;
}

Result<Bytes> unpack_chunk(ByteView stored, const Chunk& chunk) {
  if (chunk.bytes > kMaxChunkBytes) return fail(ErrorCode::TooLarge, "a chunk larger than chunks are");
  Bytes bytes(chunk.bytes);
  const std::size_t size = ZSTD_decompress(bytes.data(), bytes.size(), stored.data(), stored.size());
  if (ZSTD_isError(size) != 0 || size != bytes.size() || to_hex(crypto::sha256(bytes)) != chunk.digest)
    return fail(ErrorCode::Corrupt, "chunk " + chunk.digest + " arrived damaged");
  return bytes;
}

}  // namespace warder::pack
