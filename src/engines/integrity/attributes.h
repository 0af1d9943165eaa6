// What is remembered and compared of a file: its attributes, as bits of a set and by name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace warder::integrity {

using AttributeSet = std::uint32_t;

enum class Attribute : AttributeSet {
  Content = 1U << 0,  // SHA-256
  Size = 1U << 1,
  Type = 1U << 2,
  Target = 1U << 3,
  Mode = 1U << 4,
  Owner = 1U << 5,
  Group = 1U << 6,
  Created = 1U << 7,
  LastModified = 1U << 8,
  LastAccessed = 1U << 9,
  Acl = 1U << 10,
  Capabilities = 1U << 11,
  Extended = 1U << 12,
  Flags = 1U << 13,
  Inode = 1U << 14,
  Device = 1U << 15,
  Blocks = 1U << 16,
  Links = 1U << 17,
  Growing = 1U << 18,    // false once the file has become smaller
  Shrinking = 1U << 19,  // false once the file has become larger
  Md5 = 1U << 20,
  Sha1 = 1U << 21,
  Sha512 = 1U << 22,
  Blake3 = 1U << 23,
};

constexpr AttributeSet bit(Attribute attribute) noexcept {
  return static_cast<AttributeSet>(attribute);
}
constexpr AttributeSet operator|(Attribute a, Attribute b) noexcept {
  return bit(a) | bit(b);
}
constexpr AttributeSet operator|(AttributeSet set, Attribute attribute) noexcept {
  return set | bit(attribute);
}
constexpr bool contains(AttributeSet set, Attribute attribute) noexcept {
  return (set & bit(attribute)) != 0;
}

struct AttributeName {
  Attribute attribute;
  std::string_view word;       // in our events: "mode"
  std::string_view rule_name;  // in rules and in what `check` prints: "permissions"
};
std::span<const AttributeName> attribute_names() noexcept;

/// "content,size,mode".
std::string text(AttributeSet set);
/// The attribute that a rule names, in any case; CONTENTS and STANDARD are the rule loader's business.
std::optional<Attribute> find_attribute(std::string_view rule_name) noexcept;

/// What a person would call changed: times, inode and link count alone are not.
constexpr AttributeSet kPersonSet = Attribute::Content | Attribute::Size | Attribute::Type | Attribute::Target |
                                    Attribute::Mode | Attribute::Owner | Attribute::Group | Attribute::Acl |
                                    Attribute::Capabilities | Attribute::Extended | Attribute::Flags;
/// STANDARD of a FileSet and of a DirectorySet; capabilities, access lists and extended attributes are our addition,
/// for without them `setcap` and `setfacl` would go unseen.
constexpr AttributeSet kFileStandard = Attribute::Created | Attribute::LastModified | Attribute::Mode |
                                       Attribute::Owner | Attribute::Group | Attribute::Size | Attribute::Content |
                                       Attribute::Target | Attribute::Acl | Attribute::Capabilities |
                                       Attribute::Extended | Attribute::Flags | Attribute::Type;
constexpr AttributeSet kDirectoryStandard = Attribute::Created | Attribute::LastModified | Attribute::Mode |
                                            Attribute::Owner | Attribute::Group | Attribute::Target | Attribute::Acl |
                                            Attribute::Extended | Attribute::Flags | Attribute::Type;
/// Attributes for which the content must be read, and those that need extended attributes.
constexpr AttributeSet kContentSet =
    Attribute::Content | Attribute::Md5 | Attribute::Sha1 | Attribute::Sha512 | Attribute::Blake3;
constexpr AttributeSet kExtrasSet = Attribute::Acl | Attribute::Capabilities | Attribute::Extended;

}  // namespace warder::integrity
