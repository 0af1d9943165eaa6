#include "manager/events/type_counts.h"

#include <algorithm>

#include "base/text.h"
#include "manager/events/event_store.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

constexpr std::int64_t kSlotMicros = std::chrono::microseconds{kCountedSlot}.count();
constexpr std::int64_t kSlotsPerHour = std::chrono::hours{1} / kCountedSlot;

Result<TypeCount> read_count(const Row& row) {
  TypeCount count;
  const Bytes agent = row.bytes(0);
  if (!agent.empty()) count.agent = AgentId{WD_TRY(uuid_from_bytes(agent))};
  count.hour = row.integer(1);
  count.module = static_cast<ModuleKind>(row.integer(2));
  count.severity = static_cast<Severity>(row.integer(3));
  count.type = row.text(4);
  count.is_failed_login = row.integer(5) != 0;
  count.events = row.integer(6);
  return count;
}

}  // namespace

bool is_failed_login(const Event& event) {
  const EventValue* groups = event.find("rule.groups");
  const auto* text = groups == nullptr ? nullptr : std::get_if<std::string>(groups);
  if (text == nullptr || event.module != ModuleKind::LogInspection) return false;
  return std::ranges::any_of(split(*text, ','), [](std::string_view group) {
    return group == "authentication_failed" || group == "authentication_failures" || group == "invalid_login";
  });
}

Result<void> EventStore::type_counts(const TenantScope& scope, Timestamp from, Timestamp to,
                                     const TypeCountVisitor& visit) {
  if (!scope.is_whole()) return scope.forbid("counts of systems are for who may see the whole tenant");
  const TenantEvents& open = *WD_TRY(tenant(scope));
  const std::int64_t first = to_micros(from) / kSlotMicros;
  const std::int64_t last = to_micros(to) / kSlotMicros;
  for (const EventFileRef& file : open.files->newest_first(from, to)) {
    auto db = WD_TRY(file->reader->acquire());
    const StmtHandle statement = WD_TRY(db->prepare(
        "SELECT agent_id, (slot - ?1) / " + std::to_string(kSlotsPerHour) +
        ", module, severity, type, failed_login, sum(events) FROM type_counts WHERE slot >= ?1 AND slot < ?2 "
        "GROUP BY 1, 2, 3, 4, 5, 6"));
    WD_TRY(statement->bind({first, last}));
    while (const Row* row = WD_TRY(statement->step())) visit(WD_TRY(read_count(*row)));
  }
  return {};
}

Result<std::int64_t> EventStore::counted_events(const TenantScope& scope, Timestamp from, Timestamp to) {
  if (!scope.is_whole()) return scope.forbid("counts of systems are for who may see the whole tenant");
  const TenantEvents& open = *WD_TRY(tenant(scope));
  std::int64_t events = 0;
  for (const EventFileRef& file : open.files->newest_first(from, to)) {
    auto db = WD_TRY(file->reader->acquire());
    const StmtHandle statement =
        WD_TRY(db->prepare("SELECT sum(events) FROM type_counts WHERE slot >= ?1 AND slot < ?2"));
    WD_TRY(statement->bind({to_micros(from) / kSlotMicros, to_micros(to) / kSlotMicros}));
    const Row* row = WD_TRY(statement->step());
    if (row != nullptr && !row->is_null(0)) events += row->integer(0);
  }
  return events;
}

}  // namespace warder::manager
