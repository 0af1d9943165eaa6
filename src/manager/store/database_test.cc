#include "manager/store/db.h"
#include "manager/store/dialect.h"
#include "manager/store/testing/backend.h"

namespace warder::manager {
namespace {

class Database : public testing::TestWithParam<Backend> {
 protected:
  std::unique_ptr<Db> open(std::chrono::milliseconds limit = {}, bool read_only = false) {
    auto db = database_.open(limit, read_only);
    EXPECT_TRUE(db.has_value()) << db.error().message;
    return std::move(*db);
  }
  static std::int64_t number(Db& db, std::string_view sql) {
    auto statement = db.prepare(sql);
    EXPECT_TRUE(statement.has_value()) << statement.error().message;
    auto row = (*statement)->step();
    EXPECT_TRUE(row.has_value() && *row != nullptr);
    return (*row)->integer(0);
  }
  void make_table(Db& db, std::string_view text = "CREATE TABLE t (a BIGINT PRIMARY KEY, b BLOB)") {
    const auto made = db.execute(GetParam() == Backend::Sqlite ? std::string{text} : to_postgres_ddl(text));
    ASSERT_TRUE(made) << made.error().message;
  }

  TestDatabase database_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Backends, Database, kBackends, backend_name);

TEST_P(Database, KeepsEveryKindOfValue) {
  const auto db = open();
  make_table(*db, "CREATE TABLE t (a BIGINT, b TEXT, c BLOB, d TEXT)");
  ASSERT_TRUE(db->execute("INSERT INTO t VALUES (?1, ?2, ?3, ?4)",
                          {std::int64_t{-7}, std::string{"a'$1é"}, Bytes{0, 255}, nullptr}));
  auto statement = db->prepare("SELECT a, b, c, d FROM t");
  ASSERT_TRUE(statement);
  const Row* row = (*statement)->step().value();
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->integer(0), -7);
  EXPECT_EQ(row->text(1), "a'$1é");
  EXPECT_EQ(row->bytes(2), (Bytes{0, 255}));
  EXPECT_TRUE(row->is_null(3));
  EXPECT_EQ(row->value(0), DbValue{std::int64_t{-7}});
  EXPECT_EQ((*statement)->step().value(), nullptr);
}

TEST_P(Database, EmptyTextAndBytesAreNotNull) {
  const auto db = open();
  auto statement = db->prepare("SELECT ?1, ?2");
  ASSERT_TRUE(statement);
  const std::vector<DbView> empty = {std::string_view{}, ByteView{}};
  ASSERT_TRUE((*statement)->bind_views(empty));
  const Row* row = (*statement)->step().value();
  EXPECT_EQ(row->text(0), "");
  EXPECT_EQ(row->bytes(1), Bytes{});
}

TEST_P(Database, ExecuteCountsChangedRows) {
  const auto db = open();
  make_table(*db);
  EXPECT_EQ(db->execute("INSERT INTO t (a) VALUES (1), (2), (3)").value(), 3);
  EXPECT_EQ(db->execute("UPDATE t SET b = ?1 WHERE a > ?2", {Bytes{1}, std::int64_t{1}}).value(), 2);
}

TEST_P(Database, TheSameTextCanBeLentTwiceAtOnce) {
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

TEST_P(Database, AReturnedStatementForgetsItsValues) {
  const auto db = open();
  (void)db->prepare("SELECT ?1").value()->bind({std::int64_t{5}});
  auto again = db->prepare("SELECT ?1");
  EXPECT_TRUE((*again)->step().value()->is_null(0));
}

TEST_P(Database, AnUncommittedTransactionIsTakenBack) {
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

TEST_P(Database, SaysWhatWentWrong) {
  const auto db = open();
  make_table(*db);
  ASSERT_TRUE(db->execute("INSERT INTO t (a) VALUES (1)"));
  EXPECT_EQ(db->execute("INSERT INTO t (a) VALUES (1)").error().code, ErrorCode::Conflict);
  EXPECT_EQ(db->execute("SELEC 1").error().code, ErrorCode::Internal);
  EXPECT_EQ(db->execute("").error().code, ErrorCode::Internal);
}

TEST_P(Database, AStatementEndsAtItsLimit) {
  const auto db = open(std::chrono::milliseconds{1});
  const auto endless =
      db->execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(i) FROM n");
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code, ErrorCode::Timeout);
}

TEST_P(Database, AFailedStatementLeavesNothingOfTheTransaction) {
  const auto db = open();
  make_table(*db);
  ASSERT_TRUE(db->execute("INSERT INTO t (a) VALUES (1)"));
  {
    auto transaction = Tx::begin(*db);
    ASSERT_TRUE(db->execute("INSERT INTO t (a) VALUES (2)"));
    EXPECT_EQ(db->execute("INSERT INTO t (a) VALUES (1)").error().code, ErrorCode::Conflict);
  }
  EXPECT_EQ(number(*db, "SELECT count(*) FROM t"), 1);
  EXPECT_TRUE(db->execute("INSERT INTO t (a) VALUES (2)"));
}

TEST_P(Database, SumsAndComputedNumbersAreIntegers) {
  const auto db = open();
  make_table(*db);
  ASSERT_TRUE(db->execute("INSERT INTO t (a) VALUES (4611686018427387904), (-7), (20000)"));
  EXPECT_EQ(number(*db, "SELECT sum(a) FROM t"), 4'611'686'018'427'387'904 + 19'993);
  EXPECT_EQ(number(*db, "SELECT sum(a) FROM t WHERE a < 0"), -7);
  EXPECT_EQ(number(*db, "SELECT sum(a) - sum(a) FROM t WHERE a < 0"), 0);
  EXPECT_EQ(number(*db, "SELECT 1"), 1);
  EXPECT_EQ(db->prepare("SELECT sum(a) * 10000 FROM t WHERE a < 0").value()->step().value()->value(0),
            DbValue{std::int64_t{-70'000}});
}

TEST_P(Database, NullsFindTheirType) {
  const auto db = open();
  make_table(*db);
  ASSERT_TRUE(db->execute("INSERT INTO t (a, b) VALUES (?1, ?2)", {std::int64_t{1}, nullptr}));
  ASSERT_TRUE(db->execute("INSERT INTO t (a, b) VALUES (?1, ?2)", {std::int64_t{2}, Bytes{7}}));
  EXPECT_EQ(db->execute("UPDATE t SET b = COALESCE(?2, b) WHERE a = ?1", {std::int64_t{2}, nullptr}).value(), 1);
  EXPECT_EQ(number(*db, "SELECT count(*) FROM t WHERE b IS NOT NULL"), 1);
}

TEST_P(Database, TextIsComparedByItsBytes) {
  const auto db = open();
  make_table(*db, "CREATE TABLE names (name TEXT NOT NULL PRIMARY KEY)");
  ASSERT_TRUE(db->execute("INSERT INTO names VALUES ('a'), ('B'), ('_'), ('\xc3\xa4')"));
  auto statement = db->prepare("SELECT name FROM names ORDER BY name").value();
  std::string order;
  while (const Row* row = statement->step().value()) order += row->text(0);
  EXPECT_EQ(order, "B_a\xc3\xa4");
}

TEST_P(Database, ReadOnlyRefusesToWrite) {
  make_table(*open());
  const auto db = open({}, true);
  EXPECT_EQ(db->execute("INSERT INTO t (a) VALUES (1)").error().code, ErrorCode::Unavailable);
}

TEST_P(Database, MoreStatementsThanAreKept) {
  const auto db = open();
  for (std::int64_t i = 0; i < 250; ++i) {
    auto statement = db->prepare("SELECT ?1 + " + std::to_string(i)).value();
    ASSERT_TRUE(statement->bind({i}));
    EXPECT_EQ(statement->step().value()->integer(0), 2 * i);
  }
}

}  // namespace
}  // namespace warder::manager
