#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "manager/store/db.h"
#include "manager/store/temporary_directory.h"

namespace warder::manager {
namespace {

class Sqlite : public testing::Test {
 protected:
  std::unique_ptr<Db> open(SqliteOptions options = {}) {
    auto db = open_sqlite(path(), options);
    EXPECT_TRUE(db.has_value()) << db.error().message;
    return std::move(*db);
  }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "a.db"; }

  static std::int64_t number(Db& db, std::string_view sql) {
    auto statement = db.prepare(sql);
    EXPECT_TRUE(statement.has_value()) << statement.error().message;
    auto row = (*statement)->step();
    EXPECT_TRUE(row.has_value() && *row != nullptr);
    return (*row)->integer(0);
  }
  static void make_table(Db& db) { ASSERT_TRUE(db.execute("CREATE TABLE t (a BIGINT PRIMARY KEY, b BLOB)")); }

  TemporaryDirectory directory_;
};

/// Whether another process sees that somebody has the file open: SQLite's shared lock, on 510 bytes after the second
/// gigabyte's pending and reserved bytes (sqlite.org/fileformat2.html#the_lock_byte_page).
bool is_locked_for_others(const std::filesystem::path& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock wanted {};
    wanted.l_type = F_WRLCK;
    wanted.l_whence = SEEK_SET;
    wanted.l_start = 0x40000002;
    wanted.l_len = 510;
    ::_exit(fd >= 0 && ::fcntl(fd, F_GETLK, &wanted) == 0 && wanted.l_type == F_RDLCK ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

// Closing any descriptor of a file gives up all locks of the process on it (fcntl(2)). A process that then looks at the
// file, as an offline command does, takes itself for the last one and removes the log that we go on writing to.
TEST_F(Sqlite, OneMoreConnectionDoesNotGiveUpTheLocksOfTheOthers) {
  const auto first = open();
  make_table(*first);
  ASSERT_TRUE(is_locked_for_others(path()));
  const auto second = open();
  EXPECT_TRUE(is_locked_for_others(path()));
}

TEST_F(Sqlite, IsForItsOwnerOnlyAndNoLink) {
  open();
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto link = directory_.path() / "link.db";
  std::filesystem::create_symlink(path(), link);
  EXPECT_FALSE(open_sqlite(link));
  std::filesystem::create_symlink(directory_.path() / "nothing", directory_.path() / "dangling.db");
  EXPECT_FALSE(open_sqlite(directory_.path() / "dangling.db"));
  EXPECT_EQ(
      std::distance(std::filesystem::directory_iterator(directory_.path()), std::filesystem::directory_iterator{}), 3)
      << "no other file is left behind";
}

TEST_F(Sqlite, KeepsTextWithAZeroByte) {
  const auto db = open();
  auto statement = db->prepare("SELECT ?1").value();
  ASSERT_TRUE(statement->bind({std::string("a\0'b", 4)}));
  EXPECT_EQ(statement->step().value()->text(0), std::string("a\0'b", 4));
}

TEST_F(Sqlite, AFullFileIsUnavailableAndKeepsWhatWasCommitted) {
  {
    const auto db = open();
    make_table(*db);
    ASSERT_TRUE(db->execute("INSERT INTO t (a) VALUES (1)"));
  }
  const auto db = open({.max_pages = 4});
  auto transaction = Tx::begin(*db);
  ASSERT_TRUE(transaction);
  const auto full = db->execute("INSERT INTO t VALUES (2, ?1)", {Bytes(100'000)});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::Unavailable);
  EXPECT_FALSE(transaction->commit());
  EXPECT_EQ(number(*db, "SELECT count(*) FROM t"), 1);
  auto next = Tx::begin(*db);  // the turn was given back
  ASSERT_TRUE(next);
  EXPECT_TRUE(db->execute("INSERT INTO t (a) VALUES (3)"));
  EXPECT_TRUE(next->commit());
}

TEST_F(Sqlite, ADamagedFileIsCorrupt) {
  std::ofstream(path()) << std::string(8192, 'x');
  const auto db = open_sqlite(path());
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, ErrorCode::Corrupt);
  EXPECT_NE(db.error().message.find("a.db"), std::string::npos);
}

TEST_F(Sqlite, OnlyItsOwnerReadsTheFile) {
  const auto db = open();
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(Sqlite, ReadOnlyRefusesToWriteAndToCreate) {
  EXPECT_FALSE(open_sqlite(directory_.path() / "absent.db", {.read_only = true}));
  make_table(*open());
  const auto db = open({.read_only = true});
  EXPECT_EQ(db->execute("INSERT INTO t (a) VALUES (1)").error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace warder::manager
