#include "records/gzip_file.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace warder::records {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib.h, inflateInit2: gzip header and trailer

class GzipFile final : public host::LogFile {
 public:
  explicit GzipFile(std::unique_ptr<host::LogFile> file) : file_(std::move(file)) { begin(); }
  ~GzipFile() override { inflateEnd(&stream_); }
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;

  Result<host::LogFileInfo> info() override { return file_->info(); }

  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    if (offset < at_) {
      inflateEnd(&stream_);
      begin();
    }
    std::array<std::uint8_t, 16384> skipped;
    while (at_ < offset) {
      const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(offset - at_, skipped.size()));
      if (WD_TRY(next(std::span(skipped).first(wanted))) == 0) return std::size_t{0};
    }
    return next(into);
  }

 private:
  void begin() {
    stream_ = {};
    is_over_ = inflateInit2(&stream_, kGzipWindow) != Z_OK;
    at_ = read_ = 0;
  }

  Result<std::size_t> next(std::span<std::uint8_t> into) {
    stream_.next_out = into.data();
    stream_.avail_out = static_cast<uInt>(into.size());
    while (stream_.avail_out > 0 && !is_over_) {
      if (stream_.avail_in == 0 && WD_TRY(fill()) == 0) break;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {
        is_over_ = inflateReset(&stream_) != Z_OK;  // another member may follow
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        is_over_ = true;
      }
    }
    const std::size_t count = into.size() - stream_.avail_out;
    at_ += count;
    return count;
  }

  Result<std::size_t> fill() {
    const std::size_t count = WD_TRY(file_->read(read_, input_));
    read_ += count;
    stream_.next_in = input_.data();
    stream_.avail_in = static_cast<uInt>(count);
    return count;
  }

  std::unique_ptr<host::LogFile> file_;
  z_stream stream_{};
  std::array<std::uint8_t, 16384> input_{};
  std::uint64_t read_ = 0;  // compressed
  std::uint64_t at_ = 0;    // of the content
  bool is_over_ = false;
};

}  // namespace

std::unique_ptr<host::LogFile> open_gzip(std::unique_ptr<host::LogFile> file) {
  return std::make_unique<GzipFile>(std::move(file));
}

bool is_gzip(const host::LogFile& file) noexcept {
  return dynamic_cast<const GzipFile*>(&file) != nullptr;
}

}  // namespace warder::records
