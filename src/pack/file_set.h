// Files too large for a pack, such as databases of signatures: a pack names them (kFileSetName), and each is cut into
// chunks at places that its content decides, so that a change moves no other cut and only the chunks that are new
// travel. Functions of their input; thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace warder::pack {

/// The file of a pack that names a set.
inline constexpr std::string_view kFileSetName = "file-set.json";
inline constexpr std::size_t kMaxChunkBytes = 1U << 20;
inline constexpr std::size_t kMaxSetFiles = 1000;
inline constexpr std::uint64_t kMaxSetBytes = std::uint64_t{4} << 30U;
inline constexpr std::size_t kMaxFileSetText = 4U << 20;

struct Chunk {
  std::string digest;  // SHA-256 of its bytes, hex: its address
  std::uint64_t bytes = 0;
  friend bool operator==(const Chunk&, const Chunk&) = default;
};

struct SetFile {
  std::string name;  // letters, digits, '.', '_', '+', '-'; no dot first; no folders
  std::uint64_t bytes = 0;
  std::string sha256;  // hex
  std::vector<Chunk> chunks;
  friend bool operator==(const SetFile&, const SetFile&) = default;
};

struct FileSet {
  Timestamp made;              // of the newest content in it
  std::vector<SetFile> files;  // in order of their names
  friend bool operator==(const FileSet&, const FileSet&) = default;
};

[[nodiscard]] bool is_set_file_name(std::string_view name) noexcept;
/// Invalid names what breaks a rule: names, digests, sizes that do not add up, a limit above.
Result<void> check_set_file(const SetFile& file);

std::string print_file_set(const FileSet& set);
/// Invalid for text that is no set by the rules above.
Result<FileSet> parse_file_set(std::string_view text);

/// How many of the bytes are the first chunk: all of them where they are at most 128 KiB, never more than a chunk may
/// have. Asked with less than kMaxChunkBytes only at the end of a file.
[[nodiscard]] std::size_t first_chunk(ByteView bytes) noexcept;

/// Cuts a file; `take` gets each chunk in turn, and its failure ends it. TooLarge beyond `max_bytes`.
Result<SetFile> cut_file(const std::filesystem::path& path, std::string name, std::uint64_t max_bytes,
                         const std::function<Result<void>(const Chunk&, ByteView)>& take);

/// The form in which chunks are stored and travel: one zstd frame.
Bytes compress_chunk(ByteView bytes);
/// Corrupt unless it is exactly this chunk.
Result<Bytes> unpack_chunk(ByteView stored, const Chunk& chunk);

}  // namespace warder::pack
