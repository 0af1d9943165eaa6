// For tests that run on both backends: TEST_P over kBackends, with databases from `TestDatabase`.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "manager/store/pool.h"
#include "manager/store/postgres.h"
#include "manager/store/temporary_directory.h"
#include "manager/store/testing/postgres_server.h"

namespace warder::manager {

enum class Backend : std::uint8_t { Sqlite, Postgres };

inline const auto kBackends = testing::Values(Backend::Sqlite, Backend::Postgres);
inline std::string backend_name(const testing::TestParamInfo<Backend>& info) {
  return info.param == Backend::Sqlite ? "Sqlite" : "Postgres";
}

/// An empty database: a file, or a schema with its role.
class TestDatabase {
 public:
  explicit TestDatabase(Backend backend) : backend_(backend) {
    if (backend == Backend::Postgres) schema_ = TestPostgres::instance().make_schema();
  }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "a.db"; }
  [[nodiscard]] const std::string& schema() const noexcept { return schema_; }

  [[nodiscard]] Result<std::unique_ptr<Db>> open(std::chrono::milliseconds limit = {}, bool read_only = false) const {
    if (backend_ == Backend::Sqlite) return open_sqlite(path(), {.read_only = read_only, .statement_limit = limit});
    return open_postgres({.conninfo = TestPostgres::instance().conninfo()},
                         {.schema = schema_, .role = schema_, .read_only = read_only, .statement_limit = limit});
  }
  [[nodiscard]] std::unique_ptr<Pool> pool() const {
    if (backend_ == Backend::Sqlite) return std::make_unique<Pool>(path());
    auto server = std::make_shared<PostgresServer>(PostgresOptions{.conninfo = TestPostgres::instance().conninfo()});
    return std::make_unique<Pool>(std::move(server), PostgresPin{.schema = schema_, .role = schema_});
  }

 private:
  Backend backend_;
  TemporaryDirectory directory_;
  std::string schema_;
};

}  // namespace warder::manager
