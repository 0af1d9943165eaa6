#include "engines/integrity/entity.h"

#include <gtest/gtest.h>

namespace warder::integrity {
namespace {

Entity file() {
  Entity made;
  made.stat = {host::FileKind::Regular, 0644, 1, 2, 1, 10, 3, 4, 5, 6, -7, 0};
  made.digest = crypto::sha256(as_bytes("x"));
  return made;
}

TEST(Entity, StoredFormRoundTrips) {
  Entity link = file();
  link.stat.kind = host::FileKind::Symlink;
  link.digest.reset();
  link.target = std::string("a\0\xff", 3);
  for (const Entity& entity : {file(), link, Entity{}}) {
    const auto again = decode_entity(encode(entity));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, entity);
  }
}

TEST(Entity, EveryTornFormIsRefused) {
  const Bytes whole = encode(file());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_entity(ByteView(whole).first(size))) << size;
  Bytes wrong = whole;
  wrong[0] = 1;
  EXPECT_EQ(decode_entity(wrong).error().code, ErrorCode::Corrupt);
  wrong = whole;
  wrong[1] = 0xff;  // parts that there are not
  wrong.insert(wrong.begin() + 2, {0xff, 0x7f});
  EXPECT_EQ(decode_entity(wrong).error().code, ErrorCode::Corrupt);
}

TEST(Entity, EveryAttributeRoundTripsAndDiffers) {
  const Entity plain = file();
  struct Case {
    Attribute attribute;
    void (*change)(Entity&);
  };
  const std::vector<Case> cases = {
      {Attribute::Created, [](Entity& e) { e.stat.born_ns = 1, e.stat.inode = 9; }},
      {Attribute::LastModified, [](Entity& e) { e.stat.modified_ns = 1; }},
      {Attribute::LastAccessed, [](Entity& e) { e.stat.accessed_ns = -1; }},
      {Attribute::Acl, [](Entity& e) { e.extras.acl = "user::rw-"; }},
      {Attribute::Capabilities, [](Entity& e) { e.extras.capabilities = "x"; }},
      {Attribute::Extended, [](Entity& e) { e.extras.attributes = "user.a=00"; }},
      {Attribute::Flags, [](Entity& e) { e.stat.flags = 0x10; }},
      {Attribute::Inode, [](Entity& e) { e.stat.inode = 1U << 31U; }},
      {Attribute::Device, [](Entity& e) { e.stat.device = std::uint64_t{1} << 60U; }},
      {Attribute::Blocks, [](Entity& e) { e.stat.blocks = 8; }},
      {Attribute::Links, [](Entity& e) { e.stat.links = 2; }},
      {Attribute::Growing, [](Entity& e) { e.stat.bytes = 9; }},
      {Attribute::Shrinking, [](Entity& e) { e.stat.bytes = 11; }},
      {Attribute::Mode, [](Entity& e) { e.stat.mode = 04755; }},
  };
  for (const Case& c : cases) {
    Entity is = plain;
    c.change(is);
    SCOPED_TRACE(text(bit(c.attribute)));
    EXPECT_EQ(compare(plain, is, bit(c.attribute)), bit(c.attribute));
    EXPECT_EQ(compare(is, is, ~AttributeSet{0}), 0U);
    EXPECT_EQ(*decode_entity(encode(is)), is);
  }
}

TEST(Entity, TheStoredFormIsKnownByItsStat) {
  const Entity entity = file();
  const Bytes stored = encode(entity);
  EXPECT_TRUE(StatForm(entity.stat).is_of(stored));
  EXPECT_FALSE(StatForm(entity.stat).is_of(ByteView(stored).first(12)));
  for (auto change : {+[](host::FileStat& s) { s.kind = host::FileKind::Fifo; }, +[](host::FileStat& s) { s.mode = 0; },
                      +[](host::FileStat& s) { ++s.bytes; }, +[](host::FileStat& s) { ++s.changed_ns; },
                      +[](host::FileStat& s) { ++s.modified_ns; }, +[](host::FileStat& s) { ++s.born_ns; },
                      +[](host::FileStat& s) { ++s.inode; }, +[](host::FileStat& s) { ++s.device; }}) {
    host::FileStat stat = entity.stat;
    change(stat);
    EXPECT_FALSE(StatForm(stat).is_of(stored));
  }
}

TEST(Entity, ACopyUpOfAnOverlayIsNoChange) {
  Entity is = file();
  is.stat.born_ns = 1000;
  EXPECT_EQ(compare(file(), is, kFileStandard), 0U);
}

TEST(Entity, TimesAndInodeAloneAreNoChange) {
  Entity is = file();
  is.stat.modified_ns = is.stat.changed_ns = 99;
  is.stat.inode = 77;
  is.stat.links = 2;
  EXPECT_EQ(compare(file(), is), 0U);
  is.digest.reset();  // not readable now: time of modification decides
  EXPECT_EQ(text(compare(file(), is)), "content");
}

}  // namespace
}  // namespace warder::integrity
