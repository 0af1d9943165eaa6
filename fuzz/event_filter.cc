// The filter language: what parses prints to the same tree, in text and in JSON, and compiles to SQL that SQLite takes.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/json.h"
#include "manager/events/event_store.h"
#include "manager/events/filter.h"
#include "manager/events/filter_match.h"
#include "manager/events/filter_sql.h"

namespace {

using namespace warder;
using namespace warder::manager;

void check(bool holds) {
  if (!holds) std::abort();
}

Db& database() {
  static const std::unique_ptr<Db> kDb = [] {
    auto db = open_sqlite(":memory:").value();
    check(migrate(*db, std::vector{events_file_schema()}).has_value());
    return db;
  }();
  return *kDb;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const auto json = parse_json(text, kMaxFilterBytes);
  const auto from_json = json ? filter_from_json(*json) : Result<Filter>{Filter{}};
  if (from_json) check(filter_from_json(filter_to_json(*from_json)).value() == *from_json);
  const auto filter = parse_filter(text);
  if (!filter) {
    check(filter.error().message.starts_with("filter:"));
    return 0;
  }
  const auto again = parse_filter(print_filter(*filter));
  check(again ? *again == *filter : again.error().code == ErrorCode::TooLarge);  // quotes can make it too long
  const SqlCondition condition = to_sql(*filter, 1, Dialect::Sqlite);
  auto statement = database().prepare("SELECT 1 FROM events WHERE " + condition.text);
  check(statement.has_value());
  check((*statement)->bind(condition.values).has_value() && (*statement)->step().has_value());
  StoredEvent stored;
  (void)matches(*filter, stored);
  return 0;
}
