#include "engines/ips/app/hpack.h"

#include <nghttp2/nghttp2.h>

namespace warder::ips::app {

struct HeaderInflater::State {
  nghttp2_hd_inflater* inflater = nullptr;
  bool is_broken = false;
};

HeaderInflater::HeaderInflater() : state_(std::make_unique<State>()) {
  if (nghttp2_hd_inflate_new(&state_->inflater) != 0) state_->inflater = nullptr;
}

HeaderInflater::~HeaderInflater() {
  nghttp2_hd_inflate_del(state_->inflater);
}

Result<std::vector<HeaderField>> HeaderInflater::inflate(ByteView block) {
  if (state_->inflater == nullptr || state_->is_broken) return fail(ErrorCode::Corrupt, "http2: header table is lost");
  std::vector<HeaderField> fields;
  std::size_t total = 0;
  const std::uint8_t* at = block.data();
  std::size_t left = block.size();
  while (true) {
    nghttp2_nv field{};
    int flags = 0;
    const auto used = nghttp2_hd_inflate_hd2(state_->inflater, &field, &flags, at, left, 1);
    if (used < 0) {
      state_->is_broken = true;
      return fail(ErrorCode::Corrupt, "http2: header block is not HPACK");
    }
    at += used;
    left -= static_cast<std::size_t>(used);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      total += field.namelen + field.valuelen;
      if (fields.size() >= kMaxFields || total > kMaxBytes) {
        state_->is_broken = true;
        return fail(ErrorCode::TooLarge, "http2: header block expands beyond its bound");
      }
      fields.push_back(
          {std::string{as_text({field.name, field.namelen})}, std::string{as_text({field.value, field.valuelen})}});
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(state_->inflater);
      return fields;
    }
    if (used == 0 && (flags & NGHTTP2_HD_INFLATE_EMIT) == 0) break;
  }
  state_->is_broken = true;
  return fail(ErrorCode::Corrupt, "http2: header block is cut");
}

}  // namespace warder::ips::app
