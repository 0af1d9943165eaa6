// Lists of passwords that nobody may have any more: breached ones, known ones. A file keeps 4 bytes of each password's
// SHA-1 (the form in which breached passwords are passed on) and is used as it lies on the disk; the passwords cannot
// be read from it. A password that is on the list is always found; one that is not is taken for one on it once in 2^24
// times (256 entries a bucket, 32 bits each).
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::crypto {

/// Thread-safe.
class PasswordList {
 public:
  /// Maps the file, which must not change afterwards. Corrupt when it is no such list: the header and that the tables
  /// are as long as it says. A file whose entries were tampered with can miss; it cannot make a look-up read outside.
  static Result<PasswordList> open(const std::filesystem::path& path);
  static Result<PasswordList> of(Bytes bytes);

  /// Byte for byte: the caller decides about case and normal forms.
  [[nodiscard]] bool contains(std::string_view password) const;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  static Result<PasswordList> read(std::shared_ptr<const void> owner, ByteView bytes);

  std::shared_ptr<const void> owner_;  // of what starts_ and entries_ look at
  std::uint64_t count_ = 0;
  std::uint64_t bucket_bits_ = 0;
  ByteView starts_;   // u64le each, one more than there are buckets
  ByteView entries_;  // u32le each
};

/// Gathers passwords and lays the list out. Memory: 8 bytes each, and the list's own.
class PasswordListBuilder {
 public:
  void add(std::string_view password);
  /// A SHA-1 of 20 bytes. Invalid for another length.
  Result<void> add_sha1(ByteView digest);
  /// A password a line, or the SHA-1 of one in hexadecimal with or without ":<count>" behind it; lines that are empty
  /// are passed over. Returns how many were added. Invalid, with the line's number, for one of more than 4 KiB.
  Result<std::uint64_t> add_lines(std::istream& lines);
  /// Ends the gathering.
  Bytes finish();

 private:
  std::vector<std::uint64_t> hashes_;
};

}  // namespace warder::crypto
