#include "engines/integrity/entity.h"

#include <array>
#include <utility>

namespace warder::integrity {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kHasDigest = 1;
constexpr std::size_t kMaxTarget = 4096;

constexpr std::array<std::pair<Attribute, std::string_view>, 7> kAttributeNames = {{
    {Attribute::Content, "content"},
    {Attribute::Size, "size"},
    {Attribute::Type, "type"},
    {Attribute::Target, "target"},
    {Attribute::Mode, "mode"},
    {Attribute::Owner, "owner"},
    {Attribute::Group, "group"},
}};

bool differs_in_content(const Entity& was, const Entity& is) noexcept {
  if (was.digest && is.digest) return *was.digest != *is.digest;
  return was.stat.bytes != is.stat.bytes || was.stat.modified_ns != is.stat.modified_ns;
}

std::uint64_t to_unsigned(std::int64_t value) noexcept {
  return static_cast<std::uint64_t>(value);
}

Result<std::int64_t> read_signed(Reader& reader) {
  return static_cast<std::int64_t>(WD_TRY(reader.u64be()));
}

}  // namespace

std::string text(AttributeSet set) {
  std::string all;
  for (const auto& [attribute, word] : kAttributeNames) {
    if (!contains(set, attribute)) continue;
    if (!all.empty()) all += ',';
    all += word;
  }
  return all;
}

AttributeSet compare(const Entity& was, const Entity& is) noexcept {
  AttributeSet set = 0;
  const auto add = [&](Attribute attribute, bool differs) {
    if (differs) set = static_cast<AttributeSet>(set | static_cast<AttributeSet>(attribute));
  };
  const bool same_kind = was.stat.kind == is.stat.kind;
  const bool are_files = same_kind && is.stat.kind == host::FileKind::Regular;
  add(Attribute::Type, !same_kind);
  add(Attribute::Content, are_files && differs_in_content(was, is));
  add(Attribute::Size, are_files && was.stat.bytes != is.stat.bytes);
  add(Attribute::Target, same_kind && was.target != is.target);
  add(Attribute::Mode, was.stat.mode != is.stat.mode);
  add(Attribute::Owner, was.stat.uid != is.stat.uid);
  add(Attribute::Group, was.stat.gid != is.stat.gid);
  return set;
}

bool is_same_file(const host::FileStat& a, const host::FileStat& b) noexcept {
  return a.device == b.device && a.inode == b.inode && a.kind == b.kind && a.born_ns == b.born_ns;
}

bool has_same_stat(const host::FileStat& a, const host::FileStat& b) noexcept {
  const bool same_head = is_same_file(a, b) && a.mode == b.mode && a.uid == b.uid && a.gid == b.gid;
  if (a.kind == host::FileKind::Directory) return same_head;  // its times move with each entry that comes or goes
  return same_head && a.bytes == b.bytes && a.modified_ns == b.modified_ns && a.changed_ns == b.changed_ns;
}

Bytes encode(const Entity& entity) {
  const host::FileStat& stat = entity.stat;
  Bytes out;
  out.reserve(120 + entity.target.size());
  out.push_back(kVersion);
  out.push_back(entity.digest ? kHasDigest : 0);
  out.push_back(static_cast<std::uint8_t>(stat.kind));
  for (const std::uint32_t value : {stat.mode, stat.uid, stat.gid, stat.links}) append_u32be(out, value);
  for (const std::uint64_t value : {stat.bytes, stat.device, stat.inode}) append_u64be(out, value);
  for (const std::int64_t value : {stat.modified_ns, stat.changed_ns, stat.born_ns})
    append_u64be(out, to_unsigned(value));
  if (entity.digest) append(out, *entity.digest);
  append(out, as_bytes(entity.target));
  return out;
}

Result<Entity> decode_entity(ByteView bytes) {
  Reader reader(bytes);
  Entity entity;
  host::FileStat& stat = entity.stat;
  if (WD_TRY(reader.u8()) != kVersion) return fail(ErrorCode::Corrupt, "baseline entry of an unknown version");
  const auto flags = WD_TRY(reader.u8());
  const auto kind = WD_TRY(reader.u8());
  if (flags > kHasDigest || kind > static_cast<std::uint8_t>(host::FileKind::BlockDevice))
    return fail(ErrorCode::Corrupt, "baseline entry of an unknown kind");
  stat.kind = static_cast<host::FileKind>(kind);
  stat.mode = WD_TRY(reader.u32be());
  stat.uid = WD_TRY(reader.u32be());
  stat.gid = WD_TRY(reader.u32be());
  stat.links = WD_TRY(reader.u32be());
  stat.bytes = WD_TRY(reader.u64be());
  stat.device = WD_TRY(reader.u64be());
  stat.inode = WD_TRY(reader.u64be());
  stat.modified_ns = WD_TRY(read_signed(reader));
  stat.changed_ns = WD_TRY(read_signed(reader));
  stat.born_ns = WD_TRY(read_signed(reader));
  if (flags == kHasDigest) {
    const ByteView digest = WD_TRY(reader.take(crypto::Digest{}.size()));
    entity.digest.emplace();
    std::copy(digest.begin(), digest.end(), entity.digest->begin());
  }
  if (reader.remaining() > kMaxTarget) return fail(ErrorCode::Corrupt, "baseline entry is too long");
  entity.target = as_text(WD_TRY(reader.take(reader.remaining())));
  return entity;
}

}  // namespace warder::integrity
