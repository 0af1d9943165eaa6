#include <gtest/gtest.h>
#include <sys/stat.h>

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

TEST_F(Sqlite, KeepsEveryKindOfValue) {
  const auto db = open();
  ASSERT_TRUE(db->execute("CREATE TABLE t (a BIGINT, b TEXT, c BLOB, d TEXT)"));
  ASSERT_TRUE(db->execute("INSERT INTO t VALUES (?1, ?2, ?3, ?4)",
                          {std::int64_t{-7}, std::string{"a\0'b", 4}, Bytes{0, 255}, nullptr}));
  auto statement = db->prepare("SELECT a, b, c, d FROM t");
  ASSERT_TRUE(statement);
  const Row* row = (*statement)->step().value();
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->integer(0), -7);
  EXPECT_EQ(row->text(1), std::string("a\0'b", 4));
  EXPECT_EQ(row->bytes(2), (Bytes{0, 255}));
  EXPECT_TRUE(row->is_null(3));
  EXPECT_EQ(row->value(0), DbValue{std::int64_t{-7}});
  EXPECT_EQ((*statement)->step().value(), nullptr);
}

TEST_F(Sqlite, EmptyTextAndBytesAreNotNull) {
  const auto db = open();
  auto statement = db->prepare("SELECT ?1, ?2");
  ASSERT_TRUE(statement);
  const std::vector<DbView> empty = {std::string_view{}, ByteView{}};
  ASSERT_TRUE((*statement)->bind_views(empty));
  const Row* row = (*statement)->step().value();
  EXPECT_EQ(row->text(0), "");
  EXPECT_EQ(row->bytes(1), Bytes{});
}

TEST_F(Sqlite, ExecuteCountsChangedRows) {
  const auto db = open();
  make_table(*db);
  EXPECT_EQ(db->execute("INSERT INTO t (a) VALUES (1), (2), (3)").value(), 3);
  EXPECT_EQ(db->execute("UPDATE t SET b = ?1 WHERE a > ?2", {Bytes{1}, std::int64_t{1}}).value(), 2);
}

TEST_F(Sqlite, TheSameTextCanBeLentTwiceAtOnce) {
  const auto db = open();
  make_table(*db);
  ASSERT_TRUE(db->execute("INSERT INTO t (a) VALUES (1), (2)"));
  auto outer = db->prepare("SELECT a FROM t ORDER BY a");
  EXPECT_EQ((*outer)->step().value()->integer(0), 1);
  {
    auto inner = db->prepare("SELECT a FROM t ORDER BY a");
    EXPECT_EQ((*inner)->step().value()->integer(0), 1);
  }
  EXPECT_EQ((*outer)->step().value()->integer(0), 2);
}

TEST_F(Sqlite, AReturnedStatementForgetsItsValues) {
  const auto db = open();
  (void)db->prepare("SELECT ?1").value()->bind({std::int64_t{5}});
  auto again = db->prepare("SELECT ?1");
  EXPECT_TRUE((*again)->step().value()->is_null(0));
}

TEST_F(Sqlite, AnUncommittedTransactionIsTakenBack) {
  const auto db = open();
  make_table(*db);
  {
    auto transaction = Tx::begin(*db);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(db->execute("INSERT INTO t (a) VALUES (1)"));
  }
  EXPECT_EQ(number(*db, "SELECT count(*) FROM t"), 0);
  auto transaction = Tx::begin(*db);
  ASSERT_TRUE(db->execute("INSERT INTO t (a) VALUES (1)"));
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(number(*db, "SELECT count(*) FROM t"), 1);
}

TEST_F(Sqlite, SaysWhatWentWrong) {
  const auto db = open();
  make_table(*db);
  ASSERT_TRUE(db->execute("INSERT INTO t (a) VALUES (1)"));
  EXPECT_EQ(db->execute("INSERT INTO t (a) VALUES (1)").error().code, ErrorCode::Conflict);
  EXPECT_EQ(db->execute("SELEC 1").error().code, ErrorCode::Internal);
  EXPECT_EQ(db->execute("").error().code, ErrorCode::Internal);
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

TEST_F(Sqlite, AStatementEndsAtItsLimit) {
  const auto db = open({.statement_limit = std::chrono::milliseconds{1}});
  const auto endless =
      db->execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code, ErrorCode::Timeout);
}

TEST_F(Sqlite, ReadOnlyRefusesToWriteAndToCreate) {
  EXPECT_FALSE(open_sqlite(directory_.path() / "absent.db", {.read_only = true}));
  make_table(*open());
  const auto db = open({.read_only = true});
  EXPECT_EQ(db->execute("INSERT INTO t (a) VALUES (1)").error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace warder::manager
