#include "engines/loginspection/image_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "engines/loginspection/image.h"

namespace warder::loginspection {

namespace {

constexpr std::size_t kMaxImageBytes = 256 << 20;

/// The rest of an open file.
Result<std::string> read_all(int fd, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, bytes.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(ErrorCode::Corrupt, "cannot be read whole");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

Result<std::string> read_own_file(const std::filesystem::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open()) return fail_errno(file.string(), errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(file.string(), errno);
  const bool is_ours = S_ISREG(info.st_mode) && (info.st_uid == 0 || info.st_uid == ::geteuid()) &&
                       (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!is_ours) return fail(ErrorCode::Forbidden, file.string() + ": others than its reader may write it");
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > kMaxImageBytes) return fail(ErrorCode::TooLarge, file.string() + ": is no image of this size");
  return read_all(fd.get(), size).in(file.string());
}

}  // namespace

Result<void> save_image_file(const Compiled& compiled, std::string_view source, const std::filesystem::path& file) {
  const std::string image = save_image(compiled, source);
  if (image.empty()) return fail(ErrorCode::Unavailable, "these rules cannot be written as an image");
  return write_file_atomically(file, image);
}

Result<std::shared_ptr<const Compiled>> load_image_file(const std::filesystem::path& file,
                                                        std::optional<std::string_view> source) {
  const std::string bytes = WD_TRY(read_own_file(file));
  const std::string made_from = source ? std::string(*source) : WD_TRY(image_source(as_bytes(bytes)).in(file.string()));
  return load_image(as_bytes(bytes), made_from).in(file.string());
}

Result<std::shared_ptr<const Compiled>> compile_with_cache(const Definition& definition,
                                                           const std::filesystem::path& file) {
  const std::string source = source_of(definition);
  if (auto cached = load_image_file(file, source)) return cached;
  auto compiled = WD_TRY(compile(definition));
  static_cast<void>(save_image_file(*compiled, source, file));
  return compiled;
}

}  // namespace warder::loginspection
