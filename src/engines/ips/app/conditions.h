// Keywords on a transaction that are neither a buffer nor a plain number: `dce_iface`, `ssl_version`,
// `tls_cert_expired`. A protocol that has some offers a table of rows; conditions.cc lists the tables.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/ips/app/protocol.h"
#include "engines/ips/app/transaction.h"

namespace warder::ips::app {

/// Immutable and thread-safe.
class Condition {
 public:
  Condition() = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;
  virtual ~Condition() = default;
  /// Asked after each feed until the transaction's side is complete. `now` is the packet's time in seconds.
  [[nodiscard]] virtual bool matches(Transaction& transaction, Direction direction, std::int64_t now) const = 0;
};

struct ConditionRow {
  std::string_view keyword;
  std::string_view alias;  // an older spelling, or empty
  Protocol protocol;
  std::optional<Direction> direction;  // where it can match; nothing: both
  /// Invalid says what is wrong with `argument` (the text after the colon, trimmed; may be empty).
  Result<std::unique_ptr<const Condition>> (*parse)(std::string_view argument);
  std::string_view doc;
};

/// All tables, each a span owned by its protocol's file.
std::span<const std::span<const ConditionRow>> condition_tables() noexcept;
const ConditionRow* find_condition(std::string_view keyword) noexcept;

}  // namespace warder::ips::app
