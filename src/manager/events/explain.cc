// An event that a person explained afterwards: it stays, as quiet as one that was explained from the start.
#include "manager/events/batch.h"
#include "manager/events/event_rows.h"
#include "manager/events/event_store.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

bool is_change(const Event& event) {
  return event.type.starts_with("integrity.file.") || event.type.starts_with("integrity.entity.");
}

}  // namespace

Result<StoredEvent> EventStore::explain(const TenantScope& scope, const EventId& id, std::string_view by,
                                        std::string_view reason) {
  TenantEvents& open = *WD_TRY(tenant(scope));
  const std::scoped_lock lock{open.writing};
  StoredEvent stored = WD_TRY(find(scope, id));
  const StoredEvent before = stored;
  Event& event = stored.event;
  if (!is_change(event)) return fail(ErrorCode::Invalid, "only a change that integrity monitoring found is explained");
  if (event.find("change.explained_by") != nullptr) return fail(ErrorCode::Conflict, "the change is explained already");
  event.set("change.explained_by", std::string(by));
  event.set("change.explained_reason", std::string(reason));
  event.set("change.severity_was", std::string(name(event.severity)));
  event.severity = Severity::Info;
  if (const std::string refused = reason_to_refuse(event); !refused.empty()) return fail(ErrorCode::Invalid, refused);
  const EventFileRef file = WD_TRY(open.files.open_or_create(month_of(event.time)));
  auto db = WD_TRY(file->writer.acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute("UPDATE events SET severity = ?3, fields = ?4 WHERE time = ?1 AND id = ?2",
                     {to_micros(event.time), Bytes{event.id.uuid.bytes.begin(), event.id.uuid.bytes.end()},
                      static_cast<std::int64_t>(event.severity), fields_text(event)}));
  WD_TRY(count_again(*db, before, stored));
  WD_TRY(transaction.commit());
  return stored;
}

}  // namespace warder::manager
