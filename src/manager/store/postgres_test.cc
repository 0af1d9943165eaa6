#include "manager/store/postgres.h"

#include "manager/store/testing/backend.h"

namespace warder::manager {
namespace {

std::string text_of(Db& db, std::string_view sql) {
  auto statement = db.prepare(sql).value();
  const auto row = statement->step();
  return row && *row != nullptr ? (*row)->text(0) : "error: " + (row ? "no row" : row.error().message);
}

class Postgres : public testing::Test {
 protected:
  PostgresServer server_{{.conninfo = TestPostgres::instance().conninfo()}};
  PostgresPin first_ = pin_for(TestPostgres::instance().make_schema());
  PostgresPin second_ = pin_for(TestPostgres::instance().make_schema());

  static PostgresPin pin_for(const std::string& schema) { return {.schema = schema, .role = schema}; }
  void make_secret(const PostgresPin& pin) {
    const auto db = server_.acquire(pin).value();
    ASSERT_TRUE(db->execute("CREATE TABLE secrets (word TEXT)"));
    ASSERT_TRUE(db->execute("INSERT INTO secrets VALUES (?1)", {pin.schema}));
  }
};

TEST_F(Postgres, OneConnectionServesTenantsAndKeepsNothingOfThem) {
  make_secret(first_);
  make_secret(second_);
  std::string backend;
  for (const PostgresPin& pin : {first_, second_, first_}) {
    auto db = server_.acquire(pin).value();
    EXPECT_EQ(text_of(*db, "SELECT word FROM secrets"), pin.schema);
    EXPECT_EQ(text_of(*db, "SELECT CAST(current_user AS TEXT)"), pin.role);
    const std::string own = text_of(*db, "SELECT CAST(pg_backend_pid() AS TEXT)");
    EXPECT_TRUE(backend.empty() || backend == own);
    backend = own;
    server_.give_back(std::move(db));
  }
  auto unpinned = server_.acquire({}).value();
  EXPECT_EQ(text_of(*unpinned, "SELECT CAST(current_user AS TEXT)"), "warder_app");
  EXPECT_FALSE(unpinned->execute("SELECT 1 FROM secrets"));
}

TEST_F(Postgres, ATransactionCannotReachAnotherSchema) {
  make_secret(second_);
  const auto db = server_.acquire(first_).value();
  const auto transaction = Tx::begin(*db);
  ASSERT_TRUE(transaction);
  const auto refused = db->execute("SELECT word FROM " + second_.schema + ".secrets");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Forbidden);
  EXPECT_EQ(refused.error().message.find(second_.schema + "'s"), std::string::npos);
}

TEST_F(Postgres, TheLoginItselfReachesNoTenant) {
  make_secret(first_);
  const auto db = server_.acquire({.schema = first_.schema, .role = {}}).value();
  EXPECT_FALSE(db->execute("SELECT word FROM secrets"));
  EXPECT_EQ(db->execute("CREATE SCHEMA own").error().code, ErrorCode::Forbidden);
}

TEST_F(Postgres, RefusesASuperusersLogin) {
  const auto refused = open_postgres({.conninfo = TestPostgres::instance().conninfo("postgres")}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Forbidden);
}

TEST_F(Postgres, ARoleIsANameOfOurs) {
  EXPECT_EQ(server_.acquire({.schema = "a\"; DROP", .role = {}}).error().code, ErrorCode::Internal);
  EXPECT_EQ(server_.acquire({.schema = {}, .role = "none; RESET ROLE"}).error().code, ErrorCode::Internal);
}

TEST_F(Postgres, AFailedStatementFailsTheCommit) {
  const auto db = server_.acquire(first_).value();
  auto transaction = Tx::begin(*db);
  ASSERT_TRUE(db->execute("CREATE TABLE t (a BIGINT)"));
  EXPECT_FALSE(db->execute("SELECT 1 / 0"));
  EXPECT_FALSE(transaction->commit());
  EXPECT_FALSE(db->execute("SELECT 1 FROM t"));
}

TEST_F(Postgres, TextThatIsNotUtf8IsInvalid) {
  const auto db = server_.acquire(first_).value();
  EXPECT_EQ(db->execute("SELECT ?1", {std::string{"\xff"}}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(db->execute("SELECT ?1", {std::string("a\0b", 3)}).error().code, ErrorCode::Invalid);
}

TEST_F(Postgres, OneStatementAMessage) {
  const auto db = server_.acquire(first_).value();
  EXPECT_FALSE(db->execute("SELECT 1; RESET ROLE"));
  EXPECT_FALSE(db->execute("SELECT ?1; RESET ROLE", {std::int64_t{1}}));
}

TEST_F(Postgres, ALostConnectionIsUnavailableAndTheNextIsNew) {
  auto idle = server_.acquire(first_).value();
  auto db = server_.acquire(first_).value();
  const std::string backend = text_of(*db, "SELECT CAST(pg_backend_pid() AS TEXT)");
  server_.give_back(std::move(idle));
  ASSERT_TRUE(
      TestPostgres::instance().superuser()->execute("SELECT pg_terminate_backend(CAST(?1 AS INTEGER))", {backend}));
  EXPECT_EQ(db->execute("SELECT 1").error().code, ErrorCode::Unavailable);
  server_.give_back(std::move(db));
  EXPECT_NE(text_of(*server_.acquire(first_).value(), "SELECT CAST(pg_backend_pid() AS TEXT)"), backend);
}

TEST(CheckConninfo, WantsNoPasswordAndACheckedServer) {
  for (const char* good : {"host=/run/postgresql dbname=w", "dbname=w", "postgresql://app@localhost/w",
                           "host=127.0.0.1,::1", "postgresql://app@db.example/w?sslmode=verify-full&passfile=/etc/p"}) {
    const auto checked = check_conninfo(good);
    EXPECT_TRUE(checked) << good << ": " << checked.error().message;
  }
  for (const char* bad : {"postgresql://app:hunter2@localhost/w", "password=hunter2", "host=db.example",
                          "host=db.example sslmode=require", "host=/run,db.example", "host=/run hostaddr=192.0.2.1",
                          "hunter2 nonsense", "service=x", "host=10.0.0.1 sslmode="}) {
    const auto checked = check_conninfo(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code, ErrorCode::Invalid);
    EXPECT_EQ(checked.error().message.find("hunter2"), std::string::npos);
  }
}

TEST_F(Postgres, ColumnsOfValuesAndNulls) {
  const auto db = server_.acquire(first_).value();
  auto statement = db->prepare("SELECT a, b, c FROM unnest(?1, ?2, ?3) AS t(a, b, c) ORDER BY a").value();
  const Bytes bytes = {0, 255};
  const std::vector<DbColumn> columns = {
      {std::int64_t{1}, std::int64_t{2}}, {nullptr, std::string_view{"{,\"NULL"}}, {ByteView{bytes}, ByteView{}}};
  ASSERT_TRUE(statement->bind_columns(columns));
  const Row* row = statement->step().value();
  EXPECT_EQ(row->integer(0), 1);
  EXPECT_TRUE(row->is_null(1));
  EXPECT_EQ(row->bytes(2), bytes);
  row = statement->step().value();
  EXPECT_EQ(row->text(1), "{,\"NULL");
  EXPECT_EQ(row->bytes(2), Bytes{});
  EXPECT_EQ(statement->step().value(), nullptr);
}

TEST_F(Postgres, AMessageHoldsNoPassword) {
  const auto failed = open_postgres({.conninfo = "host=/nonexistent user=a password=hunter2 connect_timeout=1"}, {});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(failed.error().message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace warder::manager
