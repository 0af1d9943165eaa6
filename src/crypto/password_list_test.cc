#include "crypto/password_list.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/file.h"
#include "manager/store/temporary_directory.h"

namespace warder::crypto {
namespace {

PasswordList list_of(const std::string& lines) {
  PasswordListBuilder builder;
  std::istringstream stream(lines);
  EXPECT_TRUE(builder.add_lines(stream));
  return PasswordList::of(builder.finish()).value();
}

TEST(PasswordList, FindsAllThatIsOnItAndNothingElse) {
  for (const int count : {0, 1, 2, 255, 256, 257, 20'000}) {
    SCOPED_TRACE(count);
    PasswordListBuilder builder;
    for (int i = 0; i < count; ++i) builder.add("password" + std::to_string(i));
    builder.add("password0");
    const PasswordList list = PasswordList::of(builder.finish()).value();
    EXPECT_EQ(list.count(), static_cast<std::uint64_t>(std::max(count, 1)));
    for (int i = 0; i < count; ++i) EXPECT_TRUE(list.contains("password" + std::to_string(i))) << i;
    int wrong = 0;
    for (int i = 0; i < 20'000; ++i) wrong += list.contains("another" + std::to_string(i)) ? 1 : 0;
    EXPECT_EQ(wrong, 0);
  }
}

TEST(PasswordList, ReadsPasswordsAndTheirDigests) {
  // printf %s 'P@ssw0rd' | sha1sum; a count as breached passwords are passed on, and none.
  const PasswordList list = list_of(
      "letmein\r\n\n21BD12DC183F740EE76F27B78EB39C8AD972A757:83129\n"
      "b1b3773a05c0ed0176787a4f1574ff0075f7521e\nb1b3773a05c0ed0176787a4f1574ff0075f7521\n");
  EXPECT_EQ(list.count(), 4U);
  EXPECT_TRUE(list.contains("letmein"));
  EXPECT_TRUE(list.contains("P@ssw0rd"));
  EXPECT_TRUE(list.contains("qwerty"));
  EXPECT_TRUE(list.contains("b1b3773a05c0ed0176787a4f1574ff0075f7521"));
  EXPECT_FALSE(list.contains("Letmein"));
  EXPECT_FALSE(list.contains(""));
}

TEST(PasswordList, RefusesALineThatIsNoPassword) {
  PasswordListBuilder builder;
  std::istringstream lines("one\n" + std::string(4097, 'x') + "\n");
  EXPECT_EQ(builder.add_lines(lines).error().message, "line 2: longer than 4096 bytes");
}

TEST(PasswordList, IsUsedAsItLiesOnTheDisk) {
  const manager::TemporaryDirectory directory;
  const auto path = directory.path() / "list";
  PasswordListBuilder builder;
  builder.add("letmein");
  ASSERT_TRUE(write_file_atomically(path, as_text(builder.finish())));
  const PasswordList list = PasswordList::open(path).value();
  EXPECT_TRUE(list.contains("letmein"));
  EXPECT_FALSE(list.contains("letmeout"));
  EXPECT_EQ(PasswordList::open(directory.path() / "none").error().code, ErrorCode::NotFound);
}

TEST(PasswordList, RefusesWhatIsNotWhole) {
  PasswordListBuilder builder;
  for (int i = 0; i < 1000; ++i) builder.add(std::to_string(i));
  const Bytes whole = builder.finish();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(PasswordList::of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  Bytes longer = whole;
  longer.resize(whole.size() + 4);
  EXPECT_FALSE(PasswordList::of(longer));
}

TEST(PasswordList, LooksNowhereOutsideWhenItsTablesLie) {
  PasswordListBuilder builder;
  for (int i = 0; i < 1000; ++i) builder.add(std::to_string(i));
  Bytes lying = builder.finish();
  for (std::size_t at = 31; at < 31 + 5 * 8; ++at) lying[at] = 0xff;
  const PasswordList list = PasswordList::of(lying).value();
  for (int i = 0; i < 1000; ++i) static_cast<void>(list.contains(std::to_string(i)));
}

}  // namespace
}  // namespace warder::crypto
