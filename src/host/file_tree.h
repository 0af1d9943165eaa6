// Port: looking at files without trusting them. Nothing here follows a symbolic link, and nothing but a regular file is
// ever opened for reading, so a FIFO, a device or a link swapped in at the wrong moment does no harm.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::host {

enum class FileKind : std::uint8_t { Unknown, Regular, Directory, Symlink, Fifo, Socket, CharDevice, BlockDevice };
/// "file", "directory", "symlink" …
std::string_view name(FileKind kind) noexcept;

struct FileStat {
  FileKind kind = FileKind::Unknown;
  std::uint32_t mode = 0;  // permission bits with set-uid, set-gid and sticky
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t links = 0;
  std::uint64_t bytes = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;  // since 1970; times before are negative
  std::int64_t changed_ns = 0;   // of the inode (ctime): moves with every change and cannot be set by a program
  std::int64_t born_ns = 0;      // 0 where the file system does not say
  std::uint64_t mount = 0;       // which mount it was reached through; 0: not known
  std::int64_t accessed_ns = 0;
  std::uint64_t blocks = 0;  // of 512 bytes
  std::uint32_t flags = 0;   // FileFlag
  friend bool operator==(const FileStat&, const FileStat&) = default;
};

/// What chattr(1) sets, as far as statx(2) tells it.
enum class FileFlag : std::uint32_t {
  Compressed = 0x4,
  Immutable = 0x10,
  AppendOnly = 0x20,
  NoDump = 0x40,
  Encrypted = 0x800,
  Verity = 0x100000
};

/// The extended attributes of a file, in text that orders and compares.
struct FileExtras {
  std::string acl;           // POSIX access and default lists: "user::rw-,user:1000:r--,…"; empty: none but the mode
  std::string capabilities;  // "cap_net_raw=ep"-like: permitted, inheritable and effective sets in hexadecimal
  std::string attributes;    // user.*, trusted.* and security.*, sorted: "user.a=6869,…"; values in hexadecimal, long
                             // ones by SHA-256
  friend bool operator==(const FileExtras&, const FileExtras&) = default;
};

struct FileEntry {
  std::string name;  // raw bytes: any but '/' and NUL
  FileStat stat;
};

/// What was read of a file: its state before and after, so that the caller can tell whether it moved meanwhile.
struct FileContent {
  FileStat before;
  FileStat after;
  std::uint64_t bytes = 0;
  bool is_whole = false;  // false: the limit was reached first
  FileExtras extras;      // read from the same open file
};

/// An open directory. Names are single components. Single-threaded.
class Directory {
 public:
  virtual ~Directory() = default;
  /// Whether read() also gives extras.
  virtual void want_extras(bool /*is_wanted*/) {}
  [[nodiscard]] virtual const FileStat& stat() const noexcept = 0;
  /// Whether a store through a mapping moves the times of a file here. It does not where files live in memory alone.
  [[nodiscard]] virtual bool moves_times_on_mapped_stores() const { return true; }
  /// The next entries, in inode order within one answer, without "." and ".."; empty at the end. What vanishes while it
  /// is looked at is left out. An answer has some thousand entries at most, however big the directory.
  virtual Result<std::vector<FileEntry>> next_entries() = 0;
  /// nullopt when there is no such name.
  virtual Result<std::optional<FileStat>> find(const std::string& name) = 0;
  virtual Result<std::string> link_target(const std::string& name) = 0;
  /// Reads a regular file from its start, at most `max_bytes` and never past the size it had when it was opened,
  /// handing over each piece. Does not move the access time where the system allows. NotFound when it is gone, Conflict
  /// when it is no regular file. Extras only where they were asked for.
  virtual Result<FileContent> read(const std::string& name, std::uint64_t max_bytes,
                                   const std::function<void(ByteView)>& piece) = 0;
  /// Of anything but a symbolic link. NotFound when it is gone. Empty where the file system has none.
  virtual Result<FileExtras> extras(const std::string& /*name*/) { return FileExtras{}; }
  /// NotFound when it is gone, Conflict when it is no directory.
  virtual Result<std::unique_ptr<Directory>> open(const std::string& name) = 0;
};

/// A tree of files: the live host's, an image's, or a test's. Thread-safe; what it opens is not.
class FileTree {
 public:
  virtual ~FileTree() = default;
  /// Opens an absolute path no component of which is a symbolic link; NotFound or Conflict otherwise.
  virtual Result<std::unique_ptr<Directory>> open(const std::string& path) = 0;
  /// The path with every symbolic link in it resolved, as far as it exists; the rest is kept as it is. A link of a tree
  /// that stands for an image leads to a place in that image, never out of it.
  virtual std::string resolve(const std::string& path) = 0;
};

/// "/a/b" → "/a", "/a" → "/", "/" → "/".
std::string_view parent_of(std::string_view path) noexcept;
/// The last component; empty for "/".
std::string_view base_of(std::string_view path) noexcept;
std::string join(std::string_view directory, std::string_view name);
/// Whether the path is the directory or lies below it, by their names alone.
bool is_within(std::string_view path, std::string_view directory) noexcept;

}  // namespace warder::host
