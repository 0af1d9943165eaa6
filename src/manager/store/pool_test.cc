#include "manager/store/pool.h"

#include <atomic>
#include <thread>

#include "manager/store/testing/backend.h"

namespace warder::manager {
namespace {

class PoolTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    auto db = pool_->acquire();
    ASSERT_TRUE(db) << db.error().message;
    ASSERT_TRUE((*db)->execute("CREATE TABLE t (a BIGINT)"));
  }
  std::int64_t sum() {
    auto db = pool_->acquire().value();
    auto statement = db->prepare("SELECT coalesce(sum(a), 0) FROM t").value();
    return statement->step().value()->integer(0);
  }
  TestDatabase database_{GetParam()};
  std::unique_ptr<Pool> pool_ = database_.pool();
};

INSTANTIATE_TEST_SUITE_P(Backends, PoolTest, kBackends, backend_name);

TEST_P(PoolTest, LendsDifferentConnectionsAtOnceAndKeepsThem) {
  const Db* first = nullptr;
  {
    auto a = pool_->acquire().value();
    auto b = pool_->acquire().value();
    EXPECT_NE(&*a, &*b);
    first = &*a;
  }
  auto again = pool_->acquire().value();
  EXPECT_EQ(&*again, first);
}

TEST_P(PoolTest, AReturnedConnectionHasNoOpenTransaction) {
  {
    auto db = pool_->acquire().value();
    ASSERT_TRUE(db->begin());
    ASSERT_TRUE(db->execute("INSERT INTO t VALUES (1)"));
  }
  EXPECT_EQ(sum(), 0);
  auto db = pool_->acquire().value();
  EXPECT_TRUE(db->begin());
}

TEST_P(PoolTest, ReadersSeeTheLastCommitWhileAWriterWorks) {
  auto writer = pool_->acquire().value();
  auto transaction = Tx::begin(*writer);
  ASSERT_TRUE(writer->execute("INSERT INTO t VALUES (5)"));
  EXPECT_EQ(sum(), 0);
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(sum(), 5);
}

TEST_P(PoolTest, WritersTakeTurns) {
  constexpr int kThreads = 4;
  constexpr int kWrites = 25;
  std::vector<std::jthread> threads;
  std::atomic<int> failures{0};
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kWrites; ++j) {
        auto db = pool_->acquire().value();
        auto transaction = Tx::begin(*db);
        if (!transaction || !db->execute("INSERT INTO t VALUES (1)") || !transaction->commit()) ++failures;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(sum(), kThreads * kWrites);
}

}  // namespace
}  // namespace warder::manager
