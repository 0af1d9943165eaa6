#include "records/lines.h"

#include <algorithm>
#include <cstring>

namespace warder::records {
namespace {

constexpr char32_t kReplacement = 0xfffd;

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

char32_t unit_at(ByteView bytes, std::size_t index, Encoding encoding) noexcept {
  const char32_t first = bytes[index];
  const char32_t second = bytes[index + 1];
  return encoding == Encoding::Utf16Le ? first | (second << 8) : (first << 8) | second;
}

bool is_high(char32_t unit) noexcept {
  return unit >= 0xd800 && unit < 0xdc00;
}
bool is_low(char32_t unit) noexcept {
  return unit >= 0xdc00 && unit < 0xe000;
}

// A writer that goes on at its old offset after the file was cut leaves a hole in front of its next line.
std::string_view without_hole(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of('\0');
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

}  // namespace

Encoding detect_encoding(ByteView head) noexcept {
  if (head.size() < 2) return Encoding::Bytes;
  if (head[0] == 0xff && head[1] == 0xfe) return Encoding::Utf16Le;
  if (head[0] == 0xfe && head[1] == 0xff) return Encoding::Utf16Be;
  return Encoding::Bytes;
}

std::string utf16_to_utf8(ByteView bytes, Encoding encoding) {
  std::string out;
  out.reserve(bytes.size());
  std::size_t i = 0;
  while (i + 1 < bytes.size()) {
    const char32_t unit = unit_at(bytes, i, encoding);
    i += 2;
    if (is_high(unit) && i + 1 < bytes.size() && is_low(unit_at(bytes, i, encoding))) {
      append_utf8(out, 0x10000 + ((unit - 0xd800) << 10) + (unit_at(bytes, i, encoding) - 0xdc00));
      i += 2;
    } else {
      append_utf8(out, is_high(unit) || is_low(unit) ? kReplacement : unit);
    }
  }
  if (i < bytes.size()) append_utf8(out, kReplacement);
  return out;
}

LineSplitter::LineSplitter(Encoding encoding, std::uint64_t offset, std::size_t max_bytes)
    : encoding_(encoding), max_bytes_(max_bytes), begin_(offset), fed_(offset) {}

// The number of bytes up to and with the line feed, or 0. In UTF-16 a unit stands at an even distance from the line's
// begin and may be split between two pieces.
std::size_t LineSplitter::find_end(ByteView bytes) const noexcept {
  if (encoding_ == Encoding::Bytes) {
    if (bytes.empty()) return 0;
    const void* at = std::memchr(bytes.data(), '\n', bytes.size());
    return at == nullptr ? 0 : static_cast<std::size_t>(static_cast<const std::uint8_t*>(at) - bytes.data()) + 1;
  }
  const bool is_odd = (fed_ - begin_) % 2 != 0;
  std::size_t i = 0;
  if (is_odd) {
    if (bytes.empty()) return 0;
    const std::uint8_t half = static_cast<std::uint8_t>(partial_.back());
    const std::uint8_t unit[2] = {half, bytes[0]};
    if (unit_at(unit, 0, encoding_) == U'\n') return 1;
    i = 1;
  }
  for (; i + 1 < bytes.size(); i += 2) {
    if (unit_at(bytes, i, encoding_) == U'\n') return i + 2;
  }
  return 0;
}

// Keeps up to the limit. Of a cut line in UTF-16 the last half unit is kept in place of the one before, because the
// line feed is looked for there.
void LineSplitter::keep(ByteView bytes) {
  if (bytes.empty()) return;
  const std::size_t room = max_bytes_ + 2 > partial_.size() ? max_bytes_ + 2 - partial_.size() : 0;
  const std::size_t count = std::min(room, bytes.size());
  partial_.append(as_text(bytes.first(count)));
  if (count < bytes.size() && encoding_ != Encoding::Bytes) partial_.back() = static_cast<char>(bytes.back());
  is_cut_ = is_cut_ || count < bytes.size();
}

void LineSplitter::hand_over(ByteView last, std::uint64_t end, const Take& take) {
  // The common case copies nothing: the whole line is in this piece.
  std::string_view raw = as_text(last);
  if (!partial_.empty()) {
    keep(last);
    raw = partial_;
  }
  bool is_cut = is_cut_;
  const auto cut = [&] {
    const std::size_t most = encoding_ == Encoding::Bytes ? max_bytes_ : max_bytes_ & ~std::size_t{1};
    is_cut = is_cut || raw.size() > most;
    raw = raw.substr(0, most);
  };
  std::string converted;
  if (encoding_ == Encoding::Bytes) {
    if (!is_cut && raw.ends_with('\n')) raw.remove_suffix(1);
    if (raw.ends_with('\r')) raw.remove_suffix(1);
    cut();
  } else {
    if (!is_cut && !last.empty()) raw.remove_suffix(2);
    cut();
    converted = utf16_to_utf8(as_bytes(raw), encoding_);
    raw = converted;
    if (raw.ends_with('\r')) raw.remove_suffix(1);
  }
  if (begin_ == 0 && raw.starts_with("\xef\xbb\xbf")) raw.remove_prefix(3);
  const Line line{without_hole(raw), begin_, end, is_cut};
  begin_ = end;
  take(line);
  partial_.clear();
  is_cut_ = false;
}

void LineSplitter::feed(ByteView bytes, const Take& take) {
  while (true) {
    const std::size_t count = find_end(bytes);
    if (count == 0) break;
    fed_ += count;
    hand_over(bytes.first(count), fed_, take);
    bytes = bytes.subspan(count);
  }
  keep(bytes);
  fed_ += bytes.size();
}

void LineSplitter::finish(const Take& take) {
  if (!has_partial()) return;
  hand_over({}, fed_, take);
}

}  // namespace warder::records
