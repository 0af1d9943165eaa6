#include "engines/integrity/attributes.h"

#include <array>

#include "base/text.h"

namespace warder::integrity {
namespace {

constexpr std::array<AttributeName, 24> kNames = {{
    {Attribute::Content, "content", "sha256"},
    {Attribute::Size, "size", "size"},
    {Attribute::Type, "type", "type"},
    {Attribute::Target, "target", "symLinkPath"},
    {Attribute::Mode, "mode", "permissions"},
    {Attribute::Owner, "owner", "owner"},
    {Attribute::Group, "group", "group"},
    {Attribute::Created, "created", "created"},
    {Attribute::LastModified, "modified", "lastModified"},
    {Attribute::LastAccessed, "accessed", "lastAccessed"},
    {Attribute::Acl, "acl", "acl"},
    {Attribute::Capabilities, "capabilities", "capabilities"},
    {Attribute::Extended, "xattr", "xattr"},
    {Attribute::Flags, "flags", "flags"},
    {Attribute::Inode, "inode", "inodeNumber"},
    {Attribute::Device, "device", "deviceNumber"},
    {Attribute::Blocks, "blocks", "blocksAllocated"},
    {Attribute::Links, "links", "linkCount"},
    {Attribute::Growing, "growing", "growing"},
    {Attribute::Shrinking, "shrinking", "shrinking"},
    {Attribute::Md5, "md5", "md5"},
    {Attribute::Sha1, "sha1", "sha1"},
    {Attribute::Sha512, "sha512", "sha512"},
    {Attribute::Blake3, "blake3", "blake3"},
}};

}  // namespace

std::span<const AttributeName> attribute_names() noexcept {
  return kNames;
}

std::string text(AttributeSet set) {
  std::string all;
  for (const AttributeName& name : kNames) {
    if (!contains(set, name.attribute)) continue;
    if (!all.empty()) all += ',';
    all += name.word;
  }
  return all;
}

std::optional<Attribute> find_attribute(std::string_view rule_name) noexcept {
  for (const AttributeName& name : kNames)
    if (equals_ignoring_case(name.rule_name, rule_name) || equals_ignoring_case(name.word, rule_name))
      return name.attribute;
  return std::nullopt;
}

}  // namespace warder::integrity
