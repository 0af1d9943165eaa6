// What is to leave for other systems: a row for each event, written in the transaction that stores it, numbered in the
// order of storing. Kept only while a tenant has somewhere to send to.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/events/stored_event.h"
#include "manager/store/db.h"

namespace warder::manager {

/// How far somebody has read: the last number of each file (by its first microsecond; PostgreSQL has one "file"). What
/// is absent is unread from the beginning.
struct OutboxPlace {
  std::map<std::int64_t, std::int64_t> numbers;

  [[nodiscard]] std::string text() const;  // JSON
  static Result<OutboxPlace> parse(std::string_view text);
  friend bool operator==(const OutboxPlace&, const OutboxPlace&) = default;
};

/// What lies before both.
OutboxPlace earlier(OutboxPlace one, const OutboxPlace& other);

struct OutboxItem {
  std::int64_t file = 0;
  std::int64_t number = 0;
  std::optional<StoredEvent> event;  // absent: gone with the retention before it was read
};

/// In the caller's transaction: the rows of these events behind the last one.
Result<void> append_outbox(Db& db, const std::vector<const StoredEvent*>& events);

}  // namespace warder::manager
