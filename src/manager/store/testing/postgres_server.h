// For tests: a private PostgreSQL on a Unix socket in a temporary folder, started once per test program by an
// unprivileged user and gone with it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "manager/store/postgres.h"
#include "manager/store/temporary_directory.h"

namespace warder::manager {

/// Ends the test program, with the reason, when PostgreSQL is not installed or does not start.
class TestPostgres {
 public:
  static TestPostgres& instance();
  /// A second server, for what is spread over several.
  static TestPostgres& another();
  TestPostgres(const TestPostgres&) = delete;
  TestPostgres& operator=(const TestPostgres&) = delete;
  ~TestPostgres();

  /// `user`: "postgres" is the superuser, "warder_app" the one of the request path, "warder_owner" makes schemas and
  /// roles.
  [[nodiscard]] std::string conninfo(std::string_view user = "warder_app") const;
  /// Runs SQL of the test's own, e.g. to look at the catalogue. As the superuser.
  [[nodiscard]] std::unique_ptr<Db> superuser() const;
  /// A name that no schema or role has yet.
  [[nodiscard]] std::string make_name() { return "t_" + std::to_string(++schemas_); }
  /// A schema with a role of the same name that owns it and that warder_app may take.
  [[nodiscard]] std::string make_schema();

 private:
  TestPostgres();
  void start();

  TemporaryDirectory directory_;
  pid_t server_ = -1;
  int schemas_ = 0;
};

}  // namespace warder::manager
