// Inside the store: values to and from PostgreSQL's binary forms.
#pragma once

#include <postgresql/libpq-fe.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "manager/store/db.h"

namespace warder::manager {

struct ClearResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ClearResult>;

/// Parameters as libpq takes them. Looks at the memory of single values; each value's own type is its parameter's, so
/// the server guesses nothing but what NULL could be.
class PostgresParameters {
 public:
  PostgresParameters() = default;
  PostgresParameters(PostgresParameters&&) noexcept = default;  // values_ looks into owned_: never copied
  PostgresParameters& operator=(PostgresParameters&&) noexcept = default;
  PostgresParameters(const PostgresParameters&) = delete;
  PostgresParameters& operator=(const PostgresParameters&) = delete;
  ~PostgresParameters() = default;
  explicit PostgresParameters(std::span<const DbView> values);
  /// Each column as an array.
  explicit PostgresParameters(std::span<const DbColumn> columns);
  /// Those behind the last value, up to `count`, are NULL.
  void fill(int count);
  [[nodiscard]] int count() const noexcept { return static_cast<int>(types_.size()); }
  [[nodiscard]] const Oid* types() const noexcept { return types_.data(); }
  [[nodiscard]] const char* const* values() const noexcept { return values_.data(); }
  [[nodiscard]] const int* lengths() const noexcept { return lengths_.data(); }
  [[nodiscard]] const int* formats() const noexcept { return formats_.data(); }
  /// One letter a type: statements are prepared for it.
  [[nodiscard]] std::string signature() const;

 private:
  void add(Oid type, const char* value, std::size_t length);

  std::vector<Oid> types_;
  std::vector<std::string> owned_;  // numbers and arrays; the strings never move
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

class PostgresRow final : public Row {
 public:
  void point_at(const PGresult* result, int row) noexcept {
    result_ = result;
    row_ = row;
  }
  [[nodiscard]] bool is_null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
  [[nodiscard]] std::int64_t integer(int column) const override;
  [[nodiscard]] std::string text(int column) const override;
  [[nodiscard]] Bytes bytes(int column) const override;
  [[nodiscard]] DbValue value(int column) const override;

 private:
  [[nodiscard]] ByteView raw(int column) const;
  const PGresult* result_ = nullptr;
  int row_ = 0;
};

}  // namespace warder::manager
