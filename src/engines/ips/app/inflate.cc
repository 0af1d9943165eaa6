#include "engines/ips/app/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <climits>

namespace warder::ips::app {

namespace {

constexpr std::size_t kStep = 16 * 1024;

int window_bits(Coding coding) noexcept {
  switch (coding) {
    case Coding::Gzip:
      return 15 + 16;
    case Coding::Zlib:
      return 15;
    case Coding::RawDeflate:
      return -15;
  }
  return 15;
}

}  // namespace

struct Inflater::Stream {
  explicit Stream(Coding coding) { is_ready = inflateInit2(&z, window_bits(coding)) == Z_OK; }
  ~Stream() {
    if (is_ready) inflateEnd(&z);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  z_stream z{};
  bool is_ready = false;
};

Inflater::Inflater(Coding coding, std::uint64_t max_output_bytes)
    : stream_(std::make_unique<Stream>(coding)), left_(max_output_bytes) {
  if (!stream_->is_ready) state_ = State::Broken;
}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Inflater::State Inflater::push(ByteView bytes, Bytes& out) {
  std::array<std::uint8_t, kStep> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): inflate fills it
  while (state_ == State::Open && !bytes.empty()) {
    auto& z = stream_->z;
    const auto given = std::min<std::size_t>(bytes.size(), UINT_MAX);
    z.next_in = const_cast<Bytef*>(bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): zlib only reads
    z.avail_in = static_cast<uInt>(given);
    z.next_out = piece.data();
    z.avail_out = static_cast<uInt>(std::min<std::uint64_t>(piece.size(), left_ + 1));
    const auto room = z.avail_out;
    const int code = ::inflate(&z, Z_NO_FLUSH);
    const std::uint64_t made = room - z.avail_out;
    const auto kept = std::min(made, left_);
    append(out, ByteView(piece).first(kept));
    left_ -= kept;
    const auto used = given - z.avail_in;
    bytes = bytes.subspan(used);
    if (made > kept) {
      state_ = State::OverLimit;
    } else if (code == Z_STREAM_END) {
      state_ = State::Ended;
    } else if (code != Z_OK && !(code == Z_BUF_ERROR && made > 0)) {
      if (code == Z_BUF_ERROR) break;
      state_ = State::Broken;
    }
  }
  return state_;
}

Bytes inflate(Coding coding, ByteView bytes, std::uint64_t max_output_bytes) {
  Bytes out;
  Inflater(coding, max_output_bytes).push(bytes, out);
  return out;
}

}  // namespace warder::ips::app
