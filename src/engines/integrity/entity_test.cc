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
  wrong[0] = 2;
  EXPECT_EQ(decode_entity(wrong).error().code, ErrorCode::Corrupt);
  wrong = whole;
  wrong[2] = 99;
  EXPECT_EQ(decode_entity(wrong).error().code, ErrorCode::Corrupt);
}

TEST(Entity, TimesAndInodeAloneAreNoChange) {
  Entity is = file();
  is.stat.modified_ns = is.stat.changed_ns = 99;
  is.stat.inode = 77;
  is.stat.links = 2;
  EXPECT_EQ(compare(file(), is), 0);
  is.digest.reset();  // not readable now: time of modification decides
  EXPECT_EQ(text(compare(file(), is)), "content");
}

}  // namespace
}  // namespace warder::integrity
