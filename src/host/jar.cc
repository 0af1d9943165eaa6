#include "host/jar.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>

namespace warder::host {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint16_t kHasDescriptor = 8;  // sizes follow the data
constexpr std::uint16_t kDeflated = 8;
constexpr std::size_t kMaxText = 256 << 10;
constexpr int kMaxEntries = 20'000;

// Inflates until the stream ends, keeping at most kMaxText; says how much input it took.
struct Inflated {
  std::string text;
  std::size_t taken = 0;
};
std::optional<Inflated> inflate_entry(ByteView input) {
  z_stream stream{};
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) return std::nullopt;
  Inflated out;
  std::array<char, 16 << 10> piece{};
  // zlib's interface is not const-correct; it does not write to its input.
  stream.next_in = const_cast<Bytef*>(input.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(input.size(), UINT32_MAX));
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    result = ::inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = piece.size() - stream.avail_out;
    if (out.text.size() < kMaxText) out.text.append(piece.data(), std::min(got, kMaxText - out.text.size()));
    if (stream.total_out > (64U << 20)) break;  // too much for what we look for
  }
  out.taken = input.size() - stream.avail_in;
  ::inflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return out;
}

struct LocalEntry {
  std::string_view name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t stored = 0;
};

Result<LocalEntry> read_entry(Reader& in) {
  if (WD_TRY(in.u32le()) != kLocalHeader) return fail(ErrorCode::Corrupt, "not a local header");
  LocalEntry entry;
  WD_TRY(in.skip(2));
  entry.flags = WD_TRY(in.u16le());
  entry.method = WD_TRY(in.u16le());
  WD_TRY(in.skip(8));  // time, date, checksum
  entry.stored = WD_TRY(in.u32le());
  WD_TRY(in.skip(4));
  const std::uint16_t name = WD_TRY(in.u16le());
  const std::uint16_t extra = WD_TRY(in.u16le());
  entry.name = as_text(WD_TRY(in.take(name)));
  WD_TRY(in.skip(extra));
  return entry;
}

// The content of a wanted entry; of others nothing. Advances past it, or fails where its end cannot be told.
Result<std::string> read_content(Reader& in, ByteView head, const LocalEntry& entry, bool is_wanted) {
  const bool has_size = (entry.flags & kHasDescriptor) == 0 || entry.stored != 0;
  if (has_size && !is_wanted) {
    WD_TRY(in.skip(entry.stored));
    return std::string();
  }
  if (entry.method != kDeflated) {
    if (!has_size) return fail(ErrorCode::Corrupt, "stored without a size");
    const ByteView content = WD_TRY(in.take(entry.stored));
    return std::string(as_text(content.first(std::min(content.size(), kMaxText))));
  }
  auto inflated = inflate_entry(head.subspan(in.offset()));
  if (!inflated) return fail(ErrorCode::Corrupt, "cut off");
  WD_TRY(in.skip(inflated->taken));
  if (!has_size || (entry.flags & kHasDescriptor) != 0) {
    Reader peek(head.subspan(in.offset()));
    const auto signature = peek.u32le();  // the descriptor's own is optional
    WD_TRY(in.skip(signature && *signature == 0x08074b50 ? 16 : 12));
  }
  return std::move(inflated->text);
}

}  // namespace

bool is_jar(std::string_view file_name) noexcept {
  return file_name.ends_with(".jar") || file_name.ends_with(".war") || file_name.ends_with(".ear");
}

JarFiles read_jar_head(ByteView head) {
  JarFiles files;
  Reader in(head);
  int artifacts = 0;
  for (int i = 0; i < kMaxEntries; ++i) {
    const auto entry = read_entry(in);
    if (!entry) break;
    const bool is_manifest = entry->name == "META-INF/MANIFEST.MF";
    const bool is_pom = entry->name.starts_with("META-INF/maven/") && entry->name.ends_with("/pom.properties");
    auto content = read_content(in, head, *entry, is_manifest || is_pom);
    if (!content) break;
    if (is_manifest) files.manifest = std::move(*content);
    if (is_pom && ++artifacts == 1) files.pom_properties = std::move(*content);
  }
  if (artifacts > 1) files.pom_properties.clear();
  return files;
}

}  // namespace warder::host
