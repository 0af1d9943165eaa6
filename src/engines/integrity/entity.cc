#include "engines/integrity/entity.h"

#include <algorithm>
#include <array>
#include <utility>

namespace warder::integrity {
namespace {

constexpr std::uint8_t kVersion = 3;
constexpr unsigned kKindBits = 3;
constexpr std::uint64_t kKindMask = (1U << kKindBits) - 1;
static_assert(static_cast<std::uint64_t>(host::FileKind::BlockDevice) <= kKindMask);
constexpr std::size_t kMaxTarget = 4096;
constexpr std::size_t kMaxText = 1 << 20;

// Which optional parts a stored form has.
enum Part : std::uint32_t {
  HasDigest = 1,
  HasTarget = 2,
  HasAcl = 4,
  HasCapabilities = 8,
  HasExtended = 16,
  HasMd5 = 32,
  HasSha1 = 64,
  HasSha512 = 128,
  HasContent = 256,
  HasAccessed = 512,
  HasBlocks = 1024,
  HasFlags = 2048,
  HasBlake3 = 4096,
  AllParts = 8191,
};

struct TextPart {
  Part part;
  std::string Entity::*text;
  std::size_t max_bytes;
};
constexpr std::array<TextPart, 6> kTexts = {{
    {HasTarget, &Entity::target, kMaxTarget},
    {HasMd5, &Entity::md5, 16},
    {HasSha1, &Entity::sha1, 20},
    {HasSha512, &Entity::sha512, 64},
    {HasBlake3, &Entity::blake3, 32},
    {HasContent, &Entity::content, kMaxText},
}};
struct ExtraPart {
  Part part;
  std::string host::FileExtras::*text;
};
constexpr std::array<ExtraPart, 3> kExtras = {{
    {HasAcl, &host::FileExtras::acl},
    {HasCapabilities, &host::FileExtras::capabilities},
    {HasExtended, &host::FileExtras::attributes},
}};

// LEB128: seven bits a byte, the lowest first.
void append_number(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

Result<std::uint64_t> read_number(Reader& reader) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = WD_TRY(reader.u8());
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return fail(ErrorCode::Corrupt, "baseline entry with a number that does not end");
}

Result<std::uint32_t> read_small(Reader& reader) {
  const std::uint64_t value = WD_TRY(read_number(reader));
  if (value > 0xffffffffU) return fail(ErrorCode::Corrupt, "baseline entry with a number that is too large");
  return static_cast<std::uint32_t>(value);
}

void append_text(Bytes& out, std::string_view text) {
  append_number(out, text.size());
  append(out, as_bytes(text));
}

Result<std::string> read_text(Reader& reader, std::size_t max_bytes) {
  const std::uint64_t size = WD_TRY(read_number(reader));
  if (size > max_bytes) return fail(ErrorCode::Corrupt, "baseline entry is too long");
  return std::string(as_text(WD_TRY(reader.take(static_cast<std::size_t>(size)))));
}

bool differs_in_content(const Entity& was, const Entity& is) noexcept {
  if (was.digest && is.digest) return *was.digest != *is.digest;
  return was.stat.bytes != is.stat.bytes || was.stat.modified_ns != is.stat.modified_ns;
}

// A digest that only one side has is no difference: the rule is new, or the file could not be read.
bool differs(const std::string& was, const std::string& is) noexcept {
  return !was.empty() && !is.empty() && was != is;
}

// A file that was copied up by overlayfs has another time of birth and is the same in all else.
bool was_born_anew(const Entity& was, const Entity& is) noexcept {
  if (was.stat.born_ns == is.stat.born_ns) return false;
  return was.stat.inode != is.stat.inode || was.stat.modified_ns != is.stat.modified_ns;
}

std::uint64_t to_unsigned(std::int64_t value) noexcept {
  return static_cast<std::uint64_t>(value);
}

// A difference of either sign as a small number: 0, -1, 1, -2 … become 0, 1, 2, 3 …
std::uint64_t folded(std::uint64_t difference) noexcept {
  return (difference << 1U) ^ (0U - (difference >> 63U));
}
std::uint64_t unfolded(std::uint64_t number) noexcept {
  return (number >> 1U) ^ (0U - (number & 1U));
}

Result<std::int64_t> read_signed(Reader& reader) {
  return static_cast<std::int64_t>(WD_TRY(reader.u64be()));
}

std::uint32_t parts_of(const Entity& entity) noexcept {
  std::uint32_t parts = entity.digest ? HasDigest : 0U;
  for (const TextPart& each : kTexts)
    if (!(entity.*each.text).empty()) parts |= each.part;
  for (const ExtraPart& each : kExtras)
    if (!(entity.extras.*each.text).empty()) parts |= each.part;
  if (entity.stat.accessed_ns != 0) parts |= HasAccessed;
  if (entity.stat.blocks != 0) parts |= HasBlocks;
  if (entity.stat.flags != 0) parts |= HasFlags;
  return parts;
}

AttributeSet compare_file(const Entity& was, const Entity& is) noexcept {
  AttributeSet set = 0;
  if (differs_in_content(was, is)) set |= bit(Attribute::Content);
  if (was.stat.bytes != is.stat.bytes) set |= bit(Attribute::Size);
  if (is.stat.bytes < was.stat.bytes) set |= bit(Attribute::Growing);
  if (is.stat.bytes > was.stat.bytes) set |= bit(Attribute::Shrinking);
  if (was.stat.blocks != is.stat.blocks) set |= bit(Attribute::Blocks);
  if (differs(was.md5, is.md5)) set |= bit(Attribute::Md5);
  if (differs(was.sha1, is.sha1)) set |= bit(Attribute::Sha1);
  if (differs(was.sha512, is.sha512)) set |= bit(Attribute::Sha512);
  if (differs(was.blake3, is.blake3)) set |= bit(Attribute::Blake3);
  if (was.extras.capabilities != is.extras.capabilities) set |= bit(Attribute::Capabilities);
  return set;
}

}  // namespace

AttributeSet compare(const Entity& was, const Entity& is, AttributeSet attributes) noexcept {
  AttributeSet set = 0;
  const auto add = [&](Attribute attribute, bool is_different) {
    if (is_different) set |= bit(attribute);
  };
  const bool same_kind = was.stat.kind == is.stat.kind;
  add(Attribute::Type, !same_kind);
  if (same_kind && is.stat.kind == host::FileKind::Regular) set |= compare_file(was, is);
  add(Attribute::Target, same_kind && was.target != is.target);
  add(Attribute::Mode, was.stat.mode != is.stat.mode);
  add(Attribute::Owner, was.stat.uid != is.stat.uid);
  add(Attribute::Group, was.stat.gid != is.stat.gid);
  add(Attribute::Created, was_born_anew(was, is));
  add(Attribute::LastModified, was.stat.modified_ns != is.stat.modified_ns);
  add(Attribute::LastAccessed, was.stat.accessed_ns != is.stat.accessed_ns);
  add(Attribute::Acl, same_kind && was.extras.acl != is.extras.acl);
  add(Attribute::Extended, same_kind && was.extras.attributes != is.extras.attributes);
  add(Attribute::Flags, was.stat.flags != is.stat.flags);
  add(Attribute::Inode, was.stat.inode != is.stat.inode);
  add(Attribute::Device, was.stat.device != is.stat.device);
  add(Attribute::Links, was.stat.links != is.stat.links);
  return set & attributes;
}

bool is_same_file(const host::FileStat& a, const host::FileStat& b) noexcept {
  return a.device == b.device && a.inode == b.inode && a.kind == b.kind && a.born_ns == b.born_ns;
}

bool has_same_stat(const host::FileStat& a, const host::FileStat& b) noexcept {
  const bool same_head = is_same_file(a, b) && a.mode == b.mode && a.uid == b.uid && a.gid == b.gid;
  if (a.kind == host::FileKind::Directory) return same_head;  // its times move with each entry that comes or goes
  return same_head && a.bytes == b.bytes && a.modified_ns == b.modified_ns && a.changed_ns == b.changed_ns;
}

namespace {

void append_stat(Bytes& out, const host::FileStat& stat) {
  for (const std::uint64_t value :
       {std::uint64_t{stat.mode}, std::uint64_t{stat.uid}, std::uint64_t{stat.gid}, std::uint64_t{stat.links},
        stat.bytes, stat.device >> 32U, stat.device & 0xffffffffU, stat.inode})
    append_number(out, value);
  append_u64be(out, to_unsigned(stat.changed_ns));
  append_number(out, folded(to_unsigned(stat.modified_ns) - to_unsigned(stat.changed_ns)));
  append_number(out, folded(to_unsigned(stat.born_ns) - to_unsigned(stat.changed_ns)));
}

Result<void> read_stat(Reader& reader, host::FileStat& stat) {
  stat.mode = WD_TRY(read_small(reader));
  stat.uid = WD_TRY(read_small(reader));
  stat.gid = WD_TRY(read_small(reader));
  stat.links = WD_TRY(read_small(reader));
  stat.bytes = WD_TRY(read_number(reader));
  stat.device = std::uint64_t{WD_TRY(read_small(reader))} << 32U;
  stat.device |= WD_TRY(read_small(reader));
  stat.inode = WD_TRY(read_number(reader));
  stat.changed_ns = WD_TRY(read_signed(reader));
  const std::uint64_t changed = to_unsigned(stat.changed_ns);
  stat.modified_ns = static_cast<std::int64_t>(changed + unfolded(WD_TRY(read_number(reader))));
  stat.born_ns = static_cast<std::int64_t>(changed + unfolded(WD_TRY(read_number(reader))));
  return {};
}

}  // namespace

Bytes encode(const Entity& entity) {
  const host::FileStat& stat = entity.stat;
  const std::uint32_t parts = parts_of(entity);
  Bytes out;
  out.reserve(128 + entity.target.size() + entity.content.size());
  out.push_back(kVersion);
  append_number(out, (std::uint64_t{parts} << kKindBits) | static_cast<std::uint64_t>(stat.kind));
  append_stat(out, stat);
  if (entity.digest) append(out, *entity.digest);
  for (const TextPart& each : kTexts)
    if ((parts & each.part) != 0) append_text(out, entity.*each.text);
  for (const ExtraPart& each : kExtras)
    if ((parts & each.part) != 0) append_text(out, entity.extras.*each.text);
  if ((parts & HasAccessed) != 0) append_u64be(out, to_unsigned(stat.accessed_ns));
  if ((parts & HasBlocks) != 0) append_number(out, stat.blocks);
  if ((parts & HasFlags) != 0) append_number(out, stat.flags);
  return out;
}

StatForm::StatForm(const host::FileStat& stat) : kind_(stat.kind) {
  append_stat(bytes_, stat);
}

bool StatForm::is_of(ByteView stored) const {
  Reader reader(stored);
  const auto version = reader.u8();
  const auto head = read_number(reader);
  if (!version || *version != kVersion || !head || (*head & kKindMask) != static_cast<std::uint64_t>(kind_))
    return false;
  const auto found = reader.take(bytes_.size());
  return found && std::equal(found->begin(), found->end(), bytes_.begin());
}

Result<Entity> decode_entity(ByteView bytes) {
  Reader reader(bytes);
  Entity entity;
  host::FileStat& stat = entity.stat;
  if (WD_TRY(reader.u8()) != kVersion) return fail(ErrorCode::Corrupt, "baseline entry of an unknown version");
  const std::uint64_t head = WD_TRY(read_number(reader));
  const std::uint64_t parts = head >> kKindBits;
  if (parts > AllParts) return fail(ErrorCode::Corrupt, "baseline entry of an unknown kind");
  stat.kind = static_cast<host::FileKind>(head & kKindMask);
  WD_TRY(read_stat(reader, stat));
  if ((parts & HasDigest) != 0) {
    const ByteView digest = WD_TRY(reader.take(crypto::Digest{}.size()));
    entity.digest.emplace();
    std::copy(digest.begin(), digest.end(), entity.digest->begin());
  }
  for (const TextPart& each : kTexts)
    if ((parts & each.part) != 0) entity.*each.text = WD_TRY(read_text(reader, each.max_bytes));
  for (const ExtraPart& each : kExtras)
    if ((parts & each.part) != 0) entity.extras.*each.text = WD_TRY(read_text(reader, kMaxText));
  if ((parts & HasAccessed) != 0) stat.accessed_ns = WD_TRY(read_signed(reader));
  if ((parts & HasBlocks) != 0) stat.blocks = WD_TRY(read_number(reader));
  if ((parts & HasFlags) != 0) stat.flags = WD_TRY(read_small(reader));
  if (!reader.is_at_end()) return fail(ErrorCode::Corrupt, "baseline entry is too long");
  return entity;
}

}  // namespace warder::integrity
